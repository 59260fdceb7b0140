"""Which language the window speaks, and every word on the screen that has to follow it."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import shiboken6
from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator

from studio.engine.text import Text
from studio.ui.change import Change, exhaust, telling

Setter = Callable[[str], Any]
# The setter that says a widget's words, for a widget that was given whole; the first one that it has.
SETTERS = ("setText", "setTitle", "setWindowTitle")


class LanguageSwitch:
    """The language in force. `changed` comes after every word that is seen was said anew."""

    def __init__(self) -> None:
        self.changed = Change()
        self.current = "en"
        self._said: weakref.WeakKeyDictionary[Any, dict[str, Text]] = weakref.WeakKeyDictionary()
        self._functions: list[tuple[Setter, Text]] = []
        self._of_qt = QTranslator()  # what Qt says itself: file dialogs, the menus of text fields

    def set(self, language: str) -> None:
        """Speak "en", "zh", or the computer's language for "system"."""
        exhaust(self.changing(language))

    def changing(self, language: str) -> Iterator[object]:
        """The same in steps, for `Turns`."""
        wanted = _of_this_computer() if language == "system" else "zh" if language.startswith("zh") else "en"
        if wanted == self.current:
            return
        self.current = wanted
        self._say_qts()
        yield
        yield from self._say_all()
        yield from self.changed.telling()

    def keep(self, setter: Setter, text: Text) -> None:
        """Say `text` with `setter` at every change; a later text for the same setter takes its place."""
        owner, name = getattr(setter, "__self__", None), getattr(setter, "__name__", "")
        if owner is None or isinstance(owner, type) or not isinstance(owner, QObject) or not hasattr(owner, name):
            self._functions.append((setter, text))
            return
        self._said.setdefault(owner, {})[name] = text

    def _say_qts(self) -> None:
        if self.current == "zh" and self._of_qt.isEmpty():
            self._of_qt.load("qtbase_zh_CN", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
        change = QCoreApplication.installTranslator if self.current == "zh" else QCoreApplication.removeTranslator
        change(self._of_qt)

    def _say_all(self) -> Iterator[object]:
        for owner in list(self._said):
            if shiboken6.isValid(owner):
                yield from telling(owner, ("words", id(owner)), partial(self._say_to, weakref.ref(owner)))
            else:
                self._said.pop(owner, None)
        self._functions = [(setter, text) for setter, text in self._functions if _still_says(setter, text)]

    def _say_to(self, found: weakref.ref[QObject]) -> None:
        owner = found()
        if owner is not None and shiboken6.isValid(owner):
            for name, text in self._said.get(owner, {}).items():
                getattr(owner, name)(tr(text))


def _still_says(setter: Setter, text: Text) -> bool:
    try:
        setter(tr(text))
    except RuntimeError:  # its widget is gone
        return False
    return True


def _of_this_computer() -> str:
    return "zh" if QLocale.system().language() == QLocale.Language.Chinese else "en"


language = LanguageSwitch()


def tr(text: Text | str) -> str:
    """The words in the current language; a plain str is a name and stays as it is."""
    return text if isinstance(text, str) else text.in_language(language.current)


def joined(*facts: Text | str | None) -> Text:
    """Facts in one line, in both languages; what is not known is left out."""
    both = [Text.same(fact) if isinstance(fact, str) else fact for fact in facts if fact is not None]
    return Text(" · ".join(fact.en for fact in both), " · ".join(fact.zh for fact in both))


def say(target: Any, text: Text | str) -> None:
    """Set words now and at every change of language. `target` is a setter, or a widget that has setText or setTitle."""
    setter = target if callable(target) else next(getattr(target, name) for name in SETTERS if hasattr(target, name))
    setter(tr(text))
    language.keep(setter, Text.same(text) if isinstance(text, str) else text)
