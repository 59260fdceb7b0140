"""Datasets: register, look, read, profile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from studio.api import rows
from studio.api.envelope import Page, PageSize, body, described, engine_of, page_of, success
from studio.engine.datasets.dataset import Status
from studio.engine.datasets.encoders import ENCODERS, Arrow, plain_values
from studio.engine.errors import BadParameter
from studio.engine.params import Params, param
from studio.engine.text import Text

if TYPE_CHECKING:
    import pyarrow as pa

router = APIRouter(prefix="/api/v1", tags=["data"])
ARROW = Arrow.media_type
BATCH = 65_536  # rows
ALL = 2**62
AnyVersion = Annotated[int | None, Query(ge=1)]
ROWS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Rows", "content": {encoder.media_type: {} for encoder in ENCODERS.values()}}
}


class NewDataset(Params):
    name: str = param(..., Text("Name", "名称"), min_length=1, max_length=255)
    path: str | None = param(
        None,
        Text("Path", "路径"),
        help=Text("A file, a folder or s3://bucket/key.", "文件、文件夹或 s3://bucket/key。"),
    )
    storage_path: str | None = param(None, Text("Path (other name)", "路径（别名）"))
    dataset_id: str | None = param(None, Text("Id", "编号"), pattern=r"^ds-[a-z0-9]{3,16}$")
    description: str = param("", Text("Description", "描述"))
    format: str | None = param(None, Text("Format", "格式"))
    storage_type: str | None = param(None, Text("Kind of storage", "存储类型"))
    tags: list[str] = param([], Text("Tags", "标签"))
    options: dict[str, Any] = param(
        {},
        Text("Options", "选项"),
        help=Text("How the file is read, by its format.", "文件的读取方式，取决于格式。"),
    )
    schema_: dict[str, Any] | None = param(None, Text("Schema", "结构"), alias="schema")


class ChangedDataset(Params):
    description: str | None = param(None, Text("Description", "描述"))
    status: Status | None = param(None, Text("Status", "状态"))
    tags: list[str] | None = param(None, Text("Tags", "标签"))
    name: str | None = param(None, Text("Name", "名称"))
    owner: str | None = param(None, Text("Owner", "负责人"))
    path: str | None = param(None, Text("Path", "路径"))
    options: dict[str, Any] | None = param(None, Text("Options", "选项"))


@router.get("/datasets")
async def list_datasets(
    request: Request,
    q: str = "",
    status: str | None = None,
    tags: str = "",
    format: str | None = None,
    page: Page = 1,
    page_size: PageSize = 50,
    envelope: str = "",
) -> Response:
    """The registered datasets; `q` finds by name, column, description, tag, value and pinyin, best first.

    `envelope=object` puts them under `datasets` beside the totals.
    """
    wanted = tuple(tag for tag in tags.split(",") if tag)
    engine = engine_of(request)
    found = await engine.datasets.list(status=status, tags=wanted, format=format)
    if q.strip():
        places = {hit.dataset_id: place for place, hit in enumerate(await engine.metadata.search(q, len(found)))}
        found = sorted((each for each in found if each.id in places), key=lambda each: places[each.id])
    shown, totals = page_of(found, page, page_size)
    listed = [dataset.as_api() for dataset in shown]
    return success({"datasets": listed, **totals}) if envelope == "object" else success(listed, **totals)


@router.post("/datasets", status_code=201, openapi_extra=described(NewDataset))
async def create(request: Request, given: NewDataset = body(NewDataset)) -> Response:
    """Register a file, a folder or an s3:// prefix. One that cannot be reached is registered and says so."""
    path = given.path or given.storage_path
    if not path:
        raise BadParameter(Text("“path” (or “storage_path”) is missing.", "缺少“path”（或“storage_path”）。"))
    dataset = await engine_of(request).datasets.register(
        path,
        given.name,
        dataset_id=given.dataset_id,
        description=given.description,
        format=given.format,
        tags=given.tags,
        options=given.options,
    )
    return success({"dataset_id": dataset.id, "id": dataset.id, "name": dataset.name, "status": dataset.status}, 201)


@router.get("/datasets/{dataset_id}")
async def get(request: Request, dataset_id: str, version: AnyVersion = None) -> Response:
    """One dataset by its id or name; with `version` as it was then."""
    return success((await engine_of(request).datasets.get(dataset_id, version=version)).as_api())


@router.put("/datasets/{dataset_id}", openapi_extra=described(ChangedDataset))
async def change(request: Request, dataset_id: str, given: ChangedDataset = body(ChangedDataset)) -> Response:
    """Change what is given."""
    engine = engine_of(request)
    dataset = await engine.datasets.get(dataset_id)
    fields = given.model_dump(exclude_none=True)
    if "path" in fields:
        fields["storage_path"] = fields.pop("path")
    return success((await engine.datasets.update(dataset.id, **fields)).as_api())


@router.post("/datasets/{dataset_id}/refresh")
async def refresh(request: Request, dataset_id: str) -> Response:
    """Look at its files now and accept what they are, however short ago that was done."""
    return success((await engine_of(request).datasets.refresh(dataset_id)).as_api())


@router.delete("/datasets/{dataset_id}")
async def delete(request: Request, dataset_id: str) -> Response:
    """Move it to the trash for 30 days; the files are not touched."""
    engine = engine_of(request)
    dataset = await engine.datasets.get(dataset_id)
    await engine.datasets.delete(dataset.id)
    return success({"id": dataset.id, "dataset_id": dataset.id, "deleted": True})


@router.get("/datasets/{dataset_id}/preview")
async def preview(
    request: Request,
    dataset_id: str,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 10,
    offset: Annotated[int, Query(ge=0)] = 0,
    version: AnyVersion = None,
) -> Response:
    """A window of rows, as JSON or (by Accept) as an Arrow stream; of an older `version` too."""
    engine = engine_of(request)
    dataset = await engine.datasets.get(dataset_id, version=version)
    table = await engine.datasets.page(_address(dataset.id, version), offset, limit)
    if ARROW in request.headers.get("accept", ""):
        return Response(await asyncio.to_thread(_arrow, table), media_type=ARROW)
    columns = [column.model_dump(mode="json") for column in dataset.columns]
    return success(
        {
            "schema": {"columns": columns},
            "preview": await asyncio.to_thread(_preview, table),
            "row_count": dataset.row_count,
        }
    )


@router.get("/datasets/{dataset_id}/data", responses=ROWS)
async def data(
    request: Request,
    dataset_id: str,
    format: str | None = None,
    columns: str = "",
    filters: str = "",
    limit: Annotated[int | None, Query(ge=1)] = None,
    version: AnyVersion = None,
) -> Response:
    """The whole dataset, or chosen columns and rows, of its newest or an older version, streamed in little memory.

    `filters` is a condition in SQL; `format` (or Accept) is arrow, parquet, csv or jsonl.
    """
    encoder = rows.wanted(request, format)
    engine = engine_of(request)
    dataset = await engine.datasets.get(dataset_id, version=version)
    address = _address(dataset.id, version)
    chosen = [name for name in columns.split(",") if name] or None
    size = BATCH if limit is None else min(BATCH, limit)
    await engine.datasets.source(dataset.id)  # the whole, not the first rows of what is still being read
    empty = await engine.datasets.page(address, 0, 0, columns=chosen)
    batches = engine.datasets.batches(address, columns=chosen, where=filters or None, size=size)
    return await rows.answer(batches, empty, encoder, dataset.id, limit)


@router.get("/datasets/{dataset_id}/profile")
async def profile(
    request: Request,
    dataset_id: str,
    version: AnyVersion = None,
    sample: Annotated[int, Query(ge=0)] = 200_000,
    columns: str = "",
) -> Response:
    """Nulls, distinct values, range, quantiles, histogram and top values of every column, or of `columns`.

    Longer tables are profiled from `sample` rows drawn at random and say so; 0 takes all rows. Values are written digit by digit.
    """
    engine = engine_of(request)
    dataset = await engine.datasets.get(dataset_id, version=version)
    chosen = [name for name in columns.split(",") if name] or None
    return success(await engine.datasets.profile(_address(dataset.id, version), sample or ALL, columns=chosen))


def _address(dataset_id: str, version: int | None) -> str:
    return dataset_id if version is None else f"{dataset_id}@{version}"


def _preview(table: pa.Table) -> list[dict[str, Any]]:
    """Rows as JSON takes them."""
    columns = [plain_values(column) for column in table.columns]
    return [dict(zip(table.column_names, row, strict=True)) for row in zip(*columns, strict=True)]


def _arrow(table: pa.Table) -> bytes:
    encoder = Arrow(table.schema)
    return b"".join([encoder.begin(), *map(encoder.batch, table.to_batches()), encoder.end()])
