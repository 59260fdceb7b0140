"""An answer that is being written, whether its thread is in front or not."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from studio.engine.chat.message import (
    Answered,
    AnswerFailed,
    ApprovalWanted,
    Asked,
    Attachment,
    ChatEvent,
    Message,
    Piece,
    SourcesFound,
    Worked,
)


class Live:
    """Takes the events of one question; `answer` is the answer as far as it is known here.

    `words` are those of a question that is new, `beside` names a model that answers it too, and `second` says that this
    is that model's answer. `wanted` is a tool that waits for a person.
    """

    def __init__(
        self, thread_id: str, words: str = "", attachments: Sequence[Attachment] = (), beside: str = "",
        second: bool = False,
    ) -> None:  # fmt: skip
        self.thread_id = thread_id
        self.words = words
        self.attachments = list(attachments)
        self.beside = beside
        self.second = second
        self.wanted: ApprovalWanted | None = None
        self.question: Message | None = None
        self.answer: Message | None = None
        self.tokens = 0
        self.first: float | None = None
        self.handle: Any = None
        self._first_at = 0.0

    @property
    def rate(self) -> float | None:
        """Tokens a second since the first one, once there is enough to tell."""
        seconds = time.monotonic() - self._first_at
        return (self.tokens - 1) / seconds if self.tokens > 4 and seconds > 0.2 else None

    def take(self, event: ChatEvent) -> None:
        """Keep up with an event."""
        if isinstance(event, ApprovalWanted):
            self.wanted = event
        elif isinstance(event, Worked):
            self.wanted = None
        if isinstance(event, Asked):
            self.question, self.answer = event.question, event.answer
        elif isinstance(event, Answered | AnswerFailed):
            self.answer = event.message
        elif self.answer is not None:
            self.answer = self.answer.model_copy(update=self._changed(event, self.answer))

    def stopped(self) -> Message | None:
        """The answer as it is once the engine has been told to stop."""
        if self.answer is not None:
            self.answer = self.answer.model_copy(update={"status": "stopped"})
        return self.answer

    def _changed(self, event: ChatEvent, answer: Message) -> dict[str, Any]:
        if isinstance(event, Worked):
            return {"steps": [*answer.steps, event.step]}
        if isinstance(event, SourcesFound):
            return {"sources": event.sources}
        if isinstance(event, Piece):
            self._first_at = self._first_at or time.monotonic()
            self.tokens, self.first = event.tokens, event.first_token_seconds
            return {"content": answer.content + event.text}
        return {}
