"""Tabs of documents, and tabs of a panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from studio.engine.text import Text
from studio.ui.icons import paint_icon
from studio.ui.language import language, say, tr
from studio.ui.theme import theme
from studio.ui.widgets.buttons import IconButton, OneOfRow, beside


@dataclass(slots=True)
class Tab:
    """An open document. A changed one shows a dot."""

    id: str
    title: Text | str
    icon: str = ""
    colour: str = "text.secondary"
    changed: bool = False


class TabBar(QWidget):
    """Open documents, 40 high. A middle click or Ctrl+W closes; arrows move."""

    selected = Signal(str)
    closed = Signal(str)
    added = Signal()

    def __init__(
        self,
        add: Text | None = None,
        name: Text | str = Text("Open documents", "打开的文档"),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
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
            self._strip.update()
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

    def ids(self) -> list[str]:
        return [tab.id for tab in self._strip.tabs]

    def _find(self, tab_id: str) -> int | None:
        return next((place for place, tab in enumerate(self._strip.tabs) if tab.id == tab_id), None)


class _Strip(QWidget):
    def __init__(self, bar: TabBar) -> None:
        super().__init__(bar)
        self.bar, self.current = bar, ""
        self.tabs: list[Tab] = []
        self._hover = (-1, False)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.changed)
        language.changed.connect(self.changed)

    def changed(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(sum(self._widths()), theme.size("layout.viewHeader"))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.scaled(60) if self.tabs else 0, theme.size("layout.viewHeader"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        chosen = beside(event, self.bar.ids(), self.current)
        if chosen is None:
            super().keyPressEvent(event)
            return
        self.bar.select(chosen)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
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
        else:
            self.bar.select(self.tabs[place].id)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, (tab, box) in enumerate(zip(self.tabs, self._boxes(), strict=True)):
            self._paint_tab(painter, tab, box, place)

    def _paint_tab(self, painter: QPainter, tab: Tab, box: QRect, place: int) -> None:
        chosen, hovered = tab.id == self.current, self._hover[0] == place
        if chosen or hovered:
            painter.fillRect(box, theme.colour("surface.content" if chosen else "surface.hover"))
        if chosen:
            painter.fillRect(box.left(), 0, box.width(), 2, theme.colour("accent.ring"))
        painter.fillRect(box.right(), 0, 1, box.height(), theme.colour("border.default"))
        left, size = box.left() + theme.size("space.3"), theme.scaled(14)
        if tab.icon:
            colour = "accent.text" if chosen and tab.colour == "text.secondary" else tab.colour
            paint_icon(painter, tab.icon, colour, QRectF(left, (box.height() - size) / 2, size, size))
            left += size + theme.size("space.2")
        right = box.right() - theme.scaled(28)
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
        widths = self._widths()
        share = min(1.0, self.width() / max(1, sum(widths)))
        boxes, left = [], 0
        for width in widths:
            boxes.append(QRect(left, 0, int(width * share), self.height()))
            left += int(width * share)
        return boxes

    def _close_box(self, box: QRect) -> QRect:
        side = theme.size("control.minHit")
        return QRect(box.right() - side - 2, (box.height() - side) // 2, side, side)

    def _at(self, event: QMouseEvent) -> tuple[int, bool]:
        point = event.position().toPoint()
        for place, box in enumerate(self._boxes()):
            if box.contains(point):
                return place, self._close_box(box).contains(point)
        return -1, False


class PanelTabs(QWidget):
    """Underlined tabs in a header: [(value, title)]. `changed` carries the value."""

    changed = Signal(object)

    def __init__(
        self, tabs: Sequence[tuple[object, Text | str]], value: object = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._tabs = {key: _PanelTab(words, self) for key, words in tabs}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.size("space.4"))
        for key, tab in self._tabs.items():
            tab.clicked.connect(lambda _=False, key=key: self._choose(key))
            row.addWidget(tab)
        row.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.set_value(value if value is not None else next(iter(self._tabs), None))

    def value(self) -> object:
        return next((key for key, tab in self._tabs.items() if tab.isChecked()), None)

    def set_value(self, value: object) -> None:
        for key, tab in self._tabs.items():
            tab.setChecked(key == value)

    def set_count(self, value: object, count: int | str | None) -> None:
        """A quiet figure beside a title."""
        if value in self._tabs:
            self._tabs[value].count = "" if count is None else f"{count:,}" if isinstance(count, int) else count
            self._tabs[value].updateGeometry()
            self._tabs[value].update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        chosen = beside(event, list(self._tabs), self.value())
        if chosen is None:
            super().keyPressEvent(event)
            return
        self._tabs[chosen].setFocus()
        self._choose(chosen)

    def _choose(self, key: object) -> None:
        self.set_value(key)
        self.changed.emit(key)


class _PanelTab(OneOfRow):
    def __init__(self, title: Text | str, parent: QWidget) -> None:
        super().__init__(title, parent)
        self.count = ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        width = self.words_width()
        if self.count:
            width += QFontMetrics(theme.font("dense")).horizontalAdvance(self.count) + theme.scaled(6)
        return QSize(width, theme.size("layout.panelHeader"))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        chosen = self.isChecked()
        painter.setFont(theme.font("denseStrong" if chosen else "dense"))
        painter.setPen(theme.colour("text.primary" if chosen or self.underMouse() else "text.secondary"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, self.text())
        if self.count:
            left = QFontMetrics(painter.font()).horizontalAdvance(self.text()) + theme.scaled(6)
            painter.setFont(theme.font("dense"))
            painter.setPen(theme.colour("text.tertiary"))
            painter.drawText(self.rect().adjusted(left, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.count)
        if chosen:
            painter.fillRect(0, self.height() - 2, self.width(), 2, theme.colour("accent.ring"))
