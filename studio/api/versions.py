"""Versions of datasets: list, make, compare, go back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from studio.api.envelope import Page, PageSize, body, described, engine_of, page_of, success
from studio.engine.datasets.version import Version
from studio.engine.params import Params, param
from studio.engine.text import Text

router = APIRouter(prefix="/api/v1", tags=["data"])
Number = Annotated[int, Query(ge=1)]


class NewVersion(Params):
    path: str | None = param(
        None,
        Text("Path", "路径"),
        help=Text(
            "Where the new content lies; empty takes what lies at its place now.",
            "新内容的位置；留空则取原位置的现有内容。",
        ),
    )
    storage_path: str | None = param(None, Text("Path (other name)", "路径（别名）"))
    origin: dict[str, Any] | None = param(None, Text("What made it", "来源"))


class Back(Params):
    version: int = param(..., Text("Version to go back to", "要回滚到的版本"), ge=1)


@router.get("/datasets/{dataset_id}/versions")
async def versions(
    request: Request,
    dataset_id: str,
    page: Page = 1,
    page_size: PageSize = 100,
) -> Response:
    """The contents it had, newest first; `state` is current, here, kept or gone."""
    found = await engine_of(request).datasets.versions(dataset_id)
    shown, totals = page_of([version.as_api() for version in found], page, page_size)
    return success({"versions": shown, **totals})


@router.post("/datasets/{dataset_id}/versions", status_code=201, openapi_extra=described(NewVersion))
async def create(request: Request, dataset_id: str, given: NewVersion = body(NewVersion)) -> Response:
    """What lies at `path` becomes the new version; nothing is copied."""
    path = given.path or given.storage_path
    made = await engine_of(request).datasets.create_version(dataset_id, path, origin=given.origin)
    return success(made.as_api(), 201)


@router.get("/datasets/{dataset_id}/versions/{number}")
async def version(request: Request, dataset_id: str, number: int) -> Response:
    """One version by its number."""
    return success((await engine_of(request).datasets.history.version(dataset_id, number)).as_api())


@router.get("/datasets/{dataset_id}/diff")
async def difference(
    request: Request,
    dataset_id: str,
    before: Annotated[int | None, Query(ge=1, alias="from")] = None,
    after: Annotated[int | None, Query(ge=1, alias="to")] = None,
    key: str = "",
    change: str = "",
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=0, le=10_000)] = 100,
) -> Response:
    """What changed from one version to another: columns, counts, and a page of the rows that differ.

    Without numbers, from the version before to the current one. `key` names the columns that tell rows apart, separated
    by commas; without it a unique column is looked for. `change` chooses added, removed or changed rows.
    """
    history = engine_of(request).datasets.history
    numbers = await history.pair(dataset_id, before, after)
    keys = [name for name in key.split(",") if name]
    found = await history.compare(dataset_id, *numbers, keys)
    rows = await history.changes(dataset_id, *numbers, keys, offset=offset, limit=limit, change=change) if limit else []
    summary = {"from": numbers[0], "to": numbers[1], **found.model_dump(mode="json"), "total": found.total}
    return success({**summary, "rows": rows, "offset": offset, "limit": limit})


@router.post("/datasets/{dataset_id}/rollback", status_code=201, openapi_extra=described(Back))
async def roll_back(request: Request, dataset_id: str, given: Back = body(Back)) -> Response:
    """Make an old version the current one again, as a new version; the files stay as they are."""
    made: Version = await engine_of(request).datasets.history.roll_back(dataset_id, given.version)
    return success(made.as_api(), 201)
