"""A value as it is read best: a list of alike objects as a table, everything else as it is."""

from __future__ import annotations

from typing import Any

LEAST = 2
SCALARS = (str, int, float, bool, type(None))


def readable(value: Any) -> Any:
    """A `pyarrow.Table` for a list of flat objects with the same names; call it off the window's thread for long ones."""
    if not isinstance(value, list) or len(value) < LEAST or not all(isinstance(item, dict) for item in value):
        return value
    names = value[0].keys()
    if not names or any(item.keys() != names for item in value):
        return value
    if not all(isinstance(part, SCALARS) for item in value for part in item.values()):
        return value
    import pyarrow

    try:
        return pyarrow.Table.from_pylist(value)
    except (pyarrow.ArrowException, OverflowError):  # numbers beside words in one column
        return value
