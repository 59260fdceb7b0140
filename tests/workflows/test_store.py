"""Values on disk: equal ones are one file, however they came about."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pytest

from studio.engine.workflows.store import Store

DAY = datetime.date(2026, 3, 1)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (pyarrow.int64(), [5, 3, None, 2, 9]), (pyarrow.float64(), [0.5, None, 1.5, float("inf"), 2.0]), (pyarrow.bool_(), [True, None, False, True, True]),
        (pyarrow.date32(), [DAY, None, DAY, DAY, DAY]), (pyarrow.timestamp("us"), [None, datetime.datetime(2026, 3, 1), None, None, None]),
        (pyarrow.string(), ["a", None, "泵", "", "x"]), (pyarrow.decimal128(9, 2), [None, Decimal("1.50"), None]), (pyarrow.int8(), [1] * 5),
    ],
)  # fmt: skip
async def test_what_lies_under_a_null_does_not_tell_tables_apart(tmp_path: Path, kind: Any, values: list[Any]) -> None:
    store = Store(tmp_path)
    clean = pyarrow.table({"v": pyarrow.array(values, kind)})
    first = await store.put(clean)
    given = clean.column("v").chunk(0)
    dirty = [buffer if buffer is None else bytearray(buffer.to_pybytes()) for buffer in given.buffers()]
    if given.null_count and kind != pyarrow.string() and kind.bit_width >= 8:
        wide = kind.bit_width // 8
        for place, value in enumerate(values):
            if value is None:
                dirty[1][place * wide : (place + 1) * wide] = b"\x5a" * wide
    buffers = [buffer if buffer is None else pyarrow.py_buffer(bytes(buffer)) for buffer in dirty]
    odd = pyarrow.table({"v": pyarrow.Array.from_buffers(kind, len(values), buffers)})
    assert odd.equals(clean)
    found = await store.put(odd)
    assert found.digest == first.digest and (await store.get(found)).equals(clean)
