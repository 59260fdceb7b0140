"""One page of a document as an image, with places marked on it: where an answer's words come from."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.bridge import bridge as default_bridge
from studio.ui.language import language, tr
from studio.ui.theme import theme
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.pages import Runs

Box = tuple[float, float, float, float]
ZOOMS = (1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
PAD = 10


class PageView(QWidget):
    """Page and tools. The boxes are (left, top, right, bottom) as shares of the page, from 0 to 1 from its top left.

    It shows what it is given: when a person turns the page, `page_requested` asks for the other one.
    """

    page_requested = Signal(int)  # counted from 1
    open_requested = Signal()
    box_clicked = Signal(int)

    def __init__(self, bridge: Runs | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge: Runs = bridge or default_bridge
        self.page, self.pages = 0, 0
        self.sheet = Sheet(self)
        self.sheet.clicked.connect(self.box_clicked)
        self.sheet.turned.connect(self.turn)
        self._number = QLabel()
        self._lay_out()
        language.changed.connect(self._say_number)
        theme.changed.connect(self._say_number)
        self._say_number()

    def _lay_out(self) -> None:
        self.back = IconButton("chevron-left", Text("Previous page", "上一页"))
        self.forth = IconButton("chevron-right", Text("Next page", "下一页"))
        zoom_in = IconButton("zoom-in", Text("Zoom in", "放大"))
        zoom_out = IconButton("zoom-out", Text("Zoom out", "缩小"))
        self.back.clicked.connect(lambda: self.turn(-1))
        self.forth.clicked.connect(lambda: self.turn(1))
        zoom_in.clicked.connect(lambda: self.sheet.zoom(1))
        zoom_out.clicked.connect(lambda: self.sheet.zoom(-1))
        tools = QHBoxLayout()
        tools.setContentsMargins(theme.size("space.3"), 0, theme.size("space.2"), 0)
        tools.setSpacing(2)
        tools.addWidget(self._number, 1)
        for button in (self.back, self.forth, zoom_out, zoom_in):
            tools.addWidget(button)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 4, 0, 0)
        box.setSpacing(4)
        box.addLayout(tools)
        box.addWidget(self.sheet, 1)

    def show_page(self, image: bytes, page: int, pages: int, boxes: Sequence[Box] = ()) -> None:
        """A PNG (or any image that Qt reads), decoded off the window's thread."""
        self.page, self.pages = page, pages
        self._say_number()
        self._bridge.run(
            self,
            asyncio.to_thread(QImage.fromData, image),
            lambda decoded: self._show_image(page, decoded, boxes),
        )

    def _show_image(self, page: int, image: QImage, boxes: Sequence[Box]) -> None:
        if page == self.page:  # not an older one that took longer
            self.sheet.show_image(image, boxes)

    def clear(self) -> None:
        self.page = self.pages = 0
        self.sheet.show_image(QImage(), ())
        self._say_number()

    def select_box(self, number: int) -> None:
        """Draw one box stronger and bring it into view."""
        self.sheet.select(number)

    def turn(self, by: int) -> None:
        if 1 <= self.page + by <= self.pages:
            self.page_requested.emit(self.page + by)

    def _say_number(self) -> None:
        self.back.setEnabled(self.page > 1)
        self.forth.setEnabled(self.page < self.pages)
        words = (
            Text("Page {page} of {pages}", "第 {page} 页，共 {pages} 页") if self.page else Text("No page", "没有页面")
        )
        self._number.setText(tr(words.format(page=self.page, pages=self.pages)))
        self._number.setFont(theme.font("denseStrong"))
        self.sheet.setAccessibleName(self._number.text())


class Sheet(QAbstractScrollArea):
    """The page itself, as wide as there is room at zoom 1."""

    clicked = Signal(int)
    turned = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._scaled = QImage()
        self._boxes: list[Box] = []
        self._selected = -1
        self._zoom = 1.0
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        theme.changed.connect(self.viewport().update)

    def show_image(self, image: QImage, boxes: Sequence[Box]) -> None:
        self._image, self._boxes, self._selected = image, list(boxes), -1
        self._fit()
        self.verticalScrollBar().setValue(0)
        if self._boxes:
            self._reveal(min(self._boxes, key=lambda box: box[1]))

    def select(self, number: int) -> None:
        self._selected = number
        if 0 <= number < len(self._boxes):
            self._reveal(self._boxes[number])
        self.viewport().update()

    def zoom(self, steps: int) -> None:
        """One of the fixed steps further in or out; what is in the middle stays there."""
        place = min(range(len(ZOOMS)), key=lambda number: abs(ZOOMS[number] - self._zoom))
        self._zoom = ZOOMS[max(0, min(len(ZOOMS) - 1, place + steps))]
        bars = (self.horizontalScrollBar(), self.verticalScrollBar())
        middles = [(bar.value() + bar.pageStep() / 2) / max(1, bar.maximum() + bar.pageStep()) for bar in bars]
        self._fit()
        for bar, middle in zip(bars, middles, strict=True):
            bar.setValue(int(middle * (bar.maximum() + bar.pageStep()) - bar.pageStep() / 2))

    def page_size(self) -> QSizeF:
        """The page on the screen, in logical pixels."""
        if self._image.isNull():
            return QSizeF(0, 0)
        width = max(40.0, (self.viewport().width() - 2 * PAD) * self._zoom)
        return QSizeF(width, width * self._image.height() / self._image.width())

    def _fit(self) -> None:
        size, room = self.page_size(), self.viewport().size()
        for bar, whole, shown in (
            (self.horizontalScrollBar(), size.width(), room.width()),
            (self.verticalScrollBar(), size.height(), room.height()),
        ):
            bar.setPageStep(shown)
            bar.setSingleStep(40)
            bar.setRange(0, max(0, int(whole + 2 * PAD - shown)))
        self._scaled = QImage()
        self.viewport().update()

    def _corner(self) -> QPointF:
        return QPointF(PAD - self.horizontalScrollBar().value(), PAD - self.verticalScrollBar().value())

    def box_rect(self, box: Box) -> QRectF:
        """A box on the screen."""
        size, corner = self.page_size(), self._corner()
        left, top, right, bottom = box
        place = QPointF(corner.x() + left * size.width(), corner.y() + top * size.height())
        return QRectF(place, QSizeF((right - left) * size.width(), (bottom - top) * size.height()))

    def _reveal(self, box: Box) -> None:
        rect, room = self.box_rect(box), self.viewport().rect()
        if rect.top() < 0 or rect.bottom() > room.height():
            self.verticalScrollBar().setValue(int(self.verticalScrollBar().value() + rect.top() - room.height() / 4))
        if rect.left() < 0 or rect.right() > room.width():
            self.horizontalScrollBar().setValue(int(self.horizontalScrollBar().value() + rect.left() - PAD))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self.viewport()) as painter:
            painter.fillRect(event.rect(), theme.colour("surface.panel"))
            if self._image.isNull():
                return
            rect = QRectF(self._corner(), self.page_size())
            painter.drawImage(rect, self._at_size(rect.size()))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(theme.colour("border.default"))
            painter.drawRect(rect)
            self._paint_boxes(painter)

    def _paint_boxes(self, painter: QPainter) -> None:
        """Like a marker pen: darker than the paper, the words stay black."""
        for number, box in enumerate(self._boxes):
            rect = self.box_rect(box).adjusted(-2, -1, 2, 1)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(
                theme.colour("portText.text").lighter(135) if theme.dark else theme.colour("warning.border")
            )
            painter.drawRoundedRect(rect, 2, 2)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
            if number == self._selected:
                painter.setPen(theme.colour("accent.ring"))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(rect, 2, 2)

    def _at_size(self, size: QSizeF) -> QImage:
        """Scaled once per size, smoothly: painting a large image scaled each time would stutter."""
        ratio = self.devicePixelRatioF()
        wanted = QSize(round(size.width() * ratio), round(size.height() * ratio))
        if self._scaled.size() != wanted:
            smooth = Qt.TransformationMode.SmoothTransformation
            self._scaled = self._image.scaled(wanted, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
        return self._scaled

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1 if event.angleDelta().y() > 0 else -1)
        else:
            super().wheelEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        number = self.box_at(event.position().toPoint())
        if number >= 0:
            self.clicked.emit(number)

    def box_at(self, place: QPoint) -> int:
        found = (number for number, box in enumerate(self._boxes) if self.box_rect(box).contains(QPointF(place)))
        return next(found, -1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_PageDown: 1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageUp: -1, Qt.Key.Key_Left: -1}
        zooms = {Qt.Key.Key_Plus: 1, Qt.Key.Key_Equal: 1, Qt.Key.Key_Minus: -1}
        if event.key() in moves:
            self.turned.emit(moves[Qt.Key(event.key())])
        elif event.key() in zooms:
            self.zoom(zooms[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)
