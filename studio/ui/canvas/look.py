"""Colours, pens, fonts and icons of the canvas, resolved once per theme: painting must not look things up by path."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPen, QPixmap

from studio.ui import icons
from studio.ui.theme import theme

MIXED_FROM = 0.6
LOOKS: dict[str, str] = {"chunks": "docs", "messages": "json"}  # port types that share another's colour and shape


class Letters(dict[str, float]):
    """How wide each letter of a font is, measured when it is first asked for."""

    def __init__(self, metrics: QFontMetricsF) -> None:
        super().__init__()
        self._metrics = metrics

    def __missing__(self, letter: str) -> float:
        self[letter] = self._metrics.horizontalAdvance(letter)
        return self[letter]


class Look(QObject):
    """Every painter of the canvas shares this one. Lengths are scene units: the view's zoom does the scaling."""

    def __init__(self) -> None:
        super().__init__()
        self._colours: dict[tuple[str, float], QColor] = {}
        self._fonts: dict[str, QFont] = {}
        self._metrics: dict[str, QFontMetricsF] = {}
        self._pens: dict[tuple[str, float, float], QPen] = {}
        self._icons: dict[tuple[str, str, int, float], QPixmap] = {}
        self._fitted: dict[tuple[str, str, float], str] = {}
        self._advances: dict[tuple[str, str], float] = {}
        self._letters: dict[str, Letters] = {}
        theme.changed.connect(self.forget)

    def forget(self) -> None:
        for cache in (
            self._colours, self._fonts, self._metrics, self._pens, self._icons, self._fitted, self._advances, self._letters
        ):  # fmt: skip
            cache.clear()

    def colour(self, path: str, alpha: float = 1.0) -> QColor:
        found = self._colours.get((path, alpha))
        if found is None:
            found = QColor(theme.colour(_known(path)))
            if alpha < 1:
                found.setAlphaF(found.alphaF() * alpha)
            self._colours[path, alpha] = found
        return found

    def port(self, kind: str, alpha: float = 1.0) -> QColor:
        """The colour of a port type."""
        return self.colour(f"port.{kind}", alpha)

    def pen(self, path: str, width: float = 1.0, alpha: float = 1.0) -> QPen:
        found = self._pens.get((path, width, alpha))
        if found is None:
            found = QPen(self.colour(path, alpha), width)
            found.setCapStyle(Qt.PenCapStyle.FlatCap)
            self._pens[path, width, alpha] = found
        return found

    def wire(self, kind: str, width: float, alpha: float) -> QPen:
        """What all but shines through is mixed with the sheet's colour instead: painting it takes half the time."""
        key = (f"wire.{kind}", width, alpha)
        found = self._pens.get(key)
        if found is None:
            found = QPen(self.pen(f"port.{kind}", width, alpha))
            if alpha >= MIXED_FROM:
                found.setColor(_mixed(self.port(kind), self.colour("canvas.bg"), alpha))
            self._pens[key] = found
        return found

    def font(self, row: str) -> QFont:
        """A row of the type scale in scene units, so not scaled by the interface scale."""
        found = self._fonts.get(row)
        if found is None:
            found = QFont(theme.font(row))
            found.setStyleStrategy(QFont.StyleStrategy.NoSubpixelAntialias)  # the same on a picture and on the sheet
            found.setPixelSize(max(1, round(found.pixelSize() * 100 / theme.scale)))
            self._fonts[row] = found
        return found

    def metrics(self, row: str) -> QFontMetricsF:
        found = self._metrics.get(row)
        if found is None:
            found = self._metrics[row] = QFontMetricsF(self.font(row))
        return found

    def advance(self, row: str, words: str) -> float:
        """How wide words are; measured once. Plain letters one by one: shaping every title of a large sheet takes a tenth of a second."""
        if words.isascii():
            letters = self._letters.get(row)
            if letters is None:
                letters = self._letters[row] = Letters(self.metrics(row))
            if row.startswith("mono"):
                return letters["0"] * len(words)
            return sum(map(letters.__getitem__, words))
        found = self._advances.get((row, words))
        if found is None:
            if len(self._advances) > 20_000:
                self._advances.clear()
            found = self._advances[row, words] = self.metrics(row).horizontalAdvance(words)
        return found

    def fitted(self, words: str, row: str, width: float) -> str:
        """The words, cut with an ellipsis where they do not fit; measured once."""
        key = (words, row, width)
        found = self._fitted.get(key)
        if found is None:
            if len(self._fitted) > 4000:
                self._fitted.clear()
            metrics = self.metrics(row)
            fits = metrics.horizontalAdvance(words) <= width
            found = words if fits else metrics.elidedText(words, Qt.TextElideMode.ElideRight, width)
            self._fitted[key] = found
        return found

    def icon(self, name: str, colour: str, size: int, ratio: float) -> QPixmap:
        """`ratio` is the device's times the zoom: an icon drawn for another one would be pale."""
        if len(self._icons) > 600:
            self._icons.clear()
        step = max(0.4, round(ratio, 2))
        key = (name, colour, size, step)
        found = self._icons.get(key)
        if found is None:
            found = self._icons[key] = icons.pixmap(name, _known(colour), size, step)
        return found


def _mixed(colour: QColor, ground: QColor, share: float) -> QColor:
    parts = zip(colour.getRgbF()[:3], ground.getRgbF()[:3], strict=True)
    return QColor.fromRgbF(*(one * share + other * (1 - share) for one, other in parts))


def _known(path: str) -> str:
    """The path of a colour that the tokens have."""
    kind = path.removeprefix("port.")
    return f"port.{LOOKS.get(kind, kind)}" if kind != path else path


_looks: list[Look] = []


def look() -> Look:
    """The one look; made at the first call, when there is an application."""
    if not _looks:
        _looks.append(Look())
    return _looks[0]
