"""One request to a server, through the guard of the network; what is meant for that server goes to no other."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from studio.engine.egress import read_up_to
from studio.engine.errors import BadParameter, Unavailable
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.signing_in import SignIn, led_on

LARGEST = 32_000_000  # bytes of an answer
HOPS = 5


@dataclass(frozen=True)
class Request:
    """`headers` are for the server of `url`; a body that is JSON is sent as JSON, unless they say otherwise."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str | bytes = ""
    seconds: float = 30.0


async def send(context: Context, request: Request, key: SignIn, most: int = LARGEST) -> tuple[dict[str, Any], int]:
    """`status`, `headers` and `body` (JSON where it is JSON, else text, without the key), and how many bytes that were. Every hop is
    judged; `Unavailable` where it failed, `BadParameter` for an answer of more than `most` bytes."""
    import httpx

    own = {name: said for name, said in request.headers.items() if name.lower() not in map(str.lower, key.headers)}
    own |= key.headers
    headers = {"User-Agent": "ONE-Data-Studio", **own}
    if request.body and "content-type" not in {name.lower() for name in headers}:
        headers["Content-Type"] = "application/json" if _is_json(request.body) else "text/plain; charset=utf-8"
    try:
        async with context.egress.client(purpose="workflow", timeout=request.seconds) as client:
            client.max_redirects = HOPS
            client.event_hooks = {"request": [partial(_leave_behind, request.url, own)]}
            content = (request.body.encode() if isinstance(request.body, str) else request.body) or None
            async with client.stream(
                request.method, request.url, content=content, headers=headers, follow_redirects=True
            ) as answer:
                read, whole = await read_up_to(answer, most)
                if not whole:
                    raise BadParameter(
                        Text(
                            f"{request.url} answers with more than {most / 1e6:g} MB.",
                            f"{request.url} 返回超过 {most / 1e6:g} MB。",
                        )
                    )
                said = {"status": answer.status_code, "headers": dict(answer.headers), "body": _read(read, answer)}
                return key.hide(said), len(read)
    except httpx.InvalidURL as error:
        raise BadParameter(Text(f"“{request.url}” is not an address.", f"“{request.url}”不是有效地址。")) from error
    except httpx.HTTPError as error:
        why = str(error) or type(error).__name__
        raise Unavailable(
            Text(f"{request.url} could not be asked: {why}.", f"无法请求 {request.url}：{why}。"),
            Text("Check the address and the network.", "请检查地址和网络。"),
        ).fixed_by("edit", "url") from error


async def _leave_behind(url: str, own: Iterable[str], request: Any) -> None:
    """A request that was led to another server, or back from one, has none of the headers that were meant for this one."""
    if not led_on(url, str(request.url)):
        for name in own:
            request.headers.pop(name, None)


def _read(content: bytes, answer: Any) -> Any:
    if "json" in answer.headers.get("content-type", ""):
        try:
            return json.loads(content)
        except ValueError:
            pass
    return content.decode(answer.encoding or "utf-8", "replace")


def _is_json(text: str | bytes) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
