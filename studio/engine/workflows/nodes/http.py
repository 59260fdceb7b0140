"""A request to a server, through the guard of the network."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, NamedTuple

from studio.engine.errors import BadParameter, Unavailable
from studio.engine.params import Params, PromptText, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.graph import Port, Ports
from studio.engine.workflows.node import Anything, Json, node
from studio.engine.workflows.templates import fill, variables

LARGEST = 32_000_000  # bytes of an answer
HOPS = 5


class HttpParams(Params):
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = param("GET", Text("Method", "方法"))
    url: PromptText = param(
        "https://example.org/{{value}}",
        Text("Address", "地址"),
        help=Text("Each {{name}} is an input.", "每个 {{名称}} 都是一个输入。"),
    )
    headers: dict[str, str] = param({}, Text("Headers", "请求头"), advanced=True)
    body: PromptText = param(
        "",
        Text("Body", "正文"),
        help=Text("Empty sends none; JSON is sent as JSON.", "留空则不发送；JSON 按 JSON 发送。"),
    )
    seconds: float = param(30.0, Text("Time limit", "时限"), gt=0, le=3600, unit="s")
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
    return Ports(inputs=[Port(name=name, type="any", title=Text.same(name)) for name in names])


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

    async def work() -> dict[str, Any]:
        return await _send(context, params, url, body)

    found = await context.outside("http", request, work)
    if params.accept == "ok" and not 200 <= found["status"] < 300:
        raise Unavailable(
            Text(f"{url} answered with {found['status']}.", f"{url} 返回状态 {found['status']}。"),
            Text("Look at what it said, or accept any status.", "请查看其返回内容，或接受任意状态。"),
            details=str(found["body"])[:2_000],
        )
    return Answer(found["body"], found["status"], found["headers"])


async def _send(context: Context, params: HttpParams, url: str, body: str) -> dict[str, Any]:
    import httpx

    headers = {"User-Agent": "ONE-Data-Studio", **params.headers}
    if body and "content-type" not in {name.lower() for name in headers}:
        headers["Content-Type"] = "application/json" if _is_json(body) else "text/plain; charset=utf-8"
    try:
        async with context.egress.client(purpose="workflow", timeout=params.seconds) as client:
            client.max_redirects = HOPS
            async with client.stream(
                params.method, url, content=body.encode() or None, headers=headers, follow_redirects=True
            ) as answer:
                content = b""
                async for piece in answer.aiter_bytes():
                    content += piece
                    if len(content) > LARGEST:
                        raise BadParameter(Text(f"{url} answers with more than 32 MB.", f"{url} 返回超过 32 MB。"))
                return {"status": answer.status_code, "headers": dict(answer.headers), "body": _read(content, answer)}
    except httpx.InvalidURL as error:
        raise BadParameter(Text(f"“{url}” is not an address.", f"“{url}”不是有效地址。")) from error
    except httpx.HTTPError as error:
        why = str(error) or type(error).__name__
        raise Unavailable(
            Text(f"{url} could not be asked: {why}.", f"无法请求 {url}：{why}。"),
            Text("Check the address and the network.", "请检查地址和网络。"),
        ) from error


def _read(content: bytes, answer: Any) -> Any:
    if "json" in answer.headers.get("content-type", ""):
        try:
            return json.loads(content)
        except ValueError:
            pass
    return content.decode(answer.encoding or "utf-8", "replace")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
