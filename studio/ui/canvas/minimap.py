"""The whole sheet in the corner: where everything is and what is in view. A click or drag goes there."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from studio.engine.text import Text
from studio.ui.canvas.far import FILLS
from studio.ui.canvas.frame_item import FrameItem
from studio.ui.canvas.view import CanvasView
from studio.ui.language import say
from studio.ui.theme import theme

WIDTH, HEIGHT = 184, 100
PAD = 10.0
PAUSE = 100
MANY, LONG_PAUSE = 2_000, 1_000  # drawing many boxes takes a frame: less often, and not while something is dragged


class Minimap(QWidget):
    """Drawn anew at most ten times a second, however much moves; the frame of what is in view follows at once."""

    def __init__(self, canvas: CanvasView, parent: QWidget) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self._picture: QPixmap | None = None
        self._place = (1.0, QPointF())
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
            self._picture = self._draw()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._picture)
        scale, corner = self._place
        painter.setClipRect(QRectF(self.rect()).adjusted(2, 2, -2, -2))
        painter.translate(corner)
        painter.scale(scale, scale)
        self._view(painter)

    def _draw(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("border.strong"), 1))
        painter.setBrush(theme.colour("surface.panel"))
        radius = theme.size("radius.lg")
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        self._place = self._scale()
        painter.translate(self._place[1])
        painter.scale(self._place[0], self._place[0])
        self._boxes(painter)
        painter.end()
        return picture

    def _boxes(self, painter: QPainter) -> None:
        groups: dict[str, list[QRectF]] = {}
        for item in self.canvas.sheet.nodes.values():
            colour = "canvas.frame" if isinstance(item, FrameItem) else FILLS.get(item.live.state, "canvas.minimapNode")
            groups.setdefault(colour, []).append(item.box)
        groups.setdefault("canvas.frame", []).extend(area.box for area in self.canvas.sheet.areas.values())
        for note in self.canvas.sheet.notes.values():
            groups.setdefault("canvas.commentBorder", []).append(note.box)
        painter.setPen(QPen(theme.colour("canvas.frameBorder"), 0))
        for colour in sorted(groups, key=lambda name: name != "canvas.frame"):
            if colour != "canvas.frame":
                painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(colour))
            painter.drawRects(groups[colour])

    def _view(self, painter: QPainter) -> None:
        fill = theme.colour("canvas.minimapView")
        fill.setAlphaF(0.12)
        pen = QPen(theme.colour("canvas.minimapView"), 1.5)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(fill)
        painter.drawRect(self.canvas.visible_rect())

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
        scale, corner = self._place
        view = self.canvas.visible_rect()
        inside = QRectF(self.rect()).contains(QRectF(view.topLeft() * scale + corner, view.size() * scale))
        if self._picture is None or not inside:
            self._wake()
        self.update()

    def _wake(self) -> None:
        if not self._soon.isActive():
            self._soon.start(LONG_PAUSE if len(self.canvas.sheet.nodes) > MANY else PAUSE)

    def _renew(self) -> None:
        if self.canvas.gesture is not None and len(self.canvas.sheet.nodes) > MANY:
            self._wake()
            return
        self._picture = None
        self.update()

    def _resize(self) -> None:
        self.resize(self.sizeHint())
        self._renew()
