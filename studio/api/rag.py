"""An answer from a collection in one call."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from studio.api.answers import Told
from studio.api.chat import Said, answer, answers_of, ask, checked, resumed
from studio.api.documents import collection_named, found_as_api
from studio.api.envelope import body, described, engine_of, success
from studio.api.events import server_sent
from studio.engine.params import Params, param
from studio.engine.text import Text

router = APIRouter(prefix="/api/v1", tags=["knowledge"])


class Question(Params):
    question: str = param(..., Text("Question", "问题"), min_length=1)
    collection: str = param("default", Text("Collection", "文档集"))
    top_k: int = param(5, Text("Chunks", "片段数"), ge=1, le=50)
    model: str | None = param(None, Text("Model", "模型"))
    stream: bool = param(False, Text("Stream", "流式"))


@router.post("/rag/query", openapi_extra=described(Question))
async def rag(request: Request, given: Question = body(Question)) -> Response:
    """An answer from a collection, with its sources; with `stream` as events start, retrieved, step, sources, piece, done."""
    if (back := await resumed(request, given.stream)) is not None:
        return back
    engine = engine_of(request)
    collection = await collection_named(engine, given.collection)
    said = Said(message=given.question, model=given.model, knowledge=[collection.id], datasets=[], top_k=given.top_k)
    await checked(engine, said)
    chunks = await engine.knowledge.search(given.question, [collection.id], given.top_k)
    found = {"sources": [found_as_api(item) for item in chunks], "retrieved_count": len(chunks)}
    thread = await engine.chat.create(title=given.question)
    events = ask(engine, thread.id, said)
    if given.stream:
        answers = answers_of(request)
        return server_sent(_streamed(found, answers.follow(await answers.begin(events, thread.id))))
    message = await answer(engine, events)
    return success({"answer": message.content, **found, "conversation_id": thread.id})


async def _streamed(found: dict[str, Any], events: AsyncGenerator[Told, None]) -> AsyncGenerator[Told, None]:
    yield "retrieved", found, None
    async with aclosing(events):
        async for event in events:
            yield event
