"""The list of threads beside the conversation."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from PySide6.QtCore import QPoint, QRect, QRectF, Signal
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from studio.engine.chat.message import Thread
from studio.engine.text import Text
from studio.ui.icons import icon, paint_icon
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.views.chat_parts import when
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.inputs import SearchField
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Panel
from studio.ui.widgets.rows import Row, RowList, _Painter

UNTITLED = Text("New chat", "新对话")


class ThreadsPanel(Panel):
    """Threads in groups by time. Signals carry a thread's id."""

    chosen = Signal(str)
    rename = Signal(str)
    pin = Signal(str, bool)
    delete = Signal(str)
    new = Signal()

    def __init__(self) -> None:
        button = Button(UNTITLED, "plus")
        super().__init__(Text("Chat", "对话"), [button], header=40)
        button.clicked.connect(self.new)
        self._threads: list[Thread] = []
        self._names: Callable[[Thread], Text] = lambda _: Text.same("")
        self._streaming: Collection[str] = ()
        self.search = SearchField(Text("Search threads", "搜索对话"))
        self.search.searched.connect(lambda _: self._show())
        self.list = RowList(Text("Threads", "对话列表"), height=48, activate_on_click=True)
        self.list.setItemDelegate(_ThreadPainter(self.list))
        self.list.activated.connect(self.chosen)
        self.list.menu.connect(self._menu)
        self.nothing = Label("", "dense", "text.tertiary", wrap=True)
        self._lay_out()

    def show_threads(
        self, threads: list[Thread], names: Callable[[Thread], Text], streaming: Collection[str] = ()
    ) -> None:
        """`names` says what a thread uses, below its title."""
        self._threads, self._names, self._streaming = threads, names, streaming
        self._show()

    def select(self, thread_id: str) -> None:
        """Mark a thread without opening it; "" marks none."""
        if not self.list.select(thread_id):
            self.list.clearSelection()
            self.list.setCurrentIndex(self.list.model().index(-1, 0))

    def _lay_out(self) -> None:
        box = QWidget()
        column = QVBoxLayout(box)
        side = theme.size("space.2")
        column.setContentsMargins(side, side, side, theme.size("space.1"))
        column.addWidget(self.search)
        self.add(box)
        self.nothing.setContentsMargins(theme.size("space.3"), theme.size("space.2"), theme.size("space.3"), 0)
        self.add(self.nothing)
        self.add(self.list, 1)

    def _show(self) -> None:
        wanted = self.search.text().strip().lower()
        found = [thread for thread in self._threads if wanted in _title(thread).lower()]
        grouped: dict[Text, list[Thread]] = {group: [] for group in when.GROUPS}
        for thread in found:
            grouped[when.PINNED if thread.pinned else when.group(thread.updated_at)].append(thread)
        rows: list[Row] = []
        for group, threads in grouped.items():
            if threads:
                rows.append(Row(f"heading-{group.en}", group, heading=True))
                rows += [self._row(thread) for thread in threads]
        self.list.set_rows(rows)
        self._say_nothing(bool(wanted))
        self.nothing.setVisible(not rows)

    def _say_nothing(self, searched: bool) -> None:
        words = (
            Text("No thread has this in its title.", "没有标题包含该内容的对话。")
            if searched
            else Text("Threads appear here once you ask something.", "提问后，对话会显示在这里。")
        )
        self.nothing.say(words)

    def _row(self, thread: Thread) -> Row:
        streaming = thread.id in self._streaming
        return Row(
            thread.id,
            thread.title or UNTITLED,
            self._names(thread),
            icon="loader-circle" if streaming else "pin" if thread.pinned else "",
            colour="accent.text" if streaming else "text.secondary",
            trailing=when.short(thread.updated_at),
            hint=thread.title,
        )

    def _menu(self, thread_id: str, place: QPoint) -> None:
        thread = next((each for each in self._threads if each.id == thread_id), None)
        if thread is None:
            return
        menu = self.menu_for(thread)
        menu.popup(place)

    def menu_for(self, thread: Thread) -> QMenu:
        """Rename, pin and delete for one thread."""
        menu = QMenu(self)
        size = theme.scaled(14)
        pin = Text("Unpin", "取消置顶") if thread.pinned else Text("Pin", "置顶")
        for words, name, run in (
            (Text("Rename", "重命名"), "pencil", partial(self.rename.emit, thread.id)),
            (pin, "pin-off" if thread.pinned else "pin", partial(self.pin.emit, thread.id, not thread.pinned)),
            (Text("Delete", "删除"), "trash-2", partial(self.delete.emit, thread.id)),
        ):
            action = menu.addAction(icon(name, "text.secondary", size), tr(words))
            action.triggered.connect(lambda _=False, run=run: run())
        menu.aboutToHide.connect(menu.deleteLater)
        return menu


def _title(thread: Thread) -> str:
    return thread.title or f"{UNTITLED.en} {UNTITLED.zh}"


class _ThreadPainter(_Painter):
    """The title over the whole width, the time at the end of the line below."""

    def _content(self, painter: QPainter, row: Row, box: QRect, chosen: bool) -> None:
        left, right = box.left() + theme.size("space.3"), box.right() - theme.size("space.3")
        line, middle = theme.line("dense"), box.center().y() + 1
        start = left
        if row.icon:
            start += theme.scaled(20)
            size = theme.scaled(14)
            paint_icon(painter, row.icon, row.colour, QRectF(left, middle - line, size, size))
        self._words(
            painter, tr(row.title), "dense", "text.primary", QRect(start, middle - line - 2, right - start, line)
        )
        time = tr(row.trailing)
        width = QFontMetrics(theme.font("dense")).horizontalAdvance(time) + theme.scaled(6)
        below = middle + 2
        self._words(
            painter, time, "dense", "text.secondary", QRect(right - width + theme.scaled(4), below, width, line)
        )
        room = right - width - theme.size("space.2") - left
        self._words(painter, tr(row.subtitle), "caption", "text.secondary", QRect(left, below, room, line))
