"""Chat and conversations: the same generator that the window reads, with server-sent events at its end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from studio.api.envelope import body, described, engine_of, page_of, success
from studio.api.events import server_sent
from studio.engine.chat.service import Answered, AnswerFailed, ChatEvent, Message, Piece, SourcesFound, Worked
from studio.engine.engine import Engine
from studio.engine.params import Params, param
from studio.engine.text import Text

router = APIRouter(prefix="/api/v1", tags=["chat"])


class Said(Params):
    message: str = param(..., Text("Message", "消息"), min_length=1)
    model: str | None = param(None, Text("Model", "模型"))
    temperature: float | None = param(None, Text("Temperature", "温度"), ge=0, le=2)
    max_tokens: int | None = param(None, Text("Tokens at most", "最大词元数"), ge=1)
    conversation_id: str | None = param(None, Text("Thread", "对话"))
    knowledge: list[str] | None = param(None, Text("Collections", "文档集"))
    datasets: list[str] | None = param(None, Text("Datasets", "数据集"))
    stream: bool = param(False, Text("Stream", "流式"))


class NewThread(Params):
    title: str = param("", Text("Title", "标题"))
    model: str = param("", Text("Model", "模型"))
    knowledge: list[str] = param([], Text("Collections", "文档集"))
    datasets: list[str] = param([], Text("Datasets", "数据集"))


class ChangedThread(Params):
    title: str | None = param(None, Text("Title", "标题"))
    pinned: bool | None = param(None, Text("Pinned", "置顶"))
    model: str | None = param(None, Text("Model", "模型"))


@router.post("/chat", openapi_extra=described(Said))
async def chat(request: Request, said: Said = body(Said)) -> Response:
    """Ask; with `stream` the answer comes as events step, sources, piece, done."""
    engine = engine_of(request)
    thread = said.conversation_id or (await engine.chat.create()).id
    await engine.chat.thread(thread)
    events = ask(engine, thread, said)
    if said.stream:
        return server_sent(_as_server_sent(events, thread))
    return success(await _whole(events, thread))


@router.get("/conversations")
async def threads(
    request: Request, page: Annotated[int, Query(ge=1)] = 1, page_size: Annotated[int, Query(ge=1, le=1000)] = 50
) -> Response:
    """The threads, newest first."""
    listed = page_of([_thread(thread) for thread in await engine_of(request).chat.threads()], page, page_size)
    return success(listed.pop("data"), **listed)


@router.post("/conversations", status_code=201, openapi_extra=described(NewThread))
async def create(request: Request, given: NewThread = body(NewThread)) -> Response:
    """A new thread."""
    return success(_thread(await engine_of(request).chat.create(**given.model_dump())), 201)


@router.get("/conversations/{thread_id}")
async def thread(request: Request, thread_id: str) -> Response:
    """A thread with its messages."""
    engine = engine_of(request)
    found = await engine.chat.thread(thread_id)
    return success(
        {**_thread(found), "messages": [_message(message) for message in await engine.chat.messages(thread_id)]}
    )


@router.put("/conversations/{thread_id}", openapi_extra=described(ChangedThread))
async def change(request: Request, thread_id: str, given: ChangedThread = body(ChangedThread)) -> Response:
    """Rename or pin."""
    return success(_thread(await engine_of(request).chat.update(thread_id, **given.model_dump(exclude_none=True))))


@router.delete("/conversations/{thread_id}")
async def delete(request: Request, thread_id: str) -> Response:
    """Move it to the trash for 30 days."""
    await engine_of(request).chat.delete(thread_id)
    return success({"id": thread_id, "conversation_id": thread_id, "deleted": True})


@router.get("/conversations/{thread_id}/messages")
async def messages(request: Request, thread_id: str) -> Response:
    """The messages on the current branch."""
    return success([_message(message) for message in await engine_of(request).chat.messages(thread_id)])


@router.post("/conversations/{thread_id}/messages", openapi_extra=described(Said))
async def say(request: Request, thread_id: str, said: Said = body(Said)) -> Response:
    """Ask in a thread."""
    engine = engine_of(request)
    await engine.chat.thread(thread_id)
    events = ask(engine, thread_id, said)
    return server_sent(_as_server_sent(events, thread_id)) if said.stream else success(await _whole(events, thread_id))


def ask(engine: Engine, thread_id: str, said: Said) -> AsyncIterator[ChatEvent]:
    return engine.chat.ask(
        thread_id,
        said.message,
        model=said.model,
        knowledge=said.knowledge,
        datasets=said.datasets,
        temperature=said.temperature,
        max_tokens=said.max_tokens,
    )


async def answer(events: AsyncIterator[ChatEvent]) -> Message:
    """The answer once it is whole; raises what made it fail."""
    async for event in events:
        if isinstance(event, AnswerFailed):
            raise event.error
        if isinstance(event, Answered):
            return event.message
    raise AssertionError("a chat ends with Answered or AnswerFailed")


async def _whole(events: AsyncIterator[ChatEvent], thread_id: str) -> dict[str, Any]:
    message = await answer(events)
    return {
        "reply": message.content,
        "model": message.model,
        "conversation_id": thread_id,
        "sources": message.sources,
        "message_id": message.id,
        "usage": message.usage,
    }


async def _as_server_sent(
    events: AsyncIterator[ChatEvent], thread_id: str
) -> AsyncIterator[tuple[str, Any, int | None]]:
    yield "start", {"conversation_id": thread_id}, None
    async for event in events:
        if isinstance(event, Worked):
            yield "step", event.step, None
        elif isinstance(event, SourcesFound):
            yield "sources", event.sources, None
        elif isinstance(event, Piece):
            yield "piece", {"text": event.text}, None
        elif isinstance(event, Answered):
            yield "done", _message(event.message), None
        elif isinstance(event, AnswerFailed):
            raise event.error


def _thread(thread: Any) -> dict[str, Any]:
    return {**thread.model_dump(mode="json"), "conversation_id": thread.id}


def _message(message: Message) -> dict[str, Any]:
    return {**message.model_dump(mode="json"), "tokens": message.usage.get("completion_tokens", 0)}
