"""Who may speak to the server: Host, Origin and token are judged before any route is looked up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from studio.api.envelope import failure_for
from studio.api.objects import signed
from studio.engine.errors import BadToken, Forbidden, NoToken, StudioError
from studio.engine.text import Text
from studio.engine.tokens import Tokens

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
OPEN_ROUTES = frozenset({"/health"})


@dataclass(frozen=True, slots=True)
class Access:
    """The rules of one listener. `hosts` are the names it answers to beside loopback's."""

    tokens: Tokens
    require_token: bool = False
    hosts: frozenset[str] = field(default_factory=frozenset)


class Gate:
    """ASGI middleware. It stands before routing, on every kind of connection, and adds no CORS header."""

    def __init__(self, app: Any, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            self._judge(scope)
        except StudioError as error:
            await self._refuse(error, scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _judge(self, scope: Any) -> None:
        headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        hosts = [value for name, value in headers if name == "host"]
        if len(hosts) != 1 or not scope["path"].startswith("/") or _name(hosts[0]) not in LOOPBACK | self._access.hosts:
            raise Forbidden(
                Text("This server does not answer to that host name.", "本服务不响应该主机名。"),
                Text(
                    "Use the address it was started with, such as http://127.0.0.1.",
                    "请使用启动时的地址，例如 http://127.0.0.1。",
                ),
            )
        self._judge_origin(hosts[0], headers)
        if not signed(scope["path"], scope.get("query_string", b"")):
            self._judge_token(scope["path"], headers)

    def _judge_origin(self, host: str, headers: list[tuple[str, str]]) -> None:
        origins = [value for name, value in headers if name == "origin"]
        crossed = any(name == "sec-fetch-site" and value == "cross-site" for name, value in headers)
        if crossed or any(not _same(origin, host) for origin in origins):
            raise Forbidden(
                Text("Web pages of other sites may not use this server.", "其他网站的页面不能使用本服务。"),
                Text("Call it from a program instead.", "请改用程序调用。"),
            )

    def _judge_token(self, path: str, headers: list[tuple[str, str]]) -> None:
        given = [value for name, value in headers if name == "authorization"]
        if not given:
            if self._access.require_token and path not in OPEN_ROUTES:
                raise NoToken(
                    Text("A token is needed.", "需要令牌。"),
                    Text(
                        "Send “Authorization: Bearer …”; the token is in Settings › Server.",
                        "请发送“Authorization: Bearer …”，令牌见“设置 › 服务”。",
                    ),
                )
            return
        scheme, _, token = given[0].partition(" ")
        known = self._access.tokens.matches(token.strip())
        if scheme.lower() != "bearer" or not (known or self._lenient(token)):
            raise BadToken(
                Text("The token is wrong or was replaced.", "令牌不正确或已被更换。"),
                Text("Copy it again from Settings › Server.", "请在“设置 › 服务”中重新复制。"),
            )

    def _lenient(self, token: str) -> bool:
        """OpenAI clients always send a key: one that is no token of ours counts as none, where none is needed."""
        return not self._access.require_token and not token.strip().startswith("one-")

    async def _refuse(self, error: StudioError, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        language = next((v.decode("latin-1") for n, v in scope["headers"] if n == b"accept-language"), "en")
        await failure_for(error, scope["path"], language)(scope, receive, send)


def _name(host: str) -> str:
    """The host without its port, as it was written."""
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    return host.partition(":")[0].lower()


def _same(origin: str, host: str) -> bool:
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()
