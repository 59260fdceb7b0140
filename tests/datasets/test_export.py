"""Rows as files: exact values in every kind, whole or not at all, as jobs."""

from __future__ import annotations

import asyncio
import csv
import json
import threading
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest

from studio.engine.datasets import writing
from studio.engine.datasets.sheet import Sheet
from studio.engine.datasets.view import Filter
from studio.engine.errors import BadParameter
from tests.data_rooms import Rooms

BIG = 2**53 + 1
EXACT = pa.table(
    {
        "int": pa.array([BIG, -(2**63), None, 1], "int64"),
        "unsigned": pa.array([2**64 - 1, 0, 1, None], "uint64"),
        "money": pa.array([Decimal("12345678901234567890.1234567890"), Decimal("-0.0000000001"), None, Decimal(2)], pa.decimal128(38, 10)),
        "text": ["", None, "=1+1", "a\tb\n\"c\", 中文"],
        "float": [float("nan"), float("inf"), None, 0.1],
        "when": pa.array([datetime(1969, 7, 20, 20, 17, tzinfo=UTC), None, datetime(2025, 1, 1, tzinfo=UTC), None], pa.timestamp("us", "Asia/Shanghai")),
        "day": pa.array([date(1815, 6, 18), None, date(2025, 1, 1), date(1900, 1, 1)]),
        "blob": pa.array([b"\x00\xff", b"", None, b"x"]),
        "nested": pa.array([{"n": BIG}, None, {"n": 1}, {"n": None}]),
    }
)  # fmt: skip


@pytest.fixture
async def exact(rooms: Rooms, tmp_path: Path) -> str:
    pq.write_table(EXACT, tmp_path / "exact.parquet")
    return (await rooms.datasets.register(tmp_path / "exact.parquet")).id


async def exported(rooms: Rooms, dataset: str, path: Path, kind: str, **asked: Any) -> int:
    state = await rooms.datasets.export(dataset, path, kind, **asked)
    return int(await rooms.jobs.wait(state.id))


async def test_nothing_is_rounded_in_parquet_and_arrow(rooms: Rooms, exact: str, tmp_path: Path) -> None:
    for kind, read in (("parquet", pq.read_table), ("arrow", lambda path: pa.ipc.open_file(str(path)).read_all())):
        assert await exported(rooms, exact, tmp_path / f"out.{kind}", kind) == 4
        back = read(tmp_path / f"out.{kind}")
        assert back.drop_columns(["float"]).to_pylist() == EXACT.drop_columns(["float"]).to_pylist()


async def test_csv_keeps_digits_and_tells_null_from_empty(rooms: Rooms, exact: str, tmp_path: Path) -> None:
    await exported(rooms, exact, tmp_path / "out.csv", "csv")
    text = (tmp_path / "out.csv").read_text("utf-8")
    first = next(csv.DictReader(text.splitlines(keepends=True)))
    assert (first["int"], first["unsigned"], first["money"]) == (
        str(BIG),
        str(2**64 - 1),
        "12345678901234567890.1234567890",
    )
    assert first["day"] == "1815-06-18" and first["blob"] == "00ff" and json.loads(first["nested"]) == {"n": BIG}
    lines = text.split("\n")
    assert ',"",' in lines[1] and ",," in lines[2], "the empty text is quoted, NULL is nothing"


async def test_json_lines_hold_whole_numbers_and_decimals_digit_by_digit(
    rooms: Rooms, exact: str, tmp_path: Path
) -> None:
    await exported(rooms, exact, tmp_path / "out.jsonl", "jsonl")
    first, second, *_ = map(json.loads, (tmp_path / "out.jsonl").read_text("utf-8").splitlines())
    assert first["int"] == BIG and first["unsigned"] == 2**64 - 1
    assert first["money"] == "12345678901234567890.1234567890" and first["float"] == "nan"
    assert first["text"] == "" and second["text"] is None


async def test_a_sheet_says_in_text_what_excel_would_round(rooms: Rooms, exact: str, tmp_path: Path) -> None:
    python_calamine = pytest.importorskip("python_calamine")
    await exported(rooms, exact, tmp_path / "out.xlsx", "excel")
    book = python_calamine.CalamineWorkbook.from_path(str(tmp_path / "out.xlsx"))
    head, first, second, third, last = book.get_sheet_by_index(0).to_python()
    assert head == EXACT.column_names
    assert first[:3] == [str(BIG), str(2**64 - 1), "12345678901234567890.1234567890"]
    assert third[3] == "=1+1", "a text is no formula"
    assert first[6] == "1815-06-18" and third[6] == date(2025, 1, 1)
    assert last[0] == 1 and last[4] == 0.1 and second[3] == ""


async def test_a_selection_and_a_filtered_order_are_written_as_they_are_shown(rooms: Rooms, tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"n": list(range(1000)), "odd": [bool(n % 2) for n in range(1000)]}), tmp_path / "n.parquet"
    )
    name = (await rooms.datasets.register(tmp_path / "n.parquet")).id
    shown = {"order": ("n", True), "filters": [Filter("odd", "true", type="bool")]}
    out = tmp_path / "out.parquet"
    assert await exported(rooms, name, out, "parquet", columns=["n"], ranges=[(0, 1), (10, 10)], **shown) == 3
    assert pq.read_table(out).to_pydict() == {"n": [999, 997, 979]}
    assert await exported(rooms, name, out, "parquet", **shown) == 500
    assert pq.read_table(out).column("n").to_pylist() == list(range(999, 0, -2))
    assert await exported(rooms, name, out, "parquet", where="n < 5", order=("n", True)) == 5
    assert await exported(rooms, name, out, "parquet", ranges=[(500, 501)]) == 2
    assert pq.read_table(out).column("n").to_pylist() == [500, 501]


async def test_more_rows_than_a_sheet_holds_are_refused_before_anything_is_written(
    rooms: Rooms, exact: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Sheet.most == 1_048_575
    with pytest.raises(BadParameter, match="1,048,575"):
        writing.check("excel", 1_048_576)
    small = writing.FileKind("excel", writing.kind_of("excel").title, (".xlsx",), writing.kind_of("excel").open, 3)
    monkeypatch.setattr(writing, "KINDS", (small,))
    with pytest.raises(BadParameter):
        await rooms.datasets.export(exact, tmp_path / "out.xlsx", "excel")
    assert not (tmp_path / "out.xlsx").exists()


@pytest.mark.parametrize("begun", [False, True])
async def test_a_stopped_export_leaves_the_old_file(
    rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: bool
) -> None:
    write, written = writing.write, threading.Event()

    def stands_still(*given: Any) -> int:
        """After its first rows the export waits to be stopped."""
        *given, told = given

        def waits(rows: int) -> None:
            written.set()
            while True:
                told(rows)
                time.sleep(0.01)

        return write(*given, waits)

    if begun:
        monkeypatch.setattr(writing, "write", stands_still)
    pq.write_table(pa.table({"n": list(range(1_000_000))}), tmp_path / "n.parquet")
    name = (await rooms.datasets.register(tmp_path / "n.parquet")).id
    out = tmp_path / "folder" / "out.csv"
    out.parent.mkdir()
    out.write_text("old")
    state = await rooms.datasets.export(name, out, "csv")
    if begun:
        await asyncio.to_thread(written.wait)
    await rooms.jobs.cancel(state.id)
    assert out.read_text() == "old" and [each.name for each in out.parent.iterdir()] == ["out.csv"]
    assert (await rooms.jobs.list())[0].status == "cancelled"


async def test_an_unknown_kind_names_those_there_are(rooms: Rooms, exact: str, tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="csv, parquet, arrow, jsonl, excel"):
        await rooms.datasets.export(exact, tmp_path / "out.pdf", "pdf")


def test_what_no_cell_can_hold_is_an_error_that_names_it(tmp_path: Path) -> None:
    table = pa.table({"long": ["x" * 40_000], "span": [timedelta(seconds=1)]})
    with pytest.raises(BadParameter, match="“long” has 40,000 characters"):
        writing.write(tmp_path / "long.xlsx", "excel", table.schema, table.to_batches())
    assert list(tmp_path.iterdir()) == []
