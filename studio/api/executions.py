"""Runs: how they stand, what happened in them, and going on after a stop."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from studio.api.envelope import body, described, engine_of, success
from studio.api.events import following_of, last_event_id, server_sent
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows import file
from studio.engine.workflows.service import Workflows
from studio.engine.workflows.values import plain

router = APIRouter(prefix="/api/v1", tags=["runs"])


class Again(Params):
    repeat: bool = param(False, Text("Repeat", "重复执行"))


class Said(Params):
    answer: Any = param(..., Text("Answer", "回答"))
    step: str = param("", Text("Step", "节点"))
    at: list[int] | None = param(None, Text("Place", "位置"))
    by: str = param("", Text("By", "回答人"))
    all: bool = param(False, Text("Every such question", "所有同类问题"))


class Fork(Params):
    start_at: str = param("", Text("From step", "起始节点"))
    only: str = param("", Text("Only step", "仅此节点"))
    edits: dict[str, Any] = param({}, Text("Edited values", "修改的值"))
    inputs: dict[str, Any] | None = param(None, Text("Inputs", "输入"))
    definition: dict[str, Any] | str | None = param(None, Text("Graph", "图"))


@router.get("/executions")
async def executions(request: Request, limit: Annotated[int, Query(ge=1, le=10_000)] = 100) -> Response:
    """All runs, newest first."""
    return success([shown(run) for run in await engine_of(request).workflows.executions(limit=limit)])


@router.get("/executions/{execution_id}")
async def execution(request: Request, execution_id: str) -> Response:
    """One run with its inputs, outputs and the result of every node."""
    return success(shown(await engine_of(request).workflows.execution(execution_id)))


@router.get("/executions/{execution_id}/logs")
async def logs(request: Request, execution_id: str) -> Response:
    """What happened so far, one entry per event, without the streamed text."""
    workflows = engine_of(request).workflows
    await workflows.execution(execution_id)
    return success([event.as_dict() for event in await workflows.history(execution_id) if event.kind != "token"])


@router.get("/executions/{execution_id}/events")
async def events(request: Request, execution_id: str) -> Response:
    """Everything that happens, from the start or from `Last-Event-ID`, until the run ends."""
    workflows = engine_of(request).workflows
    await workflows.execution(execution_id)
    followed = _follow(workflows, execution_id, last_event_id(request))
    return server_sent(following_of(request).until_closed(followed))


@router.post("/executions/{execution_id}/resume", status_code=202, openapi_extra=described(Again))
async def resume(request: Request, execution_id: str, given: Again = body(Again)) -> Response:
    """Go on from the last finished step. The run asks about what may have taken effect; `repeat` does it again unasked."""
    return success(shown(await engine_of(request).workflows.resume(execution_id, repeat=given.repeat)), 202)


@router.post("/executions/{execution_id}/stop")
async def stop(request: Request, execution_id: str) -> Response:
    """Stop a run; its steps have ended when this answers."""
    return success(shown(await engine_of(request).workflows.stop(execution_id)))


@router.get("/executions/{execution_id}/questions")
async def questions(request: Request, execution_id: str, assignee: str = "") -> Response:
    """What a person is asked in this run: by its steps, and about side effects that were interrupted (kind “in_doubt”)."""
    return success(await engine_of(request).workflows.questions(execution_id, assignee))


@router.get("/questions")
async def waiting_questions(request: Request, assignee: str = "") -> Response:
    """What people are asked in all runs that wait, or somebody of that name is."""
    return success(await engine_of(request).workflows.waiting_questions(assignee))


@router.post("/executions/{execution_id}/answer", status_code=202, openapi_extra=described(Said))
async def answer(request: Request, execution_id: str, given: Said = body(Said)) -> Response:
    """Answer a question of the run; without `step`, its only one; with `all`, every such one alike."""
    found = await engine_of(request).workflows.answer(execution_id, **given.model_dump())
    return success(shown(found), 202)


@router.post("/executions/{execution_id}/branch", status_code=202, openapi_extra=described(Fork))
async def branch(request: Request, execution_id: str, given: Fork = body(Fork)) -> Response:
    """A new run with what this one recorded: from a step, of one step, or with edited values."""
    definition = file.read(given.definition) if given.definition is not None else None
    found = await engine_of(request).workflows.branch(
        execution_id,
        start_at=given.start_at,
        only=given.only,
        edits=given.edits,
        inputs=given.inputs,
        definition=definition,
    )
    return success(shown(found), 202)


@router.post("/executions/{execution_id}/replay", status_code=202)
async def replay(request: Request, execution_id: str) -> Response:
    """The run again with what was recorded of models, servers and tools: nothing outside is asked."""
    return success(shown(await engine_of(request).workflows.replay(execution_id)), 202)


@router.get("/executions/{execution_id}/digests")
async def digests(request: Request, execution_id: str) -> Response:
    """What tells the outputs of a complete run, by name."""
    return success(await engine_of(request).workflows.digests(execution_id))


@router.get("/executions/{execution_id}/outputs/{step}/{port}")
async def output(request: Request, execution_id: str, step: str, port: str) -> Response:
    """The whole value that a step gave."""
    return success(plain(await engine_of(request).workflows.output(execution_id, step, port)))


async def _follow(
    workflows: Workflows, execution_id: str, after: int
) -> AsyncGenerator[tuple[str, Any, int | None], None]:
    async for event in workflows.events(execution_id, after):
        yield event.kind, event.as_dict(), event.seq


def shown(run: Any) -> dict[str, Any]:
    """A run as the API shows it, with both names of its id and the milliseconds that it worked."""
    duration = round(run.seconds * 1000) if run.completed_at and run.started_at else None
    return {**run.model_dump(mode="json", exclude={"definition"}), "execution_id": run.id, "duration_ms": duration}
