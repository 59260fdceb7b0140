"""The middle: the thread's name, its messages in a column, and where the next question is written."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from studio.engine.chat.message import Thread
from studio.engine.text import Text
from studio.ui.frame.focus import tab_through
from studio.ui.theme import theme
from studio.ui.views.chat_parts.composer import Composer
from studio.ui.views.chat_parts.examples import Examples
from studio.ui.views.chat_parts.messages import AnswerView, QuestionView
from studio.ui.views.chat_parts.threads import UNTITLED
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.discard import discard
from studio.ui.widgets.inputs import LineField
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Header, Surface, scroll

WIDTH = 740
WIDE = 1120
ROOMY = 560  # of the header, from which it says in words what can be done
NEAR_END = 24  # pixels from the end that still count as the end


class Conversation(Surface):
    """Follows what is written only while a person is at the end."""

    renamed = Signal(str)
    sources_toggled = Signal()
    example_chosen = Signal(str)
    earlier = Signal()

    def __init__(self) -> None:
        super().__init__("content")
        self.head = ThreadHeader()
        self.composer = Composer()
        self.examples = Examples()
        self.examples.chosen.connect(self.example_chosen)
        self._following = True
        self._revealed: QuestionView | AnswerView | None = None
        self.setAcceptDrops(True)
        self._build_column()
        self._lay_out()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes from the header through the messages as they stand, then to where the next question is written."""
        tab_through(self.head.sources, self.stack, self.composer)
        return super().focusNextPrevChild(forward)

    # What is dropped anywhere goes along with the next question

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.composer.dragEnterEvent(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.composer.dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self.composer.dropEvent(event)

    # Messages

    def clear(self) -> None:
        """No messages: the examples stand there instead."""
        if self._views:
            self.remove_from(self._views[0])
        self._holder.widen(False)
        self._following = True
        self.more.hide()
        self.stack.setCurrentWidget(self._empty)

    def add(self, view: QuestionView | AnswerView) -> None:
        self._views.append(view)
        self._messages.addWidget(view)
        self.stack.setCurrentWidget(self.area)

    def add_beside(self, main: AnswerView, other: AnswerView) -> None:
        """Two answers to one question, side by side; the column is wider then."""
        pair = main.parentWidget()
        if not isinstance(pair, _Pair):
            place = self._messages.indexOf(main)
            pair = _Pair()
            self._messages.insertWidget(place, pair)
            pair.row.addWidget(main, 1, Qt.AlignmentFlag.AlignTop)
        pair.row.addWidget(other, 1, Qt.AlignmentFlag.AlignTop)
        self._views.insert(self._views.index(main) + 1, other)
        self._holder.widen(True)

    def reveal(self, view: QuestionView | AnswerView) -> None:
        """Scroll to a message, once it has its place; it stays in sight while what stands above it still grows."""
        self._following, self._revealed = False, view
        QTimer.singleShot(0, self, self._keep_revealed)

    def _keep_revealed(self) -> None:
        if self._revealed is not None:
            self.area.ensureWidgetVisible(self._revealed, 0, theme.size("space.6"))

    def _let_go(self, _: int = 0) -> None:
        """A person scrolls, or the message is gone."""
        self._revealed = None

    def views(self) -> list[QuestionView | AnswerView]:
        """From the first to the last that is shown."""
        return list(self._views)

    def remove_from(self, view: QuestionView | AnswerView) -> None:
        """Take a message away with all that follows."""
        start = self._views.index(view)
        gone, self._views = self._views[start:], self._views[:start]
        self._let_go()
        for each in gone:
            pair = each.parentWidget()
            self._messages.removeWidget(each)
            discard(each)
            if isinstance(pair, _Pair):
                self._messages.removeWidget(pair)
                discard(pair)

    def go_to_end(self) -> None:
        """Follow from now on."""
        self._let_go()
        self._following = True
        bar = self.area.verticalScrollBar()
        bar.setValue(bar.maximum())

    def following(self) -> bool:
        return self._following

    # How it is built

    def _build_column(self) -> None:
        inner = QWidget()
        self._holder = _Centred(inner)
        column = self._holder.column
        column.setContentsMargins(0, theme.size("space.4"), 0, theme.size("space.6"))
        self.more = Button(Text("Show earlier messages", "显示更早的消息"), "chevron-up", "ghost")
        self.more.clicked.connect(self.earlier)
        self.more.hide()
        column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignHCenter)
        self._views: list[QuestionView | AnswerView] = []
        self._messages = QVBoxLayout()
        self._messages.setSpacing(theme.size("space.6"))
        column.addLayout(self._messages)
        column.addStretch(1)
        self.area = scroll(inner)
        bar = self.area.verticalScrollBar()
        bar.rangeChanged.connect(self._grown)
        bar.valueChanged.connect(self._moved)
        bar.actionTriggered.connect(self._let_go)

    def _lay_out(self) -> None:
        self._empty = QWidget()
        _Centred(self._empty).column.addWidget(self.examples, 1)
        self.stack = QStackedWidget()
        self.stack.addWidget(self._empty)
        self.stack.addWidget(self.area)
        foot = QWidget()
        holder = _Centred(foot)
        holder.column.setContentsMargins(0, 0, 0, theme.size("space.2"))
        holder.column.addWidget(self.composer)
        self.head.renamed.connect(self.renamed)
        self.head.sources.clicked.connect(self.sources_toggled)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.stack, 1)
        column.addWidget(foot)

    def _grown(self, _: int, most: int) -> None:
        self._holder.shift(self.area.verticalScrollBar().sizeHint().width() if most else 0)
        if self._following:
            self.area.verticalScrollBar().setValue(most)
        self._keep_revealed()

    def _moved(self, value: int) -> None:
        self._following = value >= self.area.verticalScrollBar().maximum() - theme.scaled(NEAR_END)


class _Pair(QWidget):
    """Two answers in a row."""

    def __init__(self) -> None:
        super().__init__()
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(theme.size("space.6"))


class _Centred:
    """A column in the middle of a widget, at most as wide as one reads well."""

    def __init__(self, parent: QWidget) -> None:
        self._row = row = QHBoxLayout(parent)
        self.shift(0)
        self._holder = holder = QWidget()
        self.widen(False)
        holder.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.column = QVBoxLayout(holder)
        self.column.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(holder, 100)
        row.addStretch(1)

    def widen(self, wide: bool) -> None:
        """Room for two answers side by side."""
        self._holder.setMaximumWidth(theme.scaled(WIDE if wide else WIDTH))

    def shift(self, left: int) -> None:
        """Make up for a scroll bar at the right, so that the column stays where it is."""
        side = theme.size("space.6")
        self._row.setContentsMargins(side + left, 0, side, 0)


class ThreadHeader(Header):
    """The thread's title, to be changed in its place; how many messages it has; the sources' switch."""

    renamed = Signal(str)
    export_wanted = Signal(object)  # the menu that is to be filled
    keep_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(40, "content")
        self._thread: Thread | None = None
        self.title = Label(UNTITLED, "bodyStrong", elide="end")
        self.title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.edit = IconButton("pencil", Text("Rename thread", "重命名对话"), size=14)
        self.edit.clicked.connect(self.begin)
        self.field = _TitleField()
        self.field.hide()
        self.field.kept.connect(self._keep)
        self.field.left.connect(self._end)
        self.count = Label("", "dense", "text.secondary")
        self.branches = Label("", "dense", "text.secondary")
        self.keep = Button(Text("Save as workflow", "存为工作流"), "workflow", "ghost", "sm")
        self.keep_small = IconButton("workflow", Text("Save as workflow", "存为工作流"))
        for button in (self.keep, self.keep_small):
            button.clicked.connect(self.keep_wanted)
        self.share = IconButton("share", Text("Export thread", "导出对话"))
        self.share.clicked.connect(self._open_export)
        self.sources = IconButton("panel-right", Text("Show or hide sources (Ctrl I)", "显示或隐藏来源（Ctrl I）"))
        self.row.addWidget(self.title)
        self.row.addWidget(self.edit)
        self.row.addWidget(self.field, 1)
        self.row.addStretch(1)
        self.row.addWidget(self.count)
        self.row.addWidget(self.branches)
        self.row.addWidget(self.keep)
        self.row.addWidget(self.keep_small)
        self.row.addWidget(self.share)
        self.row.addWidget(self.sources)
        self.show_thread(None, 0)

    def show_thread(self, thread: Thread | None, messages: int, branches: int = 1) -> None:
        if thread is None or self._thread is None or thread.id != self._thread.id:
            self._end()
        self._thread = thread
        self.title.say((thread.title if thread else "") or UNTITLED)
        self.edit.setVisible(thread is not None and self.field.isHidden())
        words = Text(f"{messages:,} message{'' if messages == 1 else 's'}", f"{messages:,} 条消息")
        self.count.say(words if messages else Text.same(""))
        self.branches.say(Text(f"{branches} branches", f"{branches} 个分支"))
        self.branches.setVisible(branches > 1)
        self.share.setVisible(thread is not None and messages > 0)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Where there is little room the title keeps it: words that an icon can say go."""
        there, roomy = not self.share.isHidden(), self.width() >= theme.scaled(ROOMY)
        self.keep.setVisible(there and roomy)
        self.keep_small.setVisible(there and not roomy)
        self.count.setVisible(roomy)

    def _open_export(self) -> None:
        menu = QMenu(self)
        self.export_wanted.emit(menu)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.share.mapToGlobal(QPoint(0, self.share.height())))

    def begin(self) -> None:
        """Type another title in place of this one."""
        if self._thread is None:
            return
        self.field.setText(self._thread.title)
        for widget, shown in ((self.title, False), (self.edit, False), (self.field, True)):
            widget.setVisible(shown)
        self.field.selectAll()
        self.field.setFocus()

    def _keep(self) -> None:
        words = " ".join(self.field.text().split())
        if self._thread is not None and words and words != self._thread.title:
            self.title.say(words)
            self.renamed.emit(words)
        self._end()

    def _end(self) -> None:
        self.field.hide()
        self.title.show()
        self.edit.setVisible(self._thread is not None)


class _TitleField(LineField):
    """Enter keeps the title, Esc and leaving the field do not."""

    kept = Signal()
    left = Signal()

    def __init__(self) -> None:
        super().__init__("", name=Text("Title of the thread", "对话标题"))
        self.setMaxLength(120)
        self.returnPressed.connect(self.kept)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: object) -> None:
        super().focusOutEvent(event)  # type: ignore[arg-type]
        if self.isVisible():
            self.left.emit()
