"""An answer that is being written, whether its thread is in front or not."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from studio.engine.chat.message import (
    ApprovalWanted,
    Asked,
    Attachment,
    ChatEvent,
    Message,
    Piece,
    Step,
    Worked,
    Working,
    after,
)
from studio.engine.chat.saying import stopped


class Live:
    """Takes the events of one question; `answer` is the answer as far as it is known here.

    `words` are those of a question that is new, `beside` names a model that answers it too, and `second` says that this
    is that model's answer. `joined` is the message of one that is written elsewhere. `wanted` is a tool that waits for a person, `working` one that is at work.
    """

    def __init__(
        self, thread_id: str, words: str = "", attachments: Sequence[Attachment] = (), beside: str = "",
        second: bool = False, joined: str = "",
    ) -> None:  # fmt: skip
        self.thread_id = thread_id
        self.words = words
        self.attachments = list(attachments)
        self.beside = beside
        self.second = second
        self.joined = joined
        self.wanted: ApprovalWanted | None = None
        self.working: Working | None = None
        self._told_at = 0.0
        self.question: Message | None = None
        self.answer: Message | None = None
        self.tokens = 0
        self.first: float | None = None
        self.handle: Any = None
        self._first_at, self._first_tokens = 0.0, 0

    @property
    def rate(self) -> float | None:
        """Tokens a second since the first one, once there is enough to tell."""
        seconds = time.monotonic() - self._first_at
        return (self.tokens - self._first_tokens) / seconds if self.tokens > 4 and seconds > 0.2 else None

    def take(self, event: ChatEvent) -> None:
        """Keep up with an event."""
        if isinstance(event, ApprovalWanted):
            self.wanted = event
        elif isinstance(event, Working):
            self.wanted, self.working, self._told_at = None, event, time.monotonic()
        elif isinstance(event, Worked):
            self.wanted = self.working = None
        if isinstance(event, Asked):
            self.question, self.answer = event.question, event.answer
        elif self.answer is not None:
            self.answer = after(self.answer, event)
        if isinstance(event, Piece):
            if not self._first_at:
                self._first_at, self._first_tokens = time.monotonic(), event.tokens
            self.tokens, self.first = event.tokens, event.first_token_seconds

    def stopped(self) -> Message | None:
        """The answer as it is once the engine has been told to stop."""
        if self.answer is not None:
            tool = self.at_work()
            steps = [*self.answer.steps, *([stopped(tool)] if tool else [])]
            self.answer = self.answer.model_copy(update={"status": "stopped", "steps": steps})
        return self.answer

    def at_work(self) -> Step | None:
        """The card of the tool that is at work, as it is now."""
        if self.working is None:
            return None
        step, since = self.working.step, time.monotonic() - self._told_at
        return step.model_copy(update={"seconds": step.seconds + since})
