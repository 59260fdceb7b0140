"""Every command speaks the HTTP API: of the studio that runs, or of one started here for as long as the command takes."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from studio.cli.home import paths_of
from studio.engine import collecting, loop
from studio.engine.errors import DataFolderInUse, Internal, StudioError, Unavailable
from studio.engine.paths import Ownership, Paths
from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.engine.engine import Engine

PIECE = 1 << 20
PAGE = 1_000


class Connection:
    """Requests to a studio, with its errors as ours."""

    def __init__(self, client: httpx.AsyncClient, engine: Engine | None) -> None:
        self._client = client
        self.engine = engine

    async def get(self, path: str, **query: Any) -> Any:
        return await self._data(await self._client.get(path, params={k: v for k, v in query.items() if v is not None}))

    async def every(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """All of what is listed page by page."""
        found, page = [], 1
        while rows := await self.get(path, **query, page=page, page_size=PAGE):
            found += rows
            page += 1
            if len(rows) < PAGE:
                break
        return found

    async def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return await self._data(await self._client.post(path, json=body or {}))

    async def put(self, path: str, body: dict[str, Any]) -> Any:
        return await self._data(await self._client.put(path, json=body))

    async def send(self, path: str, file: Path, progress: Callable[[int], object]) -> Any:
        """PUT a file's content piece by piece; `progress` hears how many bytes went."""

        async def pieces() -> AsyncIterator[bytes]:
            done = 0
            with await asyncio.to_thread(file.open, "rb") as content:
                while piece := await asyncio.to_thread(content.read, PIECE):
                    yield piece
                    done += len(piece)
                    progress(done)

        return await self._data(await self._client.put(path, content=pieces(), timeout=None))

    async def upload(self, path: str, file: Path) -> Any:
        """Send a file as a form does."""
        try:
            content = await asyncio.to_thread(file.read_bytes)
        except OSError as error:
            raise Unavailable(Text(f"{file} cannot be read.", f"无法读取 {file}。"), details=str(error)) from error
        return await self._data(await self._client.post(path, files={"file": (file.name, content)}))

    async def delete(self, path: str) -> Any:
        return await self._data(await self._client.delete(path))

    async def bytes(
        self, method: str, path: str, body: dict[str, Any] | None = None, **query: Any
    ) -> AsyncGenerator[bytes, None]:
        """A streamed answer as it comes; an error before its first byte is raised as ours."""
        async with self._client.stream(method, path, json=body, params=query) as answer:
            if answer.is_error:
                await answer.aread()
                await self._data(answer)
            async for piece in answer.aiter_bytes():
                yield piece

    async def events(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> AsyncIterator[tuple[str, Any]]:
        """The (name, data) pairs of an event stream; an "error" event is raised."""
        async with self._client.stream(method, path, json=body) as answer:
            if answer.is_error:
                await answer.aread()
                await self._data(answer)
            name = ""
            async for line in answer.aiter_lines():
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    data = json.loads(line[6:])
                    if name == "error":
                        raise _Answered(data["code"], data["message"])
                    yield name, data

    async def _data(self, answer: httpx.Response) -> Any:
        content = answer.json()
        if answer.is_error:
            raise _Answered(int(content["code"]), str(content["message"]))
        return content["data"]


class _Answered(StudioError):
    """An error that the studio answered with."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(Text.same(message))
        self.code = code  # type: ignore[misc]


@asynccontextmanager
async def connect(paths: Paths, language: str = "en") -> AsyncIterator[Connection]:
    """The studio that owns the data folder; without one, an engine of our own for the length of the block."""
    try:
        Ownership(paths.make()).check()
        from studio.engine.engine import Engine  # late: a client of another studio has no need of it

        engine = await Engine.open(paths)
    except DataFolderInUse as error:
        async with _client(_address(error), paths, language) as client:
            yield Connection(client, None)
        return
    from studio.api.server import Server

    server = Server(engine)
    try:
        await server.start()
        collecting.settle()
        async with _client(server.address, paths, language) as client:
            yield Connection(client, engine)
    finally:
        await server.stop()
        await engine.close()


def run(work: Callable[[Connection], Awaitable[int]], home: str | None) -> int:
    """Run `work` with a connection to its end."""
    from studio.cli.output import language

    async def main() -> int:
        try:
            async with connect(paths_of(home), language()) as connection:
                return await work(connection)
        except httpx.TransportError as error:
            raise Unavailable(
                Text(
                    f"The studio stopped answering ({type(error).__name__}).",
                    f"程序停止响应（{type(error).__name__}）。",
                ),
                Text("Start it again.", "请重新启动。"),
            ) from error
        except ValueError as error:
            raise Internal(
                Text(f"The studio's answer was not understood: {error}.", f"无法理解程序的回答：{error}。")
            ) from error

    return loop.run(main())


def _address(error: DataFolderInUse) -> str:
    if error.port is None:
        raise DataFolderInUse(
            error.message,
            Text(
                "Switch its server on under Settings › Server, or close it.",
                "请在“设置 › 服务”中打开它的服务，或将其关闭。",
            ),
            error.pid,
            None,
        )
    return f"http://127.0.0.1:{error.port}"


def _client(address: str, paths: Paths, language: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {paths.token.read_text().strip()}", "Accept-Language": language}
    nobody = ssl.SSLContext(
        ssl.PROTOCOL_TLS_CLIENT
    )  # plain HTTP to this computer: reading certificates would cost 50 ms
    return httpx.AsyncClient(
        base_url=address, headers=headers, timeout=httpx.Timeout(30, read=None), trust_env=False, verify=nobody
    )
