"""The list of threads kept in step with the engine, and what is done to a thread from there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog

from studio.engine.chat.message import Thread
from studio.engine.errors import StudioError
from studio.engine.files import write_bytes
from studio.engine.text import Text, plural
from studio.ui.language import tr
from studio.ui.views.chat_parts.threads import FORMATS, ThreadsPanel
from studio.ui.widgets.ask import Ask, ask_before
from studio.ui.widgets.inputs import LineField

if TYPE_CHECKING:
    from studio.ui.studio import Studio

PAUSE = 60  # ms: many changes in a row load the list once


class Keeping(QObject):
    """Signals carry a thread's id."""

    restored = Signal(str)
    deleting = Signal(str)

    def __init__(self, studio: Studio, panel: ThreadsPanel, show: Callable[[list[Thread], list[str]], None]) -> None:
        super().__init__(panel)
        self._studio, self._panel, self._show = studio, panel, show
        self._soon = QTimer(self, singleShot=True, interval=PAUSE)
        self._soon.timeout.connect(self.load)
        panel.pin.connect(lambda thread_id, pinned: self.update(thread_id, pinned=pinned))
        panel.move.connect(lambda thread_id, folder: self.update(thread_id, folder=folder))
        panel.delete.connect(self.delete)
        panel.restore.connect(self.restore)
        panel.searched.connect(self.find)
        panel.new_folder.connect(self.ask_folder)
        panel.export.connect(self.ask_export)
        panel.import_wanted.connect(self.ask_import)
        panel.ask_again.connect(self.ask_again)
        panel.trash_wanted.connect(self.load_trash)
        panel.empty_trash.connect(self.ask_empty)

    def load(self) -> None:
        if self._studio.bridge.engine is None:  # it may be closing
            return
        self._studio.bridge.run(self, self._listed(), lambda found: self._show(*found), of="threads")
        if self._panel.in_trash():
            self.load_trash()

    async def _listed(self) -> tuple[list[Thread], list[str]]:
        """The threads, and those of them in which an answer is being written, by whomever."""
        chat = self._studio.engine.chat
        threads = await chat.threads()
        return threads, [thread.id for thread in threads if chat.answering(thread.id)]

    def load_soon(self) -> None:
        self._soon.start()

    def load_trash(self) -> None:
        self._studio.bridge.run(self, self._studio.engine.chat.trash(), self._panel.show_trash, of="trash")

    def find(self, query: str) -> None:
        """Messages that have the words, into the list."""
        if self._studio.bridge.engine is not None:  # it may be closing
            self._studio.bridge.run(self, self._studio.engine.chat.find(query), partial(self._panel.show_hits, query))

    def update(self, thread_id: str, **fields: Any) -> None:
        """Change a thread on disk; the list follows by itself."""
        self._studio.bridge.run(self, self._studio.engine.chat.update(thread_id, **fields))

    def delete(self, thread_id: str) -> None:
        """To the trash, with a way back for a moment here and for 30 days there."""
        self.deleting.emit(thread_id)
        work = self._studio.engine.chat.delete(thread_id)
        self._studio.bridge.run(self, work, lambda _: self._offer_undo(thread_id))

    def restore(self, thread_id: str) -> None:
        work = self._studio.engine.chat.restore(thread_id)
        self._studio.bridge.run(self, work, lambda _: self._restored(thread_id))

    def ask_folder(self, thread_id: str) -> Ask:
        """A name for a new folder, into which the thread goes."""
        dialog = Ask(Text("New folder", "新建文件夹"), Text("Move thread", "移动对话"), parent=self._studio.window)
        name = LineField("", name=Text("Name", "名称"))
        name.setMaxLength(60)
        dialog.add(Text("Name", "名称"), name)
        dialog.accepted.connect(lambda: self._into(thread_id, name.text()))
        dialog.open()
        name.setFocus()
        return dialog

    def ask_export(self, thread_id: str, format: str) -> None:
        """Where to, then write it."""
        ending = next(ending for name, _, ending in FORMATS if name == format)
        thread = next((each for each in self._panel.threads() if each.id == thread_id), None)
        name = "".join(" " if letter in '\\/:*?"<>|' else letter for letter in (thread.title if thread else ""))[
            :60
        ].strip()
        start = str(Path.home() / f"{name or 'chat'}.{ending}")
        path, _ = QFileDialog.getSaveFileName(self._panel, tr(Text("Export thread", "导出对话")), start, f"*.{ending}")
        if path:
            self.export(thread_id, format, path if Path(path).suffix else f"{path}.{ending}")

    def export(self, thread_id: str, format: str, path: str) -> None:
        async def work() -> None:
            written = await self._studio.engine.chat.export(thread_id, format)
            await asyncio.to_thread(write_bytes, Path(path), written.encode())

        said = Text(f"Exported to {path}", f"已导出到 {path}")
        self._studio.bridge.run(self, work(), lambda _: self._studio.window.toast(said))

    def ask_import(self) -> None:
        """Which file, then bring its threads in."""
        path, _ = QFileDialog.getOpenFileName(
            self._panel, tr(Text("Import chats of ChatGPT, Open WebUI, LM Studio or this studio", "导入 ChatGPT、Open WebUI、LM Studio 或本程序的对话")),
            str(Path.home()), "*.json *.jsonl *.zip",
        )  # fmt: skip
        if path:
            self.bring_in(path)

    def bring_in(self, path: str) -> None:
        async def work() -> list[Thread]:
            return await self._studio.engine.chat.import_threads(await asyncio.to_thread(Path(path).read_bytes))

        self._studio.bridge.run(self, work(), self._brought_in, self._not_brought_in)

    def ask_again(self) -> None:
        """Whatever tools were allowed for a thread or for always, they ask for from now on."""
        said = Text("Tools ask again before they change data", "工具在更改数据前会重新询问")
        self._studio.bridge.run(self, self._studio.engine.chat.ask_again(), lambda _: self._studio.window.toast(said))

    def ask_empty(self) -> Ask:
        """It cannot be undone, so it asks and names the number."""
        count = len(self._panel.trashed())
        return ask_before(
            self._studio.window,
            Text(f"Delete {plural(count, 'thread', 'threads')} for good?", f"永久删除 {count} 个对话？"),
            Text("They cannot be brought back.", "删除后无法恢复。"),
            Text("Delete for good", "永久删除"),
            lambda: self._studio.bridge.run(self, self._studio.engine.chat.empty_trash()),
        )

    def _into(self, thread_id: str, folder: str) -> None:
        name = " ".join(folder.split())
        if name:
            self.update(thread_id, folder=name)

    def _brought_in(self, threads: list[Thread]) -> None:
        count = len(threads)
        said = Text(f"Imported {plural(count, 'thread', 'threads')}", f"已导入 {count} 个对话")
        self._studio.window.toast(said if count else Text("All of it is here already", "这些对话已全部导入过"))

    def _not_brought_in(self, error: StudioError) -> None:
        self._studio.window.show_error(error)

    def _restored(self, thread_id: str) -> None:
        self._panel.show_trash(None)
        self.restored.emit(thread_id)

    def _offer_undo(self, thread_id: str) -> None:
        self._studio.window.toast(Text("Thread deleted", "已删除对话"), partial(self.restore, thread_id))
