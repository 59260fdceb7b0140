"""Colours, fonts and lengths of the window. `resources/tokens.json` is their only source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from studio.engine.paths import resource
from studio.ui.change import Change, exhaust
from studio.ui.language import language
from studio.ui.rescale import rescaling
from studio.ui.style import Style, palettes
from studio.ui.turns import Turns

MODES = ("system", "light", "dark")
STRONG = 600  # the weight from which on Chinese is written bold: docs/decisions
QUIET_ROLES = ("Text", "WindowText", "ButtonText")


class Theme(QObject):
    """The look in force. `changed` comes after the colours, the language or the scale changed."""

    def __init__(self) -> None:
        super().__init__()
        self.changed = Change()
        self.dark = False
        self.scale = 100
        self.reduced_motion = False
        self._mode = "system"
        self._app: QApplication | None = None
        self._worn: bool | None = None  # the palettes in force are the dark ones
        self._colours: dict[str, QColor] = {}
        self._fonts: dict[tuple[str, bool, bool], QFont] = {}
        language.changed.connect(self._refresh)

    @property
    def asked(self) -> tuple[str, int]:
        """The mode and the scale that were asked for."""
        return self._mode, self.scale

    @property
    def tokens(self) -> dict[str, Any]:
        return _tokens()

    def apply(self, app: QApplication, mode: str = "system", scale: int = 100) -> None:
        """Dress the application. May be called again at any time; `system` follows the computer from then on."""
        exhaust(self.applying(app, mode, scale))

    def applying(self, app: QApplication, mode: str = "system", scale: int = 100) -> Iterator[object]:
        """The same in steps, for `Turns`."""
        if self._app is None:
            _register_fonts()
            app.setStyle(Style(self.colour, self.size))
            app.styleHints().colorSchemeChanged.connect(self._follow_computer)
        before, self.scale = self.scale, max(80, min(200, scale))
        self._app, self._mode = app, mode
        self.dark = self._computer_is_dark() if mode == "system" else mode == "dark"
        yield from rescaling(before, self.scale)
        yield from self._refresh()

    def colour(self, path: str) -> QColor:
        """A dotted path under the current theme ("text.secondary"), or a literal "#rrggbb" from data."""
        if path not in self._colours:
            self._colours[path] = QColor(path) if path.startswith("#") else _colour(self._find_colour(path))
        return QColor(self._colours[path])

    def css(self, path: str) -> str:
        """A colour for a style sheet or HTML."""
        colour = self.colour(path)
        if colour.alpha() == 255:
            return colour.name()
        return f"rgba({colour.red()}, {colour.green()}, {colour.blue()}, {colour.alphaF():.3f})"

    def font(self, role: str, tight: bool = False) -> QFont:
        """A row of "type". `tight` is for port labels, rail labels and axes, where Chinese may be 11 px too."""
        return self._kept_font(role, tight, False)

    def figures(self, role: str, tight: bool = False) -> QFont:
        """The same with figures of one width, for columns, gauges and times. It tears hyphens apart: not for words."""
        return self._kept_font(role, tight, True)

    def font_for(self, role: str, words: str) -> QFont:
        """The font of a role for words that may be a figure."""
        return self.font(role) if "-" in words or words[:1].isalpha() else self.figures(role)

    def _kept_font(self, role: str, tight: bool, figures: bool) -> QFont:
        key = (role, tight, figures)
        if key not in self._fonts:
            self._fonts[key] = self._make_font(role, tight, figures)
        return QFont(self._fonts[key])

    def line(self, role: str) -> int:
        """The line height of a row of "type"."""
        return self.scaled(_tokens()["type"][role]["line"])

    def size(self, path: str) -> int:
        """Any length of the tokens, scaled."""
        return self.scaled(_walk(_tokens(), path))

    def scaled(self, length: float) -> int:
        """A length at the window's scale; what is there stays at least one pixel."""
        return 0 if not length else max(1, round(length * self.scale / 100))

    def duration(self, path: str) -> int:
        """Milliseconds of "motion"; 0 where the person or the computer wants less motion."""
        return 0 if self.reduced_motion else int(_walk(_tokens()["motion"], path))

    def _refresh(self) -> Iterator[object]:
        if self._app is None:
            return
        self._colours.clear()
        self._fonts.clear()
        if self._worn != self.dark:
            self._worn = self.dark
            palette = self._palette()
            self._app.setPalette(palette)
            for name, other in palettes(palette, self.colour).items():
                self._app.setPalette(other, name)
                yield
        self._app.setFont(self.font("dense"))
        yield
        yield from self.changed.telling()

    def _follow_computer(self) -> None:
        if self._mode == "system" and self._app is not None and self.dark != self._computer_is_dark():
            Turns(self.applying(self._app, "system", self.scale), self).start()

    def _computer_is_dark(self) -> bool:
        return self._app is not None and self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark

    def _find_colour(self, path: str) -> Any:
        return _walk(_tokens()["themes"]["dark" if self.dark else "light"], path)

    def _palette(self) -> QPalette:
        palette = QPalette()
        for name, value in self._find_colour("qpalette").items():
            palette.setColor(getattr(QPalette.ColorRole, name), QColor(value))
        for name in QUIET_ROLES:
            role = getattr(QPalette.ColorRole, name)
            palette.setColor(QPalette.ColorGroup.Disabled, role, self.colour("text.disabled"))
        return palette

    def _make_font(self, role: str, tight: bool, figures: bool) -> QFont:
        row, mono = _tokens()["type"][role], role.startswith("mono")
        size = row["size"]
        if language.current == "zh" and not tight:
            size = max(size, _tokens()["type"]["cjk"]["minSize"])
        font = QFont()
        families = "mono" if mono else "uiStrong" if row["weight"] >= STRONG else "ui"
        font.setFamilies(_tokens()["font"][families])
        font.setPixelSize(self.scaled(size))
        font.setWeight(QFont.Weight(row["weight"]))
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        for feature, value in (("liga", 0), ("calt", 0)) if mono else (("tnum", int(figures)),):
            font.setFeature(QFont.Tag(feature), value)
        return font


@cache
def _tokens() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(resource("tokens.json").read_text("utf-8"))
    return content


def _register_fonts() -> None:
    for file in sorted(resource("fonts").glob("*.ttf")):
        QFontDatabase.addApplicationFont(str(file))


def _walk(branch: Any, path: str) -> Any:
    for part in path.split("."):
        branch = branch[int(part)] if isinstance(branch, list) else branch[part]
    return branch


def _colour(value: Any) -> QColor:
    if isinstance(value, str):
        return QColor(value)
    colour = QColor(value["c"])
    colour.setAlphaF(value["a"])
    return colour


theme = Theme()
