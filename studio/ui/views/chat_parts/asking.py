"""Questions that are being answered, in the thread that is in front and in others, by this window or elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from studio.engine.chat.message import Answered, AnswerFailed, Asked, Attachment, ChatEvent, Message
from studio.engine.chat.telling import Telling
from studio.engine.errors import StudioError
from studio.engine.events import Notice
from studio.ui.views.chat_parts.live import Live

if TYPE_CHECKING:
    from studio.ui.studio import Studio


class Asking(QObject):
    """Runs the questions. Signals carry the live answer, and its event or the message at its end.

    `lives` are the answers by thread; `others` those that are written beside them by a second model.
    """

    told = Signal(object, object)  # Live, ChatEvent
    ended = Signal(object, object)  # Live, Message or None
    refused = Signal(object)  # Live; its question was not taken

    def __init__(self, studio: Studio, parent: QObject) -> None:
        super().__init__(parent)
        self._studio = studio
        self.lives: dict[str, Live] = {}
        self.others: dict[str, Live] = {}

    def begin(
        self, thread_id: str, question: str, parent_id: str | None, attachments: Sequence[Attachment] = (),
        beside: str = "",
    ) -> None:  # fmt: skip
        """Ask in a thread, below a message (or at its leaf); a second model answers `beside`."""
        live = Live(thread_id, question, attachments, beside=beside)
        chat = self._studio.engine.chat
        self._run(live, chat.ask(thread_id, question, parent_id=parent_id, attachments=list(attachments)), self.lives)

    def again(self, thread_id: str, message_id: str) -> None:
        """Another answer to the question of a message."""
        self._run(Live(thread_id), self._studio.engine.chat.answer_again(thread_id, message_id), self.lives)

    def go_on(self, thread_id: str, message_id: str) -> None:
        """Write on where an answer ended."""
        self._run(Live(thread_id), self._studio.engine.chat.go_on(thread_id, message_id), self.lives)

    def run_workflow(self, thread_id: str, workflow_id: str, inputs: dict[str, Any]) -> None:
        """Run a workflow as a question of a thread."""
        events = self._studio.engine.chat.run_workflow(thread_id, workflow_id, inputs)
        self._run(Live(thread_id), events, self.lives)

    def join(self, tellings: Sequence[Telling]) -> None:
        """Follow answers that `studio chat`, the API or another window has written; those of this window go on."""
        for each in tellings:
            place = self.others if each.beside else self.lives
            if each.thread_id not in place and not each.ended:
                live = Live(each.thread_id, second=each.beside, joined=each.message_id)
                self._run(live, each.join(), place)

    def busy(self, thread_id: str) -> bool:
        """Whether an answer is being written in this thread."""
        return thread_id in self.lives or thread_id in self.others

    def stop(self, thread_id: str) -> None:
        """End the answers of a thread; what is written stays. The end of one that is written elsewhere is heard from there."""
        for place in (self.lives, self.others):
            live = place.get(thread_id)
            if live is None:
                continue
            if live.joined:
                self._studio.bridge.run(self, self._studio.engine.chat.stop(live.joined))
                continue
            del place[thread_id]
            live.handle.cancel()
            self.ended.emit(live, live.stopped())

    def waiting(self, thread_id: str) -> list[Live]:
        """The answers of a thread in which a tool waits for a person or is at work."""
        there = (self.lives.get(thread_id), self.others.get(thread_id))
        return [live for live in there if live is not None and (live.wanted or live.working)]

    def known(self, message: Message) -> Message:
        """The message as far as it is written, where that is further than on disk."""
        for live in (self.lives.get(message.thread_id), self.others.get(message.thread_id)):
            if live is not None and live.answer is not None and live.answer.id == message.id:
                return live.answer
        return message

    def _run(self, live: Live, events: AsyncIterator[ChatEvent], place: dict[str, Live]) -> None:
        place[live.thread_id] = live
        heard, failed = partial(self._heard, live, place), partial(self._failed, live, place)
        live.handle = self._studio.bridge.stream(self, events, heard, None, failed)

    def _heard(self, live: Live, place: dict[str, Live], event: ChatEvent) -> None:
        live.take(event)
        if isinstance(event, Answered | AnswerFailed):
            place.pop(live.thread_id, None)
            self.ended.emit(live, event.message)
            return
        self.told.emit(live, event)
        if isinstance(event, Asked) and live.beside:
            answer = self._studio.engine.chat.answer_again
            other = Live(live.thread_id, second=True)
            self._run(other, answer(live.thread_id, event.question.id, model=live.beside, beside=True), self.others)

    def _failed(self, live: Live, place: dict[str, Live], error: StudioError) -> None:
        place.pop(live.thread_id, None)
        self._studio.window.notice(Notice("error", error.message, error.repair))
        if live.question is None and live.words:
            self.refused.emit(live)
        self.ended.emit(live, None)
