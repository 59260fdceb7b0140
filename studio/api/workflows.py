"""Workflows: keep, start, stop, follow."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from studio.api.envelope import Page, PageSize, body, described, engine_of, paged, success
from studio.api.executions import shown
from studio.api.uploads import uploaded
from studio.engine.errors import BadParameter
from studio.engine.params import Params, param
from studio.engine.text import Text

router = APIRouter(prefix="/api/v1", tags=["workflows"])


class NewWorkflow(Params):
    name: str = param(..., Text("Name", "名称"), min_length=1)
    description: str = param("", Text("Description", "描述"))
    definition: dict[str, Any] | str = param(..., Text("Graph", "图"))


class ChangedWorkflow(Params):
    name: str | None = param(None, Text("Name", "名称"))
    description: str | None = param(None, Text("Description", "描述"))
    definition: dict[str, Any] | str | None = param(None, Text("Graph", "图"))
    published: bool | None = param(None, Text("Published as a tool", "发布为工具"))


class Inputs(Params):
    inputs: dict[str, Any] = param({}, Text("Inputs", "输入"))
    version: int | None = param(None, Text("Version", "版本"))


class Which(Params):
    execution_id: str = param(..., Text("Run", "运行"))


@router.get("/node-types")
async def node_types(request: Request) -> Response:
    """Every node with its ports and the schema of its parameters."""
    types = engine_of(request).workflows.node_types()
    return success(
        [
            {"name": t.name, "title": t.title.as_dict(), "category": t.category, "schema": t.params.model_json_schema()}
            for t in types
        ]
    )


@router.get("/workflows")
async def list_workflows(request: Request, page: Page = 1, page_size: PageSize = 50) -> Response:
    """The workflows."""
    return paged([_workflow(item) for item in await engine_of(request).workflows.list()], page, page_size)


@router.post("/workflows", status_code=201, openapi_extra=described(NewWorkflow))
async def create(request: Request, given: NewWorkflow = body(NewWorkflow)) -> Response:
    """Keep a graph, as an object or as text; the "version 1.0" format is understood too."""
    definition = definition_of(given.definition)
    made = await engine_of(request).workflows.create(given.name, definition, given.description)
    return success(_workflow(made), 201)


@router.get("/workflows/trash")
async def trash(request: Request, page: Page = 1, page_size: PageSize = 50) -> Response:
    """The workflows that were deleted in the last 30 days, the last one first."""
    return paged([_workflow(item) for item in await engine_of(request).workflows.trash()], page, page_size)


@router.delete("/workflows/trash")
async def empty_trash(request: Request) -> Response:
    """Remove all that is in the trash for good; their runs stay."""
    await engine_of(request).workflows.empty_trash()
    return success({"deleted": True})


@router.delete("/workflows/trash/{workflow_id}")
async def forget(request: Request, workflow_id: str) -> Response:
    """Remove one that is in the trash for good, by its id or name; its runs stay."""
    gone = await engine_of(request).workflows.forget(workflow_id)
    return success({"id": gone.id, "workflow_id": gone.id, "deleted": True})


@router.post("/workflows/{workflow_id}/restore")
async def restore(request: Request, workflow_id: str) -> Response:
    """Bring a deleted workflow back, with its schedules and triggers."""
    return success(_workflow(await engine_of(request).workflows.restore(workflow_id)))


@router.get("/workflows/{workflow_id}")
async def get(request: Request, workflow_id: str) -> Response:
    """One workflow with its definition."""
    return success(_workflow(await engine_of(request).workflows.get(workflow_id)))


@router.put("/workflows/{workflow_id}", openapi_extra=described(ChangedWorkflow))
async def change(request: Request, workflow_id: str, given: ChangedWorkflow = body(ChangedWorkflow)) -> Response:
    """Change what is given."""
    room, fields = engine_of(request).workflows, given.model_dump(exclude_none=True)
    published = fields.pop("published", None)
    if "definition" in fields:
        fields["definition"] = definition_of(fields["definition"])
    found = await room.update(workflow_id, **fields) if fields else await room.get(workflow_id)
    return success(_workflow(found if published is None else await room.publish(found.id, published)))


@router.delete("/workflows/{workflow_id}")
async def delete(request: Request, workflow_id: str) -> Response:
    """Move it to the trash for 30 days; its schedules and triggers rest until it is restored."""
    await engine_of(request).workflows.delete(workflow_id)
    return success({"id": workflow_id, "workflow_id": workflow_id, "deleted": True})


@router.post("/workflows/files", status_code=201)
async def keep_file(request: Request) -> Response:
    """Take a file (multipart `file`) for a run: its `url` is what a field of the kind “file” or “files” is given."""
    async with uploaded(request) as path:
        size = path.stat().st_size
        url = await engine_of(request).workflows.files.keep(path)
        return success({"url": url, "name": path.name, "size_bytes": size}, 201)


@router.post("/workflows/{workflow_id}/start", status_code=202, openapi_extra=described(Inputs))
async def start(request: Request, workflow_id: str, given: Inputs = body(Inputs)) -> Response:
    """Start a run and answer at once with its id."""
    run = await engine_of(request).workflows.start(workflow_id, given.inputs, version=given.version)
    return success({"execution_id": run.id, "id": run.id, "workflow_id": workflow_id, "status": run.status}, 202)


@router.post("/workflows/{workflow_id}/stop", openapi_extra=described(Which))
async def stop(request: Request, workflow_id: str, given: Which = body(Which)) -> Response:
    """Stop a run."""
    await engine_of(request).workflows.stop(given.execution_id)
    return success(shown(await engine_of(request).workflows.execution(given.execution_id)))


@router.get("/workflows/{workflow_id}/status")
async def status(request: Request, workflow_id: str, execution_id: str) -> Response:
    """How a run stands."""
    return success(shown(await engine_of(request).workflows.execution(execution_id)))


@router.get("/workflows/{workflow_id}/executions")
async def executions(request: Request, workflow_id: str) -> Response:
    """The runs of a workflow, newest first."""
    return success([shown(run) for run in await engine_of(request).workflows.executions(workflow_id)])


def definition_of(given: dict[str, Any] | str) -> dict[str, Any] | str:
    """A graph that came as an object or as the text of a file."""
    if isinstance(given, str) and not given.strip():
        raise BadParameter(Text("“definition” is empty.", "“definition”为空。"))
    return given


def _workflow(item: Any) -> dict[str, Any]:
    return {**item.model_dump(mode="json"), "workflow_id": item.id}
