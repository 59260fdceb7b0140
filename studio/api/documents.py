"""Documents, collections and search."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from studio.api.envelope import body, described, engine_of, json_of, page_of, success
from studio.engine.engine import Engine
from studio.engine.errors import BadParameter, NotFound
from studio.engine.files import write_bytes
from studio.engine.knowledge.service import Collection, Document, Found
from studio.engine.params import Params, param
from studio.engine.text import Text

router = APIRouter(prefix="/api/v1", tags=["knowledge"])
LARGEST = 512 * 1024 * 1024  # bytes of one upload


class NewCollection(Params):
    name: str = param(..., Text("Name", "名称"), min_length=1)
    description: str = param("", Text("Description", "描述"))
    embedder: str = param("", Text("Embedding model", "向量模型"))


class Search(Params):
    query: str = param(..., Text("Query", "查询"), min_length=1)
    collection: str = param("default", Text("Collection", "文档集"))
    top_k: int = param(6, Text("Chunks", "片段数"), ge=1, le=100)
    mode: Literal["hybrid", "dense", "keyword"] = param("hybrid", Text("Mode", "方式"))


class Batch(Params):
    documents: list[dict[str, Any]] = param(..., Text("Documents", "文档"))
    collection: str = param("default", Text("Collection", "文档集"))


@router.get("/collections")
async def collections(request: Request) -> Response:
    """The collections with their counts."""
    return success(await engine_of(request).knowledge.collections())


@router.post("/collections", status_code=201, openapi_extra=described(NewCollection))
async def create(request: Request, given: NewCollection = body(NewCollection)) -> Response:
    """A new, empty collection."""
    return success(await engine_of(request).knowledge.create(given.name, given.description, given.embedder), 201)


@router.delete("/collections/{collection_id}")
async def delete_collection(request: Request, collection_id: str) -> Response:
    """Remove a collection with all that is in it."""
    knowledge = engine_of(request).knowledge
    await knowledge.delete((await knowledge.collection(collection_id)).id)
    return success({"id": collection_id, "deleted": True})


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
    page: Annotated[int, Query(ge=1)] = 1,
    page_size: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> Response:
    """The documents, of one collection or of all."""
    knowledge = engine_of(request).knowledge
    chosen = (await knowledge.collection(collection)).id if collection else None
    listed = page_of([_document(document) for document in await knowledge.documents(chosen)], page, page_size)
    return success(listed.pop("data"), **listed)


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


@router.post("/search", openapi_extra=described(Search))
async def search(request: Request, given: Search = body(Search)) -> Response:
    """The chunks that answer a query best, with every score and where each stands in its source."""
    engine = engine_of(request)
    collection = await collection_named(engine, given.collection)
    found = await engine.knowledge.search(given.query, [collection.id], given.top_k, given.mode)
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
        return await engine.knowledge.create("default", "")


async def _from_json(engine: Engine, given: dict[str, Any]) -> Document:
    content = given.get("content")
    if not isinstance(content, str) or not content.strip():
        raise BadParameter(Text("“content” is missing or empty.", "“content”缺失或为空。"))
    collection = await _target(engine, str(given.get("collection") or "default"))
    name = str(given.get("file_name") or given.get("title") or "untitled.txt")
    return await engine.knowledge.add_text(collection.id, content, name, str(given.get("title") or ""))


async def _from_form(engine: Engine, request: Request) -> Document:
    """Keep the uploaded file among the collection's own files, then index it."""
    form = await request.form()
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise BadParameter(Text("“file” is missing from the form.", "表单中缺少“file”。"))
    content = await file.read()
    if len(content) > LARGEST:
        raise BadParameter(Text("The file is larger than 512 MB.", "文件超过 512 MB。"))
    collection = await _target(engine, str(form.get("collection") or "default"))
    name = Path(file.filename or "upload.txt").name
    kept = engine.paths.knowledge / "uploads" / base64.urlsafe_b64encode(collection.id.encode()).decode() / name
    write_bytes(kept, content)
    job = await engine.knowledge.add_files(collection.id, [kept])
    await engine.jobs.wait(job.id)
    added = [document for document in await engine.knowledge.documents(collection.id) if document.file_name == name]
    return max(added, key=lambda document: document.added_at)


def _document(document: Document) -> dict[str, Any]:
    return {**document.model_dump(mode="json"), "doc_id": document.id}


def found_as_api(item: Found) -> dict[str, Any]:
    chunk = item.chunk
    return {
        "text": chunk.text,
        "score": item.score,
        "dense": item.dense,
        "keyword": item.keyword,
        "doc_id": chunk.document_id,
        "file_name": item.document.file_name,
        "page": chunk.page,
        "row": chunk.row,
        "span": [chunk.start, chunk.end],
        "metadata": {"heading": chunk.heading, "chunk_id": chunk.id, "matched": item.matched},
    }
