"""Collections: what they are made of, how they are indexed, measured, written to one file and read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask

from studio.api.envelope import Page, PageSize, body, described, engine_of, paged, success
from studio.engine.errors import BadParameter
from studio.engine.files import temporary_folder
from studio.engine.jobs import JobState
from studio.engine.params import Params, param
from studio.engine.text import Text

router = APIRouter(prefix="/api/v1", tags=["knowledge"])
Mode = Literal["hybrid", "dense", "keyword"]


class NewCollection(Params):
    name: str = param(..., Text("Name", "名称"), min_length=1)
    description: str = param("", Text("Description", "描述"))
    embedder: str = param("", Text("Embedding model", "向量模型"))
    chunk_characters: int | None = param(None, Text("Characters per chunk", "每段字数"))
    chunk_overlap: int | None = param(None, Text("Overlap", "重叠字数"))
    reranker: str | None = param(None, Text("Rerank model", "重排模型"))
    ocr: Literal["automatic", "never"] | None = param(None, Text("Text recognition (OCR)", "文字识别（OCR）"))


class Changes(Params):
    name: str | None = param(None, Text("Name", "名称"))
    description: str | None = param(None, Text("Description", "描述"))
    chunk_characters: int | None = param(None, Text("Characters per chunk", "每段字数"))
    chunk_overlap: int | None = param(None, Text("Overlap", "重叠字数"))
    reranker: str | None = param(None, Text("Rerank model", "重排模型"))
    ocr: Literal["automatic", "never"] | None = param(None, Text("Text recognition (OCR)", "文字识别（OCR）"))


class Addition(Params):
    paths: list[str] = param([], Text("Files and folders of this computer", "本机的文件和文件夹"))
    watch: bool = param(False, Text("Follow the folders", "跟踪文件夹"))
    tags: list[str] = param([], Text("Tags", "标签"))
    url: str | None = param(None, Text("Address of a web page", "网页地址"))
    dataset: str | None = param(None, Text("Dataset", "数据集"))
    text_columns: list[str] = param([], Text("Text columns of the dataset", "数据集的文本列"))
    fields: list[str] | None = param(None, Text("Columns to filter by", "用于筛选的列"))
    excluded: list[str] = param([], Text("Chunks of a preview to leave out", "预览中要排除的片段"))
    texts: dict[str, str] = param({}, Text("Other words for chunks of a preview", "预览片段的改写"))


class PreviewOf(Params):
    path: str = param(..., Text("File", "文件"))
    characters: int = param(0, Text("Characters per chunk", "每段字数"), ge=0, le=8000)
    overlap: int = param(-1, Text("Overlap", "重叠字数"), ge=-1, le=2000)


class Embedder(Params):
    embedder: str = param("", Text("Embedding model", "向量模型"))


class Folder(Params):
    folder: str = param(..., Text("Folder", "文件夹"))


class Queries(Params):
    queries: list[dict[str, Any]] = param(..., Text("Labelled queries", "标注的查询"))


class Measuring(Params):
    k: int = param(10, Text("Places that count", "计入的名次"), ge=1, le=100)
    modes: list[Mode] = param(["hybrid", "dense", "keyword"], Text("Modes", "方式"))
    rerank: str = param("", Text("Rerank model", "重排模型"))


class OneFile(Params):
    path: str = param(..., Text("File", "文件"))
    name: str = param("", Text("Name", "名称"))


@router.get("/collections")
async def collections(request: Request) -> Response:
    """The collections with their counts."""
    return success(await engine_of(request).knowledge.collections())


@router.post("/collections", status_code=201, openapi_extra=described(NewCollection))
async def create(request: Request, given: NewCollection = body(NewCollection)) -> Response:
    """A new, empty collection."""
    return success(await engine_of(request).knowledge.create(**given.model_dump()), 201)


@router.post("/collections/import", status_code=201, openapi_extra=described(OneFile))
async def take(request: Request, given: OneFile = body(OneFile)) -> Response:
    """A collection from one file of this computer, with its vectors. One byte that is not as it was written refuses it."""
    return success(await engine_of(request).knowledge.packages.take(given.path, given.name), 201)


@router.get("/collections/{collection_id}")
async def collection(request: Request, collection_id: str) -> Response:
    """One collection, by id or name."""
    return success(await engine_of(request).knowledge.collection(collection_id))


@router.put("/collections/{collection_id}", openapi_extra=described(Changes))
async def change(request: Request, collection_id: str, given: Changes = body(Changes)) -> Response:
    """Another name, description, cut or reranker."""
    return success(await engine_of(request).knowledge.update(collection_id, **given.model_dump()))


@router.delete("/collections/{collection_id}")
async def delete(request: Request, collection_id: str) -> Response:
    """Remove a collection with all that is in it."""
    knowledge = engine_of(request).knowledge
    await knowledge.delete((await knowledge.collection(collection_id)).id)
    return success({"id": collection_id, "deleted": True})


@router.post("/collections/{collection_id}/documents", status_code=202, openapi_extra=described(Addition))
async def add(request: Request, collection_id: str, given: Addition = body(Addition)) -> Response:
    """Files and folders by path, a web page by address, or a dataset's rows: indexed by a job in the background."""
    return success(await _added(request, collection_id, given), 202)


@router.post("/collections/{collection_id}/preview", openapi_extra=described(PreviewOf))
async def preview(request: Request, collection_id: str, given: PreviewOf = body(PreviewOf)) -> Response:
    """The chunks that a file would become; nothing is kept."""
    editing = engine_of(request).knowledge.editing
    return success(await editing.preview(collection_id, given.path, given.characters, given.overlap))


@router.post("/collections/{collection_id}/reindex", status_code=202, openapi_extra=described(Embedder))
async def reindex(request: Request, collection_id: str, given: Embedder = body(Embedder)) -> Response:
    """Index every document again; with another embedding model all vectors are made anew."""
    return success(await engine_of(request).knowledge.reindex(collection_id, given.embedder), 202)


@router.post("/collections/{collection_id}/pause")
async def pause(request: Request, collection_id: str) -> Response:
    """Put indexing aside; it stays so over a restart."""
    await engine_of(request).knowledge.pause(collection_id)
    return success(await engine_of(request).knowledge.collection(collection_id))


@router.post("/collections/{collection_id}/stop")
async def stop(request: Request, collection_id: str) -> Response:
    """End indexing, also where it is paused: what was not done waits for a retry."""
    await engine_of(request).knowledge.stop(collection_id)
    return success(await engine_of(request).knowledge.collection(collection_id))


@router.post("/collections/{collection_id}/resume", status_code=202)
async def resume(request: Request, collection_id: str) -> Response:
    """Go on with what was paused."""
    return success(await engine_of(request).knowledge.resume(collection_id), 202)


@router.post("/collections/{collection_id}/unwatch", openapi_extra=described(Folder))
async def unwatch(request: Request, collection_id: str, given: Folder = body(Folder)) -> Response:
    """Follow a folder no longer; its documents stay."""
    await engine_of(request).knowledge.unwatch(collection_id, given.folder)
    return success(await engine_of(request).knowledge.collection(collection_id))


@router.get("/collections/{collection_id}/queries")
async def queries(request: Request, collection_id: str) -> Response:
    """The labelled queries."""
    return success(await engine_of(request).knowledge.evaluations.queries(collection_id))


@router.post("/collections/{collection_id}/queries", status_code=201, openapi_extra=described(Queries))
async def label(request: Request, collection_id: str, given: Queries = body(Queries)) -> Response:
    """Add labelled queries: `{"query", "relevant": [{"document", "page", "row", "text"}]}`."""
    return success(await engine_of(request).knowledge.evaluations.add(collection_id, given.queries), 201)


@router.delete("/collections/{collection_id}/queries/{query_id}")
async def unlabel(request: Request, collection_id: str, query_id: str) -> Response:
    """Remove a labelled query."""
    await engine_of(request).knowledge.evaluations.remove(collection_id, query_id)
    return success({"id": query_id, "deleted": True})


@router.post("/collections/{collection_id}/evaluate", openapi_extra=described(Measuring))
async def evaluate(request: Request, collection_id: str, given: Measuring = body(Measuring)) -> Response:
    """Ask every labelled query in each mode: recall, MRR and nDCG at k, kept over time."""
    evaluations = engine_of(request).knowledge.evaluations
    return success(await evaluations.run(collection_id, given.k, given.modes, given.rerank))


@router.get("/collections/{collection_id}/evaluations")
async def history(
    request: Request,
    collection_id: str,
    page: Page = 1,
    page_size: PageSize = 100,
) -> Response:
    """What was measured, newest first."""
    found = await engine_of(request).knowledge.evaluations.history(collection_id)
    return paged(found, page, page_size)


@router.get("/collections/{collection_id}/export")
async def download(request: Request, collection_id: str) -> Response:
    """The collection as one file, with vectors and settings."""
    engine = engine_of(request)
    name = (await engine.knowledge.collection(collection_id)).name
    folder = temporary_folder(engine.paths.temporary, "studio-export-")
    path = Path(folder.name) / "collection.knowledge"
    await _finished(request, await engine.knowledge.packages.export(collection_id, path))
    return FileResponse(path, filename=f"{name}.knowledge", background=BackgroundTask(folder.cleanup))


@router.post("/collections/{collection_id}/export", openapi_extra=described(OneFile))
async def export(request: Request, collection_id: str, given: OneFile = body(OneFile)) -> Response:
    """Write the collection to a file of this computer, with vectors and settings."""
    job = await engine_of(request).knowledge.packages.export(collection_id, given.path)
    return success(await _finished(request, job))


async def _finished(request: Request, job: JobState) -> Any:
    return await engine_of(request).jobs.wait(job.id)


async def _added(request: Request, collection_id: str, given: Addition) -> JobState:
    knowledge = engine_of(request).knowledge
    if given.url:
        return await knowledge.add_page(collection_id, given.url)
    if given.dataset:
        return await knowledge.add_dataset(collection_id, given.dataset, given.text_columns, given.fields)
    if given.paths:
        paths = [Path(path) for path in given.paths]
        return await knowledge.add_files(collection_id, paths, given.watch, given.tags, given.excluded, given.texts)
    raise BadParameter(
        Text("Say what to add: “paths”, “url” or “dataset”.", "请说明要添加什么：“paths”、“url”或“dataset”。")
    )
