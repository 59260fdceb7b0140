"""What the knowledge room speaks about: collections, documents, chunks, what was found, and the events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from studio.engine.events import Event
from studio.engine.params import Params, param
from studio.engine.text import Text

Status = Literal["queued", "reading", "paused", "indexed", "failed", "quarantined"]
Mode = Literal["hybrid", "dense", "keyword"]


class Collection(BaseModel):
    """Documents that are searched together, with one embedding model. Times are UTC seconds."""

    id: str
    name: str
    description: str = ""
    embedder: str
    dimensions: int
    document_count: int = 0
    chunk_count: int = 0
    settings: dict[str, Any] = {}
    created_at: float
    updated_at: float


class Document(BaseModel):
    """One file of a collection. `page_count` is None where the format has no pages; `stale` says that the file has changed since.

    "failed" can be tried again as it is; "quarantined" means that this very file could not be read. `source_path` is the file's
    path, the address of a web page, or "dataset:" and an id. `folder` is the watched folder that brought it. `dataset_id` and
    `dataset_version` say which rows a dataset's document holds.
    """

    id: str
    collection_id: str
    file_name: str
    title: str = ""
    status: Status
    reason: Text | None = None
    size_bytes: int = 0
    page_count: int | None = None
    chunk_count: int = 0
    format: str = ""
    source_path: str = ""
    digest: str = ""
    progress: float | None = None
    stale: bool = False
    tags: list[str] = []
    folder: str = ""
    unit: str = "page"
    dataset_id: str = ""
    dataset_version: int | None = None
    added_at: float
    modified_at: float | None = None
    indexed_at: float | None = None


class Excerpt(BaseModel):
    """A piece of a text and where it stands. `text` is `page_text[start:end]`; `page` counts from 1 and is None where there are
    no pages. `row` is the row of a table or the line of a source file, from 1."""

    position: int
    text: str
    page: int | None = None
    row: int | None = None
    start: int
    end: int
    heading: str = ""


class Preview(Excerpt):
    """A chunk as it would be. `key` names it in the decisions about a document that is about to be added."""

    key: str


class Chunk(Excerpt):
    """A piece of a document that is indexed. `fields` are a row's cells; `original` are the words of the file where a person wrote
    others. The id stays from one version of the file (`digest`) to the next while the words do."""

    id: str
    document_id: str
    collection_id: str
    original: str | None = None
    excluded: bool = False
    fields: dict[str, Any] | None = None
    digest: str = ""


class Filter(Params):
    """Which chunks a search looks at. Empty: all. Times are UTC seconds of when a document was added or its file changed."""

    files: list[str] = param([], Text("Documents by id or file name", "文档编号或文件名"))
    tags: list[str] = param([], Text("Tags, all of them", "标签（须全部具备）"))
    since: float | None = param(None, Text("Changed since", "更改时间不早于"))
    until: float | None = param(None, Text("Changed until", "更改时间不晚于"))
    columns: dict[str, Any] = param(
        {}, Text("Cells of a row: a value, a list, or {from, to}", "单元格：值、列表或 {from, to}")
    )

    @property
    def empty(self) -> bool:
        return self == Filter()


class Found(BaseModel):
    """A chunk that answers a query. `score` is 0 to 1 and orders the list.

    `dense` is how near it is (mean cosine of its nearest sentence and the whole), `keyword` the BM25 weight; the ranks
    are places in either list. None: not asked, or not among that list's best.
    `matched` is the sentence that fits best and stands at `matched_start:matched_end` of the page's text. `sentence` and `whole`
    are the cosines that `dense` is the mean of, `words` the words it shares with the query, `dense_share` and `keyword_share` what
    each adds to the fused score, and `rerank` the reranker's own score, which then orders the list.
    """

    chunk: Chunk
    document: Document
    score: float
    dense: float | None = None
    keyword: float | None = None
    dense_rank: int | None = None
    keyword_rank: int | None = None
    sentence: float | None = None
    whole: float | None = None
    words: list[str] = []
    dense_share: float = 0.0
    keyword_share: float = 0.0
    rerank: float | None = None
    matched: str = ""
    matched_start: int = 0
    matched_end: int = 0


class PageImage(BaseModel):
    """A page as PNG. `rectangles` are (x, y, width, height) in its pixels, one for each line of each span."""

    png: bytes
    width: int
    height: int
    rectangles: list[tuple[float, float, float, float]]


@dataclass(frozen=True, slots=True)
class CollectionsChanged(Event):
    """A collection was made, changed or deleted."""

    collection_id: str


@dataclass(frozen=True, slots=True)
class DocumentChanged(Event):
    """A document moved on: queued, read, indexed, failed."""

    document: Document


@dataclass(frozen=True, slots=True)
class DocumentDeleted(Event):
    """A document is gone and can never be found again."""

    document_id: str
    collection_id: str
