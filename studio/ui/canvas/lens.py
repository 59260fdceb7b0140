"""The view's zoom and place: what part of the sheet is seen, how large, and the grid behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QImage, QPainter, QPixmap, QResizeEvent, QTransform
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from studio.ui.canvas.detail import DOTS, LARGEST, SMALLEST, STEPS, Detail
from studio.ui.canvas.document import Document
from studio.ui.canvas.look import look
from studio.ui.canvas.scene import CanvasScene
from studio.ui.theme import theme

TILE = 128
MARGIN = 48
UPDATES = (
    QGraphicsView.ViewportUpdateMode.BoundingRectViewportUpdate
)  # antialiased lines are slow in a clip of many parts


class Lens(QGraphicsView):
    """`zoomed` and `moved` say that another part is seen."""

    zoomed = Signal(float)
    moved = Signal()
    scrolled = Signal()  # everything was shifted, what lies over it too

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document, self.detail = document, Detail()
        self.sheet = CanvasScene(document, self.detail)
        self._dots: QBrush | None = None
        self._ground: QPixmap | None = None
        self._fitted = self._scrolling = self._shifted = False
        self._start_settings()
        self.set_zoom(1.0)
        theme.changed.connect(self._restyle)

    def _start_settings(self) -> None:
        self.setScene(self.sheet)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setViewportUpdateMode(UPDATES)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # or scrolling would not move pixels
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    @property
    def zoom(self) -> float:
        return self.detail.zoom

    def set_zoom(self, zoom: float, about: QPoint | None = None) -> None:
        """`about` is the pixel of the viewport that keeps its place; the middle when not given."""
        zoom = min(LARGEST, max(SMALLEST, zoom))
        about = about if about is not None else self.viewport().rect().center()
        kept = self.mapToScene(about)
        scale = zoom * theme.scale / 100
        self.detail.zoom, self.detail.scale = zoom, scale
        self.detail.dpr = self.devicePixelRatioF()
        self.detail.ratio = scale * self.detail.dpr
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.NoViewportUpdate)  # nothing is worth scrolling
        self.setTransform(QTransform.fromScale(scale, scale))
        self.scroll_by(self.mapFromScene(kept) - about)
        self.setViewportUpdateMode(UPDATES)
        self._dots = self._ground = None
        self.viewport().update()
        self.zoomed.emit(zoom)

    def step_zoom(self, up: bool) -> None:
        wanted = [step for step in STEPS if (step > self.zoom + 0.01 if up else step < self.zoom - 0.01)]
        if wanted:
            self.set_zoom(wanted[0] if up else wanted[-1])

    def scroll_by(self, travel: QPoint) -> None:
        """Travel in pixels of the viewport."""
        with self._together():
            self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + travel.x())
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() + travel.y())
        self.moved.emit()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Both directions first, then what stays in place: anything that is moved in between makes Qt paint all anew."""
        super().scrollContentsBy(dx, dy)
        if self.viewportUpdateMode() == QGraphicsView.ViewportUpdateMode.NoViewportUpdate:
            return
        self._shifted = True
        if not self._scrolling:
            self._tell_scrolled()

    def centerOn(self, *place) -> None:
        with self._together():
            super().centerOn(*place)

    @contextmanager
    def _together(self) -> Iterator[None]:
        before, self._scrolling = self._scrolling, True
        try:
            yield
        finally:
            self._scrolling = before
            if not before:
                self._tell_scrolled()

    def _tell_scrolled(self) -> None:
        shifted, self._shifted = self._shifted, False
        if shifted:
            self.scrolled.emit()

    def fit(self, ids: list[str] | None = None) -> None:
        """Show these steps, or all, at 100 % at most."""
        rect = self.sheet.extent(ids)
        if rect.isEmpty():
            return
        scale = theme.scale / 100
        width, height = self.viewport().width() - 2 * MARGIN, self.viewport().height() - 2 * MARGIN
        self.set_zoom(min(1.0, width / rect.width() / scale, height / rect.height() / scale))
        self.centerOn(rect.center())
        self.moved.emit()

    def show_all(self) -> None:
        self.fit()

    def show_item(self, part_id: str) -> None:
        """Bring a step into view without moving what is in view already."""
        item = self.sheet.nodes.get(part_id)
        if item is not None and not self.visible_rect().contains(item.box):
            self.centerOn(item.box.center())
            self.moved.emit()

    def reveal(self, part_id: str) -> None:
        """Choose one thing and bring it into view."""
        self.sheet.choose([part_id])
        box = self.sheet.box_of(part_id)
        if not self.visible_rect().contains(box):
            self.centerOn(box.center())
            self.moved.emit()

    def visible_rect(self) -> QRectF:
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        period = TILE * self.detail.ratio
        if self.detail.scale >= DOTS and period == round(period):
            self._tile(painter)
            return
        painter.fillRect(rect, look().colour("canvas.bg"))
        if self.detail.scale >= DOTS:
            painter.fillRect(rect, self._dot_brush())

    def _tile(self, painter: QPainter) -> None:
        """The grid where its period is a whole number of pixels: copied, not blended."""
        if self._ground is None:
            side = round(TILE * self.detail.ratio)
            self._ground = QPixmap(side, side)
            self._ground.fill(look().colour("canvas.bg"))
            inner = QPainter(self._ground)
            inner.drawPixmap(0, 0, self._dot_brush().texture())
            inner.end()
            self._ground.setDevicePixelRatio(self.detail.dpr)
        corner = self.mapFromScene(QPointF(0, 0))
        painter.setWorldMatrixEnabled(False)
        painter.drawTiledPixmap(QRectF(self.viewport().rect()), self._ground, QPointF(-corner.x(), -corner.y()))
        painter.setWorldMatrixEnabled(True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._fitted and min(event.size().width(), event.size().height()) > 200:
            self._fitted = True
            self.fit()
        self.moved.emit()

    def _dot_brush(self) -> QBrush:
        """The grid as a texture in scene coordinates: one fill instead of thousands of points."""
        if self._dots is None:
            pixels = max(8, round(TILE * self.detail.ratio))
            image = QImage(pixels, pixels, QImage.Format.Format_ARGB32_Premultiplied)
            image.fill(Qt.GlobalColor.transparent)
            painter = QPainter(image)
            size = max(1, round(self.detail.ratio))
            step = pixels * 16 / TILE
            for row in range(8):
                for column in range(8):
                    painter.fillRect(round(column * step), round(row * step), size, size, look().colour("canvas.dot"))
            painter.end()
            self._dots = QBrush(QPixmap.fromImage(image))
            self._dots.setTransform(QTransform.fromScale(TILE / pixels, TILE / pixels))
        return self._dots

    def _restyle(self) -> None:
        self._dots = self._ground = None
        self.set_zoom(self.zoom)
