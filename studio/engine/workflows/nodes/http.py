"""A request to a server, through the guard of the network."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import urljoin

from studio.engine.errors import BadParameter, Forbidden, Unavailable
from studio.engine.params import Params, PromptLine, PromptText, ServiceRef, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.graph import Ports, any_port
from studio.engine.workflows.node import Anything, Json, node
from studio.engine.workflows.server_request import Request, send
from studio.engine.workflows.signing_in import same_server, signed_in
from studio.engine.workflows.templates import fill, variables

LARGEST_ALL = 256_000_000  # bytes of all pages together


class HttpParams(Params):
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = param("GET", Text("Method", "方法"))
    url: PromptLine = param(
        "https://example.org/{{value}}",
        Text("Address", "地址"),
        help=Text("Each {{name}} is an input.", "每个 {{名称}} 都是一个输入。"),
    )
    connection: ServiceRef = param(
        "", Text("Sign in with", "登录所用连接"),
        help=Text("A web service of Data › Connections: its key goes to that server only.", "“数据 › 连接”中的网络服务，其密钥只发送给该服务器。"),
    )  # fmt: skip
    headers: dict[str, str] = param(
        {}, Text("Headers", "请求头"), advanced=True,
        help=Text("For this server: a redirect to another one takes none along. A key belongs into a connection.", "仅发送给该服务器，重定向到其他服务器时不会带上。密钥请放入连接。"),
    )  # fmt: skip
    body: PromptText = param(
        "",
        Text("Body", "正文"),
        help=Text("Empty sends none; JSON is sent as JSON.", "留空则不发送；JSON 按 JSON 发送。"),
    )
    seconds: float = param(30.0, Text("Time limit", "时限"), gt=0, le=3600, unit="s")
    pages: int = param(
        1, Text("Pages at most", "最多页数"), ge=1, le=1_000, advanced=True,
        help=Text("More than one follows the server's link to the next page, of GET alone.", "大于 1 时跟随服务器给出的下一页链接，仅限 GET。"),
    )  # fmt: skip
    next: str = param(
        "",
        Text("Next page stands at", "下一页位置"),
        help=Text("A path in the body, such as paging.next; empty takes the Link header.", "正文中的路径，如 paging.next；留空使用 Link 响应头。"),
        advanced=True,
    )  # fmt: skip
    accept: Literal["ok", "any"] = param(
        "ok", Text("Accept", "接受"),
        choices={"ok": Text("Only success (2xx)", "仅成功（2xx）"), "any": Text("Any status", "任意状态")},
    )  # fmt: skip


class Answer(NamedTuple):
    """What the server said: JSON where it is JSON, else text."""

    body: Annotated[Anything, Text("Body", "正文")]
    status: Annotated[int, Text("Status", "状态码")]
    headers: Annotated[Json, Text("Headers", "响应头")]


def http_ports(params: HttpParams) -> Ports:
    found = [*variables(params.url), *variables(params.body)]
    names = dict.fromkeys(found)
    return Ports(inputs=[any_port(name) for name in names])


@node(
    title=Text("HTTP request", "HTTP 请求"),
    category="sources",
    icon="globe",
    doc=Text(
        "Asks a server. Addresses inside this network are refused unless you granted them.",
        "请求服务器。未经授权不会访问内部网络地址。",
    ),
    side_effect=True,
    effect=lambda params: params.method != "GET",
    ports=http_ports,
    summary=lambda params: f"{params.method} {params.url}",
)
async def http(context: Context, params: HttpParams, /, **values: Any) -> Answer:
    """Send it once. Every hop is judged; `Forbidden` names an address that may not be reached, `Unavailable` one that failed.
    All but GET count as side effects: a run that goes on after a crash asks before it repeats one that had begun."""
    url = (await fill(params.url, values)).strip()
    body = await fill(params.body, values) if params.body else ""
    request = {"method": params.method, "url": url, "body": body, "headers": sorted(params.headers)}
    if params.connection:
        request["connection"] = params.connection

    async def work() -> dict[str, Any]:
        return await _send_all(context, params, url, body)

    found = await context.outside("http", request, work)
    if params.accept == "ok" and not 200 <= found["status"] < 300:
        raise Unavailable(
            Text(f"{url} answered with {found['status']}.", f"{url} 返回状态 {found['status']}。"),
            Text("Look at what it said, or accept any status.", "请查看其返回内容，或接受任意状态。"),
            details=str(found["body"])[:2_000],
        ).fixed_by("edit", "url")
    return Answer(found["body"], found["status"], found["headers"])


async def _send_all(context: Context, params: HttpParams, url: str, body: str) -> dict[str, Any]:
    """One answer, or those of all pages: lists become one list, other bodies a list of them. Only GET has pages: what changes
    something is sent once."""
    key = await signed_in(context, params.connection, url)
    asked = Request(params.method, url, params.headers, body, params.seconds)
    found, size = await send(context, asked, key)
    if params.pages == 1 or params.method != "GET":
        return found
    bodies, known = [found["body"]], {url}
    while len(bodies) < params.pages and 200 <= found["status"] < 300:
        following = _next(found, params.next, url)
        if not following or following in known:
            break
        _check_same_server(url, following)
        url = following
        known.add(url)
        found, more = await send(context, replace(asked, url=url), key)
        size += more
        if size > LARGEST_ALL:
            most = f"{LARGEST_ALL / 1e6:g} MB"
            raise BadParameter(
                Text(f"{url} answers with more than {most} with all pages.", f"{url} 的全部页面超过 {most}。")
            ).fixed_by("edit", "pages")
        bodies.append(found["body"])
        context.progress(len(bodies), params.pages)
    lists = all(isinstance(one, list) for one in bodies)
    return {**found, "body": [item for one in bodies for item in one] if lists else bodies}


def _next(found: dict[str, Any], path: str, url: str) -> str:
    """The address of the next page, whole; "" after the last one. It is judged by the guard as every other."""
    if path:
        said = picked(found["body"], path)
        return urljoin(url, said) if isinstance(said, str) and said else ""
    headers = {name.lower(): value for name, value in found["headers"].items()}
    match = re.search(r'<([^>]+)>\s*;[^,]*\brel="?next\b', headers.get("link", ""))
    return urljoin(url, match[1]) if match else ""


def _check_same_server(url: str, following: str) -> None:
    """The headers may hold a key to this server: no other is asked with them, wherever it says that its next page is."""
    if not same_server(url, following):
        raise Forbidden(
            Text(f"The next page of {url} is at another server: {following[:300]}.", f"{url} 的下一页位于其他服务器：{following[:300]}。"),
            Text("Ask that server in a step of its own.", "请用单独的节点请求该服务器。"),
        ).fixed_by("edit", "pages")  # fmt: skip


def picked(value: Any, path: str) -> Any:
    """A part of a value by names with dots between; None where it is not there."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
