"""What a person does to single messages: edit, fork, switch, go on, run a query again, allow a tool."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.engine.chat.message import Feedback, Message, Thread
from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.engine.workflows.execution import Workflow
from studio.ui.views.chat_parts.messages import AnswerView
from studio.ui.views.chat_parts.showing import Showing

if TYPE_CHECKING:
    from studio.ui.studio import Studio
    from studio.ui.views.chat import ChatView


class Acting(QObject):
    """Each method is one of the names that `Showing.did` tells. `forked` carries the id of a thread that was made."""

    forked = Signal(str)

    def __init__(self, studio: Studio, view: ChatView, showing: Showing) -> None:
        super().__init__(view)
        self._studio, self._view, self._showing = studio, view, showing
        showing.did.connect(lambda name, arguments: getattr(self, name)(*arguments))

    def edit_question(self, old: Message, words: str) -> None:
        """Asked as another version, with what went along."""
        if not self._free():
            self._keep_typed(old, words)
            return
        self._showing.cut(old)
        self._view.begin(words, old.parent_id, old.attachments)

    def edit_answer(self, old: Message, words: str) -> None:
        """Kept as another version."""
        if not self._free():
            self._keep_typed(old, words)
        elif words != old.content:
            work = self._studio.engine.chat.edit(old.thread_id, old.id, words)
            self._studio.bridge.run(self, work, lambda _: self._offer_back(old))

    def switch(self, message_id: str) -> None:
        """Show another version."""
        if self._free():
            self._studio.bridge.run(self, self._studio.engine.chat.switch(self._view.front.id, message_id))

    def fork(self, message_id: str) -> None:
        """A new thread from here."""
        if self._view.front is not None:
            work = self._studio.engine.chat.fork(self._view.front.id, message_id)
            self._studio.bridge.run(self, work, self._opened)

    def go_on(self, message_id: str) -> None:
        """Write on where an answer ended."""
        message = self._showing.message(message_id)
        if self._free() and message is not None:
            self._showing.cut(message)
            self._view.go_on(message_id)

    def rerun(self, message_id: str, step: int, sql: str) -> None:
        """Run a card's query again."""
        if self._view.front is not None:
            failed = partial(self._not_run, message_id, step)
            work = self._studio.engine.chat.rerun(self._view.front.id, message_id, step, sql)
            self._studio.bridge.run(self, work, None, failed)

    def rate(self, message_id: str, feedback: Feedback) -> None:
        """Keep what a person thinks of an answer."""
        if self._view.front is not None:
            work = self._studio.engine.chat.rate(self._view.front.id, message_id, feedback)
            self._studio.bridge.run(self, work)

    def save_as_workflow(self) -> None:
        """The thread in front as a workflow, which is opened."""
        if self._view.front is not None:
            work = self._studio.engine.chat.save_as_workflow(self._view.front.id)
            self._studio.bridge.run(self, work, self._saved)

    def decide(self, approval_id: str, decision: str) -> None:
        """Allow a tool, or not."""

        async def work() -> None:
            self._studio.engine.chat.decide(approval_id, decision)

        self._studio.bridge.run(self, work())
        self._view.middle.composer.input.setFocus()  # the pressed button goes with its card

    def _free(self) -> bool:
        """Whether the thread in front is not being answered."""
        return self._view.front is not None and not self._view.asking.busy(self._view.front.id)

    def _keep_typed(self, old: Message, words: str) -> None:
        """What cannot be taken while an answer is written stands in its editor again."""
        view = self._showing.view_of(old.id)
        if view is not None:
            view.edit_as(words)
        said = Text(
            "An answer is still being written. Wait for its end or stop it.", "回答仍在进行，请等待其结束或先停止。"
        )
        self._studio.window.toast(said)

    def _opened(self, thread: Thread) -> None:
        self.forked.emit(thread.id)
        self._studio.window.toast(Text("A new chat with everything up to here", "已新建对话，包含此处之前的全部内容"))

    def _saved(self, workflow: Workflow) -> None:
        self._studio.open("workflow", workflow.id)
        self._studio.window.toast(Text(f"Saved as “{workflow.name}”", f"已保存为“{workflow.name}”"))

    def _offer_back(self, old: Message) -> None:
        said = Text("The edited answer is another version", "已将编辑后的回答保存为新版本")
        self._studio.window.toast(said, partial(self.switch, old.id))

    def _not_run(self, message_id: str, step: int, error: StudioError) -> None:
        view = self._showing.answer(message_id)
        card = view.step_card(step) if isinstance(view, AnswerView) else None
        if card is not None and card.query is not None:
            card.query.say_problem(error.message)
        else:
            self._studio.window.show_error(error)
