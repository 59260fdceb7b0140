"""What a thread consists of, and what happens while a question is answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from studio.engine.errors import StudioError
from studio.engine.events import Event
from studio.engine.knowledge.place import place_of
from studio.engine.sql.query import Attempt
from studio.engine.text import Text

Feedback = Literal["", "up", "down"]
Tell = Callable[["Step"], None]  # hears the card of work that is under way


class Source(BaseModel):
    """Something an answer can stand on, with its chip's number.

    A "page" has its document, page (1-based, None where there are no pages) and the span of the quote in the page's
    text, and in `spans` what else of the page the answer cites; of a table or a source file the `row` (1-based), where
    `unit` says what a page is, and `dataset_id` and `version` when the rows are a dataset's; "rows" have the statement that was run and its first rows;
    a "file" is a passage of an attachment. `digest` and `version` are those of the content that was read. `flagged` says
    why a citation does not hold, and `false_at` which chips of this number, counted from 0 through the answer.
    """

    number: int
    kind: Literal["page", "rows", "file"]
    title: str
    quote: str = ""
    score: float | None = None
    document_id: str = ""
    page: int | None = None
    row: int | None = None
    unit: str = "page"
    start: int = 0
    end: int = 0
    spans: list[tuple[int, int]] = []
    heading: str = ""
    digest: str = ""
    attachment_id: str = ""
    dataset_id: str = ""
    version: int | None = None
    sql: str = ""
    rows_sql: str = ""
    rows: list[dict[str, Any]] = []
    row_count: int | None = None
    cited: bool = False
    flagged: Text | None = None
    false_at: list[int] = []

    @property
    def place(self) -> Text | None:
        """Where it stands in its document; None where that has no pages and no rows."""
        return place_of(self.page, self.row, self.unit)


class Step(BaseModel):
    """Work done for an answer: a search, a query, a tool, what was left out or compacted, a check of what was written.

    `text` is a tool's result, or the summary of the messages up to `until`. `attempts` failed before `sql` was written;
    `edited` says that a person changed it since.
    """

    kind: Literal["search", "query", "tool", "context", "compact", "check"]
    title: Text
    detail: Text | None = None
    seconds: float = 0.0
    text: str = ""
    until: str = ""
    tool: str = ""
    arguments: dict[str, Any] = {}
    attempts: list[Attempt] = []
    edited: bool = False
    sql: str = ""
    columns: list[str] = []
    rows: list[list[Any]] = []
    dataset_id: str = ""
    failed: bool = False


class Attachment(BaseModel):
    """Something that goes along with a question, by `@` or as a file.

    `ref` is the object's id; of a file, its name among the attachments on disk. `mode` says how a text goes in: "whole", or
    "passages" that fit the question; a file's pages are counted in `tokens` by the model it was attached for.
    """

    id: str
    kind: Literal["file", "dataset", "document", "collection", "workflow"]
    ref: str
    title: str
    mode: Literal["whole", "passages"] = "passages"
    tokens: int = 0
    size_bytes: int = 0


class Thread(BaseModel):
    """A conversation. `leaf_id` is the last message of the branch that is shown; times are UTC seconds.

    `title_by` says who named it. `tools` are those that the model may call, `allowed` those that need not ask in this
    thread any more. `beside` is a second model that answers each question too.
    """

    id: str
    title: str = ""
    title_by: Literal["", "question", "model", "person"] = ""
    pinned: bool = False
    folder: str = ""
    model: str = ""
    knowledge: list[str] = []
    datasets: list[str] = []
    tools: list[str] = []
    allowed: list[str] = []
    beside: str = ""
    leaf_id: str | None = None
    created_at: float
    updated_at: float
    deleted_at: float | None = None


class Message(BaseModel):
    """One message. `status` is "streaming" only while its answer is being written; `error` is `StudioError.as_dict()`.

    `beside` is the answer that this one was written side by side with; `edited` says that a person wrote or changed it,
    `feedback` what a person thought of it.
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
    attachments: list[Attachment] = []
    beside: str = ""
    edited: bool = False
    feedback: Feedback = ""
    usage: dict[str, Any] = {}
    error: dict[str, Any] | None = None
    created_at: float


class Hit(BaseModel):
    """A message in which words were found. `snippet` is what stands around them, `spans` where they stand in it."""

    thread_id: str
    title: str
    message_id: str
    role: Literal["user", "assistant"]
    snippet: str
    spans: list[tuple[int, int]] = []
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
class Working:
    """A search, a query or a tool is at work: its card so far, with `seconds` since it began. Each takes the place of the one
    before, until `Worked`."""

    step: Step


@dataclass(frozen=True, slots=True)
class ApprovalWanted:
    """A tool would change something: nothing is done until `Chat.decide` says so. `because` names what it was asked by."""

    id: str
    tool: str
    title: Text
    arguments: dict[str, Any]
    because: Text


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


def after(answer: Message, event: ChatEvent) -> Message:
    """An answer as it is once this has happened."""
    if isinstance(event, Answered | AnswerFailed):
        return event.message
    if isinstance(event, Worked):
        return answer.model_copy(update={"steps": [*answer.steps, event.step]})
    if isinstance(event, SourcesFound):
        return answer.model_copy(update={"sources": event.sources})
    if isinstance(event, Piece):
        return answer.model_copy(update={"content": answer.content + event.text})
    return answer


ChatEvent = Asked | Working | Worked | ApprovalWanted | SourcesFound | Piece | Answered | AnswerFailed
