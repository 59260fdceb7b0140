"""Documents cut into chunks that end where a sentence ends."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Anything, Chunks, node


class SplitParams(Params):
    characters: int = param(800, Text("Characters per chunk", "每段字数"), ge=1, le=20_000)
    overlap: int = param(80, Text("Overlap", "重叠字数"), ge=0, le=5_000)


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
    """Cut; each chunk knows its document and where in its text it stands (`start`, `end`)."""
    return await asyncio.to_thread(_split, documents, params)


def _split(documents: Any, params: SplitParams) -> list[dict[str, Any]]:
    from semantic_text_splitter import TextSplitter

    splitter = TextSplitter(params.characters, overlap=min(params.overlap, params.characters // 2))
    chunks: list[dict[str, Any]] = []
    for document in documents if isinstance(documents, list) else [documents]:
        given = document if isinstance(document, dict) else {"text": str(document)}
        about = {name: given[name] for name in ("title", "file_name", "page", "document_id") if name in given}
        for start, text in splitter.chunk_indices(str(given.get("text", ""))):
            place = {"start": start, "end": start + len(text), "number": len(chunks) + 1}
            chunks.append({**about, **place, "text": text})
    return chunks
