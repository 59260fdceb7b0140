"""Threads that are taken: an answer is being written in them."""

from __future__ import annotations

from dataclasses import dataclass

from studio.engine.chat.message import Thread, ThreadsChanged
from studio.engine.errors import BadState
from studio.engine.events import Events
from studio.engine.text import Text


@dataclass(frozen=True, eq=False)
class Claim:
    """A thread that is taken by one answer to a question, perhaps beside another answer to it."""

    thread_id: str
    question_id: str
    beside: bool


class Taken:
    """The claims on threads; whoever listens hears when one is let go."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._claims: dict[str, set[Claim]] = {}  # by thread

    def __bool__(self) -> bool:
        return bool(self._claims)

    def __contains__(self, thread_id: str) -> bool:
        return thread_id in self._claims

    def at_rest(self, thread: Thread) -> None:
        """Raises `BadState` while an answer is written in a thread."""
        if thread.id in self:
            raise BadState(
                Text(f"“{thread.title}” is still being answered.", f"“{thread.title}”仍在回答中。"),
                Text("Wait for the end or stop it.", "请等待回答结束，或先停止。"),
            )

    def claim(self, thread: Thread, question_id: str, beside: bool = False) -> Claim:
        """Take a thread. Raises `BadState` where it is taken; beside an answer to the same question there is room for one."""
        there = self._claims.get(thread.id, set())
        if not beside or any(each.beside or each.question_id != question_id for each in there):
            self.at_rest(thread)
        claim = Claim(thread.id, question_id, beside)
        self._claims[thread.id] = {*there, claim}
        return claim

    def release(self, claim: Claim) -> None:
        """Let the thread go; does nothing the second time."""
        there = self._claims.get(claim.thread_id, set())
        if claim not in there:
            return
        self._claims[claim.thread_id] = there - {claim}
        if there == {claim}:
            del self._claims[claim.thread_id]
        self._events.publish(ThreadsChanged(claim.thread_id))
