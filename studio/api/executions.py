"""Runs: how they stand, what happened in them, and going on after a stop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from studio.api.envelope import engine_of, success
from studio.api.events import last_event_id, server_sent
from studio.engine.workflows.service import Workflows

router = APIRouter(prefix="/api/v1", tags=["runs"])


@router.get("/executions")
async def executions(request: Request, limit: int = 100) -> Response:
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
    return success([event for event in await workflows.history(execution_id) if event.kind != "token"])


@router.get("/executions/{execution_id}/events")
async def events(request: Request, execution_id: str) -> Response:
    """Everything that happens, from the start or from `Last-Event-ID`, until the run ends."""
    workflows = engine_of(request).workflows
    await workflows.execution(execution_id)
    return server_sent(_follow(workflows, execution_id, last_event_id(request)))


@router.post("/executions/{execution_id}/resume", status_code=202)
async def resume(request: Request, execution_id: str) -> Response:
    """Go on from the last finished step."""
    return success(shown(await engine_of(request).workflows.resume(execution_id)), 202)


async def _follow(workflows: Workflows, execution_id: str, after: int) -> AsyncIterator[tuple[str, Any, int | None]]:
    async for event in workflows.events(execution_id, after):
        yield event.kind, event, event.seq


def shown(run: Any) -> dict[str, Any]:
    """A run as the API shows it, with both names of its id and its duration in milliseconds."""
    ended = run.completed_at
    duration = round((ended - run.started_at) * 1000) if ended and run.started_at else None
    return {**run.model_dump(mode="json", exclude={"definition"}), "execution_id": run.id, "duration_ms": duration}
