"""Asking: the same generator that the window reads, with server-sent events at its end."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from studio.api.envelope import body, described, engine_of, success
from studio.api.events import server_sent
from studio.engine.chat.service import (
    Answered,
    AnswerFailed,
    ApprovalWanted,
    Asked,
    Attachment,
    ChatEvent,
    Message,
    Piece,
    SourcesFound,
    Worked,
)
from studio.engine.engine import Engine
from studio.engine.errors import BadParameter
from studio.engine.params import Params, param
from studio.engine.text import Text

router = APIRouter(prefix="/api/v1", tags=["chat"])
Events = AsyncGenerator[ChatEvent, None]


class Said(Params):
    message: str = param(..., Text("Message", "消息"), min_length=1)
    model: str | None = param(None, Text("Model", "模型"))
    temperature: float | None = param(None, Text("Temperature", "温度"), ge=0, le=2)
    max_tokens: int | None = param(None, Text("Tokens at most", "最大词元数"), ge=1)
    conversation_id: str | None = param(None, Text("Thread", "对话"))
    knowledge: list[str] | None = param(None, Text("Collections", "文档集"))
    datasets: list[str] | None = param(None, Text("Datasets", "数据集"))
    documents: list[str] = param([], Text("Documents that go along", "附带的文档"))
    attachments: list[Attachment] = param([], Text("Attachments", "附件"))
    tools: list[str] | None = param(None, Text("Tools of the model", "模型可用的工具"))
    top_k: int | None = param(None, Text("Chunks", "片段数"), ge=1, le=50)
    stream: bool = param(False, Text("Stream", "流式"))


class Again(Params):
    model: str | None = param(None, Text("Model", "模型"))
    temperature: float | None = param(None, Text("Temperature", "温度"), ge=0, le=2)
    max_tokens: int | None = param(None, Text("Tokens at most", "最大词元数"), ge=1)
    beside: bool = param(False, Text("Side by side", "并排回答"))
    stream: bool = param(False, Text("Stream", "流式"))


class Further(Params):
    max_tokens: int | None = param(None, Text("Tokens at most", "最大词元数"), ge=1)
    stream: bool = param(False, Text("Stream", "流式"))


class Decided(Params):
    decision: Literal["once", "thread", "always", "no"] = param(..., Text("Decision", "决定"))


@router.post("/chat", openapi_extra=described(Said))
async def chat(request: Request, said: Said = body(Said)) -> Response:
    """Ask; with `stream` the answer comes as events start, step, approval, sources, piece, done."""
    engine = engine_of(request)
    thread = said.conversation_id or (await engine.chat.create(tools=said.tools or [])).id
    return await _answered(engine, thread, said)


@router.post("/conversations/{thread_id}/messages", openapi_extra=described(Said))
async def say(request: Request, thread_id: str, said: Said = body(Said)) -> Response:
    """Ask in a thread."""
    return await _answered(engine_of(request), thread_id, said)


@router.post("/conversations/{thread_id}/messages/{message_id}/regenerate", openapi_extra=described(Again))
async def again(request: Request, thread_id: str, message_id: str, given: Again = body(Again)) -> Response:
    """Another answer to a question, which becomes a version of it; with `beside` it stands side by side."""
    engine = engine_of(request)
    events = engine.chat.answer_again(
        thread_id, message_id, model=given.model, beside=given.beside, temperature=given.temperature,
        max_tokens=given.max_tokens,
    )  # fmt: skip
    return await respond(engine, events, thread_id, given.stream)


@router.post("/conversations/{thread_id}/messages/{message_id}/continue", openapi_extra=described(Further))
async def go_on(request: Request, thread_id: str, message_id: str, given: Further = body(Further)) -> Response:
    """Write on where an answer ended."""
    engine = engine_of(request)
    events = engine.chat.go_on(thread_id, message_id, max_tokens=given.max_tokens)
    return await respond(engine, events, thread_id, given.stream)


@router.post("/attachments", status_code=201)
async def attach(request: Request) -> Response:
    """Take a file along (multipart `file`): the answer goes into `attachments` of a question; `mode` may be changed."""
    form = await request.form()
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise BadParameter(Text("“file” is missing from the form.", "表单中缺少“file”。"))
    with tempfile.TemporaryDirectory(prefix="studio-attach-") as folder:
        path = Path(folder) / Path(file.filename or "upload.txt").name
        path.write_bytes(await file.read())
        return success(await engine_of(request).chat.attachments.add(path), 201)


@router.post("/approvals/{approval_id}", openapi_extra=described(Decided))
async def decide(request: Request, approval_id: str, given: Decided = body(Decided)) -> Response:
    """Say whether a tool may do what it asked for in an event “approval”."""
    engine_of(request).chat.decide(approval_id, given.decision)
    return success({"id": approval_id, "decision": given.decision})


async def _answered(engine: Engine, thread_id: str, said: Said) -> Response:
    if said.tools is not None:
        await engine.chat.update(thread_id, tools=said.tools)
    await engine.chat.thread(thread_id)
    attached = [await engine.chat.attachments.document(engine.knowledge, each) for each in said.documents]
    events = ask(engine, thread_id, said, [*said.attachments, *attached])
    return await respond(engine, events, thread_id, said.stream)


def ask(engine: Engine, thread_id: str, said: Said, attached: list[Attachment] | None = None) -> Events:
    return engine.chat.ask(
        thread_id,
        said.message,
        model=said.model,
        knowledge=said.knowledge,
        datasets=said.datasets,
        attachments=attached or [],
        temperature=said.temperature,
        max_tokens=said.max_tokens,
        chunks=said.top_k,
    )


async def respond(engine: Engine, events: Events, thread_id: str, stream: bool) -> Response:
    if stream:
        return server_sent(as_server_sent(events, thread_id))
    return success(_whole(await answer(engine, events), thread_id))


async def answer(engine: Engine, events: Events) -> Message:
    """The answer once it is whole; raises what made it fail. Nobody is there to be asked, so side effects are refused."""
    async with aclosing(events):
        async for event in events:
            if isinstance(event, ApprovalWanted):
                engine.chat.decide(event.id, "no")
            if isinstance(event, AnswerFailed):
                raise event.error
            if isinstance(event, Answered):
                return event.message
    raise AssertionError("a chat ends with Answered or AnswerFailed")


def message_as_api(message: Message) -> dict[str, Any]:
    return {**message.model_dump(mode="json"), "tokens": message.usage.get("completion_tokens", 0)}


async def as_server_sent(events: Events, thread_id: str) -> AsyncIterator[tuple[str, Any, int | None]]:
    """The events of an answer; a reader that goes away stops it."""
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Asked):
                ids = {"message_id": event.answer.id, "question_id": event.question.id}
                yield "start", {"conversation_id": thread_id, **ids}, None
            elif isinstance(event, Worked):
                yield "step", event.step, None
            elif isinstance(event, ApprovalWanted):
                told = {"title": event.title, "because": event.because, "arguments": event.arguments}
                yield "approval", {"id": event.id, "tool": event.tool, **told}, None
            elif isinstance(event, SourcesFound):
                yield "sources", event.sources, None
            elif isinstance(event, Piece):
                yield "piece", {"text": event.text}, None
            elif isinstance(event, Answered):
                yield "done", message_as_api(event.message), None
            elif isinstance(event, AnswerFailed):
                raise event.error


def _whole(message: Message, thread_id: str) -> dict[str, Any]:
    return {
        "reply": message.content,
        "model": message.model,
        "conversation_id": thread_id,
        "sources": message.sources,
        "message_id": message.id,
        "usage": message.usage,
    }
