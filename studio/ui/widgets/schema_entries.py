"""The fields of a JSON schema as a list of entries, both ways without losing what the list cannot show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

NESTED = ("object", "objects")
LISTS = {"strings": "string", "numbers": "number", "objects": "object"}


@dataclass(slots=True)
class Entry:
    """One field. `kind` is JSON's type, or "strings", "numbers", "objects" for lists of these; `raw` keeps what else was said."""

    name: str = ""
    kind: str = "string"
    required: bool = True
    about: str = ""
    children: list[Entry] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)


def entries_of(schema: dict[str, Any]) -> list[Entry]:
    """The fields of an object's schema."""
    properties = schema.get("properties")
    wanted = schema.get("required") or []
    if not isinstance(properties, dict):
        return []
    return [_entry(name, said, name in wanted) for name, said in properties.items() if isinstance(said, dict)]


def schema_of(entries: list[Entry], before: dict[str, Any] | None = None) -> dict[str, Any]:
    """The schema of an object with these fields. What `before` says beside them stays."""
    kept = {key: value for key, value in (before or {}).items() if key not in ("properties", "required")}
    named = [entry for entry in entries if entry.name.strip()]
    properties = {entry.name.strip(): _said(entry) for entry in named}
    required = [entry.name.strip() for entry in named if entry.required]
    return {"type": "object", **kept, "properties": properties, **({"required": required} if required else {})}


def _entry(name: str, said: dict[str, Any], required: bool) -> Entry:
    kind = said.get("type", "string")
    inner = said
    if kind == "array":
        inner = said.get("items") if isinstance(said.get("items"), dict) else {}
        kind = next((lists for lists, item in LISTS.items() if item == inner.get("type", "string")), "strings")
    if not isinstance(kind, str):  # ["string", "null"]: what it may be beside null
        kind = next((one for one in kind if one != "null"), "string")
    children = entries_of(inner) if kind in NESTED else []
    return Entry(name, kind, required, str(said.get("description", "")), children, said)


def _said(entry: Entry) -> dict[str, Any]:
    before = entry.raw
    kind = {"type": "array"} if entry.kind in LISTS else {"type": _type(entry, before)}
    gone = ("type", "description", "properties", "required", "items")
    kept = {key: value for key, value in before.items() if key not in gone}
    about = {"description": entry.about} if entry.about.strip() else {}
    if entry.kind == "object":
        return {**schema_of(entry.children, {**before, **kind}), **about}
    if entry.kind in LISTS:
        inner = before.get("items") if isinstance(before.get("items"), dict) else {}
        items = {**(inner or {}), "type": LISTS[entry.kind]}
        return {
            **kind,
            **kept,
            "items": schema_of(entry.children, items) if entry.kind == "objects" else items,
            **about,
        }
    return {**kind, **kept, **about}


def _type(entry: Entry, before: dict[str, Any]) -> Any:
    """A type that may also be null stays one."""
    held = before.get("type")
    return held if isinstance(held, list) and entry.kind in held else entry.kind
