"""What a thread consists of, and what happens while a question is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from studio.engine.errors import StudioError
from studio.engine.events import Event
from studio.engine.text import Text


class Source(BaseModel):
    """Something an answer can stand on, with its chip's number.

    A "page" has its document, page (1-based, None where there are no pages) and the span of the quote in the page's
    text; "rows" have the statement that was run and its first rows. `flagged` says why a citation of it does not hold.
    """

    number: int
    kind: Literal["page", "rows"]
    title: str
    quote: str = ""
    score: float | None = None
    document_id: str = ""
    page: int | None = None
    start: int = 0
    end: int = 0
    heading: str = ""
    dataset_id: str = ""
    sql: str = ""
    rows_sql: str = ""
    rows: list[dict[str, Any]] = []
    row_count: int | None = None
    cited: bool = False
    flagged: Text | None = None


class Step(BaseModel):
    """Work done for an answer: a search, a query, what was left out, or a check of what was written."""

    kind: Literal["search", "query", "context", "check"]
    title: Text
    detail: Text | None = None
    seconds: float = 0.0
    sql: str = ""
    columns: list[str] = []
    rows: list[list[Any]] = []
    dataset_id: str = ""
    failed: bool = False


class Thread(BaseModel):
    """A conversation. `leaf_id` is the last message of the branch that is shown; times are UTC seconds."""

    id: str
    title: str = ""
    pinned: bool = False
    model: str = ""
    knowledge: list[str] = []
    datasets: list[str] = []
    leaf_id: str | None = None
    created_at: float
    updated_at: float


class Message(BaseModel):
    """One message. `status` is "streaming" only while its answer is being written; `error` is `StudioError.as_dict()`.

    `usage` has completion_tokens, first_token_seconds, seconds and, when it came to an end, tokens_per_second.
    """

    id: str
    thread_id: str
    parent_id: str | None = None
    role: Literal["user", "assistant"]
    content: str = ""
    status: Literal["streaming", "done", "stopped", "failed"] = "done"
    model: str = ""
    sources: list[Source] = []
    steps: list[Step] = []
    usage: dict[str, Any] = {}
    error: dict[str, Any] | None = None
    created_at: float


@dataclass(frozen=True, slots=True)
class ThreadsChanged(Event):
    """A thread was made, renamed, answered or removed."""

    thread_id: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The question is on disk, and the answer that will be written has this id."""

    question: Message
    answer: Message


@dataclass(frozen=True, slots=True)
class Worked:
    """A step is finished."""

    step: Step


@dataclass(frozen=True, slots=True)
class SourcesFound:
    """What the answer may stand on; known before its first word."""

    sources: list[Source]


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of the answer, on disk already. `tokens` so far, counted as they came, and seconds until the first."""

    text: str
    tokens: int = 0
    first_token_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer is whole, its citations checked."""

    message: Message


@dataclass(frozen=True, slots=True)
class AnswerFailed:
    """No answer, or only a part of one; the question and the part are kept."""

    error: StudioError
    message: Message


ChatEvent = Asked | Worked | SourcesFound | Piece | Answered | AnswerFailed
