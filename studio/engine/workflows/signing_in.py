"""How a step signs in at a server: by a connection that it names. The key is in no graph, no journal and no answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from studio.engine.egress import place
from studio.engine.errors import BadParameter, Forbidden, Unavailable
from studio.engine.text import Text
from studio.engine.workflows.context import Context

HIDDEN = "•••"
SHORTEST = 4  # characters of a word that is hidden; less would blank other words


@dataclass(frozen=True, slots=True)
class SignIn:
    """The headers that sign a request in, and the words that must not come back in an answer."""

    headers: dict[str, str]
    words: tuple[str, ...] = ()

    def hide(self, value: Any) -> Any:
        """A server's answer without the key, which some send back."""
        if isinstance(value, str):
            for word in self.words:
                value = value.replace(word, HIDDEN)
            return value
        if isinstance(value, list):
            return [self.hide(item) for item in value]
        if isinstance(value, dict):
            return {self.hide(name): self.hide(item) for name, item in value.items()}
        return value


async def signed_in(context: Context, connection: str, url: str) -> SignIn:
    """What signs a request to that address in; nothing where no connection is named. `Forbidden` for the address of another
    server than the connection's: whoever writes a graph cannot send the key elsewhere."""
    if not connection:
        return SignIn({})
    from studio.engine.connections.kinds.web import sign_in_headers

    name, values = await service(context, connection)
    if not same_server(values["address"], url):
        raise Forbidden(
            Text(
                f"The key of “{name}” is for {server_of(values['address'])} and is not sent to {server_of(url)}.",
                f"“{name}”的密钥只用于 {server_of(values['address'])}，不会发送给 {server_of(url)}。",
            ),
            Text("Choose another connection, or ask that server.", "请选择其他连接，或改为请求该服务器。"),
        ).fixed_by("service", "connection")
    headers = sign_in_headers(values)
    key = str(values["secret_key"])
    return SignIn(
        headers,
        tuple(word for word in (*(line.rpartition(" ")[2] for line in headers.values()), key) if len(word) >= SHORTEST),
    )


async def service(context: Context, connection: str) -> tuple[str, dict[str, Any]]:
    """The name of a web service among the connections, and its settings with the key."""
    connections = context.services.connections
    if connections is None:
        raise Unavailable(Text("Connections are not available here.", "此处无法使用连接。"))
    found = await connections.get(connection)
    if found.kind != "web":
        raise BadParameter(
            Text(f"The connection “{found.name}” is no web service.", f"连接“{found.name}”不是网络服务。"),
            Text("Choose one of the kind “Web service”.", "请选择类型为“网络服务”的连接。"),
        ).fixed_by("service", "connection")
    return found.name, await connections.values(found.id)


def same_server(url: str, other: str) -> bool:
    """Whether two addresses are of one server, spoken to alike: scheme, host and port."""
    return (urlsplit(url).scheme, place(url)) == (urlsplit(other).scheme, place(other))


def led_on(url: str, other: str) -> bool:
    """Whether an address is of the same server, or of the same host behind TLS where the first one was without it."""
    (host, port), now = place(url), place(other)
    safer = urlsplit(url).scheme == "http" and port == 80 and urlsplit(other).scheme == "https" and now == (host, 443)
    return safer or same_server(url, other)


def server_of(url: str) -> str:
    host, port = place(url)
    return f"{urlsplit(url).scheme}://{host}:{port}"
