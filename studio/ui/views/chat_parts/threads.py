"""The list of threads beside the conversation: by time and folder, found by their words, and the trash."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from PySide6.QtCore import QPoint, QRect, QRectF, QTimer, Signal
from PySide6.QtGui import QAction, QFontMetrics, QPainter
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from studio.engine.chat.message import Hit, Thread
from studio.engine.text import Text
from studio.ui import when
from studio.ui.icons import icon, paint_icon
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.views.chat_parts import time_groups
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.inputs import SearchField
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Divider, Panel
from studio.ui.widgets.rows import Row, RowList, _Painter

UNTITLED = Text("New chat", "新对话")
HITS = Text("In messages", "消息中")
DELETED = Text("Deleted in the last 30 days", "过去 30 天内删除")
PAUSE = 200  # ms after the last key until messages are searched
FORMATS = (
    ("markdown", Text.same("Markdown"), "md"), ("json", Text("JSON, with all branches", "JSON（含全部分支）"), "json"),
    ("jsonl", Text("JSON Lines for fine-tuning", "JSON Lines（用于微调）"), "jsonl"),
)  # fmt: skip

ASK_AGAIN = Text("Ask again before tools change data", "工具更改数据前重新询问")


class ThreadsPanel(Panel):
    """Threads in groups: pinned, folders, then by time. Signals carry a thread's id."""

    chosen = Signal(str)
    found = Signal(str, str)  # thread id, message id
    searched = Signal(str)
    rename = Signal(str)
    pin = Signal(str, bool)
    delete = Signal(str)
    restore = Signal(str)
    move = Signal(str, str)  # thread id, folder
    new_folder = Signal(str)
    export = Signal(str, str)  # thread id, format
    import_wanted = Signal()
    ask_again = Signal()
    trash_wanted = Signal()
    empty_trash = Signal()
    new = Signal()

    def __init__(self) -> None:
        button = Button(UNTITLED, "plus")
        self.more = IconButton("ellipsis", Text("More", "更多"))
        super().__init__(Text("Chat", "对话"), [self.more, button], header=40)
        button.clicked.connect(self.new)
        self.more.clicked.connect(self._open_more)
        self._threads: list[Thread] = []
        self._trash: list[Thread] | None = None
        self._hits: list[Hit] = []
        self._names: Callable[[Thread], Text] = lambda _: Text.same("")
        self._streaming: Collection[str] = ()
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(lambda: self.searched.emit(self.search.text().strip()))
        self.search = SearchField(Text("Search all threads", "搜索对话和消息"))
        self.search.searched.connect(self._search)
        self.list = RowList(Text("Threads", "对话列表"), height=48, activate_on_click=True)
        self.list.setItemDelegate(_ThreadPainter(self.list))
        self.list.activated.connect(self._activate)
        self.list.menu.connect(self._menu)
        self.nothing = Label("", "dense", "text.tertiary", wrap=True)
        self.bin = Button(Text("Trash", "回收站"), "trash-2", "ghost")
        self.bin.clicked.connect(self._toggle_trash)
        self._lay_out()

    def show_threads(
        self, threads: list[Thread], names: Callable[[Thread], Text], streaming: Collection[str] = ()
    ) -> None:
        """`names` says what a thread uses, below its title."""
        self._threads, self._names, self._streaming = threads, names, streaming
        self._show()

    def show_hits(self, query: str, hits: list[Hit]) -> None:
        """The messages that have the words; of a query that is no longer asked, nothing."""
        if query == self.search.text().strip():
            self._hits = hits
            self._show()

    def show_trash(self, threads: list[Thread] | None) -> None:
        """What is in the trash in place of the threads; None shows the threads again."""
        self._trash = threads
        self.bin.say(Text("Back to threads", "返回对话") if threads is not None else Text("Trash", "回收站"))
        self.bin.set_icon("arrow-left" if threads is not None else "trash-2")
        self._show()

    def in_trash(self) -> bool:
        return self._trash is not None

    def threads(self) -> list[Thread]:
        return list(self._threads)

    def trashed(self) -> list[Thread]:
        return list(self._trash or [])

    def folders(self) -> list[str]:
        return sorted({thread.folder for thread in self._threads if thread.folder})

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
        self.add(Divider())
        foot = QWidget()
        row = QVBoxLayout(foot)
        row.setContentsMargins(side, theme.size("space.1"), side, theme.size("space.1"))
        row.addWidget(self.bin)
        self.add(foot)

    def _search(self, words: str) -> None:
        self._hits = []
        self._show()
        if words.strip():
            self._pause.start()
        else:
            self._pause.stop()

    def _activate(self, row_id: str) -> None:
        if row_id.startswith("hit:"):
            _, thread_id, message_id = row_id.split(":")
            self.found.emit(thread_id, message_id)
        elif self._trash is None:
            self.chosen.emit(row_id)

    def _toggle_trash(self) -> None:
        if self._trash is None:
            self.trash_wanted.emit()
        else:
            self.show_trash(None)

    def _show(self) -> None:
        wanted = self.search.text().strip().lower()
        rows = self._trash_rows(wanted) if self._trash is not None else self._thread_rows(wanted)
        if wanted and self._trash is None and self._hits:
            rows += [Row("heading-hits", HITS, heading=True), *(_hit_row(hit) for hit in self._hits)]
        self.list.set_rows(rows)
        self._say_nothing(bool(wanted))
        self.nothing.setVisible(not rows)

    def _thread_rows(self, wanted: str) -> list[Row]:
        grouped: dict[Text, list[Thread]] = {time_groups.PINNED: []}
        grouped |= {Text.same(folder): [] for folder in self.folders()}
        grouped |= {group: [] for group in time_groups.GROUPS if group != time_groups.PINNED}
        for thread in self._threads:
            if wanted in _title(thread).lower():
                grouped[_group(thread)].append(thread)
        return self._grouped(grouped)

    def _trash_rows(self, wanted: str) -> list[Row]:
        found = [thread for thread in self._trash or [] if wanted in _title(thread).lower()]
        return self._grouped({DELETED: found})

    def _grouped(self, grouped: dict[Text, list[Thread]]) -> list[Row]:
        rows: list[Row] = []
        for group, threads in grouped.items():
            if threads:
                rows.append(Row(f"heading-{group.en}", group, heading=True))
                rows += [self._row(thread) for thread in threads]
        return rows

    def _say_nothing(self, searched: bool) -> None:
        if self._trash is not None:
            words = Text("The trash is empty.", "回收站是空的。")
        elif searched:
            words = Text("No thread and no message has these words.", "没有对话或消息包含这些内容。")
        else:
            words = Text("Threads appear here once you ask something.", "提问后，对话会显示在这里。")
        self.nothing.say(words)

    def _row(self, thread: Thread) -> Row:
        streaming = thread.id in self._streaming
        return Row(
            thread.id,
            thread.title or UNTITLED,
            self._names(thread),
            icon="loader-circle" if streaming else "pin" if thread.pinned else "",
            colour="accent.text" if streaming else "text.secondary",
            trailing=_at(thread),
            hint=thread.title,
        )

    # Menus

    def _menu(self, thread_id: str, place: QPoint) -> None:
        thread = next((each for each in [*self._threads, *(self._trash or [])] if each.id == thread_id), None)
        if thread is None:
            return
        menu = self.menu_for(thread)
        menu.popup(place)

    def menu_for(self, thread: Thread) -> QMenu:
        """What can be done with one thread."""
        menu = QMenu(self)
        if thread.deleted_at is not None:
            self._entry(menu, Text("Restore", "恢复"), "archive-restore", partial(self.restore.emit, thread.id))
        else:
            pin = Text("Unpin", "取消置顶") if thread.pinned else Text("Pin", "置顶")
            self._entry(menu, Text("Rename", "重命名"), "pencil", partial(self.rename.emit, thread.id))
            glyph = "pin-off" if thread.pinned else "pin"
            self._entry(menu, pin, glyph, partial(self.pin.emit, thread.id, not thread.pinned))
            self._folders(menu.addMenu(tr(Text("Move to folder", "移到文件夹"))), thread)
            self.fill_export(menu.addMenu(tr(Text("Export", "导出"))), thread.id)
            self._entry(menu, Text("Delete", "删除"), "trash-2", partial(self.delete.emit, thread.id))
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def fill_export(self, menu: QMenu, thread_id: str) -> None:
        """The formats that a thread goes out as."""
        for name, words, _ in FORMATS:
            self._entry(menu, words, "file-down", partial(self.export.emit, thread_id, name))

    def _folders(self, menu: QMenu, thread: Thread) -> None:
        for folder in self.folders():
            action = self._entry(menu, Text.same(folder), "folder", partial(self.move.emit, thread.id, folder))
            action.setEnabled(folder != thread.folder)
        if thread.folder:
            self._entry(
                menu, Text("Out of its folder", "移出文件夹"), "folder-output", partial(self.move.emit, thread.id, "")
            )
        self._entry(menu, Text("New folder", "新建文件夹"), "folder-plus", partial(self.new_folder.emit, thread.id))

    def _open_more(self) -> None:
        menu = QMenu(self)
        self._entry(menu, Text("Import chats", "导入对话"), "import", self.import_wanted.emit)
        action = self._entry(menu, Text("Empty trash", "清空回收站"), "trash-2", self.empty_trash.emit)
        action.setEnabled(bool(self._trash))
        self._entry(menu, ASK_AGAIN, "shield-question-mark", self.ask_again.emit)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.more.mapToGlobal(QPoint(0, self.more.height())))

    def _entry(self, menu: QMenu, words: Text, glyph: str, run: Callable[[], object]) -> QAction:
        action = menu.addAction(icon(glyph, "text.secondary", theme.scaled(14)), tr(words))
        action.triggered.connect(lambda _=False: run())
        return action


def _group(thread: Thread) -> Text:
    if thread.pinned:
        return time_groups.PINNED
    return Text.same(thread.folder) if thread.folder else time_groups.group(thread.updated_at)


def _at(thread: Thread) -> Text:
    """When it was last changed, or deleted; under “Yesterday” the clock says more than the day."""
    at = thread.deleted_at or thread.updated_at
    yesterday = thread.deleted_at is None and _group(thread) is time_groups.YESTERDAY
    return Text.same(when.clock(at)) if yesterday else when.short(at)


def _hit_row(hit: Hit) -> Row:
    glyph = "message-square" if hit.role == "user" else "sparkles"
    return Row(
        f"hit:{hit.thread_id}:{hit.message_id}", _around(hit), hit.title, icon=glyph,
        trailing=when.short(hit.created_at), hint=hit.snippet,
    )  # fmt: skip


def _around(hit: Hit) -> str:
    """The snippet from a little before the first word that was found: the row is short."""
    start = max(0, (hit.spans[0][0] if hit.spans else 0) - 8)
    return f"…{hit.snippet[start:]}" if start else hit.snippet


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
        width = QFontMetrics(theme.font_for("dense", time)).horizontalAdvance(time) + theme.scaled(6)
        below = middle + 2
        self._words(
            painter, time, "dense", "text.secondary", QRect(right - width + theme.scaled(4), below, width, line)
        )
        room = right - width - theme.size("space.2") - left
        self._words(painter, tr(row.subtitle), "caption", "text.secondary", QRect(left, below, room, line))
