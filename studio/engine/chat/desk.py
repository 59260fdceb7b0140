"""What an answer is made with: the rooms around it, and what its question may use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from studio.engine.chat.attachments import Attachments
from studio.engine.chat.gather import Gatherer
from studio.engine.chat.message import Attachment, Thread
from studio.engine.chat.phrases import Phrases
from studio.engine.chat.store import Threads
from studio.engine.chat.tools import Toolbox

if TYPE_CHECKING:
    from studio.engine.knowledge.service import Knowledge
    from studio.engine.models.service import Models


@dataclass(frozen=True)
class Desk:
    """The rooms that an answer is made with."""

    threads: Threads
    models: Models
    knowledge: Knowledge
    gatherer: Gatherer
    attachments: Attachments
    toolbox: Toolbox
    phrases: Phrases


@dataclass(frozen=True)
class Wanted:
    """What a question may use; `temperature` None leaves it to the model's own, `chunks` None to what is usual."""

    model: str
    knowledge: list[str]
    datasets: list[str]
    temperature: float | None = None
    max_tokens: int | None = None
    chunks: int | None = None
    tools: list[str] = field(default_factory=list)
    along: list[str] = field(default_factory=list)  # workflows that a person put beside the question

    @classmethod
    def of(
        cls, thread: Thread, *, model: str | None = None, knowledge: Sequence[str] | None = None,
        datasets: Sequence[str] | None = None, temperature: float | None = None, max_tokens: int | None = None,
        chunks: int | None = None,
    ) -> Wanted:  # fmt: skip
        """What was said for one question; None takes the thread's own."""
        return cls(
            model or thread.model or "default",
            list(thread.knowledge if knowledge is None else knowledge),
            list(thread.datasets if datasets is None else datasets),
            temperature,
            max_tokens,
            chunks,
            list(thread.tools),
        )

    def with_attachments(self, attached: list[Attachment]) -> Wanted:
        """With the datasets, collections and workflows that go along with the question."""

        def more(kind: str, there: list[str]) -> list[str]:
            return list(dict.fromkeys([*there, *(each.ref for each in attached if each.kind == kind)]))

        return replace(
            self,
            knowledge=more("collection", self.knowledge),
            datasets=more("dataset", self.datasets),
            along=more("workflow", self.along),
        )
