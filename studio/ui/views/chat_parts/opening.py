"""Opening threads: from their end or at a message, and again when the engine has something new of the one in front."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from studio.ui.turns import Turns
from studio.ui.views.chat_parts.opened import Opened, read_thread
from studio.ui.views.chat_parts.showing import Branch

if TYPE_CHECKING:
    from studio.ui.studio import Studio
    from studio.ui.views.chat import ChatView


class Opening(QObject):
    """`wanted` is the thread that is to be in front, "" a new one; what comes late of another is left out."""

    def __init__(self, studio: Studio, view: ChatView) -> None:
        super().__init__(view)
        self._studio, self._view = studio, view
        self.wanted = ""
        self._reveal = ""  # a message of it that was searched for
        self._missed = False  # it has changed since it was read

    def thread(self, thread_id: str) -> None:
        """Show a thread from its end."""
        self.wanted, self._reveal, self._missed = thread_id, "", False
        work = read_thread(self._studio.engine.chat, thread_id)
        self._studio.bridge.run(self, work, partial(self._show, thread_id))

    def message(self, thread_id: str, message_id: str) -> None:
        """Show a thread at a message that was found; its branch comes to the front."""

        async def work() -> Opened:
            chat = self._studio.engine.chat
            shown = [message.id for message in await chat.messages(thread_id)]
            if message_id not in shown and not chat.answering(thread_id):
                await chat.switch(thread_id, message_id)
            return await read_thread(chat, thread_id)

        self.wanted, self._reveal, self._missed = thread_id, message_id, False
        self._studio.bridge.run(self, work(), partial(self._show, thread_id))

    def changed(self, thread_id: str) -> None:
        """The engine has something new of a thread."""
        if self._view.front is not None and self._view.front.id == thread_id:
            self.again(thread_id)
        elif thread_id == self.wanted:
            self._missed = True

    def again(self, thread_id: str) -> None:
        """Another title, another branch, or an answer that was stopped or written elsewhere."""
        work = read_thread(self._studio.engine.chat, thread_id)
        self._studio.bridge.run(self, work, partial(self._refresh, thread_id), lambda _: None, of=thread_id)

    def _show(self, thread_id: str, found: Opened) -> None:
        if thread_id == self.wanted:
            self._view.front, self._view.branches = found.thread, found.branches
            Turns(self._fill(thread_id, found), self).start()

    def _as_known(self, branch: Branch) -> Branch:
        """As far as it is written, where that is further than on disk."""
        known = self._view.asking.known
        return Branch(
            [known(each) for each in branch.messages], branch.versions, [known(each) for each in branch.beside]
        )

    def _fill(self, thread_id: str, found: Opened) -> Iterator[object]:
        """The conversation, then its sources, unless a person went to another thread meanwhile."""
        view = self._view
        view.showing.show(self._as_known(found.branch))
        yield
        if thread_id != self.wanted:
            return
        view.show_opened()
        view.asking.join(found.written)
        if self._missed:
            self._missed = False
            self.again(thread_id)
        if self._reveal:
            yield
            view.showing.reveal(self._reveal)

    def _refresh(self, thread_id: str, found: Opened) -> None:
        view = self._view
        if view.front is None or thread_id != view.front.id:
            return
        view.front, view.branches = found.thread, found.branches
        if not view.asking.busy(thread_id):
            view.showing.refresh(found.branch)
            view.sourcing.keep_to_branch()
            view.sourcing.look()
        view.asking.join(found.written)
        view.show_count()
        view.show_streaming()
