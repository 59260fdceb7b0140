"""The values that flow along wires, and how one kind is taken as another."""

from __future__ import annotations

import datetime
import decimal
import json
import math
from typing import Any

from studio.engine.errors import BadParameter
from studio.engine.text import Text
from studio.engine.workflows.graph import PORT_TITLES, PortType


def is_table(value: Any) -> bool:
    """Whether this is an Arrow table, without importing pyarrow."""
    return type(value).__module__.startswith("pyarrow") and hasattr(value, "to_pylist")


def plain(value: Any) -> Any:
    """A value as JSON can hold it: tables become lists of rows, times ISO text, NaN nothing."""
    if value is None or isinstance(value, str | int | bool):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if is_table(value):
        return [plain(row) for row in value.to_pylist()]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return _odd(value)


def _odd(value: Any) -> Any:
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if hasattr(value, "model_dump"):
        return plain(value.model_dump(mode="json"))
    if hasattr(value, "item"):
        return plain(value.item())
    return str(value)


def rows_of(value: Any) -> list[dict[str, Any]]:
    """The rows of a table, or of a list of objects; a list of other things becomes rows with the column `value`."""
    found = plain(value)
    if isinstance(found, dict):
        return [found]
    return [row if isinstance(row, dict) else {"value": row} for row in found or []]


def table_of(rows: Any, columns: list[str] | None = None) -> Any:
    """An Arrow table of a list of rows. A column whose values do not agree on a type becomes JSON text."""
    import pyarrow

    if is_table(rows):
        return rows
    found = rows_of(rows)
    names = list(dict.fromkeys([*(columns or []), *(name for row in found for name in row)]))
    return pyarrow.table({name: _column([row.get(name) for row in found]) for name in names})


def table_like(rows: list[dict[str, Any]], before: Any) -> Any:
    """An Arrow table of rows with the types of another's columns, as far as the values still fit them."""
    import pyarrow

    types = {field.name: field.type for field in before.schema}
    names = dict.fromkeys([*types, *(name for row in rows for name in row)])
    kept = [name for name in names if not rows or any(name in row for row in rows)]
    return pyarrow.table({name: _column_as([row.get(name) for row in rows], types.get(name)) for name in kept})


def _column_as(values: list[Any], wanted: Any) -> Any:
    import pyarrow

    found = _column(values)
    try:
        return found if wanted is None else found.cast(wanted)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError):
        return found


def _column(values: list[Any]) -> Any:
    import pyarrow

    try:
        return pyarrow.array(values)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, OverflowError):
        return pyarrow.array([None if value is None else as_words(value) for value in values])


def as_words(value: Any) -> str:
    """A value as text: text as it is, everything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(plain(value), ensure_ascii=False)


def convert(value: Any, wanted: PortType) -> Any:
    """A value as the port type `wanted`; `BadParameter` says what came instead."""
    if value is None or wanted == "any":
        return value
    try:
        return _converted(value, wanted)
    except (TypeError, ValueError) as error:
        name = PORT_TITLES[wanted]
        shown = as_words(value)[:60]
        raise BadParameter(
            Text(f"This takes {name.en}, but got: {shown}", f"此处需要{name.zh}，得到的却是：{shown}")
        ) from error


def _converted(value: Any, wanted: PortType) -> Any:
    match wanted:
        case "text":
            return value if isinstance(value, str) else as_words(_no_table(value))
        case "number":
            return _number(value)
        case "boolean":
            return _truth(value)
        case "json":
            return plain(value)
        case "table":
            return table_of(value)
        case "messages":
            return [{"role": "user", "content": value}] if isinstance(value, str) else _list(value)
        case "chunks" | "docs":
            return _list(value)
    return value


def _no_table(value: Any) -> Any:
    if is_table(value):
        raise TypeError("a table is not text")
    return value


def _number(value: Any) -> int | float:
    if isinstance(value, int | float):
        return value
    text = str(value).strip()
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def _truth(value: Any) -> bool:
    if isinstance(value, str):
        known = {
            "true": True,
            "yes": True,
            "1": True,
            "是": True,
            "false": False,
            "no": False,
            "0": False,
            "否": False,
            "": False,
        }
        if value.strip().lower() not in known:
            raise ValueError(value)
        return known[value.strip().lower()]
    return bool(value)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value
