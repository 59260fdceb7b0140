"""The view's zoom and place: what part of the sheet is seen, how large, and the grid behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QImage, QPainter, QPaintEvent, QPixmap, QResizeEvent, QTransform
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from studio.ui.canvas import shifting
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
        self._bare: list[QRect] = []  # what must be painted now, where it is not everything
        self.over: tuple[QWidget, ...] = ()  # what lies over the lower edge and stays there
        self._scrolling = False
        self._fitted = self._as_fitted = False  # shown whole once; and nobody has moved or zoomed since
        self._travel = QPoint()
        self._painted = self._scrolled = 0  # the version of what is seen, and of what was scrolled since
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
        self._as_fitted = False
        with self._together():
            self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + travel.x())
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() + travel.y())
        self.moved.emit()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Both directions at once: each would move all pixels."""
        self._travel += QPoint(dx, dy)
        if not self._scrolling:
            self._shift()

    def centerOn(self, *place) -> None:
        self._as_fitted = False
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
                self._shift()

    def _shift(self) -> None:
        travel, self._travel = self._travel, QPoint()
        if travel.isNull():
            return
        mode = self.viewportUpdateMode()
        if mode == QGraphicsView.ViewportUpdateMode.NoViewportUpdate:
            super().scrollContentsBy(travel.x(), travel.y())
            self.viewport().update()
        elif self._painted == self.detail.version and shifting.only_these_over(self.viewport(), self.over):
            self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.NoViewportUpdate)
            super().scrollContentsBy(travel.x(), travel.y())
            self.setViewportUpdateMode(mode)
            self._scrolled = self.detail.version
            shifting.shift(self.viewport(), travel, self.over)
        else:
            super().scrollContentsBy(travel.x(), travel.y())
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
        self._as_fitted = ids is None
        self.moved.emit()

    def show_all(self) -> None:
        self.fit()

    def show_item(self, part_id: str) -> None:
        """Bring a step into view without moving what is in view already."""
        item = self.sheet.nodes.get(part_id)
        if item is not None:
            self.show_box(item.box)

    def show_box(self, box: QRectF) -> None:
        """Bring a part of the sheet into view, where it is not."""
        if not self.visible_rect().contains(box):
            self.centerOn(box.center())
            self.moved.emit()

    def reveal(self, part_id: str) -> None:
        """Choose one thing and bring it into view."""
        self.sheet.choose([part_id])
        self.show_box(self.sheet.box_of(part_id))

    def visible_rect(self) -> QRectF:
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def paintEvent(self, event: QPaintEvent) -> None:
        self._bare = self._parts(event)
        super().paintEvent(event)
        self._bare = []

    def _parts(self, event: QPaintEvent) -> list[QRect]:
        """What must be painted: a scrolled sheet has two strips, whose bounding box is all of it."""
        if self._scrolled and self._scrolled != self.detail.version:
            self.viewport().update()  # something changed after the pixels were moved: Qt looks for it where it was before
        self._scrolled, self._painted = 0, self.detail.version
        return list(event.region())

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
            with QPainter(self._ground) as inner:
                inner.drawPixmap(0, 0, self._dot_brush().texture())
            self._ground.setDevicePixelRatio(self.detail.dpr)
        corner = self.mapFromScene(QPointF(0, 0))
        painter.setWorldMatrixEnabled(False)
        for bare in self._bare or [self.viewport().rect()]:
            painter.drawTiledPixmap(bare, self._ground, bare.topLeft() - corner)
        painter.setWorldMatrixEnabled(True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if (not self._fitted or self._as_fitted) and min(event.size().width(), event.size().height()) > 200:
            self._fitted = True
            self.fit()
        self.moved.emit()

    def _dot_brush(self) -> QBrush:
        """The grid as a texture in scene coordinates: one fill instead of thousands of points."""
        if self._dots is None:
            pixels = max(8, round(TILE * self.detail.ratio))
            image = QImage(pixels, pixels, QImage.Format.Format_ARGB32_Premultiplied)
            image.fill(Qt.GlobalColor.transparent)
            with QPainter(image) as painter:
                size = max(1, round(self.detail.ratio))
                step = pixels * 16 / TILE
                for row in range(8):
                    for column in range(8):
                        painter.fillRect(
                            round(column * step), round(row * step), size, size, look().colour("canvas.dot")
                        )
            self._dots = QBrush(QPixmap.fromImage(image))
            self._dots.setTransform(QTransform.fromScale(TILE / pixels, TILE / pixels))
        return self._dots

    def _restyle(self) -> None:
        self._dots = self._ground = None
        self.set_zoom(self.zoom)
