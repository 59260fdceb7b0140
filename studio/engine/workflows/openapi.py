"""What an OpenAPI document (3.0 and 3.1) offers: its operations, the schema of their arguments, and the requests that they are.

Understood are parameters in the path, the query and headers, bodies of JSON, and references within the document. An operation
that needs more is there with the reason why it cannot be called.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from studio.engine.errors import BadParameter
from studio.engine.text import Text
from studio.engine.workflows.file_text import parsed

METHODS = ("get", "post", "put", "patch", "delete")
WHAT = Text("The OpenAPI document", "OpenAPI 文档")
SCHEMAS = "#/components/schemas/"
ABOUT = 1_000  # characters of a description that a model is told
DEEPEST = 50  # references that lead to references
BODY = "body"
OURS = ("accept", "content-type", "authorization", "host", "content-length", "cookie")  # headers that no argument sets


@dataclass(frozen=True)
class Argument:
    """Where one argument goes: "path", "query", "header" or "body", and its name there."""

    place: str
    name: str


@dataclass(frozen=True)
class Operation:
    """One operation. `parameters` is the JSON schema of its arguments; `problem` says why it cannot be called, where that is so."""

    name: str
    method: str
    path: str
    about: str
    parameters: dict[str, Any] = field(default_factory=dict)
    arguments: dict[str, Argument] = field(default_factory=dict)
    problem: Text | None = None

    @property
    def changes(self) -> bool:
        """Whether it may change something there."""
        return self.method != "GET"

    def request(self, given: Mapping[str, Any]) -> tuple[str, dict[str, str], str]:
        """The path with its query, the headers and the body that these arguments make."""
        path, query, headers, body = self.path, [], {}, ""
        for name, argument in self.arguments.items():
            value = given.get(name)
            if value is None:
                continue
            if argument.place == "path":
                path = path.replace(f"{{{argument.name}}}", quote(_words(value), safe=""))
            elif argument.place == "query":
                query += [(argument.name, _words(one)) for one in (value if isinstance(value, list) else [value])]
            elif argument.place == "header":
                headers[argument.name] = _words(value)
            else:
                body = json.dumps(value, ensure_ascii=False)
        if (left := re.search(r"{([^}]+)}", path)) or {".", ".."} & set(path.split("/")):
            wrong = left[1] if left else path
            raise BadParameter(
                Text(
                    f"“{self.name}” cannot be asked without a right “{wrong}”.",
                    f"调用“{self.name}”缺少有效的“{wrong}”。",
                )
            )
        return path + (f"?{urlencode(query)}" if query else ""), headers, body


@dataclass(frozen=True)
class Document:
    """`base` is the path that the server's paths begin with, "" where the document does not say, or speaks of another server."""

    title: str
    base: str
    operations: list[Operation]


def read(content: str, address: str) -> Document:
    """A document, JSON or YAML, for the server at `address`. `BadParameter` says what is not understood."""
    said = parsed(content, WHAT)
    version = str(said.get("openapi") or "")
    if not version.startswith(("3.0", "3.1")):
        found = (
            f"OpenAPI {version}" if version else f"Swagger {said['swagger']}" if "swagger" in said else "something else"
        )
        raise BadParameter(
            Text(
                f"OpenAPI 3.0 and 3.1 are understood; this is {found}.", f"支持 OpenAPI 3.0 和 3.1，该文档为 {found}。"
            ),
            Text("Convert the document, then try again.", "请转换该文档后重试。"),
        )
    title = str((said.get("info") or {}).get("title") or "")
    return Document(title, _base(said, address), list(_operations(said)))


def _base(said: dict[str, Any], address: str) -> str:
    servers = said.get("servers")
    url = (
        str(servers[0].get("url") or "")
        if isinstance(servers, list) and servers and isinstance(servers[0], dict)
        else ""
    )
    parts, here = urlsplit(url), urlsplit(address)
    if "{" in url or (parts.netloc and parts.netloc.lower() != here.netloc.lower()) or here.path.strip("/"):
        return ""
    return parts.path.rstrip("/")


def _operations(said: dict[str, Any]) -> Iterator[Operation]:
    for path, item in (said.get("paths") or {}).items():
        item = _followed(said, item)
        if not isinstance(item, dict) or not str(path).startswith("/"):
            continue
        for method in METHODS:
            if isinstance(operation := item.get(method), dict):
                yield _operation(said, str(path), method, operation, item.get("parameters") or [])


def _operation(said: dict[str, Any], path: str, method: str, operation: dict[str, Any], shared: list[Any]) -> Operation:
    name = str(operation.get("operationId") or f"{method}_{re.sub(r'[^A-Za-z0-9]+', '_', path).strip('_')}")
    about = " ".join(
        str(operation.get("description") or operation.get("summary") or f"{method.upper()} {path}").split()
    )[:ABOUT]
    try:
        parameters, arguments = _arguments(said, operation, shared)
        missing = [part for part in re.findall(r"{([^}]+)}", path) if Argument("path", part) not in arguments.values()]
        if missing:
            raise _Beyond(
                Text(f"its path has “{missing[0]}”, which is no parameter", f"路径中的“{missing[0]}”未声明为参数")
            )
    except _Beyond as beyond:
        return Operation(name, method.upper(), path, about, problem=beyond.why)
    return Operation(name, method.upper(), path, about, parameters, arguments)


def _arguments(
    said: dict[str, Any], operation: dict[str, Any], shared: list[Any]
) -> tuple[dict[str, Any], dict[str, Argument]]:
    properties: dict[str, Any] = {}
    arguments: dict[str, Argument] = {}
    required: list[str] = []
    for parameter in _parameters(said, operation, shared):
        place, wire = str(parameter.get("in")), str(parameter.get("name"))
        needed = bool(parameter.get("required"))
        if place == "header" and wire.lower() in OURS:
            continue
        if (why := _strange(said, parameter)) is not None:
            if needed:
                raise _Beyond(why)
            continue
        name = wire if wire not in properties and wire != BODY else f"{wire}_{place}"
        properties[name] = _described(parameter.get("schema") or {}, parameter)
        arguments[name] = Argument(place, wire)
        required += [name] if needed or place == "path" else []
    body = _followed(said, operation.get("requestBody"))
    if isinstance(body, dict):
        schema = _body_schema(body)
        if schema is not None:
            properties[BODY], arguments[BODY] = _described(schema, body), Argument(BODY, "")
            required += [BODY] if body.get("required") else []
    return _whole(said, {"type": "object", "properties": properties, "required": required}), arguments


def _parameters(said: dict[str, Any], operation: dict[str, Any], shared: list[Any]) -> list[dict[str, Any]]:
    """Those of the operation, before those of all operations of its path."""
    every = [_followed(said, one) for one in [*(operation.get("parameters") or []), *shared]]
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in every:
        if isinstance(one, dict):
            found.setdefault((str(one.get("in")), str(one.get("name"))), one)
    return list(found.values())


def _strange(said: dict[str, Any], parameter: dict[str, Any]) -> Text | None:
    """Why a parameter cannot be given."""
    name, place = parameter.get("name"), parameter.get("in")
    schema = _followed(said, parameter.get("schema") or {})
    kind = schema.get("type") if isinstance(schema, dict) else None
    odd = "object" in (kind if isinstance(kind, list) else [kind]) or (kind == "array" and place != "query")
    if (
        place in ("path", "query", "header")
        and not odd
        and "content" not in parameter
        and parameter.get("explode", True)
    ):
        return None
    return Text(
        f"the parameter “{name}” ({place}) is of a kind that is not supported", f"不支持参数“{name}”（{place}）的类型"
    )


def _body_schema(body: dict[str, Any]) -> Any:
    """The schema of a body of JSON; None where a body of another kind may be left out."""
    content = body.get("content") or {}
    for kind, media in content.items():
        if kind.partition(";")[0].strip().lower() == "application/json" or kind.split(";")[0].endswith("+json"):
            return media.get("schema") or {}
    if body.get("required") or not content:
        kinds = ", ".join(content) or "–"
        raise _Beyond(Text(f"it takes {kinds}, and only JSON can be sent", f"它只接受 {kinds}，目前仅支持 JSON"))
    return None


def _described(schema: Any, about: dict[str, Any]) -> Any:
    words = about.get("description")
    if not words or not isinstance(schema, dict) or "$ref" in schema:
        return schema
    return {**schema, "description": " ".join(str(words).split())[:ABOUT]}


def _whole(said: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with all that it refers to in its own `$defs`."""
    defined: dict[str, Any] = {}
    schemas = (said.get("components") or {}).get("schemas") or {}

    def turned(value: Any) -> Any:
        if isinstance(value, list):
            return [turned(one) for one in value]
        if not isinstance(value, dict):
            return value
        ref = value.get("$ref")
        if isinstance(ref, str):
            return {"$ref": place(ref)}
        made = {
            name: turned(one)
            for name, one in value.items()
            if name not in ("nullable", "example", "xml", "discriminator")
        }
        if value.get("nullable") is True and isinstance(made.get("type"), str):
            made["type"] = [made["type"], "null"]
        return made

    def place(ref: str) -> str:
        name = ref.removeprefix(SCHEMAS)
        if name == ref or name not in schemas:
            raise _Beyond(Text(f"it refers to “{ref}”, which is not in the document", f"它引用了文档中没有的“{ref}”"))
        if name not in defined:
            defined[name] = True  # it may refer to itself
            defined[name] = turned(schemas[name])
        return f"#/$defs/{name}"

    found: dict[str, Any] = turned(schema)
    return {**found, "$defs": defined} if defined else found


def _followed(said: dict[str, Any], item: Any) -> Any:
    """What an item refers to within the document, or the item itself."""
    for _ in range(DEEPEST):
        ref = item.get("$ref") if isinstance(item, dict) else None
        if not isinstance(ref, str):
            return item
        item = _at(said, ref)
    raise BadParameter(Text("The document refers to itself without end.", "文档中存在循环引用。"))


def _at(said: dict[str, Any], ref: str) -> Any:
    found: Any = said if ref.startswith("#/") else None
    for part in ref[2:].split("/") if found is not None else ():
        found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    return found


def _words(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


class _Beyond(Exception):
    """An operation needs what is not supported."""

    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.why = why
