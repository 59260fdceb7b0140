"""What one does with workflows beside running them: versions, differences, checks, files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from studio.api.envelope import body, described, engine_of, success
from studio.engine.errors import BadParameter
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows import file, schema
from studio.engine.workflows.compare import Change, compare

router = APIRouter(prefix="/api/v1", tags=["workflows"])
MEDIA = {"json": "application/json", "yaml": "application/yaml", "1.0": "application/json"}


class Definition(Params):
    definition: dict[str, Any] | str = param(..., Text("Graph", "图"))


class VersionName(Params):
    name: str = param("", Text("Name", "名称"), max_length=255)


class Two(Params):
    before: dict[str, Any] | str = param(..., Text("Before", "之前"))
    after: dict[str, Any] | str = param(..., Text("After", "之后"))


@router.get("/workflow-schema")
async def workflow_schema() -> Response:
    """The JSON schema of a workflow file, with the parameters of every node."""
    return success(schema.of_files())


@router.post("/workflows/validate", openapi_extra=described(Definition))
async def validate(request: Request, given: Definition = body(Definition)) -> Response:
    """What keeps a graph from running and what looks wrong in it; empty when all is well."""
    found = await engine_of(request).workflows.examine(file.read(given.definition))
    return success({"valid": not any(problem.level == "error" for problem in found), "problems": found})


@router.post("/workflows/diff", openapi_extra=described(Two))
async def diff(request: Request, given: Two = body(Two)) -> Response:
    """What differs between two graphs."""
    return success(_shown(compare(file.read(given.before), file.read(given.after))))


@router.get("/workflows/{workflow_id}/versions")
async def versions(request: Request, workflow_id: str) -> Response:
    """The versions, the newest first, without their graphs."""
    found = await engine_of(request).workflows.versions(workflow_id)
    return success([item.model_dump(mode="json", exclude={"definition"}) for item in found])


@router.post("/workflows/{workflow_id}/versions", status_code=201, openapi_extra=described(VersionName))
async def save_version(request: Request, workflow_id: str, given: VersionName = body(VersionName)) -> Response:
    """Keep the workflow as it is now as a version; one that did not change since only gets the name."""
    found = await engine_of(request).workflows.save_version(workflow_id, given.name)
    return success({"workflow_id": found.id, "number": found.version, "name": given.name}, 201)


@router.put("/workflows/{workflow_id}/versions/{number}", openapi_extra=described(VersionName))
async def name_version(
    request: Request, workflow_id: str, number: int, given: VersionName = body(VersionName)
) -> Response:
    """Name a version."""
    await engine_of(request).workflows.name_version(workflow_id, number, given.name)
    return success({"workflow_id": workflow_id, "number": number, "name": given.name})


@router.post("/workflows/{workflow_id}/versions/{number}/restore", status_code=201)
async def restore_version(request: Request, workflow_id: str, number: int) -> Response:
    """Make an earlier version the newest."""
    found = await engine_of(request).workflows.restore_version(workflow_id, number)
    return success({**found.model_dump(mode="json"), "workflow_id": found.id}, 201)


@router.get("/workflows/{workflow_id}/diff")
async def diff_versions(request: Request, workflow_id: str, before: int, after: int | None = None) -> Response:
    """What differs between two versions, or a version and the workflow as it is now."""
    return success(_shown(await engine_of(request).workflows.compare(workflow_id, before, after)))


@router.get("/workflows/{workflow_id}/export")
async def export(
    request: Request, workflow_id: str, format: Annotated[str, Query()] = "json", version: int | None = None
) -> Response:
    """The workflow as a file: `format` is json, yaml or 1.0."""
    room = engine_of(request).workflows
    found = await room.get(workflow_id)
    graph = found.definition
    if version is not None:
        graph = next((v.definition for v in await room.versions(found.id) if v.number == version), graph)
    if format not in MEDIA:
        raise BadParameter(Text(f"“{format}” is none of json, yaml, 1.0.", f"“{format}”不是 json、yaml 或 1.0。"))
    return Response(file.as_text(graph, format), media_type=MEDIA[format])


def _shown(changes: Sequence[Change]) -> list[dict[str, Any]]:
    return [{**item.model_dump(mode="json"), "line": item.line().as_dict()} for item in changes]
