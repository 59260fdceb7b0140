"""Tabs of documents."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMenu, QSizePolicy, QWidget

from studio.engine.text import Text
from studio.ui.icons import icon, paint_icon
from studio.ui.language import language, say, tr
from studio.ui.theme import theme
from studio.ui.widgets.buttons import IconButton, beside

LEAST = 96  # units that a tab keeps


@dataclass(slots=True)
class Tab:
    """An open document. A changed one shows a dot."""

    id: str
    title: Text | str
    icon: str = ""
    colour: str = "text.secondary"
    changed: bool = False


class TabBar(QWidget):
    """Open documents, 40 high. A middle click or Ctrl+W closes; arrows move.

    `menu` comes with a right click or the menu key. The tabs of a `draggable` bar tell where they are dragged to on the screen;
    Esc lets go of one where it is.
    """

    selected = Signal(str)
    closed = Signal(str)
    added = Signal()
    menu = Signal(str, QPoint)
    dragged = Signal(str, QPoint)
    dropped = Signal(str, QPoint)
    let_go = Signal()

    def __init__(
        self,
        add: Text | None = None,
        name: Text | str = Text("Open documents", "打开的文档"),
        draggable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.draggable = draggable
        self._strip = _Strip(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.size("space.1"))
        row.addWidget(self._strip)
        say(self._strip.setAccessibleName, name)
        if add is not None:
            plus = IconButton("plus", add)
            plus.clicked.connect(self.added)
            row.addWidget(plus)
        self._all = IconButton("chevron-down", Text("All open documents", "所有打开的文档"))
        self._all.clicked.connect(self._list)
        self._all.hide()
        row.addWidget(self._all)
        row.addStretch(1)

    def add(self, tab: Tab, select: bool = True) -> None:
        """Open a document, or show it when it is open already."""
        known = self._find(tab.id)
        if known is None:
            self._strip.tabs.append(tab)
        else:
            self._strip.tabs[known] = tab
        self._strip.changed()
        if select:
            self.select(tab.id)

    def remove(self, tab_id: str) -> None:
        place = self._find(tab_id)
        if place is None:
            return
        del self._strip.tabs[place]
        if self._strip.current == tab_id:
            left = self._strip.tabs
            self._strip.current = left[min(place, len(left) - 1)].id if left else ""
            self.selected.emit(self._strip.current)
        self._strip.changed()

    def select(self, tab_id: str) -> None:
        if self._find(tab_id) is not None and self._strip.current != tab_id:
            self._strip.current = tab_id
            self._strip.reveal()
            self.selected.emit(tab_id)

    def change(self, tab_id: str, title: Text | str | None = None, changed: bool | None = None) -> None:
        place = self._find(tab_id)
        if place is not None:
            tab = self._strip.tabs[place]
            tab.title = title if title is not None else tab.title
            tab.changed = changed if changed is not None else tab.changed
            self._strip.changed()

    def current(self) -> str:
        return self._strip.current

    def tab(self, tab_id: str) -> Tab:
        return next(tab for tab in self._strip.tabs if tab.id == tab_id)

    def set_quiet(self, quiet: bool) -> None:
        """Work goes on elsewhere: the chosen tab has no line of its own colour."""
        if quiet != self._strip.quiet:
            self._strip.quiet = quiet
            self._strip.update()

    def ids(self) -> list[str]:
        return [tab.id for tab in self._strip.tabs]

    def show_overflow(self, overflows: bool) -> None:
        """Where not all tabs are in view, a list of them is at hand."""
        self._all.setVisible(overflows)

    def _list(self) -> None:
        menu = QMenu(self)
        for tab in self._strip.tabs:
            entry = menu.addAction(icon(tab.icon), tr(tab.title)) if tab.icon else menu.addAction(tr(tab.title))
            entry.triggered.connect(lambda _=False, tab_id=tab.id: self.select(tab_id))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self._all.mapToGlobal(self._all.rect().bottomLeft()))

    def _find(self, tab_id: str) -> int | None:
        return next((place for place, tab in enumerate(self._strip.tabs) if tab.id == tab_id), None)


def shrunk(widths: list[int], room: int) -> list[int]:
    """Widths that fit together: the longest are cut to one length, and short ones stay whole as long as that helps."""
    left, most = room, max(widths, default=0)
    for place, width in enumerate(sorted(widths)):
        if width * (len(widths) - place) > left:
            most = max(0, left) // (len(widths) - place)
            break
        left -= width
    return [min(width, most) for width in widths]


class _Strip(QWidget):
    def __init__(self, bar: TabBar) -> None:
        super().__init__(bar)
        self.bar, self.current, self.quiet = bar, "", False
        self._pressed: tuple[str, QPoint] | None = None
        self._dragging = False
        self.tabs: list[Tab] = []
        self._hover = (-1, False)
        self._scrolled = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.changed)
        language.changed.connect(self.changed)

    def changed(self) -> None:
        self.updateGeometry()
        self.reveal()

    def reveal(self) -> None:
        """Bring the chosen tab into view."""
        ids = self.bar.ids()
        if self.current in ids:
            box = self._boxes()[ids.index(self.current)]
            self._scroll(min(box.left(), 0) + max(box.right() + 1 - self.width(), 0))
        self.bar.show_overflow(self._hidden() > 0)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.reveal()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta()
        self._scroll(-(turned.x() or turned.y()))
        event.setAccepted(self._hidden() > 0)

    def _scroll(self, by: int) -> None:
        self._scrolled = max(0, min(self._hidden(), self._scrolled + by))
        self.update()

    def _hidden(self) -> int:
        """How much wider all tabs are than the strip."""
        return max(0, sum(self._squeezed(self._widths())) - self.width())

    def sizeHint(self) -> QSize:
        return QSize(sum(self._widths()), theme.size("layout.viewHeader"))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.scaled(60) if self.tabs else 0, theme.size("layout.viewHeader"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._dragging:
            self._pressed, self._dragging = None, False
            self.bar.let_go.emit()
            return
        if event.key() == Qt.Key.Key_Menu and self.current:
            box = self._boxes()[self.bar.ids().index(self.current)]
            self.bar.menu.emit(self.current, self.mapToGlobal(box.bottomLeft()))
            return
        chosen = beside(event, self.bar.ids(), self.current)
        if chosen is None:
            super().keyPressEvent(event)
            return
        self.bar.select(chosen)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton and self.bar.draggable:
            tab_id, start = self._pressed
            far = (event.position().toPoint() - start).manhattanLength() > QApplication.startDragDistance()
            if self._dragging or far:
                if not self._dragging:
                    self.setFocus()
                self._dragging = True
                self.bar.dragged.emit(tab_id, event.globalPosition().toPoint())
                return
        self._hover = self._at(event)
        self.setToolTip(tr(self.tabs[self._hover[0]].title) if self._hover[0] >= 0 else "")
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = (-1, False)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place, on_close = self._at(event)
        if place < 0:
            return
        if on_close or event.button() == Qt.MouseButton.MiddleButton:
            self.bar.closed.emit(self.tabs[place].id)
        elif event.button() == Qt.MouseButton.RightButton:
            self.bar.menu.emit(self.tabs[place].id, event.globalPosition().toPoint())
        else:
            self._pressed = (self.tabs[place].id, event.position().toPoint())
            self.bar.select(self.tabs[place].id)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed is not None and self._dragging:
            self._dragging = False
            self.bar.dropped.emit(pressed[0], event.globalPosition().toPoint())

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for place, (tab, box) in enumerate(zip(self.tabs, self._boxes(), strict=True)):
                self._paint_tab(painter, tab, box, place)

    def _paint_tab(self, painter: QPainter, tab: Tab, box: QRect, place: int) -> None:
        chosen, hovered = tab.id == self.current, self._hover[0] == place
        if chosen or hovered:
            painter.fillRect(box, theme.colour("surface.content" if chosen else "surface.hover"))
        if chosen:
            line = "border.control" if self.quiet else "accent.ring"
            painter.fillRect(box.left(), 0, box.width(), 2, theme.colour(line))
        painter.fillRect(box.right(), 0, 1, box.height(), theme.colour("border.default"))
        left, size = box.left() + theme.size("space.3"), theme.scaled(14)
        if tab.icon:
            colour = "accent.text" if chosen and tab.colour == "text.secondary" else tab.colour
            paint_icon(painter, tab.icon, colour, QRectF(left, (box.height() - size) / 2, size, size))
            left += size + theme.size("space.2")
        ended = chosen or hovered or tab.changed
        right = box.right() - theme.scaled(28 if ended else 8)
        painter.setFont(theme.font("denseStrong" if chosen else "dense"))
        painter.setPen(theme.colour("text.primary" if chosen else "text.secondary"))
        words = QFontMetrics(painter.font()).elidedText(tr(tab.title), Qt.TextElideMode.ElideRight, right - left)
        painter.drawText(QRect(left, 0, right - left, box.height()), Qt.AlignmentFlag.AlignVCenter, words)
        self._paint_end(painter, tab, box, chosen or hovered)

    def _paint_end(self, painter: QPainter, tab: Tab, box: QRect, close: bool) -> None:
        end = self._close_box(box)
        if tab.changed and not (close and self._hover[1]):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("text.tertiary"))
            painter.drawEllipse(QRectF(end).center(), 3, 3)
        elif close:
            size = theme.scaled(14)
            square = QRectF(0, 0, size, size)
            square.moveCenter(QRectF(end).center())
            paint_icon(painter, "x", "text.primary" if self._hover[1] else "text.secondary", square)

    def _widths(self) -> list[int]:
        metrics = QFontMetrics(theme.font("denseStrong"))
        widest, base = theme.scaled(220), theme.size("space.3") + theme.scaled(30)
        return [
            min(widest, metrics.horizontalAdvance(tr(tab.title)) + base + (theme.scaled(22) if tab.icon else 0))
            for tab in self.tabs
        ]

    def _boxes(self) -> list[QRect]:
        widths = self._squeezed(self._widths())
        boxes, left = [], -self._scrolled
        for width in widths:
            boxes.append(QRect(left, 0, width, self.height()))
            left += width
        return boxes

    def _squeezed(self, widths: list[int]) -> list[int]:
        """Where the room is short the chosen tab keeps its name, and of the others the long ones are cut first, to no less than
        can be read: what has no room then is scrolled to."""
        ids = self.bar.ids()
        if sum(widths) <= self.width() or self.current not in ids:
            return self._readable(shrunk(widths, self.width()), widths)
        place = ids.index(self.current)
        room = self.width() if self.width() < 2 * theme.scaled(LEAST) else self.width() // 2
        kept = min(widths[place], theme.scaled(140), room)
        rest = [*widths[:place], *widths[place + 1 :]]
        others = self._readable(shrunk(rest, self.width() - kept), rest)
        kept = max(kept, min(widths[place], self.width() - sum(others)))
        return [*others[:place], kept, *others[place:]]

    @staticmethod
    def _readable(cut: list[int], whole: list[int]) -> list[int]:
        least = theme.scaled(LEAST)
        return [max(width, min(least, wanted)) for width, wanted in zip(cut, whole, strict=True)]

    def _close_box(self, box: QRect) -> QRect:
        side = theme.size("control.minHit")
        return QRect(box.right() - side - 2, (box.height() - side) // 2, side, side)

    def _at(self, event: QMouseEvent) -> tuple[int, bool]:
        point = event.position().toPoint()
        for place, box in enumerate(self._boxes()):
            if box.contains(point):
                return place, self._close_box(box).contains(point)
        return -1, False
