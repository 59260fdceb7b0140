"""`huggingface_hub` behind the studio's one door: the egress judges its every request, and its errors become ours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from studio.engine.egress import Egress, place
from studio.engine.errors import Forbidden, NotFound, RateLimited, StudioError, Unavailable
from studio.engine.text import Text

if TYPE_CHECKING:
    from huggingface_hub import HfApi

PURPOSE = "model hub"
SECONDS = 30
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Door:
    """What a worker thread needs to ask the egress, which lives on the engine's loop."""

    egress: Egress
    loop: asyncio.AbstractEventLoop

    def judge(self, url: str, method: str) -> str:
        asking = self.egress.judge(url, purpose=PURPOSE, method=method)
        return asyncio.run_coroutine_threadsafe(asking, self.loop).result(SECONDS)[0]


_DOOR: ContextVar[_Door] = ContextVar("door")


class Gated(Forbidden):
    """The hub asks for an account, or for terms to be accepted, before it gives these files."""


async def ask(egress: Egress, endpoint: str, token: str | None, thing: str, work: Callable[[HfApi], T]) -> T:
    """Run `work` with the hub's client on a worker thread. `thing` names what is asked for, for the errors: `Unavailable`,
    `NotFound`, `Gated` or `RateLimited`."""
    _DOOR.set(_Door(egress, asyncio.get_running_loop()))
    return await asyncio.to_thread(_ask, endpoint, token, thing, work)


def _ask(endpoint: str, token: str | None, thing: str, work: Callable[[HfApi], T]) -> T:
    import httpx2
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    _through_the_door()
    api = HfApi(endpoint=endpoint, token=token or False, library_name="one-data-studio")
    host = place(endpoint)[0]
    try:
        return work(api)
    except HfHubHTTPError as error:
        raise refusal(
            error.response.status_code,
            dict(error.response.headers),
            host,
            thing,
        ) from error
    except HFValidationError as error:
        raise NotFound(
            Text(f"“{thing}” is no name of a model on a hub.", f"“{thing}”不是模型库中的有效名称。"),
            Text("Write it as publisher/model.", "请写成“发布者/模型”。"),
        ) from error
    except httpx2.HTTPError as error:
        raise unreachable(host, error) from error
    except ValueError as error:
        raise Unavailable(
            Text(
                f"{host} does not answer as a model hub does: {error}.", f"{host} 的响应不符合模型库的格式：{error}。"
            ),
            Text("Check the address under Settings › Models.", "请在“设置 › 模型”中检查地址。"),
        ) from error


def refusal(status: int, headers: dict[str, str], host: str, thing: str) -> StudioError:
    """What a hub's status means for a person."""
    code = headers.get("x-error-code", "")
    if status == 429:
        wait = headers.get("retry-after", "")
        return RateLimited(
            Text(f"{host} asks to slow down.", f"{host} 要求降低请求频率。"),
            Text(f"Try again in {wait or 'some'} seconds.", f"请在 {wait or '几十'} 秒后重试。"),
        )
    if code == "GatedRepo" or status == 403:
        return Gated(
            Text(
                f"{thing} is gated: its publisher wants to know who uses it.", f"{thing} 需要授权：发布者要求先登记。"
            ),
            Text(
                f"Accept the terms on https://{host}/{thing}, then enter your access token under Models › Discover.",
                f"请先在 https://{host}/{thing} 接受条款，再在“模型 › 发现”中填写访问令牌。",
            ),
        )
    if status == 401 and "credentials" in headers.get("x-error-message", "").lower():
        return Gated(
            Text(f"{host} does not accept the access token.", f"{host} 不接受此访问令牌。"),
            Text("Enter a valid one under Models › Discover.", "请在“模型 › 发现”中填写有效的令牌。"),
        )
    if status in (401, 404):
        return NotFound(
            Text(f"{host} has no {thing}, or it is private.", f"{host} 上没有 {thing}，或它是私有的。"),
            Text("Check the name; a private one needs an access token.", "请检查名称；私有模型需要访问令牌。"),
        )
    return Unavailable(
        Text(f"{host} answered {status} for {thing}.", f"{host} 对 {thing} 返回了 {status}。"),
        Text("Try again later, or choose another hub.", "请稍后重试，或更换模型库。"),
    )


def unreachable(host: str, error: Exception) -> Unavailable:
    return Unavailable(
        Text(f"{host} cannot be reached.", f"无法连接 {host}。"),
        Text(
            "Check the network, or choose another hub under Settings › Models.",
            "请检查网络，或在“设置 › 模型”中更换模型库。",
        ),
        details=f"{type(error).__name__}: {error}",
    )


@cache
def _through_the_door() -> None:
    """The client of `huggingface_hub` is one for the process; each call brings the door of its own engine along."""
    import httpx2
    from huggingface_hub import set_client_factory

    class Transport(httpx2.BaseTransport):
        def __init__(self) -> None:
            self._inner = httpx2.HTTPTransport(trust_env=False)

        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            address = _DOOR.get().judge(str(request.url), request.method)
            extensions: dict[str, Any] = {**request.extensions, "sni_hostname": request.url.host}
            judged = httpx2.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                extensions=extensions,
            )
            try:
                return self._inner.handle_request(judged)
            except httpx2.ConnectError as error:  # said at once; the client would try for half a minute
                raise unreachable(request.url.host, error) from error

        def close(self) -> None:
            self._inner.close()

    set_client_factory(
        lambda: httpx2.Client(transport=Transport(), follow_redirects=True, timeout=SECONDS, trust_env=False)
    )
