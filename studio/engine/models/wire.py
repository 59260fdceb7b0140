"""Asking a worker on this computer with as little between as possible: one connection for one request, its bytes as they come.

A general HTTP client costs a few milliseconds of processor time for each request and a tenth for each token, which a worker
on the same cores would rather have. Only what our own workers answer with is understood: a length, chunks, or until the end.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

HEAD_BYTES = 65_536
CONNECT_SECONDS = 5


class Broken(Exception):
    """The connection could not be made, or ended too early."""


class WireResponse:
    """What a worker answers. The names are httpx's, so that both can be read alike."""

    def __init__(self, status: int, headers: dict[str, str], reader: asyncio.StreamReader, silence: float) -> None:
        self.status_code = status
        self.headers = headers
        self._reader = reader
        self._silence = silence

    @property
    def is_success(self) -> bool:
        return 200 <= self.status_code < 300

    async def aread(self) -> bytes:
        return b"".join([chunk async for chunk in self.aiter_raw()])

    async def aiter_raw(self) -> AsyncIterator[bytes]:
        """The body in the pieces in which it comes."""
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            pieces = self._chunks()
        elif "content-length" in self.headers:
            pieces = self._counted(int(self.headers["content-length"]))
        else:
            pieces = self._rest()
        try:
            async for piece in pieces:
                yield piece
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError, TimeoutError) as error:
            raise Broken(f"{type(error).__name__}: {error}") from error

    async def _chunks(self) -> AsyncIterator[bytes]:
        while True:
            async with asyncio.timeout(self._silence):
                line = await self._reader.readuntil(b"\r\n")
                size = int(line.split(b";")[0], 16)
                content = await self._reader.readexactly(size + 2)
            if not size:
                return
            yield content[:-2]

    async def _counted(self, left: int) -> AsyncIterator[bytes]:
        while left:
            async with asyncio.timeout(self._silence):
                piece = await self._reader.read(min(left, HEAD_BYTES))
            if not piece:
                raise EOFError("the answer was cut short")
            left -= len(piece)
            yield piece

    async def _rest(self) -> AsyncIterator[bytes]:
        while True:
            async with asyncio.timeout(self._silence):
                piece = await self._reader.read(HEAD_BYTES)
            if not piece:
                return
            yield piece


@asynccontextmanager
async def post(
    port: int, route: str, headers: Mapping[str, str], body: dict[str, Any], silence: float
) -> AsyncIterator[WireResponse]:
    """Send a request to a port of this computer; the connection ends with the block, and with it the worker's work.

    `silence` are the seconds without a byte that are believed. Raises `Broken`.
    """
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    except (OSError, TimeoutError) as error:
        raise Broken(f"{type(error).__name__}: {error}") from error
    try:
        content = json.dumps(body, ensure_ascii=False).encode(errors="replace")
        writer.write(_head(port, route, headers, len(content)) + content)
        yield await _response(reader, silence)
    finally:
        writer.transport.abort()


def _head(port: int, route: str, headers: Mapping[str, str], length: int) -> bytes:
    lines = {"Host": f"127.0.0.1:{port}", "Content-Type": "application/json", "Content-Length": str(length), **headers}
    lines |= {"Accept": "*/*", "Connection": "close"}
    told = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {route} HTTP/1.1\r\n{told}\r\n".encode("latin-1")


async def _response(reader: asyncio.StreamReader, silence: float) -> WireResponse:
    """The status and the headers; a worker may refuse before it has read the whole request."""
    try:
        async with asyncio.timeout(silence):
            head = await reader.readuntil(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines if line)
        return WireResponse(
            int(status.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}, reader, silence
        )
    except (OSError, EOFError, ValueError, IndexError, asyncio.LimitOverrunError, TimeoutError) as error:
        raise Broken(f"{type(error).__name__}: {error}") from error
