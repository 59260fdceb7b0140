"""The rail: one place per view, Settings at the bottom."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.icons import paint_icon
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Pressable
from studio.ui.widgets.discard import widgets_of
from studio.ui.widgets.labels import dot_colour
from studio.ui.widgets.panel import Surface
from studio.ui.widgets.things import things_in

BADGES = {
    "accent": Text("Something runs", "有任务正在运行"),
    "warning": Text("Something needs attention", "有事项需要处理"),
    "danger": Text("Something failed", "有任务失败"),
}  # what a dot says to those who do not see it
SPRING = 500  # ms that something is held over a place until its view opens


class Rail(Surface):
    """72 wide with labels, 48 with icons only."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("app", parent)
        self._items: dict[str, RailItem] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, theme.size("space.1"), 1, theme.size("space.1"))
        self._column.setSpacing(0)
        self._column.addStretch(1)
        say(self.setAccessibleName, Text("Views", "视图"))
        theme.changed.connect(self._restyle)
        self.compact = False
        self._restyle()

    def add(self, name: str, title: Text, icon: str) -> None:
        """A place at the end; Settings stands at the bottom."""
        item = RailItem(name, title, icon, self)
        item.clicked.connect(lambda: self.chosen.emit(name))
        self._column.insertWidget(self._column.count() if name == "settings" else self._stretch(), item)
        self._items[name] = item

    def keep(self, names: Collection[str]) -> None:
        """Take away the places of views that are not there."""
        for name in set(self._items) - set(names):
            self._items.pop(name).deleteLater()

    def names(self) -> list[str]:
        return list(self._items)

    def set_current(self, name: str) -> None:
        for key, item in self._items.items():
            item.setChecked(key == name)
            item.setFocusPolicy(Qt.FocusPolicy.TabFocus if key == name else Qt.FocusPolicy.ClickFocus)

    def set_badge(self, name: str, tone: str | None) -> None:
        if name in self._items:
            self._items[name].set_badge(tone)

    def set_compact(self, compact: bool) -> None:
        if compact != self.compact:
            self.compact = compact
            self._restyle()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        items = widgets_of(self._column)
        focused = next((place for place, item in enumerate(items) if item.hasFocus()), None)
        if step is None or focused is None:
            super().keyPressEvent(event)
            return
        items[(focused + step) % len(items)].setFocus(Qt.FocusReason.TabFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        QPainter(self).fillRect(self.width() - 1, 0, 1, self.height(), theme.colour("border.default"))

    def _stretch(self) -> int:
        taken = {self._column.indexOf(widget) for widget in widgets_of(self._column)}
        return next(place for place in range(self._column.count()) if place not in taken)

    def _restyle(self) -> None:
        self.setFixedWidth(theme.size("layout.rail.compact" if self.compact else "layout.rail.labelled"))
        for item in self._items.values():
            item.updateGeometry()


class RailItem(Pressable):
    """An icon with its label; the tooltip carries the label where only the icon has room."""

    def __init__(self, name: str, title: Text, icon: str, rail: Rail) -> None:
        super().__init__(rail)
        self.name, self.icon_name, self._rail = name, icon, rail
        self.badge: str | None = None
        self.setCheckable(True)
        self.setAcceptDrops(True)
        self._open_soon = QTimer(self, singleShot=True, interval=SPRING, timeout=self.click)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for setter in (self.setText, self.setAccessibleName, self.setToolTip):
            say(setter, title)

    def set_badge(self, tone: str | None) -> None:
        self.badge = tone
        say(self.setAccessibleDescription, BADGES[tone] if tone else "")
        self.update()

    def nextCheckState(self) -> None:
        """The window says which one is in front."""

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """What is dragged and rests here opens the view, so that it can be dropped there."""
        if things_in(event.mimeData()):
            event.setDropAction(Qt.DropAction.IgnoreAction)
            event.accept()
            self._open_soon.start()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._open_soon.stop()

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(48), theme.size("layout.rail.item") - (theme.scaled(8) if self._rail.compact else 0))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_ground(painter)
            chosen = self.isChecked()
            ink = "accent.text" if chosen else "text.primary" if self.underMouse() else "text.secondary"
            size, compact = theme.scaled(20), self._rail.compact
            top = (self.height() - size) / 2 if compact else theme.scaled(7)
            left = (self.width() - size) / 2
            paint_icon(painter, self.icon_name, ink, QRectF(left, top, size, size))
            if self.badge:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.colour(dot_colour(self.badge)))
                painter.drawEllipse(
                    QRectF(left + size - theme.scaled(5), top - theme.scaled(2), theme.scaled(8), theme.scaled(8))
                )
            if not compact:
                self._paint_label(painter, ink)

    def _paint_ground(self, painter: QPainter) -> None:
        if not self.isChecked() and not self.underMouse():
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("accent.muted" if self.isChecked() else "surface.hover"))
        radius = theme.size("radius.md")
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(4, 0, -4, 0), radius, radius)
        if self.isChecked():
            painter.setBrush(theme.colour("accent.ring"))
            height = theme.scaled(28)
            painter.drawRoundedRect(QRectF(-2, (self.height() - height) / 2, 4, height), 2, 2)

    def _paint_label(self, painter: QPainter, ink: str) -> None:
        painter.setFont(theme.font("caption", tight=True))
        painter.setPen(theme.colour(ink))
        box = QRectF(0, theme.scaled(30), self.width(), theme.scaled(16))
        words = QFontMetrics(painter.font()).elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
