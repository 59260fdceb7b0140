"""How answers look: the studio's envelope under /api/v1, OpenAI's shapes under /v1."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

from studio.engine.datasets.encoders import plain
from studio.engine.engine import Engine
from studio.engine.errors import BadParameter, RateLimited, StudioError, TooLarge, from_unexpected
from studio.engine.text import Text

M = TypeVar("M", bound=BaseModel)
LARGEST_BODY = 64_000_000  # bytes of JSON


def to_json(content: Any) -> bytes:
    """One compact line; models, texts and times as plain JSON."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_plain).encode()


def success(data: Any, status: int = 200, **beside: Any) -> Response:
    """`{"code":0,"message":"success","data":…}`; `beside` stands next to data, as the totals of a list do."""
    content = {"code": 0, "message": "success", "data": data, **beside}
    return Response(to_json(content), status_code=status, media_type="application/json")


def page_of(items: list[Any], page: int, page_size: int) -> dict[str, Any]:
    """One page of a list and the totals that stand beside it."""
    start = (page - 1) * page_size
    return {"data": items[start : start + page_size], "total": len(items), "page": page, "page_size": page_size}


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
        parts = "; ".join(f"{item['loc'][-1]}: {item['msg']}" for item in error.errors())
        return failure(BadParameter(Text(f"{parts}.", f"{parts}。")), request)

    @app.exception_handler(HTTPException)
    async def routing(request: Request, error: HTTPException) -> Response:
        found = StudioError(
            Text(
                f"{request.method} {request.url.path}: {error.detail}.",
                f"{request.method} {request.url.path}：{error.detail}。",
            )
        )
        found.code = error.status_code * 100 + 1  # type: ignore[misc]
        return failure(found, request)

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


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _explain(error: ValidationError) -> Text:
    parts = [f"“{'.'.join(str(place) for place in item['loc'])}”: {item['msg']}" for item in error.errors()]
    return Text("; ".join(parts) + ".", "；".join(parts) + "。")
