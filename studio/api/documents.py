"""Documents, collections and search."""

from __future__ import annotations

import asyncio
import base64
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response

from studio.api.envelope import Page, PageSize, body, described, engine_of, json_of, paged, success
from studio.api.uploads import uploaded
from studio.engine.engine import Engine
from studio.engine.errors import BadParameter, Conflict, NotFound
from studio.engine.files import write_bytes
from studio.engine.knowledge.document import Collection, Document, Filter, Found
from studio.engine.params import Params, param
from studio.engine.text import Text

router = APIRouter(prefix="/api/v1", tags=["knowledge"])
LARGEST = 512 * 1024 * 1024  # bytes of one upload


class Search(Params):
    query: str = param(..., Text("Query", "查询"), min_length=1)
    collection: str = param("default", Text("Collection", "文档集"))
    top_k: int = param(6, Text("Chunks", "片段数"), ge=1, le=100)
    mode: Literal["hybrid", "dense", "keyword"] = param("hybrid", Text("Mode", "方式"))
    filter: Filter = param(Filter(), Text("Only these", "筛选"))
    rerank: str | None = param(
        None, Text("Rerank model", "重排模型"), help=Text("Empty: the collection's own.", "留空则用文档集自己的。")
    )


class Tags(Params):
    tags: list[str] = param(..., Text("Tags", "标签"))


class ChunkChange(Params):
    text: str | None = param(None, Text("Other words", "改写的文字"))
    excluded: bool | None = param(None, Text("Left out", "是否排除"))


class Batch(Params):
    documents: list[dict[str, Any]] = param(..., Text("Documents", "文档"))
    collection: str = param("default", Text("Collection", "文档集"))


@router.post("/documents/upload", status_code=201)
async def upload(request: Request) -> Response:
    """A file (multipart `file`, `title`, `collection`) or text (JSON `content`, `file_name`, `title`, `collection`)."""
    engine = engine_of(request)
    if request.headers.get("content-type", "").startswith("multipart/"):
        document = await _from_form(engine, request)
    else:
        document = await _from_json(engine, await json_of(request))
    name = (await engine.knowledge.collection(document.collection_id)).name
    return success({**_document(document), "collection": name}, 201)


@router.get("/documents")
async def documents(
    request: Request,
    collection: str | None = None,
    page: Page = 1,
    page_size: PageSize = 50,
) -> Response:
    """The documents, of one collection or of all."""
    knowledge = engine_of(request).knowledge
    chosen = (await knowledge.collection(collection)).id if collection else None
    return paged([_document(document) for document in await knowledge.documents(chosen)], page, page_size)


@router.post("/documents/batch", status_code=201, openapi_extra=described(Batch))
async def batch(request: Request, given: Batch = body(Batch)) -> Response:
    """Several texts at once, each as for upload."""
    engine = engine_of(request)
    done = [await _from_json(engine, {"collection": given.collection, **item}) for item in given.documents]
    return success([_document(document) for document in done], 201)


@router.get("/documents/{document_id}")
async def get(request: Request, document_id: str) -> Response:
    """One document and its chunks."""
    knowledge = engine_of(request).knowledge
    document = await knowledge.document(document_id)
    return success({**_document(document), "chunks": await knowledge.chunks(document.id)})


@router.delete("/documents/{document_id}")
async def delete(request: Request, document_id: str) -> Response:
    """Remove a document; its text can never be retrieved again."""
    await engine_of(request).knowledge.delete_document(document_id)
    return success({"id": document_id, "doc_id": document_id, "deleted": True})


@router.put("/documents/{document_id}", openapi_extra=described(Tags))
async def change(request: Request, document_id: str, given: Tags = body(Tags)) -> Response:
    """Give a document other tags."""
    return success(_document(await engine_of(request).knowledge.tag(document_id, given.tags)))


@router.post("/documents/{document_id}/retry", status_code=202)
async def retry(request: Request, document_id: str) -> Response:
    """Index a document again, from its source where that is still there."""
    return success(await engine_of(request).knowledge.retry(document_id), 202)


@router.put("/chunks/{chunk_id}", openapi_extra=described(ChunkChange))
async def change_chunk(request: Request, chunk_id: str, given: ChunkChange = body(ChunkChange)) -> Response:
    """Leave a chunk out of every search or take it in again, or give it other words."""
    editing = engine_of(request).knowledge.editing
    chunk = await editing.reword(chunk_id, given.text) if given.text is not None else None
    if given.excluded is not None or chunk is None:
        chunk = await editing.exclude(chunk_id, bool(given.excluded))
    return success(chunk)


@router.post("/search", openapi_extra=described(Search))
async def search(request: Request, given: Search = body(Search)) -> Response:
    """The chunks that answer a query best, with every score and where each stands in its source."""
    engine = engine_of(request)
    collection = await collection_named(engine, given.collection)
    found = await engine.knowledge.search(
        given.query, [collection.id], given.top_k, given.mode, given.filter, given.rerank
    )
    return success([found_as_api(item) for item in found])


async def collection_named(engine: Engine, name: str) -> Collection:
    """The named collection; "default" is the only or newest one when nobody made one of that name."""
    try:
        return await engine.knowledge.collection(name)
    except NotFound:
        there = await engine.knowledge.collections()
        if name != "default" or not there:
            raise
        return there[0]


async def _target(engine: Engine, name: str) -> Collection:
    """Where an upload goes: "default" is made at its first use."""
    try:
        return await engine.knowledge.collection(name)
    except NotFound:
        if name != "default":
            raise
    try:
        return await engine.knowledge.create("default", "")
    except Conflict:  # somebody else made it in this moment
        return await engine.knowledge.collection(name)


async def _from_json(engine: Engine, given: dict[str, Any]) -> Document:
    content = given.get("content")
    if not isinstance(content, str) or not content.strip():
        raise BadParameter(Text("“content” is missing or empty.", "“content”缺失或为空。"))
    collection = await _target(engine, str(given.get("collection") or "default"))
    name = str(given.get("file_name") or given.get("title") or "untitled.txt")
    return await engine.knowledge.add_text(collection.id, content, name, str(given.get("title") or ""))


async def _from_form(engine: Engine, request: Request) -> Document:
    """Keep the uploaded file among the collection's own files, then index it."""
    async with uploaded(request) as file:
        content = await asyncio.to_thread(file.read_bytes)
    if len(content) > LARGEST:
        raise BadParameter(Text("The file is larger than 512 MB.", "文件超过 512 MB。"))
    collection = await _target(engine, str((await request.form()).get("collection") or "default"))
    folder = base64.urlsafe_b64encode(collection.id.encode()).decode()
    kept = engine.paths.knowledge / "uploads" / folder / file.name
    await asyncio.to_thread(write_bytes, kept, content)
    job = await engine.knowledge.add_files(collection.id, [kept])
    await engine.jobs.wait(job.id)
    there = await engine.knowledge.documents(collection.id)
    added = [each for each in there if each.source_path == str(kept)] or [
        each for each in there if each.file_name == file.name
    ]
    if not added:
        raise NotFound(Text(f"{file.name} was deleted while it was indexed.", f"{file.name} 在建立索引时已被删除。"))
    return added[0]


def _document(document: Document) -> dict[str, Any]:
    return {**document.model_dump(mode="json"), "doc_id": document.id}


def found_as_api(item: Found) -> dict[str, Any]:
    chunk = item.chunk
    return {
        "text": chunk.text,
        "score": item.score,
        "dense": item.dense,
        "keyword": item.keyword,
        "rerank": item.rerank,
        "doc_id": chunk.document_id,
        "file_name": item.document.file_name,
        "page": chunk.page,
        "row": chunk.row,
        "span": [chunk.start, chunk.end],
        "metadata": {
            "heading": chunk.heading,
            "chunk_id": chunk.id,
            "matched": item.matched,
            "matched_span": [item.matched_start, item.matched_end],
            "fields": chunk.fields,
            "digest": chunk.digest,
            "unit": item.document.unit,
            "source": item.document.source_path,
        },
        "why": {
            "dense_rank": item.dense_rank,
            "keyword_rank": item.keyword_rank,
            "dense_share": item.dense_share,
            "keyword_share": item.keyword_share,
            "sentence": item.sentence,
            "whole": item.whole,
            "words": item.words,
        },
    }
