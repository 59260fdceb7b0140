"""Lucide icons, tinted with the theme's colours and drawn for the exact device pixel ratio."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from studio.engine.paths import resource
from studio.ui.theme import theme

FALLBACK = "square-dashed"
USUAL = (14, 16)  # the sizes of nearly all that is drawn
_pixmaps: dict[tuple[str, int, int, float], QPixmap] = {}
_used: dict[tuple[str, str, int, float], None] = {}  # in the theme's colours: what a change of the look draws anew


def pixmap(name: str, colour: str | QColor = "text.secondary", size: int = 16, ratio: float = 1.0) -> QPixmap:
    """One icon. `size` is in logical pixels, as it is (scale it with `theme.scaled`); an unknown name draws a dashed square."""
    tint = theme.colour(colour) if isinstance(colour, str) else colour
    key = (name, tint.rgba(), size, ratio)
    if isinstance(colour, str):
        _used[name, colour, size, ratio] = None
    if key not in _pixmaps:
        if len(_pixmaps) > 2000:
            _pixmaps.clear()
        _pixmaps[key] = _draw(name, tint, size, ratio)
    return _pixmaps[key]


def icon(name: str, colour: str | QColor = "text.secondary", size: int = 16) -> QIcon:
    """An icon for Qt's own widgets. Ask again when the theme changed."""
    made = QIcon()
    app = QGuiApplication.instance()
    ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
    for sharp in sorted({1.0, 2.0, ratio}):
        made.addPixmap(pixmap(name, colour, size, sharp), QIcon.Mode.Normal)
        made.addPixmap(pixmap(name, "text.disabled", size, sharp), QIcon.Mode.Disabled)
    return made


def paint_icon(painter: QPainter, name: str, colour: str | QColor, rectangle: QRectF) -> None:
    """Draw an icon in the middle of a rectangle, sharp on the painter's device."""
    size = int(min(rectangle.width(), rectangle.height()))
    image = pixmap(name, colour, size, painter.device().devicePixelRatioF())
    corner = rectangle.center() - QRectF(0, 0, size, size).center()
    painter.drawPixmap(corner.toPoint(), image)


def names() -> list[str]:
    """Every icon there is."""
    return sorted(file.stem for file in resource("icons").glob("*.svg"))


def draw_all(ratio: float) -> None:
    """Draw the shapes of all icons in their usual sizes, on any thread: what is painted first then need not wait for them."""
    for name in names():
        for size in USUAL:
            _shape(name, theme.scaled(size), ratio)


def redrawing(before: int) -> Iterator[object]:
    """Draw what was used in the theme's new colours and at its new scale, before all of it is painted in one go."""
    used = list(_used)
    _used.clear()
    for name, colour, size, ratio in used:
        pixmap(name, colour, round(size * theme.scale / before), ratio)
        yield


def _draw(name: str, tint: QColor, size: int, ratio: float) -> QPixmap:
    image = QPixmap.fromImage(_shape(name, size, ratio))
    with QPainter(image) as painter:
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
        painter.fillRect(image.rect(), tint)
    image.setDevicePixelRatio(ratio)
    return image


@lru_cache(maxsize=4000)
def _shape(name: str, size: int, ratio: float) -> QImage:
    """An icon in white; a picture and no pixmap, so any thread may draw it."""
    image = QImage(round(size * ratio), round(size * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        QSvgRenderer(QByteArray(_source(name, size).encode())).render(painter, QRectF(image.rect()))
    return image


def _source(name: str, size: int) -> str:
    width = _stroke(size) * 24 / max(1, size)
    return _file(name).replace("currentColor", "#ffffff").replace('stroke-width="2"', f'stroke-width="{width:.3f}"')


@cache
def _stroke(size: int) -> float:
    widths = {int(key): float(value) for key, value in theme.tokens["icon"]["stroke"].items()}
    nearest = min(widths, key=lambda known: abs(known - size))
    return widths[nearest] * (size / nearest if size > max(widths) else 1)


@cache
def _file(name: str) -> str:
    file = resource("icons") / f"{name}.svg"
    return (file if file.exists() else resource("icons") / f"{FALLBACK}.svg").read_text("utf-8")
