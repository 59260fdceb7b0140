"""Questions that are being answered, in the thread that is in front and in others."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.engine.chat.message import Answered, AnswerFailed, ChatEvent, Message
from studio.engine.errors import StudioError
from studio.engine.events import Notice
from studio.ui.views.chat_parts.live import Live

if TYPE_CHECKING:
    from studio.ui.studio import Studio


class Asking(QObject):
    """Runs the questions. Signals carry the live answer, and its event or the message at its end."""

    told = Signal(object, object)  # Live, ChatEvent
    ended = Signal(object, object)  # Live, Message or None
    refused = Signal(object)  # Live; its question was not taken

    def __init__(self, studio: Studio, parent: QObject) -> None:
        super().__init__(parent)
        self._studio = studio
        self.lives: dict[str, Live] = {}

    def begin(self, thread_id: str, question: str, parent_id: str | None) -> None:
        """Ask in a thread, below a message (or at its leaf)."""
        live = Live(thread_id, question)
        self.lives[thread_id] = live
        events = self._studio.engine.chat.ask(thread_id, question, parent_id=parent_id)
        heard, failed = partial(self._heard, live), partial(self._failed, live)
        live.handle = self._studio.bridge.stream(self, events, heard, None, failed)

    def stop(self, thread_id: str) -> bool:
        """End the answer of a thread; what is written stays. False when there is none."""
        live = self.lives.pop(thread_id, None)
        if live is None:
            return False
        live.handle.cancel()
        self.ended.emit(live, live.stopped())
        return True

    def known(self, message: Message) -> Message:
        """The message as far as it is written, where that is further than on disk."""
        live = self.lives.get(message.thread_id)
        answer = live.answer if live else None
        return answer if answer is not None and answer.id == message.id else message

    def _heard(self, live: Live, event: ChatEvent) -> None:
        live.take(event)
        if isinstance(event, Answered | AnswerFailed):
            self.lives.pop(live.thread_id, None)
            self.ended.emit(live, event.message)
        else:
            self.told.emit(live, event)

    def _failed(self, live: Live, error: StudioError) -> None:
        self.lives.pop(live.thread_id, None)
        self._studio.window.notice(Notice("error", error.message, error.repair))
        if live.question is None:
            self.refused.emit(live)
        self.ended.emit(live, None)
