"""What the knowledge room speaks about: collections, documents, chunks, what was found, and the events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from studio.engine.events import Event
from studio.engine.text import Text

Status = Literal["queued", "reading", "indexed", "failed", "quarantined"]
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

    "failed" can be tried again as it is; "quarantined" means that this very file could not be read.
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
    added_at: float
    indexed_at: float | None = None


class Chunk(BaseModel):
    """A piece of a document. `text` is `page_text[start:end]`; `page` counts from 1 and is None where there are no pages."""

    id: str
    document_id: str
    collection_id: str
    position: int
    text: str
    page: int | None = None
    row: int | None = None
    start: int
    end: int
    heading: str = ""


class Found(BaseModel):
    """A chunk that answers a query. `score` is 0 to 1 and orders the list.

    `dense` is how near it is (mean cosine of its nearest sentence and the whole), `keyword` the BM25 weight; the ranks
    are places in either list. None: not asked, or not among that list's best.
    `matched` is the sentence that fits best and stands at `matched_start:matched_end` of the page's text.
    """

    chunk: Chunk
    document: Document
    score: float
    dense: float | None = None
    keyword: float | None = None
    dense_rank: int | None = None
    keyword_rank: int | None = None
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
