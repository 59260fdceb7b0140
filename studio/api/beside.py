"""The server of an open window: on and off with its settings."""

from __future__ import annotations

import asyncio

from studio.api.server import Server
from studio.engine.engine import Engine
from studio.engine.errors import StudioError
from studio.engine.events import Notice
from studio.engine.settings import SettingsChanged
from studio.engine.text import Text


class ServerBeside:
    """Starts, moves and stops the server as Settings › Server says; a port that is taken is a notice, not a crash."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._server: Server | None = None
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """Where it listens; empty while it does not."""
        return self._server.address if self._server else ""

    async def start(self) -> None:
        self._unsubscribe = self._engine.events.subscribe(SettingsChanged, self._changed)
        await self._follow()

    async def close(self) -> None:
        self._unsubscribe()
        await self._stop()

    def _changed(self, event: SettingsChanged) -> None:
        if event.key.startswith("server."):
            task = asyncio.create_task(self._follow())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _follow(self) -> None:
        async with self._turn:
            await self._stop()
            settings = self._engine.settings.server
            if not settings.enabled:
                return
            server = Server(self._engine, settings.host, settings.port, settings.require_token)
            try:
                await server.start()
            except StudioError as error:
                self._engine.events.publish(
                    Notice("warning", Text("The server is off", "服务未启动"), error.whole(), "settings.server")
                )
                return
            self._server = server

    async def _stop(self) -> None:
        if self._server is not None:
            await self._server.stop()
            self._server = None
