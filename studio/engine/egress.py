"""The one door to other computers: every address is judged after it is resolved, every hop again, all is in the ledger."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import socket
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from studio.engine.errors import BadParameter, Forbidden, Unavailable
from studio.engine.text import Text

if TYPE_CHECKING:
    import httpx

LEDGER = 1000
IDLE_SECONDS = 2  # of a connection without a request: many servers close it after five
Resolve = Callable[[str, int], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True)
class Passage:
    """One line of the ledger: who went where, and whether it was let through."""

    at: float
    purpose: str
    method: str
    host: str
    port: int
    allowed: bool
    reason: str = ""


class Egress:
    """Who may be reached. A host that a person granted is reached wherever it is; others only at public addresses.

    `allowed()` are the hosts (with port) that the settings grant. `offline()` says whether everything beyond this computer is refused.
    """

    def __init__(
        self,
        offline: Callable[[], bool] = lambda: False,
        resolve: Resolve | None = None,
        allowed: Callable[[], Sequence[str]] = lambda: (),
    ) -> None:
        self._offline, self._allowed = offline, allowed
        self._resolve = resolve or _resolve
        self._granted: set[tuple[str, int]] = set()
        self.ledger: deque[Passage] = deque(maxlen=LEDGER)

    def grant(self, url: str) -> None:
        """A person named this address themselves (a remote server, a cluster): its host and port are allowed."""
        host, port = place(url)
        self._granted.add((host, port))

    def revoke(self, url: str) -> None:
        self._granted.discard(place(url))

    def grant_host(self, host: str, port: int) -> None:
        """As `grant`, for what speaks no HTTP: a database server."""
        self._granted.add((host, port))

    def revoke_host(self, host: str, port: int) -> None:
        self._granted.discard((host, port))

    async def judge(self, url: str, *, purpose: str, method: str = "GET", granted: str = "") -> list[str]:
        """The addresses that may be connected to for a URL; raises `Forbidden` with the reason, and notes it. `granted` is an
        address that a person named for whoever asks here, and for nobody else."""
        host, port = place(url)
        return await self.judge_host(host, port, purpose=purpose, method=method, granted=granted)

    async def judge_host(
        self, host: str, port: int, *, purpose: str, method: str = "CONNECT", granted: str = ""
    ) -> list[str]:
        """As `judge`, for a host and a port."""
        try:
            addresses = await self._addresses(host, port, bool(granted) and place(granted) == (host, port))
        except Forbidden as error:
            self.ledger.append(Passage(time.time(), purpose, method, host, port, False, error.message.en))
            raise
        self.ledger.append(Passage(time.time(), purpose, method, host, port, True))
        return addresses

    @asynccontextmanager
    async def client(self, *, purpose: str, timeout: float = 30) -> AsyncIterator[httpx.AsyncClient]:
        """An httpx client whose every request, redirects included, is judged first and connects to what was judged.

        It reads no proxy or netrc from the environment and does not follow redirects unless asked.
        """
        import httpx

        transport = self.transport(httpx, purpose=purpose)
        async with httpx.AsyncClient(transport=transport, timeout=timeout, trust_env=False) as client:
            yield client

    def transport(self, library: Any, *, purpose: str, granted: str = "") -> Any:
        """What an HTTP client connects by so that its every request is judged: of httpx, or of httpx2, which some SDKs use.
        `granted` is an address that a person named for this client alone."""
        limits = library.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=IDLE_SECONDS)
        connects = library.AsyncHTTPTransport(verify=trusted(), retries=0, limits=limits)
        guard = _Guard(self, purpose, library, connects, granted)
        return _as_transport(guard, library)

    async def _addresses(self, host: str, port: int, granted: bool) -> list[str]:
        granted = granted or (host, port) in self._granted or f"{host}:{port}" in self._allowed()
        addresses = await self._resolve(host, port)
        if not granted and not all(_is_public(address) for address in addresses):
            raise Forbidden(
                Text(
                    f"{host} is inside this network, where only granted hosts are reached.",
                    f"{host} 位于内部网络，只能访问已授权的主机。",
                ),
                Text("Allow it, or add it as a connection.", "请允许访问，或将其添加为连接。"),
            ).fixed_by("host", f"{host}:{port}")
        if self._offline() and not all(ipaddress.ip_address(address).is_loopback for address in addresses):
            raise Forbidden(
                Text(f"{host} was not reached: the studio stays offline.", f"未访问 {host}：程序处于离线状态。"),
                Text("Switch off “Stay offline” under Settings › Privacy.", "可在“设置 › 隐私”中关闭“保持离线”。"),
            ).fixed_by("settings", "privacy")
        return addresses


class _Guard:
    """Judges a request, then sends it to the very address that was judged, so a name cannot change in between. The request
    itself keeps its name, by which a redirect is resolved and a token held back from other hosts."""

    def __init__(self, egress: Egress, purpose: str, library: Any, transport: Any, granted: str) -> None:
        self._egress = egress
        self._purpose = purpose
        self._library = library
        self._transport = transport
        self._granted = granted

    async def send(self, request: Any) -> Any:
        addresses = await self._egress.judge(
            str(request.url), purpose=self._purpose, method=request.method, granted=self._granted
        )
        judged = self._library.Request(
            request.method,
            request.url.copy_with(host=addresses[0]),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": request.url.host},
        )
        return await self._transport.handle_async_request(judged)

    async def close(self) -> None:
        await self._transport.aclose()


def _as_transport(guard: _Guard, library: Any) -> Any:
    class Transport(library.AsyncBaseTransport):  # type: ignore[misc]
        async def handle_async_request(self, request: Any) -> Any:
            return await guard.send(request)

        async def aclose(self) -> None:
            await guard.close()

    return Transport()


@functools.cache
def trusted() -> ssl.SSLContext:
    """The certificates that are trusted, read once: it costs 20 ms."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)


async def read_up_to(answer: Any, longest: int) -> tuple[bytes, bool]:
    """The first bytes of an answer that streams, and whether that is all of it; no more than that is waited for."""
    parts, size = [], 0
    async for part in answer.aiter_bytes():
        parts.append(part)
        size += len(part)
        if size > longest:
            return b"".join(parts)[:longest], False
    return b"".join(parts), True


def place(url: str) -> tuple[str, int]:
    """Host and port of an http(s) URL; `BadParameter` for any other scheme, credentials in it, or no host."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise not_an_address(url) from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise BadParameter(
            Text(
                f"“{_without_credentials(url)}” is not an address that can be reached.",
                f"“{_without_credentials(url)}”不是可访问的地址。",
            ),
            Text(
                "Use http:// or https://, without a name or password in it.",
                "请使用 http:// 或 https://，且不含用户名和密码。",
            ),
        )
    return parts.hostname.rstrip(".").lower(), port


def not_an_address(url: str) -> BadParameter:
    return BadParameter(
        Text(f"“{url}” is not an address.", f"“{url}”不是有效地址。"),
        Text("Use http:// or https:// and the name of a server.", "请使用 http:// 或 https:// 加服务器名称。"),
    )


def _without_credentials(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}" if separator else url


def _is_public(address: str) -> bool:
    found: Any = ipaddress.ip_address(address)
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_global) and not found.is_multicast


async def _resolve(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a part of the name is empty or longer than 63 characters
        raise not_an_address(host) from error
    except OSError as error:
        raise Unavailable(
            Text(f"The name {host} is not known: {error.strerror}.", f"无法解析主机名 {host}：{error.strerror}。"),
            Text("Check the address and the network.", "请检查地址和网络。"),
        ) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
