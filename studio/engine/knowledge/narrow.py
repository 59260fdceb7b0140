"""A search's filter as a condition on chunks: by file, tag, date and a row's cells."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from studio.engine.errors import BadParameter
from studio.engine.knowledge.document import Document, Filter
from studio.engine.text import Text


@dataclass(frozen=True, slots=True)
class Narrow:
    """The documents that are let through (None: all), and what a row's cells must be."""

    documents: tuple[str, ...] | None
    columns: tuple[tuple[str, Any], ...]

    def condition(self) -> tuple[str, list[Any]]:
        """SQL over `chunks`, with its values."""
        parts, values = [], list[Any]()
        if self.documents is not None:
            parts.append("chunks.document_id in (select value from json_each(?))")
            values.append(json.dumps(self.documents))
        for name, wanted in self.columns:
            part, given = _cell(name, wanted)
            parts.append(part)
            values += given
        return " and ".join(parts) or "1", values


def narrowed(filter: Filter | None, documents: Iterable[Document]) -> Narrow | None:
    """What a filter means for these documents; None when it lets all through."""
    if filter is None or filter.empty:
        return None
    by_document = bool(filter.files or filter.tags or filter.since is not None or filter.until is not None)
    chosen = tuple(one.id for one in documents if _fits(one, filter)) if by_document else None
    return Narrow(chosen, tuple(filter.columns.items()))


def _fits(document: Document, filter: Filter) -> bool:
    moment = document.modified_at or document.added_at
    return (
        (not filter.files or bool({document.id, document.file_name, document.title} & set(filter.files)))
        and set(filter.tags) <= set(document.tags)
        and (filter.since is None or moment >= filter.since)
        and (filter.until is None or moment <= filter.until)
    )


def _cell(name: str, wanted: Any) -> tuple[str, list[Any]]:
    """One cell: equal to a value (whatever its case), one of a list, or within {from, to}."""
    place = "$." + json.dumps(name, ensure_ascii=False)
    cell = "json_extract(chunks.fields, ?)"
    if isinstance(wanted, dict):
        if not wanted or set(wanted) - {"from", "to"}:
            raise BadParameter(
                Text(f"A range for “{name}” has “from” and “to”.", f"“{name}”的范围应包含“from”和“to”。")
            )
        bounds = [(sign, wanted[side]) for side, sign in (("from", ">="), ("to", "<=")) if side in wanted]
        return " and ".join(f"{cell} {sign} ?" for sign, _ in bounds), [
            one for _, end in bounds for one in (place, end)
        ]
    values = wanted if isinstance(wanted, list) else [wanted]
    words = [str(value).casefold() for value in values]
    return f"lower(cast({cell} as text)) in (select value from json_each(?))", [place, json.dumps(words)]
