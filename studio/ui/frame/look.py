"""Changes language, theme and scale of a window that is seen, over some turns of the event loop."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from studio.ui.change import exhaust, hold
from studio.ui.icons import redrawing
from studio.ui.language import language
from studio.ui.theme import theme
from studio.ui.turns import END, Turns


class Asked(NamedTuple):
    """What a person wants: a language or "system", a theme or "system", per cent."""

    language: str
    theme: str
    scale: int


class Look(QObject):
    """The look of a window. While it changes, the window stands still as it was and listens; then all of it is painted anew."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._wanted = self.asked = self._now()
        self._changing = False

    def wear(self, language: str | None = None, theme: str | None = None, scale: int | None = None) -> None:
        """Change that much of it, after what is being changed."""
        kept = self.asked if self._changing else self._now()
        self.asked = Asked(language or kept.language, theme or kept.theme, scale or kept.scale)
        if not self._changing:
            self._begin()

    def _begin(self) -> None:
        self._wanted = self.asked
        steps = self._steps()
        if not self._window.isVisible():
            exhaust(steps)
        elif next(steps, END) is not END:
            self._changing = True
            hold(True)
            self._window.setUpdatesEnabled(False)
            Turns(chain([None], steps), self, self._end, self._failed).start()

    def _steps(self) -> Iterator[object]:
        before = theme.scale
        yield from language.changing(self._wanted.language)
        if self._wanted[1:] != theme.asked:
            app = QApplication.instance()
            assert isinstance(app, QApplication)
            yield from theme.applying(app, self._wanted.theme, self._wanted.scale)
            yield from redrawing(before)

    def _end(self) -> None:
        self._changing = False
        self._window.setUpdatesEnabled(True)
        self._window.repaint()  # Qt waits for ever for an update that it was asked for while there were to be none
        hold(False)
        if self.asked != self._wanted:
            self._begin()

    def _failed(self, error: Exception) -> None:
        self._end()
        raise error

    def _now(self) -> Asked:
        return Asked(language.current, *theme.asked)
