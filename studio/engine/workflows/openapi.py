"""What an OpenAPI document (3.0 and 3.1, or Swagger 2.0) offers: its operations and the schema of their arguments.

Understood are parameters in the path, the query, headers and cookies, bodies of JSON, forms with and without files, and references
within the document. An operation that needs more is there with the reason why it cannot be called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from studio.engine.errors import BadParameter
from studio.engine.text import Text
from studio.engine.workflows import swagger
from studio.engine.workflows.file_text import parsed
from studio.engine.workflows.operation import FORM, Argument, Kind, Operation

METHODS = ("get", "post", "put", "patch", "delete")
WHAT = Text("The OpenAPI document", "OpenAPI 文档")
SCHEMAS = "#/components/schemas/"
ABOUT = 1_000  # characters of a description that a model is told
PLACES: dict[Any, tuple[Any, ...]] = {  # of a parameter, with the styles that are understood there
    "path": (None, "simple"), "query": (None, "form"), "header": (None, "simple"), "cookie": (None, "form"),
}  # fmt: skip
DEEPEST = 50  # references that lead to references
BODY = "body"
MULTIPART = "multipart/form-data"
FILE = {"type": "string", "description": "A file: s3://bucket/name, https://…, or one that the run was given."}
OURS = ("accept", "content-type", "authorization", "host", "content-length", "cookie")  # headers that no argument sets


@dataclass(frozen=True)
class Document:
    """`base` is the path that the server's paths begin with, "" where the document does not say, or speaks of another server."""

    title: str
    base: str
    operations: list[Operation]


def read(content: str, address: str) -> Document:
    """A document, JSON or YAML, for the server at `address`. `BadParameter` says what is not understood."""
    said = parsed(content, WHAT)
    if str(said.get("swagger") or "") == "2.0":
        said = swagger.as_openapi(said)
    version = str(said.get("openapi") or "")
    if not version.startswith(("3.0", "3.1")):
        found = (
            f"OpenAPI {version}" if version else f"Swagger {said['swagger']}" if "swagger" in said else "something else"
        )
        raise BadParameter(
            Text(
                f"OpenAPI 3.0 and 3.1 and Swagger 2.0 are understood; this is {found}.",
                f"支持 OpenAPI 3.0、3.1 和 Swagger 2.0，该文档为 {found}。",
            ),
            Text(
                "Ask its server for a newer document, or convert it (editor.swagger.io does), then try again.",
                "请使用服务提供的新版文档，或先转换（如 editor.swagger.io）后重试。",
            ),
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
        arguments[name] = Argument(_kind_of(place, parameter), wire)
        required += [name] if needed or place == "path" else []
    body = _followed(said, operation.get("requestBody"))
    if isinstance(body, dict):
        for field in _fields(said, body):
            wire = field.argument.name
            name = wire if wire not in properties else f"{wire}_{BODY}"
            properties[name], arguments[name] = field.schema, field.argument
            required += [name] if field.needed else []
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
    kinds = _types(said, parameter.get("schema") or {})
    odd = "object" in kinds or ("array" in kinds and place != "query")
    if place in PLACES and not odd and "content" not in parameter and parameter.get("style") in PLACES[place]:
        return None
    return Text(
        f"the parameter “{name}” ({place}) is of a kind that is not supported", f"不支持参数“{name}”（{place}）的类型"
    )


def _kind_of(place: str, parameter: dict[str, Any]) -> Kind:
    return "list" if place == "query" and not parameter.get("explode", True) else cast(Kind, place)


def _types(said: dict[str, Any], schema: Any) -> set[str]:
    """The types that a schema may be of, null left out."""
    schema = _followed(said, schema)
    if not isinstance(schema, dict):
        return set()
    either = [*(schema.get("anyOf") or []), *(schema.get("oneOf") or []), *(schema.get("allOf") or [])]
    kind = schema.get("type")
    named = {str(one) for one in (kind if isinstance(kind, list) else [kind]) if one} - {"null"}
    return named.union(*(_types(said, one) for one in either))


@dataclass(frozen=True)
class _Field:
    """An argument that is the body, or a field of a form."""

    argument: Argument
    schema: Any
    needed: bool


def _fields(said: dict[str, Any], body: dict[str, Any]) -> list[_Field]:
    """What a body is made of: JSON is one argument, each field of a form is one; nothing where a body of another kind may be left out."""
    content = body.get("content") or {}
    media = {kind.partition(";")[0].strip().lower(): said_of for kind, said_of in content.items()}
    for kind, one in media.items():
        if kind == "application/json" or kind.endswith("+json"):
            schema = _described(one.get("schema") or {}, body)
            return [_Field(Argument("body", BODY), schema, bool(body.get("required")))]
    try:
        for kind in (FORM, MULTIPART):
            if kind in media:
                return _form(said, media[kind], kind, bool(body.get("required")))
        kinds = ", ".join(content) or "–"
        raise _Beyond(
            Text(f"it takes {kinds}, and only JSON and forms can be sent", f"它只接受 {kinds}，目前仅支持 JSON 和表单")
        )
    except _Beyond:
        if body.get("required") or not content:
            raise
        return []


def _form(said: dict[str, Any], media: dict[str, Any], kind: str, needed: bool) -> list[_Field]:
    schema = _followed(said, media.get("schema") or {})
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict) or not properties:
        raise _Beyond(Text("its form says of no field what it is", "其表单未说明任何字段"))
    found = []
    for name, one in properties.items():
        must = needed and name in (schema.get("required") or [])
        how = (media.get("encoding") or {}).get(name) or {}
        plain = how.get("style") in (None, "form") and how.get("explode", True)
        if (kind == FORM and "object" in _types(said, one)) or not plain:
            if must:
                raise _Beyond(
                    Text(
                        f"the field “{name}” of its form is of a kind that is not supported",
                        f"不支持其表单字段“{name}”的类型",
                    )
                )
            continue
        place: Kind = "field" if kind == FORM else "file" if (file := _as_file(said, one)) else "part"
        found.append(_Field(Argument(place, str(name)), _described(file if place == "file" else one, {}), must))
    return found


def _as_file(said: dict[str, Any], schema: Any) -> dict[str, Any] | None:
    """How a file, or several, are given as an argument; None for what is no file."""
    schema = _followed(said, schema)
    if not isinstance(schema, dict):
        return None
    for one in [*(schema.get("anyOf") or []), *(schema.get("oneOf") or [])]:
        if (found := _as_file(said, one)) is not None:
            return found
    if "array" in _types(said, schema):
        return {"type": "array", "items": FILE} if _as_file(said, schema.get("items") or {}) else None
    binary = schema.get("format") == "binary" or ("contentMediaType" in schema and "contentEncoding" not in schema)
    words = schema.get("description")
    return (
        {**FILE, "description": f"{words} {FILE['description']}" if words else FILE["description"]} if binary else None
    )


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


class _Beyond(Exception):
    """An operation needs what is not supported."""

    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.why = why
