"""Talking to a worker in the OpenAI protocol: one answer, a stream of pieces, or bytes passed through; errors become ours."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio.engine.errors import BadParameter, NotFound, RateLimited, StudioError, Unavailable, WorkerFailed
from studio.engine.models.backend import Worker
from studio.engine.models.child_worker import how_it_ended
from studio.engine.models.exchange import Exchange, prepare
from studio.engine.models.meter import Answering
from studio.engine.models.model import ChatPiece, Model, Usage
from studio.engine.models.whole import Whole
from studio.engine.models.wire import Broken
from studio.engine.text import Text

if TYPE_CHECKING:
    import httpx

END_SECONDS = 5.0  # how long a broken connection waits to learn that the worker ended
ERROR_BYTES = 65_536
CHAT_ROUTE = "/v1/chat/completions"


async def chat(worker: Worker, model: Model, body: dict[str, Any]) -> AsyncIterator[ChatPiece]:
    """The pieces of one answer. Closing the iterator ends the connection, and the worker stops decoding."""
    started = time.perf_counter()
    first: float | None = None
    body = {**body, "stream": True, "stream_options": {"include_usage": True}}
    exchange = prepare(worker.backend or model.backend, CHAT_ROUTE, body, worker.model)
    async with open_stream(worker, model, CHAT_ROUTE, exchange.to(worker.model)) as response:
        async for chunk in exchange.chunks(response):
            for piece in _pieces(chunk, (first or time.perf_counter()) - started):
                if first is None and (piece.text or piece.reasoning or piece.tool_calls):
                    first = time.perf_counter()
                yield piece


async def post(worker: Worker, model: Model, route: str, body: dict[str, Any]) -> dict[str, Any]:
    """One JSON answer of the worker."""
    async with open_stream(worker, model, route, {**body, "model": worker.model}) as response:
        content = await response.aread()
    try:
        return dict(json.loads(content))
    except ValueError as error:
        raise _odd_answer(model, content) from error


@asynccontextmanager
async def open_stream(worker: Worker, model: Model, route: str, body: dict[str, Any]) -> AsyncIterator[httpx.Response]:
    """A successful response, to be read while the block runs. What the worker refuses, or its death, is raised as ours."""
    import httpx

    try:
        async with worker.stream(route, body) as response:
            if not response.is_success:
                raise refused(model, response.status_code, (await response.aread())[:ERROR_BYTES])
            yield response
    except (httpx.TransportError, Broken) as error:
        raise await broken(worker, model, error) from error


async def broken(worker: Worker, model: Model, error: Exception) -> StudioError:
    """What to say when a connection broke: the worker ended, it hangs, or the server is out of reach."""
    if worker.pid is None:
        return Unavailable(
            Text(
                f"The server of “{model.name}” ({model.location}) cannot be reached.",
                f"无法连接“{model.name}”的服务器（{model.location}）。",
            ),
            Text("Check its address and the network, then ask again.", "请检查地址和网络后重试。"),
            details=f"{type(error).__name__}: {error}",
        )
    try:
        how = how_it_ended(await asyncio.wait_for(worker.wait(), END_SECONDS))
    except TimeoutError:
        how = Text("it stopped answering", "没有响应")
    return WorkerFailed(
        Text(
            f"The engine of “{model.name}” failed while it answered ({how.en}).",
            f"“{model.name}”的推理引擎在回答时失败（{how.zh}）。",
        ),
        Text(
            "Ask again: it is started anew. Its log is under Models.",
            "请重新提问，引擎会自动重启。日志可在“模型”中查看。",
        ),
        details="\n".join(await asyncio.to_thread(worker.log, 30)),
    )


def refused(model: Model, status: int, content: bytes) -> StudioError:
    """A worker's or server's error answer as one of ours."""
    error = _error_object(content)
    message = str(error.get("message") or content[:300].decode(errors="replace") or f"HTTP {status}")
    if error.get("n_ctx") or error.get("code") == "context_length_exceeded" or "context length" in message.lower():
        return _too_long(model, error, message)
    name = model.name
    if status in (401, 403):
        return Unavailable(
            Text(f"The server of “{name}” refused the key.", f"“{name}”的服务器拒绝了密钥。"),
            Text("Enter its key again under Models.", "请在“模型”中重新填写密钥。"),
            details=message,
        )
    if status == 404:
        return NotFound(Text(f"The server does not know “{name}”: {message}", f"服务器上没有“{name}”：{message}"))
    if status == 429:
        return RateLimited(Text(f"“{name}” is busy: {message}", f"“{name}”繁忙：{message}"))
    if status < 500 or status == 501:
        return BadParameter(Text(f"“{name}” refused the request: {message}", f"“{name}”拒绝了请求：{message}"))
    return Unavailable(Text(f"“{name}” failed: {message}", f"“{name}”出错：{message}"))


def embeddings(answer: dict[str, Any]) -> Any:
    """The vectors of an embeddings answer in the order of the inputs: a float32 array (texts, dimensions), each of length 1."""
    import numpy

    rows = sorted(answer["data"], key=lambda row: int(row["index"]))
    array = numpy.array([_vector(row["embedding"]) for row in rows], dtype=numpy.float32)
    lengths = numpy.linalg.norm(array, axis=1, keepdims=True)
    return array / numpy.where(lengths == 0, 1, lengths)


@dataclass
class Forwarded:
    """A worker's answer on its way to whoever asked. Read `blocks` or `chunks` to the end, or call `close`, which ends the
    connection so that the worker stops its work for it; calling it after the end is fine."""

    exchange: Exchange
    answering: Answering
    response: httpx.Response
    stack: AsyncExitStack

    async def blocks(self) -> AsyncIterator[bytes]:
        """Its server-sent events as bytes."""
        async with self.stack:
            async for block in self.exchange.passed(self.response, self.answering):
                yield block

    async def chunks(self) -> AsyncIterator[dict[str, Any]]:
        """Its server-sent events as objects."""
        async with self.stack:
            async for chunk in self.exchange.chunks(self.response):
                if chunk.get("choices"):
                    self.answering.count()
                yield chunk

    async def whole(self) -> dict[str, Any]:
        """The answer in one, with timings of our own where the worker measured none. Raises `Unavailable` when the model
        failed midway."""
        whole = Whole()
        async with aclosing(_closable(self.chunks())) as chunks:
            async for chunk in chunks:
                if "error" in chunk:
                    raise _failed(chunk)
                whole.add(chunk)
        return {"timings": self._timings(), **whole.answer(), "model": self.exchange.name}

    async def close(self) -> None:
        await self.stack.aclose()

    def _timings(self) -> dict[str, Any]:
        return {
            "prompt_n": self.exchange.prompt_tokens,
            "prompt_ms": 1000 * (self.answering.first_token_seconds() or 0.0),
            "predicted_n": self.answering.tokens if self.exchange.tokens is None else self.exchange.tokens,
            "predicted_per_second": self.answering.speed(),
        }


def _vector(value: Any) -> Any:
    import numpy

    if isinstance(value, str):
        return numpy.frombuffer(base64.b64decode(value), dtype="<f4")
    return value[0] if value and isinstance(value[0], list) else value


def _pieces(chunk: dict[str, Any], first_token_seconds: float) -> list[ChatPiece]:
    if chunk.get("error"):
        raise _failed(chunk)
    pieces = [_piece(choice) for choice in chunk.get("choices") or []]
    if chunk.get("usage"):
        pieces.append(ChatPiece(usage=_usage(chunk, first_token_seconds)))
    return [piece for piece in pieces if piece != ChatPiece()]


def _piece(choice: dict[str, Any]) -> ChatPiece:
    delta = choice.get("delta") or {}
    return ChatPiece(
        text=delta.get("content") or "",
        reasoning=delta.get("reasoning_content") or delta.get("reasoning") or "",
        finish_reason=choice.get("finish_reason"),
        tool_calls=tuple(delta.get("tool_calls") or ()),
    )


def _usage(chunk: dict[str, Any], first_token_seconds: float) -> Usage:
    usage, timings = chunk["usage"], chunk.get("timings") or {}
    return Usage(
        prompt_tokens=usage.get("prompt_tokens") or 0,
        completion_tokens=usage.get("completion_tokens") or 0,
        total_tokens=usage.get("total_tokens") or 0,
        tokens_per_second=timings.get("predicted_per_second"),
        first_token_seconds=first_token_seconds,
    )


def _failed(chunk: dict[str, Any]) -> Unavailable:
    return Unavailable(Text(f"The model failed: {_words(chunk)}", f"模型出错：{_words(chunk)}"))


def _closable(items: Any) -> Any:
    """An async generator, seen as something that can be closed."""
    return items


def _words(chunk: dict[str, Any]) -> str:
    error = chunk["error"]
    return str(error.get("message", error)) if isinstance(error, dict) else str(error)


def _error_object(content: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(content)
    except ValueError:
        return {}
    error = answer.get("error", answer) if isinstance(answer, dict) else {}
    return error if isinstance(error, dict) else {"message": str(error)}


def _odd_answer(model: Model, content: bytes) -> Unavailable:
    return Unavailable(
        Text(f"“{model.name}” gave an answer that is no JSON.", f"“{model.name}”返回的内容不是 JSON。"),
        details=content[:300].decode(errors="replace"),
    )


def _too_long(model: Model, error: dict[str, Any], message: str) -> BadParameter:
    if error.get("n_prompt_tokens") and error.get("n_ctx"):
        prompt, context = error["n_prompt_tokens"], error["n_ctx"]
        return BadParameter(
            Text(
                f"The prompt has {prompt:,} tokens and “{model.name}” was loaded for {context:,}.",
                f"提示词有 {prompt:,} 个词元，而“{model.name}”加载时的上下文为 {context:,}。",
            ),
            Text("Shorten it, or load the model with a longer context.", "请缩短内容，或以更长的上下文加载模型。"),
            details=message,
        )
    return BadParameter(
        Text(f"The prompt is too long for “{model.name}”: {message}", f"提示词超出“{model.name}”的上下文：{message}"),
        Text("Shorten it, or choose a model with a longer context.", "请缩短内容，或选择上下文更长的模型。"),
    )
