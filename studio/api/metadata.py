"""The catalogue as databases, tables and columns; personal data; where data comes from and what uses it; the search."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from studio.api.envelope import body, described, engine_of, success
from studio.engine.datasets.dataset import Dataset
from studio.engine.engine import Engine
from studio.engine.metadata.marks import Mark
from studio.engine.params import Params, param
from studio.engine.text import Text

router = APIRouter(prefix="/api/v1", tags=["metadata"])


class Description(Params):
    description: str | None = param(None, Text("Description", "描述"))
    tags: list[str] | None = param(None, Text("Tags", "标签"))
    owner: str | None = param(None, Text("Owner", "负责人"))


class ColumnDescription(Params):
    description: str | None = param(None, Text("Description", "描述"))
    personal: Literal["confirmed", "rejected", "undecided"] | None = param(None, Text("Personal data", "个人信息"))
    kind: str = param("", Text("Kind of personal data", "个人信息类别"))


@router.get("/metadata/databases")
async def databases(request: Request) -> Response:
    """The project (“studio”, which has every registered table), and the buckets and servers that tables come from."""
    return success(await engine_of(request).metadata.databases())


@router.put("/metadata/databases/{database}", openapi_extra=described(Description))
async def describe_database(request: Request, database: str, given: Description = body(Description)) -> Response:
    """Change a database's description, tags or owner."""
    return success(await engine_of(request).metadata.describe_database(database, **given.model_dump()))


@router.get("/metadata/databases/{database}/tables")
async def tables(request: Request, database: str) -> Response:
    """The tables of a database."""
    return success([_table(dataset) for dataset in await engine_of(request).metadata.tables(database)])


@router.get("/metadata/databases/{database}/tables/{table}")
@router.get("/metadata/databases/{database}/tables/{table}/columns")
async def columns(request: Request, database: str, table: str) -> Response:
    """A table and its columns with types, descriptions, key and marks of personal data."""
    engine = engine_of(request)
    return success(await _whole(engine, await engine.metadata.table(database, table)))


@router.put("/metadata/databases/{database}/tables/{table}", openapi_extra=described(Description))
async def describe_table(
    request: Request, database: str, table: str, given: Description = body(Description)
) -> Response:
    """Change a table's description, tags or owner."""
    engine = engine_of(request)
    dataset = await engine.metadata.table(database, table)
    return success(_table(await engine.datasets.update(dataset.id, **given.model_dump(exclude_none=True))))


@router.put(
    "/metadata/databases/{database}/tables/{table}/columns/{column}", openapi_extra=described(ColumnDescription)
)
async def describe_column(
    request: Request, database: str, table: str, column: str, given: ColumnDescription = body(ColumnDescription)
) -> Response:
    """Change a column's description, or say whether it holds personal data."""
    engine = engine_of(request)
    dataset = await engine.metadata.table(database, table)
    if given.description is not None:
        await engine.metadata.describe_column(dataset.id, column, given.description)
    if given.personal is not None:
        state = None if given.personal == "undecided" else given.personal
        await engine.metadata.decide(dataset.id, column, state, given.kind)
    return success(await _whole(engine, await engine.datasets.known(dataset.id)))


@router.get("/metadata/search")
async def search(request: Request, q: str, limit: Annotated[int, Query(ge=1, le=1000)] = 50) -> Response:
    """Datasets by name, column, description, tag, owner, place, sampled value or pinyin; best first, with what fitted."""
    return success(await engine_of(request).metadata.search(q, limit))


@router.get("/datasets/{dataset_id}/lineage")
async def lineage(request: Request, dataset_id: str) -> Response:
    """Where a dataset comes from, what its columns are made of, and what uses it."""
    return success((await engine_of(request).lineage.of(dataset_id)).as_api())


def _table(dataset: Dataset) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "description": dataset.description,
        "tags": dataset.tags,
        "owner": dataset.owner,
        "row_count": dataset.row_count,
        "dataset_id": dataset.id,
    }


async def _whole(engine: Engine, dataset: Dataset) -> dict[str, Any]:
    marks = await engine.metadata.marks(dataset.id)
    key = await engine.metadata.key_column(dataset.id)
    columns = [
        {**column.model_dump(), "key": column.name == key, "personal": [_mark(mark) for mark in marks if mark.column == column.name]}
        for column in dataset.columns
    ]  # fmt: skip
    return {**_table(dataset), "columns": columns}


def _mark(mark: Mark) -> dict[str, Any]:
    return {"kind": mark.kind, "state": mark.state, "reason": mark.reason}
