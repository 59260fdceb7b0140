"""Notices: the panel under the bell, and toasts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.events import Notice
from studio.engine.text import Text
from studio.ui import when
from studio.ui.actions import Actions
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.widgets.box import paint_box
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.gap import gap
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Divider, Glyph, Header, scroll
from studio.ui.widgets.states import Empty

LOOKS = {
    "info": ("info", "info.text"),
    "success": ("circle-check", "success.text"),
    "warning": ("triangle-alert", "warning.text"),
    "error": ("circle-x", "danger.text"),
}
KEPT = 200
WIDEST = 560  # of a toast's words, in pixels


@dataclass(slots=True)
class Kept:
    """A notice and when it came."""

    notice: Notice
    at: float = field(default_factory=time.time)


class Popup(QFrame):
    """A raised box that closes on a click elsewhere or Esc and gives the focus back to its opener."""

    def __init__(self, opener: QWidget) -> None:
        super().__init__(opener.window(), Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._opener = opener

    def open_below(self, width: int, height: int) -> None:
        """Below the opener, its right edge on the opener's."""
        self.resize(width, height)
        corner = self._opener.mapToGlobal(QPoint(self._opener.width(), self._opener.height() + 4))
        self.move(corner.x() - width, corner.y())
        self.show()
        self.setFocus()

    def closeEvent(self, event: object) -> None:
        self._opener.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setPen(QPen(theme.colour("border.strong"), 1))
            painter.setBrush(theme.colour("surface.raised"))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))


class NoticesPanel(Popup):
    """Newest first, each with its repair."""

    cleared = Signal()

    def __init__(self, opener: QWidget, notices: list[Kept], actions: Actions) -> None:
        super().__init__(opener)
        self._actions = actions
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        header = Header(40, "raised")
        header.row.addWidget(Label(Text("Notices", "通知"), "bodyStrong"), 1)
        clear = Button(Text("Clear all", "全部清除"), kind="quiet", size="sm")
        clear.setEnabled(bool(notices))
        clear.clicked.connect(self._clear)
        header.row.addWidget(clear)
        layout.addWidget(header)
        layout.addWidget(self._list(notices) if notices else Empty("bell", Text("No notices", "暂无通知")), 1)

    def _clear(self) -> None:
        self.cleared.emit()
        self.close()

    def _list(self, notices: list[Kept]) -> QWidget:
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for kept in reversed(notices):
            column.addWidget(self._entry(kept))
            column.addWidget(Divider(colour="border.subtle"))
        column.addStretch(1)
        return scroll(column)

    def _entry(self, kept: Kept) -> QWidget:
        entry = QWidget()
        row = QHBoxLayout(entry)
        side = theme.size("space.3")
        row.setContentsMargins(side, theme.size("space.2"), side, theme.size("space.2"))
        row.setSpacing(theme.size("space.2"))
        row.addWidget(Glyph(*LOOKS[kept.notice.level]), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label(kept.notice.title, "denseStrong", wrap=True))
        if kept.notice.body is not None:
            words.addWidget(Label(kept.notice.body, "dense", "text.secondary", wrap=True))
        self._add_repair(words, kept.notice)
        row.addLayout(words, 1)
        at = Label(when.short(kept.at), "caption", "text.tertiary")
        row.addWidget(at, 0, Qt.AlignmentFlag.AlignTop)
        return entry

    def _add_repair(self, words: QVBoxLayout, notice: Notice) -> None:
        if notice.repair and self._actions.has(notice.repair):
            button = Button(self._actions.get(notice.repair).title, size="sm")
            button.clicked.connect(lambda: (self.close(), self._actions.trigger(notice.repair)))
            gap(words, "space.1")
            words.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)


class Toast(QFrame):
    """A word at the bottom of the window for four seconds, longer under the pointer; with Undo where that is possible."""

    def __init__(
        self,
        window: QWidget,
        text: Text,
        undo: Callable[[], object] | None = None,
        level: str = "info",
        above: int = 24,
    ) -> None:
        super().__init__(window)
        self._above = above
        row = QHBoxLayout(self)
        side = theme.size("space.3")
        row.setContentsMargins(side, theme.size("space.1"), theme.size("space.1"), theme.size("space.1"))
        if level != "info":
            row.addWidget(Glyph(*LOOKS[level]))
        self.label = Label(text, "dense", wrap=True)
        row.addWidget(self.label)
        self._row = row
        if undo is not None:
            self.undo = self._button(Text("Undo", "撤销"), undo)
        close = IconButton("x", Text("Close", "关闭"), size=14)
        close.clicked.connect(self.deleteLater)
        row.addWidget(close)
        say(self.setAccessibleName, text)
        longer = 2 if undo is not None or level == "error" else 1
        self._timer = QTimer(self, singleShot=True, interval=int(theme.tokens["motion"]["toast"]) * longer)
        self._timer.timeout.connect(self.deleteLater)
        self._timer.start()
        self.place()
        self.show()
        self.raise_()

    def offer(self, title: Text, act: Callable[[], object]) -> None:
        """A way out of what it tells, beside the words; it stays a little longer."""
        self._button(title, act)
        self._timer.start(self._timer.interval() * 2)
        self.place()

    def _button(self, title: Text, act: Callable[[], object]) -> Button:
        button = Button(title, kind="link", size="sm")
        button.clicked.connect(lambda: (self.deleteLater(), act()))
        self._row.insertWidget(self._row.indexOf(self.label) + 1, button)
        button.show()
        self._row.activate()
        return button

    def place(self) -> None:
        """At the bottom, as wide as its words need."""
        wide = self.label.fontMetrics().horizontalAdvance(self.label.whole()) + 4
        self.label.setFixedWidth(min(wide, theme.scaled(WIDEST)))
        self.adjustSize()
        parent = self.parentWidget()
        self.resize(min(self.width(), parent.width() - 48), self.height())
        self.move(
            (parent.width() - self.width()) // 2, parent.height() - self.height() - theme.scaled(self._above + 16)
        )

    def event(self, event: QEvent) -> bool:
        heard = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:  # the scale changed, and what stands in it heard of that later
            self.place()
        return heard

    def enterEvent(self, event: object) -> None:
        self._timer.stop()

    def leaveEvent(self, event: object) -> None:
        self._timer.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_box(self, "border.strong", "surface.raised", "radius.lg")
