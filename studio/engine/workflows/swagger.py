"""A Swagger 2.0 document as one of OpenAPI 3.0: what tools need of it. What has no counterpart there keeps its operation from being called,
with the reason."""

from __future__ import annotations

from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
SHARED = ("name", "in", "required", "description")  # of a parameter, beside what is its schema
STYLES: dict[str, dict[str, Any]] = {
    "multi": {},
    "csv": {"explode": False},
    "ssv": {"style": "spaceDelimited", "explode": False},
    "pipes": {"style": "pipeDelimited", "explode": False},
    "tsv": {"style": "tabDelimited", "explode": False},  # OpenAPI 3 has none
}
FORM, MULTIPART, JSON = "application/x-www-form-urlencoded", "multipart/form-data", "application/json"


def as_openapi(said: dict[str, Any]) -> dict[str, Any]:
    """The document in the newer form: server, paths with parameters and bodies, and schemas."""
    host, base = str(said.get("host") or ""), str(said.get("basePath") or "")
    paths = said.get("paths") or {}
    return {
        "openapi": "3.0.3",
        "info": said.get("info") or {},
        "servers": [{"url": f"//{host}{base}" if host else base}] if host or base else [],
        "paths": {path: _path(said, item) for path, item in paths.items() if isinstance(item, dict)},
        "components": {"schemas": _schema(said.get("definitions") or {})},
    }


def _path(said: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    shared = [_parameter(said, one) for one in item.get("parameters") or []]
    operations = {method: item[method] for method in METHODS if isinstance(item.get(method), dict)}
    return {method: _operation(said, operation, shared) for method, operation in operations.items()}


def _operation(said: dict[str, Any], operation: dict[str, Any], shared: list[dict[str, Any]]) -> dict[str, Any]:
    own = [_parameter(said, one) for one in operation.get("parameters") or []]
    named = {(one.get("in"), one.get("name")): one for one in [*shared, *own]}
    takes = [str(kind) for kind in operation.get("consumes") or said.get("consumes") or []]
    plain = [_described(one) for one in named.values() if one.get("in") not in ("body", "formData")]
    kept = {name: operation[name] for name in ("operationId", "summary", "description") if name in operation}
    body = _body([one for one in named.values() if one.get("in") == "body"], takes) or _form(
        [one for one in named.values() if one.get("in") == "formData"], takes
    )
    return {**kept, "parameters": plain, **({"requestBody": body} if body else {})}


def _parameter(said: dict[str, Any], one: Any) -> dict[str, Any]:
    """A parameter, or what it refers to; one that is not there is left as it is said, and is then of no kind that is known."""
    ref = str(one.get("$ref") or "") if isinstance(one, dict) else ""
    found = (said.get("parameters") or {}).get(ref.removeprefix("#/parameters/")) if ref else one
    return found if isinstance(found, dict) else {"name": ref, "in": "?", "required": True}


def _described(one: dict[str, Any]) -> dict[str, Any]:
    """A parameter whose own keys are its schema there, and stand below `schema` here."""
    kind = {name: value for name, value in one.items() if name not in (*SHARED, "collectionFormat", "allowEmptyValue")}
    style = STYLES.get(str(one.get("collectionFormat") or "csv"), {}) if one.get("type") == "array" else {}
    return {**{name: one[name] for name in SHARED if name in one}, **style, "schema": _schema(kind)}


def _body(bodies: list[dict[str, Any]], takes: list[str]) -> dict[str, Any] | None:
    if not bodies:
        return None
    content = {kind: {"schema": _schema(bodies[0].get("schema") or {})} for kind in takes or [JSON]}
    return {
        "content": content,
        "required": bool(bodies[0].get("required")),
        "description": bodies[0].get("description"),
    }


def _form(fields: list[dict[str, Any]], takes: list[str]) -> dict[str, Any] | None:
    if not fields:
        return None
    files = any(one.get("type") == "file" for one in fields)
    described = {str(one.get("name")): _described(one) for one in fields}
    properties = {
        name: one["schema"] | ({"description": one["description"]} if one.get("description") else {})
        for name, one in described.items()
    }
    needed = [name for name, one in described.items() if one.get("required")]
    kind = MULTIPART if files or (MULTIPART in takes and FORM not in takes) else FORM
    schema = {"type": "object", "properties": properties, "required": needed}
    styles = {name: {key: one[key] for key in ("style", "explode") if key in one} for name, one in described.items()}
    encoding = {name: style for name, style in styles.items() if style}
    return {"content": {kind: {"schema": schema, "encoding": encoding}}, "required": bool(needed)}


def _schema(value: Any) -> Any:
    """A schema of Swagger as one of OpenAPI: other references, files as binary texts, `nullable`."""
    if isinstance(value, list):
        return [_schema(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {name: _schema(one) for name, one in value.items()}
    if isinstance(ref := made.get("$ref"), str):
        made["$ref"] = ref.replace("#/definitions/", "#/components/schemas/", 1)
    if made.get("type") == "file":
        made |= {"type": "string", "format": "binary"}
    if isinstance(made.get("x-nullable"), bool):
        made["nullable"] = made.pop("x-nullable")
    return made
