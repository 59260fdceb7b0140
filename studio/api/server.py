"""Listening: one application on one port, inside the engine's own loop."""

from __future__ import annotations

import asyncio
import errno
import socket
import sys

from studio.api.security import Access
from studio.engine.engine import Engine
from studio.engine.errors import Conflict, Unavailable
from studio.engine.files import reason
from studio.engine.settings import is_loopback
from studio.engine.text import Text

MOST_FILES = 65_536
IDLE_SECONDS = 75  # longer than programs keep a connection: none is closed while the next request is on its way


class Server:
    """The HTTP API of an engine. `port` 0 takes a free one; `address` tells where it listens once started."""

    def __init__(self, engine: Engine, host: str = "127.0.0.1", port: int = 0, require_token: bool = False) -> None:
        self._engine = engine
        self.host = host
        self._port = port
        self._require_token = require_token or not is_loopback(host)
        self._task: asyncio.Task[None] | None = None
        self.address = ""
        self.port = 0

    async def start(self) -> None:
        """Listen; raises `Conflict` when another program has the port."""
        import uvicorn

        from studio.api.application import make_application

        _allow_many_connections()
        listener = self._bind()
        hosts = frozenset() if is_loopback(self.host) else frozenset(_names_of(self.host))
        access = Access(self._engine.tokens, self._require_token, hosts)
        self._application = make_application(self._engine, access)
        config = uvicorn.Config(
            self._application,
            http="h11",  # it passes an absolute-form target on as it is, so the gate sees it
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        self._task = asyncio.create_task(self._serve(listener), name="api server")
        while not self._server.started:
            if self._task.done():
                await self._task
            await asyncio.sleep(0.005)
        self._engine.ownership.announce(self.port, self.host)

    async def stop(self) -> None:
        if self._task is None:
            return
        self._server.should_exit = True
        await asyncio.wait([self._task], timeout=5)
        self._task = None
        if self._engine.ownership.held:
            self._engine.ownership.announce(None)

    async def wait(self) -> None:
        """Until the server ends."""
        if self._task is not None:
            await asyncio.shield(self._task)

    def _bind(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listener = socket.socket(
            family, socket.SOCK_STREAM, socket.IPPROTO_TCP
        )  # named, or asyncio waits 40 ms to fill packets
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self.host, self._port))
        except OSError as error:
            listener.close()
            raise _cannot_bind(self.host, self._port, error) from error
        listener.set_inheritable(False)
        self.port = listener.getsockname()[1]
        name = f"[{self.host}]" if ":" in self.host else self.host
        self.address = f"http://{name}:{self.port}"
        return listener

    async def _serve(self, listener: socket.socket) -> None:
        # uvicorn's own serve() would take over this process's signals
        config = self._server.config
        if not config.loaded:
            config.load()
        self._server.lifespan = config.lifespan_class(config)
        await self._server.startup(sockets=[listener])
        try:
            await self._server.main_loop()
        finally:
            self._application.state.following.close()
            await self._application.state.answers.close()  # the streams of their readers end by themselves
            await self._server.shutdown(sockets=[listener])


def _allow_many_connections() -> None:
    """As many open files as the system allows this user: a thousand idle connections must not use up the usual 1,024."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _cannot_bind(host: str, port: int, error: OSError) -> Conflict | Unavailable:
    if error.errno == errno.EADDRINUSE:
        return Conflict(
            Text(f"Port {port} on {host} is taken by another program.", f"{host} 的端口 {port} 已被其他程序占用。"),
            Text(
                "Choose another with --port or under Settings › Server, or end that program.",
                "请用 --port 或在“设置 › 服务”中换一个端口，或结束那个程序。",
            ),
        )
    why = reason(error)
    return Unavailable(
        Text(f"Cannot listen on {host} port {port}: {why.en}.", f"无法监听 {host} 的端口 {port}：{why.zh}。"),
        Text("Choose another address or port.", "请换一个地址或端口。"),
    )


def _names_of(host: str) -> set[str]:
    """The names a listener beyond loopback answers to: its address, or for all addresses, this computer's names."""
    if host not in ("0.0.0.0", "::"):  # noqa: S104
        return {f"[{host}]" if ":" in host else host.lower()}
    name = socket.gethostname().lower()
    found = {name, socket.getfqdn().lower()}
    try:
        found |= {str(entry[4][0]) for entry in socket.getaddrinfo(name, None)}
    except OSError:
        pass
    return found
