"""OpenAI's newer route, /v1/responses, over chat completions: works with every model that chats, whatever runs it.

The last answers are remembered until the studio ends, so `previous_response_id` goes on with them.
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from studio.api.envelope import body, described, to_json
from studio.api.relay import Relay
from studio.api.request_log import LoggedRoute
from studio.api.response_events import Events
from studio.engine import ids
from studio.engine.errors import BadParameter, NotFound
from studio.engine.models.protocol import Forwarded
from studio.engine.params import param
from studio.engine.text import Text

router = APIRouter(prefix="/v1", tags=["serving"], route_class=LoggedRoute)
SAME = ("temperature", "top_p", "parallel_tool_calls", "top_logprobs", "stream", "seed", "stop", "top_k", "min_p")


class Remembered:
    """The conversations of the last responses, by their ids."""

    most = 200

    def __init__(self) -> None:
        self._conversations: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()

    def keep(self, response_id: str, messages: list[dict[str, Any]]) -> None:
        self._conversations[response_id] = messages
        while len(self._conversations) > self.most:
            self._conversations.popitem(last=False)

    def before(self, response_id: str | None) -> list[dict[str, Any]]:
        """What was said up to that response; nothing for None. Raises `NotFound` for one that is no longer known."""
        if response_id is None:
            return []
        if response_id not in self._conversations:
            raise NotFound(
                Text(f"There is no response {response_id} any more.", f"回复 {response_id} 已不存在。"),
                Text("Send the whole conversation as input.", "请把完整对话作为输入发送。"),
            )
        return self._conversations[response_id]


class ResponsesRequest(BaseModel):
    """A request as OpenAI's client sends it; what chat completions have no word for is passed over."""

    model_config = ConfigDict(extra="allow")

    model: str = param("default", Text("Model", "模型"))
    input: str | list[dict[str, Any]] = param(..., Text("Input", "输入"))
    instructions: str | None = param(None, Text("Instructions", "指令"))
    max_output_tokens: int | None = param(None, Text("Most tokens of the answer", "回答的最大词元数"))
    previous_response_id: str | None = param(None, Text("Goes on with", "接续的回复"))
    stream: bool = param(False, Text("Stream", "流式"))
    store: bool = param(True, Text("Remember it", "是否记住"))
    tools: list[dict[str, Any]] = param([], Text("Tools", "工具"))


@router.post("/responses", openapi_extra=described(ResponsesRequest))
async def responses(request: Request, given: ResponsesRequest = body(ResponsesRequest)) -> Response:
    """An answer to an input, streamed or whole."""
    remembered: Remembered = request.app.state.responses
    messages = [*remembered.before(given.previous_response_id), *_messages(given.input)]
    told = [{"role": "system", "content": given.instructions}, *messages] if given.instructions else messages
    relay = Relay(request, "/v1/chat/completions", _chat(given, told), given.model, given.stream)
    events = Events(f"resp_{ids.new('r', 24)[2:]}", time.time(), given.model_dump())

    def remember() -> None:
        if given.store:
            remembered.keep(events.id, [*messages, *_said(events.output())])

    async def turn(forwarded: Forwarded) -> AsyncIterator[bytes]:
        async for block in _lines(events, forwarded):
            yield block
        remember()

    def finish(answer: dict[str, Any]) -> dict[str, Any]:
        for _ in events.whole(answer):
            pass
        remember()
        return events.response("completed")

    relay.turn, relay.finish = turn, finish
    return relay


async def _lines(events: Events, forwarded: Forwarded) -> AsyncIterator[bytes]:
    for event in events.begin():
        yield _line(event)
    async for chunk in forwarded.chunks():
        for event in events.chunk(chunk):
            yield _line(event)
    for event in events.end():
        yield _line(event)


def _line(event: dict[str, Any]) -> bytes:
    return b"event: " + str(event["type"]).encode() + b"\ndata: " + to_json(event) + b"\n\n"


def _chat(given: ResponsesRequest, messages: list[dict[str, Any]]) -> dict[str, Any]:
    """The same request as one for chat completions."""
    extra = given.model_extra or {}
    asked = {name: extra[name] for name in SAME if name in extra}
    asked |= {"messages": messages, "stream": given.stream, "stream_options": {"include_usage": True}}
    if given.max_output_tokens is not None:
        asked["max_tokens"] = given.max_output_tokens
    functions = [tool for tool in given.tools if tool.get("type") == "function"]
    if functions:
        asked["tools"] = [_tool(tool) for tool in functions]
        asked["tool_choice"] = _choice(extra.get("tool_choice", "auto"))
    wanted = (extra.get("text") or {}).get("format") or {}
    if wanted.get("type") == "json_schema":
        schema = {name: value for name, value in wanted.items() if name != "type"}
        asked["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif wanted.get("type") == "json_object":
        asked["response_format"] = wanted
    return asked


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    function = {name: tool[name] for name in ("name", "description", "parameters") if tool.get(name) is not None}
    return {"type": "function", "function": function}


def _choice(choice: Any) -> Any:
    return {"type": "function", "function": {"name": choice.get("name")}} if isinstance(choice, dict) else choice


def _messages(given: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    return [message for item in given for message in _message(item)]


def _message(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    kind = item.get("type", "message")
    if kind == "function_call":
        function = {"name": item.get("name"), "arguments": item.get("arguments")}
        call = {"id": item.get("call_id"), "type": "function", "function": function}
        yield {"role": "assistant", "content": "", "tool_calls": [call]}
    elif kind == "function_call_output":
        output = item.get("output")
        content = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
        yield {"role": "tool", "tool_call_id": item.get("call_id"), "content": content}
    elif kind == "message":
        role = "system" if item.get("role") == "developer" else item.get("role", "user")
        yield {"role": role, "content": _content(item.get("content"))}
    elif kind != "reasoning":
        raise BadParameter(Text(f"Input of type “{kind}” is not understood here.", f"这里不支持“{kind}”类型的输入。"))


def _content(content: Any) -> Any:
    """Texts and images as chat completions have them; texts alone as one text."""
    if not isinstance(content, list):
        return content or ""
    parts = [_part(part) for part in content if isinstance(part, dict)]
    if all(part["type"] == "text" for part in parts):
        return "".join(part["text"] for part in parts)
    return parts


def _part(part: dict[str, Any]) -> dict[str, Any]:
    if part.get("type") == "input_image":
        return {"type": "image_url", "image_url": {"url": part.get("image_url")}}
    return {"type": "text", "text": str(part.get("text") or "")}


def _said(output: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [message for item in output for message in _message(item)]
