"""Schedules of workflows, and the hooks that start them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from studio.api.envelope import body, described, engine_of, json_of, success
from studio.api.executions import shown
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.schedule import Schedule, ScheduleSettings

router = APIRouter(prefix="/api/v1", tags=["schedules"])


class Trigger(Params):
    inputs: dict[str, Any] = param({}, Text("Inputs", "输入"))


class Retries(Params):
    retries: int = param(0, Text("Tries again", "重试次数"), ge=0, le=20)
    retry_wait: float = param(60.0, Text("Wait before trying again", "重试等待"), ge=0, unit="s")


@router.get("/schedules")
async def schedules(request: Request) -> Response:
    """All schedules."""
    return success([_shown(item) for item in engine_of(request).workflows.schedules.list()])


@router.get("/workflows/{workflow_id}/schedules")
async def of_workflow(request: Request, workflow_id: str) -> Response:
    """The schedules of a workflow."""
    return success([_shown(item) for item in engine_of(request).workflows.schedules.list(workflow_id)])


@router.post("/workflows/{workflow_id}/schedules", status_code=201, openapi_extra=described(ScheduleSettings))
async def add(request: Request, workflow_id: str, given: ScheduleSettings = body(ScheduleSettings)) -> Response:
    """Start the workflow by the clock, by a call, by files or by a dataset that changed."""
    workflows = engine_of(request).workflows
    found = await workflows.get(workflow_id)
    return success(_shown(await workflows.schedules.add(found.id, given)), 201)


@router.get("/schedules/{schedule_id}")
async def get(request: Request, schedule_id: str) -> Response:
    """One schedule."""
    return success(_shown(engine_of(request).workflows.schedules.get(schedule_id)))


@router.put("/schedules/{schedule_id}", openapi_extra=described(ScheduleSettings))
async def change(request: Request, schedule_id: str, given: ScheduleSettings = body(ScheduleSettings)) -> Response:
    """Put other settings in place of those it has."""
    return success(_shown(await engine_of(request).workflows.schedules.change(schedule_id, given)))


@router.delete("/schedules/{schedule_id}")
async def remove(request: Request, schedule_id: str) -> Response:
    """Take it away; the runs it started stay."""
    await engine_of(request).workflows.schedules.remove(schedule_id)
    return success({"id": schedule_id, "schedule_id": schedule_id, "deleted": True})


@router.post("/schedules/{schedule_id}/trigger", status_code=202, openapi_extra=described(Trigger))
async def trigger(request: Request, schedule_id: str, given: Trigger = body(Trigger)) -> Response:
    """Start its workflow now."""
    return success(shown(await engine_of(request).workflows.schedules.trigger(schedule_id, given.inputs)), 202)


@router.post("/schedules/{schedule_id}/pause")
async def pause(request: Request, schedule_id: str) -> Response:
    """Let it rest."""
    return success(_shown(await engine_of(request).workflows.schedules.pause(schedule_id, True)))


@router.post("/schedules/{schedule_id}/resume")
async def resume(request: Request, schedule_id: str) -> Response:
    """Let it go on."""
    return success(_shown(await engine_of(request).workflows.schedules.pause(schedule_id, False)))


@router.get("/schedules/{schedule_id}/statistics")
async def statistics(request: Request, schedule_id: str) -> Response:
    """How often it started its workflow, how often that failed, and when it does again."""
    found = engine_of(request).workflows.schedules.get(schedule_id)
    names = ("runs", "failures", "skipped", "last_at", "last_run", "next_at")
    return success({"schedule_id": found.id, **{name: found.state.get(name) for name in names}})


@router.put("/schedules/{schedule_id}/retry-config", openapi_extra=described(Retries))
async def retry_config(request: Request, schedule_id: str, given: Retries = body(Retries)) -> Response:
    """How often a failed run is tried again."""
    room = engine_of(request).workflows.schedules
    settings = room.get(schedule_id).settings.model_copy(update=given.model_dump())
    return success(_shown(await room.change(schedule_id, settings)))


@router.post("/hooks/{schedule_id}/{token}", status_code=202)
async def hook(request: Request, schedule_id: str, token: str) -> Response:
    """Start a workflow with what is sent; its start field `body` gets it."""
    begun = await engine_of(request).workflows.schedules.call(schedule_id, token, {"body": await json_of(request)})
    return success({"execution_id": begun.id, "status": begun.status}, 202)


def _shown(schedule: Schedule) -> dict[str, Any]:
    return {**schedule.model_dump(mode="json"), "schedule_id": schedule.id}
