"""Rows over HTTP: the format a client asks for, sent batch by batch, ended with its connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.types import Send

from studio.engine.datasets.encoders import ENCODERS, Encoder, encoder_of
from studio.engine.errors import BadParameter
from studio.engine.text import Text


class Rows(StreamingResponse):
    """A stream whose generator is closed as soon as the client is gone, so that nobody reads on for nothing."""

    async def stream_response(self, send: Send) -> None:
        async with aclosing(self.body_iterator):  # type: ignore[type-var]
            await super().stream_response(send)


def wanted(request: Request, format: str | None) -> type[Encoder]:
    """The encoder that `format=` names, else the first one that Accept does, else Arrow's."""
    if format:
        return encoder_of(format)
    accepted = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "*/*").split(",")]
    known = {encoder.media_type: encoder for encoder in ENCODERS.values()}
    for media_type in accepted:
        if media_type in known:
            return known[media_type]
    if "*/*" in accepted:
        return ENCODERS["arrow"]
    kinds = ", ".join(known)
    raise BadParameter(
        Text(f"Rows cannot be sent as {', '.join(accepted)}.", f"数据不能以 {', '.join(accepted)} 发送。"),
        Text(f"Accept one of {kinds}, or give format=.", f"请在 Accept 中使用 {kinds} 之一，或给出 format=。"),
    )


async def answer(
    batches: AsyncGenerator[Any, None], empty: Any, encoder: type[Encoder], name: str, limit: int | None = None
) -> Rows:
    """Stream batches. What is wrong with the request is raised here, before the first byte; a fault after it cuts the
    connection, so that half a table never looks like a whole one. `empty` is a table with the schema of no rows.
    """
    first = await anext(batches, None)
    schema = empty.schema if first is None else first.schema
    pieces = _ahead(_encoded(batches, first, encoder(schema), limit))
    headers = {"Content-Disposition": f'attachment; filename="{name}.{encoder.suffix}"'}
    return Rows(pieces, media_type=encoder.media_type, headers=headers)


async def _encoded(
    batches: AsyncGenerator[Any, None], first: Any, encoder: Encoder, limit: int | None
) -> AsyncGenerator[bytes | memoryview, None]:
    async with aclosing(batches):
        if begin := await asyncio.to_thread(encoder.begin):
            yield begin
        left = limit
        async for batch in _all(first, batches):
            part = batch if left is None else batch.slice(0, left)
            if piece := await asyncio.to_thread(encoder.batch, part):
                yield piece
            left = None if left is None else left - part.num_rows
            if left == 0:
                break
        if end := await asyncio.to_thread(encoder.end):
            yield end


async def _ahead(pieces: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
    """The same pieces; while one is sent, the next one is made."""
    async with aclosing(pieces):
        coming = asyncio.ensure_future(anext(pieces, None))
        try:
            while (piece := await coming) is not None:
                coming = asyncio.ensure_future(anext(pieces, None))
                yield piece
        finally:
            coming.cancel()
            await asyncio.wait([coming])
            coming.cancelled() or coming.exception()


async def _all(first: Any, rest: AsyncIterator[Any]) -> AsyncIterator[Any]:
    if first is not None:
        yield first
        async for batch in rest:
            yield batch
