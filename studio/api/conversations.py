"""Conversations: kept, found, branched, taken out and brought in."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from studio.api.answers import as_api
from studio.api.envelope import Page, PageSize, body, described, engine_of, paged, read_body, success
from studio.engine.chat.message import Feedback
from studio.engine.engine import Engine
from studio.engine.params import Params, param
from studio.engine.text import Text

router = APIRouter(prefix="/api/v1", tags=["conversations"])
TYPES = {"markdown": "text/markdown", "json": "application/json", "jsonl": "application/jsonl"}


class NewThread(Params):
    title: str = param("", Text("Title", "标题"))
    model: str = param("", Text("Model", "模型"))
    folder: str = param("", Text("Folder", "文件夹"))
    knowledge: list[str] = param([], Text("Collections", "文档集"))
    datasets: list[str] = param([], Text("Datasets", "数据集"))
    tools: list[str] = param([], Text("Tools of the model", "模型可用的工具"))


class ChangedThread(Params):
    title: str | None = param(None, Text("Title", "标题"))
    pinned: bool | None = param(None, Text("Pinned", "置顶"))
    folder: str | None = param(None, Text("Folder", "文件夹"))
    model: str | None = param(None, Text("Model", "模型"))
    knowledge: list[str] | None = param(None, Text("Collections", "文档集"))
    datasets: list[str] | None = param(None, Text("Datasets", "数据集"))
    tools: list[str] | None = param(None, Text("Tools of the model", "模型可用的工具"))


class Edited(Params):
    content: str = param(..., Text("Message", "消息"), min_length=1)


class Rated(Params):
    feedback: Feedback = param(..., Text("Feedback", "评价"))


class Edit(Params):
    sql: str = param(..., Text.same("SQL"), min_length=1)


@router.get("/conversations")
async def threads(
    request: Request,
    folder: str | None = None,
    page: Page = 1,
    page_size: PageSize = 50,
) -> Response:
    """The threads, newest first, of one folder or of all."""
    found = [each for each in await engine_of(request).chat.threads() if folder is None or each.folder == folder]
    return paged([_thread(thread) for thread in found], page, page_size)


@router.post("/conversations", status_code=201, openapi_extra=described(NewThread))
async def create(request: Request, given: NewThread = body(NewThread)) -> Response:
    """A new thread."""
    return success(_thread(await engine_of(request).chat.create(**given.model_dump())), 201)


@router.get("/conversations/search")
async def find(request: Request, q: str, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Response:
    """The messages that have all the words, newest first, with what stands around them."""
    return success(await engine_of(request).chat.find(q, limit))


@router.get("/conversations/trash")
async def trash(request: Request) -> Response:
    """What was deleted in the last 30 days."""
    return success([_thread(thread) for thread in await engine_of(request).chat.trash()])


@router.post("/conversations/import", status_code=201)
async def import_threads(request: Request) -> Response:
    """Bring in a file that ChatGPT, Open WebUI, LM Studio or this studio exported, or JSON Lines of messages: its bytes are the body."""
    added = await engine_of(request).chat.import_threads(await read_body(request))
    return success([_thread(thread) for thread in added], 201)


@router.get("/conversations/{thread_id}")
async def thread(request: Request, thread_id: str) -> Response:
    """A thread with the messages of the branch that is shown, and the versions of each."""
    engine = engine_of(request)
    found = await engine.chat.thread(thread_id)
    shown = {"messages": await _messages(engine, thread_id), "versions": await engine.chat.versions(thread_id)}
    return success({**_thread(found), **shown})


@router.put("/conversations/{thread_id}", openapi_extra=described(ChangedThread))
async def change(request: Request, thread_id: str, given: ChangedThread = body(ChangedThread)) -> Response:
    """Rename, pin, put into a folder, or change what it uses."""
    return success(_thread(await engine_of(request).chat.update(thread_id, **given.model_dump(exclude_none=True))))


@router.delete("/conversations/{thread_id}")
async def delete(request: Request, thread_id: str) -> Response:
    """Move it to the trash for 30 days."""
    await engine_of(request).chat.delete(thread_id)
    return success({"id": thread_id, "conversation_id": thread_id, "deleted": True})


@router.post("/conversations/{thread_id}/restore")
async def restore(request: Request, thread_id: str) -> Response:
    """Back from the trash."""
    return success(_thread(await engine_of(request).chat.restore(thread_id)))


@router.get("/conversations/{thread_id}/export")
async def export(
    request: Request, thread_id: str, format: Literal["markdown", "json", "jsonl"] = "markdown"
) -> Response:
    """The thread as Markdown, as JSON with all branches, or as JSON Lines for fine-tuning."""
    written = await engine_of(request).chat.export(thread_id, format)
    return Response(written.encode(), media_type=TYPES[format])


@router.get("/conversations/{thread_id}/messages")
async def messages(request: Request, thread_id: str) -> Response:
    """The messages on the current branch."""
    return success(await _messages(engine_of(request), thread_id))


@router.put("/conversations/{thread_id}/messages/{message_id}", openapi_extra=described(Edited))
async def edit(request: Request, thread_id: str, message_id: str, given: Edited = body(Edited)) -> Response:
    """Another version of a message, with these words."""
    return success(as_api(await engine_of(request).chat.edit(thread_id, message_id, given.content)))


@router.post("/conversations/{thread_id}/messages/{message_id}/switch")
async def switch(request: Request, thread_id: str, message_id: str) -> Response:
    """Show the branch of this version of a message."""
    engine = engine_of(request)
    await engine.chat.switch(thread_id, message_id)
    return success(await _messages(engine, thread_id))


@router.post("/conversations/{thread_id}/messages/{message_id}/fork", status_code=201)
async def fork(request: Request, thread_id: str, message_id: str) -> Response:
    """A new thread with everything up to this message."""
    return success(_thread(await engine_of(request).chat.fork(thread_id, message_id)), 201)


@router.put("/conversations/{thread_id}/messages/{message_id}/feedback", openapi_extra=described(Rated))
async def rate(request: Request, thread_id: str, message_id: str, given: Rated = body(Rated)) -> Response:
    """Say what an answer was worth: "up", "down", or "" to take it back."""
    return success(as_api(await engine_of(request).chat.rate(thread_id, message_id, given.feedback)))


@router.put("/conversations/{thread_id}/messages/{message_id}/steps/{step}", openapi_extra=described(Edit))
async def rerun(request: Request, thread_id: str, message_id: str, step: int, given: Edit = body(Edit)) -> Response:
    """Run the query of an answer's step again, as it was edited."""
    return success(as_api(await engine_of(request).chat.rerun(thread_id, message_id, step, given.sql)))


async def _messages(engine: Engine, thread_id: str) -> list[dict[str, Any]]:
    return [as_api(message) for message in await engine.chat.messages(thread_id)]


def _thread(thread: Any) -> dict[str, Any]:
    return {**thread.model_dump(mode="json"), "conversation_id": thread.id}
