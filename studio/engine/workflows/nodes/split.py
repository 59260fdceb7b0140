"""Documents cut into chunks that end where a sentence ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Anything, Chunks, node


class SplitParams(Params):
    strategy: Literal["text", "markdown"] = param(
        "text", Text("Cut at", "切分依据"),
        choices={"text": Text("Ends of sentences and paragraphs", "句子与段落结尾"), "markdown": Text("Headings and blocks of Markdown", "Markdown 标题与块")},
    )  # fmt: skip
    characters: int = param(800, Text("Characters per chunk", "每段字数"), ge=1, le=20_000)
    overlap: int = param(80, Text("Overlap", "重叠字数"), ge=0, le=5_000)
    parent_characters: int = param(
        0, Text("Characters of the part around", "上级片段字数"), ge=0, le=100_000, advanced=True,
        help=Text("Each chunk then brings the larger part that it stands in as “context”; 0 brings none.", "每个片段附带其所在的较大部分（context）；0 表示不附带。"),
    )  # fmt: skip


@node(
    title=Text("Split", "切分"),
    category="retrieve",
    icon="scissors",
    doc=Text("Cuts texts into chunks at the ends of sentences.", "在句子结尾处把文本切成片段。"),
    summary=lambda params: f"{params.characters}",
)
async def split(
    documents: Annotated[Anything, Text("Text or documents", "文本或文档")], context: Context, params: SplitParams
) -> Chunks:
    """Cut; each chunk knows its document and where in its text it stands (`start`, `end`), and with parts around it `parent`, the
    part's number in its document, and `context`, its text. A chunk never reaches over two parts."""
    return await asyncio.to_thread(_split, documents, params)


def _split(documents: Any, params: SplitParams) -> list[dict[str, Any]]:
    from semantic_text_splitter import MarkdownSplitter, TextSplitter

    kind = MarkdownSplitter if params.strategy == "markdown" else TextSplitter
    splitter = kind(params.characters, overlap=min(params.overlap, params.characters // 2))
    parents = kind(params.parent_characters) if params.parent_characters > params.characters else None
    chunks: list[dict[str, Any]] = []
    for document in documents if isinstance(documents, list) else [documents]:
        given: dict[str, Any] = document if isinstance(document, dict) else {"text": str(document)}
        about = {name: given[name] for name in ("title", "file_name", "page", "document_id") if name in given}
        for start, text, around in _pieces(str(given.get("text", "")), splitter, parents):
            place = {"start": start, "end": start + len(text), "number": len(chunks) + 1}
            if given.get("pages"):
                place["page"] = _page_at(given["pages"], start)
            chunks.append({**about, **place, **around, "text": text})
    return chunks


def _pieces(text: str, splitter: Any, parents: Any) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """(start, text, what is around) of each chunk."""
    if parents is None:
        for start, piece in splitter.chunk_indices(text):
            yield start, piece, {}
        return
    for number, (begin, part) in enumerate(parents.chunk_indices(text), 1):
        for start, piece in splitter.chunk_indices(part):
            yield begin + start, piece, {"parent": number, "context": part}


def _page_at(pages: list[dict[str, Any]], start: int) -> Any:
    """The number of the page that a character of a whole file stands on."""
    return next((page["page"] for page in reversed(pages) if page["start"] <= start), None)
