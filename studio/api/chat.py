"""Asking: the same generator that the window reads, with server-sent events at its end."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response

from studio.api.answers import Answers, Told, as_api, from_disk
from studio.api.envelope import body, described, engine_of, success
from studio.api.events import server_sent
from studio.api.uploads import uploaded
from studio.engine.chat.service import (
    Answered,
    AnswerFailed,
    ApprovalWanted,
    Attachment,
    ChatEvent,
    Message,
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


class Run(Params):
    workflow_id: str = param(..., Text("Workflow", "工作流"), min_length=1)
    inputs: dict[str, Any] = param({}, Text("Inputs", "输入"))
    stream: bool = param(False, Text("Stream", "流式"))


class Decided(Params):
    decision: Literal["once", "thread", "always", "no"] = param(..., Text("Decision", "决定"))


@router.post("/chat", openapi_extra=described(Said))
async def chat(request: Request, said: Said = body(Said)) -> Response:
    """Ask; with `stream` the answer comes as events start, working, step, approval, sources, piece, done."""
    if (back := await resumed(request, said.stream)) is not None:
        return back
    engine = engine_of(request)
    attached = await checked(engine, said)
    thread = said.conversation_id or (await engine.chat.create(tools=said.tools or [])).id
    return await _answered(request, thread, said, attached)


@router.post("/conversations/{thread_id}/messages", openapi_extra=described(Said))
async def say(request: Request, thread_id: str, said: Said = body(Said)) -> Response:
    """Ask in a thread."""
    if (back := await resumed(request, said.stream)) is not None:
        return back
    attached = await checked(engine_of(request), said)
    return await _answered(request, thread_id, said, attached)


@router.post("/conversations/{thread_id}/messages/{message_id}/regenerate", openapi_extra=described(Again))
async def again(request: Request, thread_id: str, message_id: str, given: Again = body(Again)) -> Response:
    """Another answer to a question, which becomes a version of it; with `beside` it stands side by side."""
    engine = engine_of(request)
    events = engine.chat.answer_again(
        thread_id, message_id, model=given.model, beside=given.beside, temperature=given.temperature,
        max_tokens=given.max_tokens,
    )  # fmt: skip
    return await respond(request, events, thread_id, given.stream)


@router.post("/conversations/{thread_id}/messages/{message_id}/continue", openapi_extra=described(Further))
async def go_on(request: Request, thread_id: str, message_id: str, given: Further = body(Further)) -> Response:
    """Write on where an answer ended."""
    engine = engine_of(request)
    events = engine.chat.go_on(thread_id, message_id, max_tokens=given.max_tokens)
    return await respond(request, events, thread_id, given.stream)


@router.post("/conversations/{thread_id}/run", openapi_extra=described(Run))
async def run(request: Request, thread_id: str, given: Run = body(Run)) -> Response:
    """Run a workflow in a thread: what it brings is the answer, with the events of a question."""
    events = engine_of(request).chat.run_workflow(thread_id, given.workflow_id, given.inputs)
    return await respond(request, events, thread_id, given.stream)


@router.get("/conversations/{thread_id}/events")
async def thread_events(request: Request, thread_id: str) -> Response:
    """The answer that is being written in a thread, by whomever, or else its last; as the events of one answer are read."""
    chat = engine_of(request).chat
    thread = await chat.thread(thread_id)
    if written := chat.written_in(thread_id):
        return await _from(request, written[0].message_id)
    last = await chat.message(thread.leaf_id) if thread.leaf_id else None
    return await _from(request, last.id) if last and last.role == "assistant" else Response(status_code=204)


@router.get("/conversations/{thread_id}/messages/{message_id}/events")
async def events(request: Request, thread_id: str, message_id: str) -> Response:
    """An answer while it is written, here or in the window, from its beginning or `Last-Event-ID`, for any number of
    readers; later as one event."""
    await engine_of(request).chat.message_in(thread_id, message_id)
    return await _from(request, message_id)


@router.post("/conversations/{thread_id}/messages/{message_id}/stop")
async def stop(request: Request, thread_id: str, message_id: str) -> Response:
    """Stop an answer, whoever has it written; what is written is kept. Its thread is free when this is answered."""
    chat = engine_of(request).chat
    await chat.message_in(thread_id, message_id)
    telling = chat.telling(message_id)
    stopped = await chat.stop(message_id)
    if telling is not None:
        await telling.end()
    return success(as_api(stopped))


@router.post("/conversations/{thread_id}/workflow", status_code=201)
async def save_as_workflow(request: Request, thread_id: str) -> Response:
    """Keep a workflow that answers as the thread does."""
    made = await engine_of(request).chat.save_as_workflow(thread_id)
    return success({**made.model_dump(mode="json"), "workflow_id": made.id}, 201)


@router.post("/attachments", status_code=201)
async def attach(request: Request) -> Response:
    """Take a file along (multipart `file`): the answer goes into `attachments` of a question; `mode` may be changed."""
    async with uploaded(request) as path:
        return success(await engine_of(request).chat.attachments.add(path), 201)


@router.post("/approvals/{approval_id}", openapi_extra=described(Decided))
async def decide(request: Request, approval_id: str, given: Decided = body(Decided)) -> Response:
    """Say whether a tool may do what it asked for in an event “approval”."""
    engine_of(request).chat.decide(approval_id, given.decision)
    return success({"id": approval_id, "decision": given.decision})


async def checked(engine: Engine, said: Said) -> list[Attachment]:
    """What goes along with a question. Raises `BadParameter` for an empty one, `NotFound` for what was named and is not there: an
    answer that went without it would only seem to be one."""
    if not said.message.strip():
        raise BadParameter(Text("The question is empty.", "问题是空的。"))
    for name in said.knowledge or ():
        await engine.knowledge.collection(name)
    for name in said.datasets or ():
        await engine.datasets.get(name)
    if said.model:
        await engine.models.get(said.model)
    return [
        *said.attachments,
        *[await engine.chat.attachments.document(engine.knowledge, each) for each in said.documents],
    ]


async def _answered(request: Request, thread_id: str, said: Said, attached: list[Attachment]) -> Response:
    engine = engine_of(request)
    if said.tools is not None:
        await engine.chat.update(thread_id, tools=said.tools)
    await engine.chat.thread(thread_id)
    return await respond(request, ask(engine, thread_id, said, attached), thread_id, said.stream)


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


async def respond(request: Request, events: Events, thread_id: str, stream: bool) -> Response:
    """An answer, or what its reader missed of the one that it comes back to."""
    if (back := await resumed(request, stream)) is not None:
        return back
    if stream:
        answers = answers_of(request)
        return server_sent(answers.follow(await answers.begin(events, thread_id)))
    return success(_whole(await answer(engine_of(request), events), thread_id))


async def resumed(request: Request, stream: bool = True) -> Response | None:
    """What a reader missed of the answer that its `Last-Event-ID` names; None where that names none."""
    message_id, _ = _read_before(request)
    return await _from(request, message_id) if stream and message_id else None


def _read_before(request: Request) -> tuple[str, int]:
    """The answer whose reader comes back, and how many of its events it has had, as `Last-Event-ID` says; else ("", 0)."""
    message_id, _, number = request.headers.get("last-event-id", "").rpartition(":")
    return (message_id, int(number)) if number.isdigit() else ("", 0)


def answers_of(request: Request) -> Answers:
    found: Answers = request.app.state.answers
    return found


async def _from(request: Request, message_id: str) -> Response:
    """An answer as its reader has not had it yet. 204 tells a browser's EventSource that all was read, or it would come again."""
    named, number = _read_before(request)
    heard = number if named == message_id else 0
    telling = answers_of(request).telling(message_id)
    if telling is None:
        return server_sent(_only(from_disk(await engine_of(request).chat.message(message_id))))
    if not telling.has_more(heard):
        return Response(status_code=204)
    return server_sent(answers_of(request).follow(message_id, heard))


async def _only(told: Told) -> AsyncGenerator[Told, None]:
    yield told


async def answer(engine: Engine, events: Events) -> Message:
    """The answer once it is whole; raises what made it fail. Nobody is there to be asked, so side effects are refused."""
    ended: Answered | AnswerFailed | None = None
    async with aclosing(events):
        async for event in events:
            if isinstance(event, ApprovalWanted):
                engine.chat.decide(event.id, "no")
            if isinstance(event, Answered | AnswerFailed):
                ended = event
    if isinstance(ended, AnswerFailed):
        raise ended.error
    assert ended is not None, "a chat ends with Answered or AnswerFailed"
    return ended.message


def _whole(message: Message, thread_id: str) -> dict[str, Any]:
    return {
        "reply": message.content,
        "model": message.model,
        "conversation_id": thread_id,
        "sources": message.sources,
        "message_id": message.id,
        "usage": message.usage,
    }
