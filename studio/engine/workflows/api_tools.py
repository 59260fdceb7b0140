"""The operations of a web service as tools: its connection names the OpenAPI document, and holds the key."""

from __future__ import annotations

import asyncio
import json
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.engine.errors import BadParameter, Unavailable
from studio.engine.files import reason
from studio.engine.text import Text
from studio.engine.workflows import openapi
from studio.engine.workflows.addressed import fetched, places_of
from studio.engine.workflows.context import Context
from studio.engine.workflows.openapi import Document
from studio.engine.workflows.operation import Argument, Operation, words
from studio.engine.workflows.server_request import Request, send
from studio.engine.workflows.signing_in import SignIn, same_server, service, signed_in

LARGEST = 10_000_000  # bytes of a document
LARGEST_FILE = 32 << 20  # bytes of one that is sent along
SECONDS = 60.0  # of one call


@dataclass(frozen=True)
class Api:
    """One service with what it offers. `allow` are the operations that may change something without a person's leave."""

    name: str
    address: str
    document: Document
    allow: tuple[str, ...]

    def operations(self, only: str) -> list[Operation]:
        """All that can be called, or the one of that name; `BadParameter` says why that cannot."""
        every = self.document.operations
        found = [one for one in every if only in ("", one.name)]
        if only and not found:
            known = ", ".join(one.name for one in every[:50]) or "–"
            raise BadParameter(
                Text(f"“{self.name}” has no operation “{only}”. It has: {known}.", f"“{self.name}”没有操作“{only}”，现有：{known}。")
            ).fixed_by("edit", "tool")  # fmt: skip
        if only and found[0].problem is not None:
            why = found[0].problem
            raise BadParameter(
                Text(f"“{only}” of “{self.name}” cannot be called: {why.en}.", f"无法调用“{self.name}”的“{only}”：{why.zh}。")
            ).fixed_by("edit", "tool")  # fmt: skip
        return [one for one in found if one.problem is None]

    def asks(self, operation: Operation) -> bool:
        """Whether each call needs a person's leave."""
        return operation.changes and "*" not in self.allow and operation.name not in self.allow

    async def call(self, operation: Operation, given: dict[str, Any], context: Context) -> Any:
        """Send it once and give the body of the answer; `Unavailable` has what the server said where it did not succeed."""
        asked = operation.request(given)
        url = f"{self.address}{self.document.base}{asked.path}"
        key = await signed_in(context, self.name, url)
        body, kind = await multipart(context, asked.parts) if asked.parts else (asked.body, {})
        found, _ = await send(context, Request(operation.method, url, asked.headers | kind, body, SECONDS), key)
        if not 200 <= found["status"] < 300:
            said = str(found["body"])[:2_000]
            raise Unavailable(
                Text(f"“{operation.name}” of “{self.name}” answered with {found['status']}: {said[:200]}", f"“{self.name}”的“{operation.name}”返回状态 {found['status']}：{said[:200]}"),
                Text("Look at the arguments that it was given.", "请检查传给它的参数。"),
                details=said,
            ).fixed_by("edit", "tool")  # fmt: skip
        return found["body"]


async def multipart(context: Context, parts: list[tuple[Argument, Any]]) -> tuple[bytes, dict[str, str]]:
    """A body of fields and files, and the header that says so. Files are read only where a step may read them; `BadParameter` names an
    address with none, or with several."""
    import httpx

    made: list[Any] = []
    for argument, value in parts:
        for one in value if isinstance(value, list) else [value]:
            if argument.place == "file":
                made.append((argument.name, await _uploaded(context, str(one))))
            elif isinstance(one, dict | list):
                made.append((argument.name, (None, json.dumps(one, ensure_ascii=False).encode(), "application/json")))
            else:
                made.append((argument.name, (None, words(one).encode())))
    request = httpx.Request("POST", "http://unused", files=made)
    return request.read(), {"Content-Type": request.headers["content-type"]}


async def _uploaded(context: Context, address: str) -> tuple[str, bytes, str]:
    """The name, the content and the kind of one file."""
    places = await places_of(context, address, lambda _: True, 2)
    if len(places) != 1:
        raise BadParameter(
            Text(f"“{address}” is not one file, but {len(places) or 'none'}.", f"“{address}”不是单个文件。"),
            Text("Give s3://bucket/name, https://…, or a file that the run is given.", "请提供 s3://桶/名称、https://… 或运行时传入的文件。"),
        ).fixed_by("edit", "inputs")  # fmt: skip
    async with fetched(context, places[0]) as (file, name, _):
        if file.stat().st_size > LARGEST_FILE:
            raise BadParameter(
                Text(f"{name} is larger than {LARGEST_FILE >> 20} MB.", f"{name} 超过 {LARGEST_FILE >> 20} MB。")
            )
        content = await asyncio.to_thread(file.read_bytes)
    return name or "file", content, mimetypes.guess_type(name)[0] or "application/octet-stream"


async def api_of(context: Context, connection: str) -> Api:
    """The service behind a connection. Its document is read anew each time, and recorded for a replay."""
    name, values = await service(context, connection)
    place = str(values["document"]).strip()
    if not place:
        raise BadParameter(
            Text(f"The connection “{name}” names no OpenAPI document.", f"连接“{name}”未指定 OpenAPI 文档。"),
            Text("Name it under Data › Connections › Edit.", "请在“数据 › 连接 › 编辑”中指定。"),
        ).fixed_by("edit", "tool")
    address = str(values["address"]).rstrip("/")
    content = await context.outside(
        "document", {"connection": name, "document": place}, lambda: _content(context, name, address, place)
    )
    return Api(name, address, await asyncio.to_thread(openapi.read, content, address), tuple(values["allow"]))


async def _content(context: Context, name: str, address: str, place: str) -> str:
    """The text of a document: a file that a person named in the connection, or a page, which is asked with the key only where it
    is of the same server."""
    if "://" not in place:
        return await asyncio.to_thread(_file, Path(place))
    key = await signed_in(context, name, place) if same_server(address, place) else SignIn({})
    accept = {"Accept": "application/json, application/yaml, text/plain"}
    found, _ = await send(context, Request("GET", place, accept), key, LARGEST)
    if found["status"] != 200:
        raise Unavailable(
            Text(f"{place} answered with {found['status']}.", f"{place} 返回状态 {found['status']}。"),
            Text(
                "Check where the document is, under Data › Connections › Edit.",
                "请在“数据 › 连接 › 编辑”中检查文档地址。",
            ),
        )
    return found["body"] if isinstance(found["body"], str) else json.dumps(found["body"])


def _file(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise BadParameter(Text(f"{path} is larger than 10 MB.", f"{path} 超过 10 MB。"))
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeError) as error:
        why = reason(error) if isinstance(error, OSError) else Text("it is no text", "不是文本文件")
        raise Unavailable(
            Text(f"{path} cannot be read: {why.en}.", f"无法读取 {path}：{why.zh}。"),
            Text(
                "Check where the document is, under Data › Connections › Edit.",
                "请在“数据 › 连接 › 编辑”中检查文档位置。",
            ),
        ) from error
