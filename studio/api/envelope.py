"""How answers look: the studio's envelope under /api/v1, OpenAI's shapes under /v1."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

from studio.engine.datasets.encoders import plain
from studio.engine.engine import Engine
from studio.engine.errors import BadParameter, RateLimited, StudioError, TooLarge, from_unexpected, half_character
from studio.engine.params import in_words
from studio.engine.text import Text

M = TypeVar("M", bound=BaseModel)
Page = Annotated[int, Query(ge=1)]
PageSize = Annotated[int, Query(ge=1, le=1000)]
log = logging.getLogger(__name__)
LARGEST_BODY = 64_000_000  # bytes of JSON
ROUTING = {
    404: Text("There is nothing at {place}.", "{place} 不存在。"),
    405: Text("{place} is not offered here.", "此处不支持 {place}。"),
}
LOOK = Text("/docs lists the routes there are.", "现有路由见 /docs。")


def to_json(content: Any) -> bytes:
    """One compact line; models, texts and times as plain JSON."""
    written = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return written.encode(errors="backslashreplace")  # half a character that was kept once stands as its JSON escape


def success(data: Any, status: int = 200, **beside: Any) -> Response:
    """`{"code":0,"message":"success","data":…}`; `beside` stands next to data, as the totals of a list do."""
    content = {"code": 0, "message": "success", "data": data, **beside}
    return Response(to_json(content), status_code=status, media_type="application/json")


def page_of(items: list[Any], page: int, page_size: int) -> tuple[list[Any], dict[str, int]]:
    """One page of a list, and the totals that stand beside it."""
    start = (page - 1) * page_size
    return items[start : start + page_size], {"total": len(items), "page": page, "page_size": page_size}


def paged(items: list[Any], page: int, page_size: int) -> Response:
    """One page of a list, with the totals beside it."""
    shown, totals = page_of(items, page, page_size)
    return success(shown, **totals)


def failure(error: StudioError, request: Request) -> Response:
    """An error in the dialect of the route, in the reader's language."""
    return failure_for(error, request.url.path, request.headers.get("accept-language", "en"))


def failure_for(error: StudioError, path: str, language: str) -> Response:
    words = error.whole().in_language(language)
    if path.startswith("/v1/"):
        kind = "invalid_request_error" if error.status < 500 else "server_error"
        content: dict[str, Any] = {"error": {"message": words, "type": kind, "param": None, "code": str(error.code)}}
    else:
        content = {"code": error.code, "message": words}
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, RateLimited) else None
    return Response(to_json(content), status_code=error.status, media_type="application/json", headers=headers)


def engine_of(request: Request) -> Engine:
    """The engine that the application was made for."""
    engine: Engine = request.app.state.engine
    return engine


async def json_of(request: Request) -> dict[str, Any]:
    """The body as a JSON object, whatever its Content-Type says: plain `curl -d` sends a form type."""
    body = await read_body(request)
    try:
        content = json.loads(body or b"{}", parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadParameter(
            Text(f"The body is not JSON: {error}.", f"请求体不是有效的 JSON：{error}。"),
            Text("Send one JSON object.", "请发送一个 JSON 对象。"),
        ) from error
    if b"\\ud" in body.lower() and _holds_half_a_character(content):
        raise half_character()
    if not isinstance(content, dict):
        raise BadParameter(Text("The body has to be a JSON object.", "请求体必须是一个 JSON 对象。"))
    return content


async def read_body(request: Request) -> bytes:
    """The body, up to the most that is read; `TooLarge` before the rest of a larger one is taken in."""
    said = request.headers.get("content-length", "0")
    if said.isdigit() and int(said) > LARGEST_BODY:
        raise _too_large()
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            raise _too_large()
        parts.append(part)
    return b"".join(parts)


def body(model: type[M]) -> Any:
    """A dependency that reads and checks the body as `model`."""

    async def read(request: Request) -> M:
        try:
            return model.model_validate(await json_of(request))
        except ValidationError as error:
            raise BadParameter(_explain(error)) from error

    return Depends(read)


def described(model: type[BaseModel]) -> dict[str, Any]:
    """What OpenAPI says of a body that `body(model)` reads."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": model.model_json_schema()}}}}


def install(app: FastAPI) -> None:
    """Turn every error into our shapes; never a 200, never a traceback."""

    @app.exception_handler(StudioError)
    async def ours(request: Request, error: StudioError) -> Response:
        return failure(error, request)

    @app.exception_handler(RequestValidationError)
    async def parameters(request: Request, error: RequestValidationError) -> Response:
        return failure(BadParameter(_explain(error)), request)

    @app.exception_handler(HTTPException)
    async def routing(request: Request, error: HTTPException) -> Response:
        known = ROUTING.get(error.status_code, Text.same(f"{error.detail}"))
        place = f"{request.method} {request.url.path}"
        found = StudioError(known.format(place=place), LOOK if error.status_code in ROUTING else None)
        found.code = error.status_code * 100 + 1  # type: ignore[misc]
        return failure(found, request)

    @app.exception_handler(OSError)
    @app.exception_handler(ValueError)
    async def refused(request: Request, error: Exception) -> Response:
        shown = from_unexpected(error)
        if shown.status == 500:
            log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return failure(shown, request)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        return failure(from_unexpected(error), request)


Handler = Callable[..., Awaitable[Response]]


def _too_large() -> TooLarge:
    size = LARGEST_BODY // 1_000_000
    return TooLarge(
        Text(f"The body is larger than {size} MB.", f"请求体超过 {size} MB。"),
        Text("Send less at once; files go through an upload.", "请减少单次发送的内容，文件请用上传接口。"),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Text):
        return value.en
    if hasattr(value, "tolist"):
        return value.tolist()
    return plain(value)


def _holds_half_a_character(content: Any) -> bool:
    try:
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _explain(error: ValidationError | RequestValidationError) -> Text:
    english, chinese = [], []
    for item in error.errors():
        loc = item["loc"][1:] if isinstance(error, RequestValidationError) else item["loc"]
        place = ".".join(map(str, loc))
        words = in_words(item)
        english.append(f"“{place}”: {words.en}" if place else words.en)
        chinese.append(f"“{place}”：{words.zh}" if place else words.zh)
    return Text(" ".join(english), "".join(chinese))
