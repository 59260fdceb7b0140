"""The application: every system's routes behind one gate."""

from __future__ import annotations

from fastapi import FastAPI

from studio import __version__
from studio.api import (
    answers,
    buckets,
    chat,
    collections,
    connections,
    conversations,
    datasets,
    documents,
    downloads,
    engines,
    envelope,
    events,
    executions,
    library,
    metadata,
    objects,
    rag,
    responses,
    schedules,
    serving,
    sql,
    system,
    versions,
    workflow_tools,
    workflows,
)
from studio.api.security import Access, Gate
from studio.engine.engine import Engine

ROUTERS = (
    system,
    datasets,
    versions,
    metadata,
    objects,
    buckets,
    connections,
    sql,
    responses,
    serving,
    downloads,
    engines,
    library,
    chat,
    conversations,
    documents,
    rag,
    collections,
    workflow_tools,
    schedules,
    workflows,
    executions,
)


def make_application(engine: Engine, access: Access) -> FastAPI:
    """The HTTP face of an engine. OpenAPI at /openapi.json, to read at /docs."""
    app = FastAPI(title="ONE Data Studio", version=__version__, docs_url=None, redoc_url=None)
    app.state.engine = engine
    app.state.following = events.Following()
    app.state.answers = answers.Answers(engine.chat.telling, app.state.following)
    app.state.responses = responses.Remembered()
    objects.sign_with(engine)
    envelope.install(app)
    for part in ROUTERS:
        app.include_router(part.router)
    app.add_middleware(Gate, access=access)
    return app
