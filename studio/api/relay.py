"""A model's answer on its way to a program: passed on as it comes, and ended in the worker when the program leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from studio.api.envelope import engine_of, failure_for, to_json
from studio.api.events import HEADERS
from studio.engine.errors import StudioError, Unavailable, from_unexpected
from studio.engine.models.asking import Asking
from studio.engine.models.exchange import STREAMED
from studio.engine.models.protocol import Forwarded
from studio.engine.models.request_log import ServedRequest
from studio.engine.text import Text

LEFT = 499  # in the log: whoever asked did not wait for the answer
READ_SECONDS = 60.0  # a program that takes nothing for so long is gone

Turn = Callable[[Forwarded], AsyncIterator[bytes]]
Finish = Callable[[dict[str, Any]], dict[str, Any]]


class Relay(Response):
    """Asks the model only when it is sent, so that waiting for a slot or a model ends when the program leaves, too."""

    def __init__(self, request: Request, route: str, body: Mapping[str, Any], name: str, stream: bool) -> None:
        super().__init__()
        self._models: Asking = engine_of(request).models
        self._entry: ServedRequest = request.state.entry
        self._language = request.headers.get("accept-language", "en")
        self._route, self._asked, self._name, self._stream = route, body, name, stream
        self._entry.model, self._entry.streaming = name, stream
        self.turn: Turn = Forwarded.blocks
        self.finish: Finish = lambda answer: answer

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        sender = Sender(send)
        answering = asyncio.create_task(self._answer(scope, receive, sender))
        leaving = asyncio.create_task(_until_left(receive))
        try:
            await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if not sender.complete:  # else it is only told that all was sent
                answering.cancel()
            await asyncio.wait((answering, leaving))
            self._models.requests.end(self._entry, LEFT)
        if not answering.cancelled() and answering.exception() is not None:
            raise answering.exception()  # type: ignore[misc]

    async def _answer(self, scope: Any, receive: Any, sender: Sender) -> None:
        try:
            await (self._send_stream(sender) if self._stream else self._send_whole(scope, receive, sender))
        except asyncio.CancelledError:
            raise
        except Exception as error:
            await self._fail(from_unexpected(error), sender, scope, receive)

    async def _send_whole(self, scope: Any, receive: Any, sender: Sender) -> None:
        content = to_json(self.finish(await self._whole()))
        await Response(content, media_type="application/json")(scope, receive, sender)
        self._models.requests.end(self._entry, 200)

    async def _whole(self) -> dict[str, Any]:
        if self._route not in STREAMED:
            return await self._models.answer(self._name, self._route, self._asked)
        asked = {**self._asked, "stream_options": {"include_usage": True}}
        forwarded = await self._models.forward(self._name, self._route, asked)
        self._entry.slot = forwarded.answering.slot
        try:
            return await forwarded.whole()
        finally:
            await forwarded.close()
            self._count(forwarded)

    async def _send_stream(self, sender: Sender) -> None:
        forwarded = await self._models.forward(self._name, self._route, self._asked)
        self._entry.slot = forwarded.answering.slot
        try:
            await sender.start()
            async with aclosing(_closable(self.turn(forwarded))) as blocks:
                async for block in blocks:
                    await sender.send(block)
        finally:
            await forwarded.close()
            self._count(forwarded)
        await sender.send(b"", more=False)  # whoever hears the end finds it counted
        self._models.requests.end(self._entry, 200)

    async def _fail(self, error: StudioError, sender: Sender, scope: Any, receive: Any) -> None:
        """As an answer with its status, or as the last event of a stream that has begun."""
        response = failure_for(error, "/v1/", self._language)
        self._models.requests.end(self._entry, error.status, error.message.en)
        if not sender.started:
            await response(scope, receive, sender)
        elif not sender.stuck:
            await sender.send(b"data: " + bytes(response.body) + b"\n\n", more=False)

    def _count(self, forwarded: Forwarded) -> None:
        exchange, answering = forwarded.exchange, forwarded.answering
        self._entry.prompt_tokens = exchange.prompt_tokens
        self._entry.tokens = answering.tokens if exchange.tokens is None else exchange.tokens
        self._entry.tokens_per_second = exchange.tokens_per_second or answering.speed()
        self._entry.first_token_seconds = answering.first_token_seconds()


class SpeechRelay(Relay):
    """A recording, passed on as the server sends it; one that breaks off is a connection that breaks, as its head was sent."""

    async def _send_whole(self, scope: Any, receive: Any, sender: Sender) -> None:
        spoken = await self._models.speak(self._name, self._asked)
        try:
            await sender.start(spoken.media_type)
            async with aclosing(_closable(spoken.blocks())) as blocks:
                async for block in blocks:
                    await sender.send(block)
            await sender.send(b"", more=False)
        finally:
            await spoken.close()
        self._models.requests.end(self._entry, 200)

    async def _fail(self, error: StudioError, sender: Sender, scope: Any, receive: Any) -> None:
        if not sender.started:
            return await super()._fail(error, sender, scope, receive)
        self._models.requests.end(self._entry, error.status, error.message.en)
        raise error


class Sender:
    """ASGI's `send`, which gives up on a program that stops reading."""

    def __init__(self, send: Callable[[Any], Awaitable[None]]) -> None:
        self._send = send
        self.started = False
        self.complete = False
        self.stuck = False

    async def __call__(self, message: Any) -> None:
        self.started = True
        self.complete = message["type"] == "http.response.body" and not message.get("more_body", False)
        try:
            async with asyncio.timeout(READ_SECONDS):
                await self._send(message)
        except TimeoutError as error:
            self.stuck = True
            raise Unavailable(Text("The program stopped reading.", "对方程序已停止读取。")) from error

    async def start(self, media_type: str = "text/event-stream; charset=utf-8") -> None:
        headers = {"content-type": media_type, **HEADERS}
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await self({"type": "http.response.start", "status": 200, "headers": pairs})

    async def send(self, block: bytes, more: bool = True) -> None:
        await self({"type": "http.response.body", "body": block, "more_body": more})


async def _until_left(receive: Callable[[], Awaitable[Any]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _closable(items: Any) -> Any:
    """An async generator, seen as something that can be closed."""
    return items
