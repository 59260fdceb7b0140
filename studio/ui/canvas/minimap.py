"""The whole sheet in the corner: where everything is and what is in view. A click or drag goes there."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from studio.engine.text import Text
from studio.ui.canvas.far import FILLS
from studio.ui.canvas.frame_item import FrameItem
from studio.ui.canvas.view import CanvasView
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.turns import Turns

WIDTH, HEIGHT = 184, 100
PAD = 10.0
PAUSE = 100
LEAST = 0.25  # pixels that the frame of the view must have moved to be painted again
MANY, LONG_PAUSE = 300, 1_000  # drawing many boxes takes time: less often, and not while something is dragged
AT_ONCE = 400  # boxes


class Minimap(QWidget):
    """Drawn anew at most ten times a second, however much moves; the frame of what is in view follows at once."""

    def __init__(self, canvas: CanvasView, parent: QWidget) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self._picture: QPixmap | None = None
        self._drawing: Turns | None = None
        self._place = (1.0, QPointF())
        self._shown = QRectF()  # the frame of the view, as it was painted last
        self._soon = QTimer(self, singleShot=True, interval=PAUSE, timeout=self._renew)
        canvas.sheet.touched.connect(self._wake)
        canvas.moved.connect(self._follow)
        canvas.zoomed.connect(lambda _: self._follow())
        theme.changed.connect(self._resize)
        say(self.setAccessibleName, Text("Overview", "缩略图"))
        self._resize()

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(WIDTH), theme.scaled(HEIGHT))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position())

    def paintEvent(self, event: QPaintEvent) -> None:
        """The boxes are a picture that is made anew when something changed; only the frame of the view is always drawn."""
        if self._picture is None:
            self._draw()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.drawPixmap(0, 0, self._picture or self._ground())
            self._shown = self._seen()
            painter.setClipRect(QRectF(self.rect()).adjusted(2, 2, -2, -2))
            self._view(painter)

    def _draw(self) -> None:
        """A new picture, in turns: thousands of boxes take more than a frame. Until it is there the old one stands."""
        if self._drawing is not None:
            return
        picture, place = self._ground(), self._scale()
        if self._picture is None:
            self._place = place
        self._drawing = Turns(self._boxes(picture, place), self, lambda: self._show(picture, place))
        if self._drawing.start():
            self._show(picture, place)

    def _show(self, picture: QPixmap, place: tuple[float, QPointF]) -> None:
        self._picture, self._place, self._drawing = picture, place, None
        self.update()

    def _ground(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        with QPainter(picture) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.colour("border.strong"), 1))
            painter.setBrush(theme.colour("surface.panel"))
            radius = theme.size("radius.lg")
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        return picture

    def _boxes(self, picture: QPixmap, place: tuple[float, QPointF]) -> Iterator[object]:
        for colour, boxes in self._groups().items():
            frame = colour == "canvas.frame"
            for start in range(0, len(boxes), AT_ONCE):
                if start:
                    yield
                with QPainter(picture) as painter:
                    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                    painter.translate(place[1])
                    painter.scale(place[0], place[0])
                    painter.setPen(QPen(theme.colour("canvas.frameBorder"), 0) if frame else Qt.PenStyle.NoPen)
                    painter.setBrush(theme.colour(colour))
                    painter.drawRects(boxes[start : start + AT_ONCE])

    def _groups(self) -> dict[str, list[QRectF]]:
        """All boxes by their colour, those that others lie in first."""
        sheet = self.canvas.sheet
        groups: dict[str, list[QRectF]] = {"canvas.frame": [area.box for area in sheet.areas.values()]}
        for item in sheet.nodes.values():
            colour = "canvas.frame" if isinstance(item, FrameItem) else FILLS.get(item.live.state, "canvas.minimapNode")
            groups.setdefault(colour, []).append(item.box)
        groups["canvas.commentBorder"] = [note.box for note in sheet.notes.values()]
        return groups

    def _view(self, painter: QPainter) -> None:
        fill = theme.colour("canvas.minimapView")
        fill.setAlphaF(0.12)
        painter.setPen(QPen(theme.colour("canvas.minimapView"), 1.5))
        painter.setBrush(fill)
        painter.drawRect(self._shown)

    def _scale(self) -> tuple[float, QPointF]:
        """Scene to minimap: what there is and what is in view, both in the picture."""
        whole = self.canvas.sheet.extent().united(self.canvas.visible_rect())
        width, height = self.width() - 2 * PAD, self.height() - 2 * PAD
        scale = min(width / max(1.0, whole.width()), height / max(1.0, whole.height()))
        left = (self.width() - whole.width() * scale) / 2 - whole.left() * scale
        return scale, QPointF(left, (self.height() - whole.height() * scale) / 2 - whole.top() * scale)

    def _go(self, place: QPointF) -> None:
        scale, corner = self._scale()
        self.canvas.centerOn((place - corner) / scale)
        self.canvas.moved.emit()

    def _follow(self) -> None:
        """Another part is in view: the boxes stay, unless the view has left what the picture shows."""
        shown = self._seen()
        if self._picture is None or not QRectF(self.rect()).contains(shown):
            self._wake()
        moved = (shown.topLeft() - self._shown.topLeft()).manhattanLength()
        grown = abs(shown.width() - self._shown.width()) + abs(shown.height() - self._shown.height())
        if moved + grown > LEAST:
            self.update()

    def _seen(self) -> QRectF:
        """What is in view, in the picture."""
        scale, corner = self._place
        view = self.canvas.visible_rect()
        return QRectF(view.topLeft() * scale + corner, view.size() * scale)

    def _wake(self) -> None:
        if not self._soon.isActive():
            self._soon.start(LONG_PAUSE if len(self.canvas.sheet.nodes) > MANY else PAUSE)

    def _renew(self) -> None:
        if self._drawing is not None or (self.canvas.gesture is not None and len(self.canvas.sheet.nodes) > MANY):
            self._wake()
        elif self.isVisible():
            self._draw()
        else:
            self._picture = None

    def _resize(self) -> None:
        self.resize(self.sizeHint())
        if self._drawing is not None:
            self._drawing.stop()
        self._picture = self._drawing = None
        self.update()
