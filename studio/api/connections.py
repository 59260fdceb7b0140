"""Connections: buckets and databases by name, and what is in them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from studio.api.envelope import body, described, engine_of, success
from studio.engine.connections.connection import Connection
from studio.engine.connections.kind import kinds
from studio.engine.params import Params, param
from studio.engine.text import Text

router = APIRouter(prefix="/api/v1", tags=["data"])


class NewConnection(Params):
    kind: str = param(
        ..., Text("Kind", "类型"), help=Text("s3, mysql, postgresql or web.", "s3、mysql、postgresql 或 web。")
    )
    name: str = param(..., Text("Name", "名称"), min_length=1, max_length=100)
    values: dict[str, Any] = param({}, Text("Settings", "设置"))


class ChangedConnection(Params):
    name: str | None = param(None, Text("Name", "名称"))
    values: dict[str, Any] = param({}, Text("Settings", "设置"))


@router.get("/connections")
async def connections(request: Request) -> Response:
    """Every connection with its state; no secret is among it."""
    return success([_shown(each) for each in await engine_of(request).connections.list()])


@router.get("/connections/kinds")
async def all_kinds() -> Response:
    """The kinds there are, and what each needs, as JSON schemas."""
    return success(
        [{"name": kind.name, "title": kind.title, "values": kind.params.model_json_schema()} for kind in kinds]
    )


@router.post("/connections", status_code=201, openapi_extra=described(NewConnection))
async def add(request: Request, given: NewConnection = body(NewConnection)) -> Response:
    """Keep a connection and look at it once; it is kept also when nobody answers, and its state says so."""
    return success(_shown(await engine_of(request).connections.add(given.kind, given.name, given.values)), 201)


@router.get("/connections/{connection_id}")
async def get(request: Request, connection_id: str) -> Response:
    """One connection by its id or name."""
    return success(_shown(await engine_of(request).connections.get(connection_id)))


@router.put("/connections/{connection_id}", openapi_extra=described(ChangedConnection))
async def change(request: Request, connection_id: str, given: ChangedConnection = body(ChangedConnection)) -> Response:
    """Change settings, or sign in with a password; what is not given stays."""
    made = await engine_of(request).connections.change(connection_id, given.name, **given.values)
    return success(_shown(made))


@router.delete("/connections/{connection_id}")
async def remove(request: Request, connection_id: str) -> Response:
    """Forget a connection and its secrets; datasets behind it stay registered."""
    await engine_of(request).connections.remove(connection_id)
    return success({"id": connection_id, "deleted": True})


@router.post("/connections/{connection_id}/check")
async def check(request: Request, connection_id: str) -> Response:
    """Ask it now, and answer with its state."""
    return success(_shown(await engine_of(request).connections.check(connection_id)))


@router.get("/connections/{connection_id}/branches")
async def branches(request: Request, connection_id: str) -> Response:
    """What is below a path: buckets, folders and files, or databases, schemas and tables.

    `path` is given once for each part, as in `?path=shop&path=public`.
    """
    path = tuple(request.query_params.getlist("path"))
    found = await engine_of(request).connections.branches(connection_id, path)
    return success([each.model_dump(mode="json") for each in found])


def _shown(connection: Connection) -> dict[str, Any]:
    return {"connection_id": connection.id, **connection.model_dump(mode="json")}
