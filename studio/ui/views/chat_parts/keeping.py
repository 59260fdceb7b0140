"""The list of threads kept in step with the engine, and what is done to a thread from there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from studio.engine.chat.message import Thread
from studio.engine.text import Text
from studio.ui.views.chat_parts.threads import ThreadsPanel

if TYPE_CHECKING:
    from studio.ui.studio import Studio

PAUSE = 60  # ms: many changes in a row load the list once


class Keeping(QObject):
    """Signals carry a thread's id."""

    restored = Signal(str)
    deleting = Signal(str)

    def __init__(self, studio: Studio, panel: ThreadsPanel, show: Callable[[list[Thread]], None]) -> None:
        super().__init__(panel)
        self._studio, self._show = studio, show
        self._soon = QTimer(self, singleShot=True, interval=PAUSE)
        self._soon.timeout.connect(self.load)
        panel.pin.connect(lambda thread_id, pinned: self.update(thread_id, pinned=pinned))
        panel.delete.connect(self.delete)

    def load(self) -> None:
        if self._studio.bridge.engine is not None:  # it may be closing
            self._studio.bridge.run(self, self._studio.engine.chat.threads(), self._show)

    def load_soon(self) -> None:
        self._soon.start()

    def update(self, thread_id: str, **fields: Any) -> None:
        """Change a thread on disk; the list follows by itself."""
        self._studio.bridge.run(self, self._studio.engine.chat.update(thread_id, **fields))

    def delete(self, thread_id: str) -> None:
        """To the trash, with a way back for a moment."""
        self.deleting.emit(thread_id)
        work = self._studio.engine.chat.delete(thread_id)
        self._studio.bridge.run(self, work, lambda _: self._offer_undo(thread_id))

    def _offer_undo(self, thread_id: str) -> None:
        def undo() -> None:
            work = self._studio.engine.chat.restore(thread_id)
            self._studio.bridge.run(self, work, lambda _: self.restored.emit(thread_id))

        self._studio.window.toast(Text("Thread deleted", "已删除对话"), undo)
