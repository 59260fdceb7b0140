"""A batch does not need its memory: rows are taken when their turn comes, their answers and what is told of them lie on disk."""

from __future__ import annotations

import asyncio
import datetime
import random
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow
import pytest

from studio.engine.workflows import following, journal, kept_rows
from studio.engine.workflows.context import Context
from studio.engine.workflows.kept_rows import KeptRows
from studio.engine.workflows.service import Workflows
from studio.engine.workflows.spool import each_row
from studio.engine.workflows.store import Ref
from studio.engine.workflows.telling import MOST_ROWS, Teller
from studio.engine.workflows.values import table_of
from tests.workflows import killed
from tests.workflows.graphs import field, graph, step

MAP = graph(
    step("s", "start", fields=[field("rows", "json")]), step("t", "parse", mode="table"),
    step("each", "map", fields=["i"], results=["said"], concurrency=4), step("say", "merge", "each"),
    step("o", "output"), "s.rows > t.value", "t.value > each.rows", "each.i > say.values", "say.value > each.said", "each.table > o.result",
)  # fmt: skip


def rows(count: int) -> list[dict[str, int]]:
    return [{"i": number} for number in range(count)]


async def test_rows_wait_for_a_disk_that_is_slower_than_they_are(
    workflows: Workflows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "CROWDED", 50)
    free, insert, row = threading.Event(), journal.insert, Teller.row
    done = 0

    def slow(connection: Any, items: list[Any]) -> None:
        if any(len(item) == 2 and item[1].kind == "rows" for item in items):
            assert free.wait(200)
        insert(connection, items)

    def counted(self: Teller, *told: Any) -> None:
        nonlocal done
        done += 1
        row(self, *told)

    monkeypatch.setattr(journal, "insert", slow)
    monkeypatch.setattr(Teller, "row", counted)
    started = await workflows.start(MAP, {"rows": rows(8_000)})
    before = -1
    while done != before or not workflows._journal.crowded:  # until nothing moves any more
        before = done
        await asyncio.sleep(0.05)
    free.set()
    assert 50 < before <= 50 + MOST_ROWS + 4, "no more rows are in hand than are told at once"
    ended = await workflows.wait(started.id)
    assert ended.status == "completed" and ended.node_results["say"]["rows"] == done == 8_000


async def test_a_slow_reader_holds_nothing_up_and_misses_nothing(
    workflows: Workflows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following.Follower.__init__, "__defaults__", (3,))
    started = await workflows.start(MAP, {"rows": rows(500)})
    slow, quick = [], []

    async def read_slowly() -> None:
        async for event in workflows.events(started.id):
            slow.append(event.seq)
            await asyncio.sleep(0.002)

    reading = asyncio.create_task(read_slowly())
    async for event in workflows.events(started.id):
        quick.append(event.seq)
    await reading
    assert slow == quick == list(range(1, len(slow) + 1))


async def test_a_batch_goes_on_after_its_last_row_when_its_rows_are_looked_up_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_rows, "FEW", 10)
    workflows, catalog = await killed.room(tmp_path / "home")
    try:
        marks = tmp_path / "marks"
        started = await workflows.start(killed.sheet(marks))
        async for event in workflows.events(started.id):
            if event.kind == "rows" and any(place[0] >= 40 for place, _ in event.data["rows"]):
                break
        await workflows.stop(started.id)
        before = Counter(marks.read_text().split())
        await workflows.resume(started.id, repeat=True)
        done = await workflows.wait(started.id)
        assert done.outputs["result"] == [{"i": i, "i2": i} for i in range(killed.ROWS)]
        again = Counter(marks.read_text().split()) - before
        assert sum(again[row] for row in before) <= 4, "only rows that were in flight are done again"
        assert list((tmp_path / "home").rglob("scratch/*")) == []
    finally:
        await workflows.close()
        await catalog.close()


def test_rows_that_were_kept_are_found_wherever_they_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_rows, "FEW", 3)
    kept = KeptRows()
    assert not kept
    for number in range(10):
        kept["map", (1, number)] = {"said": Ref("inline", "", 0, number), "long": Ref("json", "d" * 64, 9)}
    kept["map", (1, 2)] = {"said": Ref("inline", "", 0, "later")}
    kept["other", (0,)] = {}
    assert len({where for where, _ in kept.items()}) == 11 and kept.get(("map", (1, 2)))["said"].value == "later"
    assert kept.get(("map", (1, 9)))["long"] == Ref("json", "d" * 64, 9) and kept.get(("map", (9,))) is None
    assert [where for where, _ in kept.without({"map"}).items()] == [("other", (0,))]


@pytest.fixture
def scratch(tmp_path: Path) -> Context:
    return Context(folder=tmp_path / "scratch")


VALUES: list[list[Any]] = [
    [1, 2, None], [1, 2.5], [True, None], ["a", "b"], ["a", 1], [{"b": 1}, {"a": 2}, {}], [[1], [2.5], []], [[], []], [2**62, 1.5],
    [2**70, 1], [{"a": [1]}, {"a": []}], [{"a": 1}, {"a": "x"}], [[1], 1], [None], [float("nan"), 1.0],
]  # fmt: skip


@pytest.mark.parametrize("values", VALUES, ids=repr)
async def test_new_columns_are_what_they_would_be_if_all_rows_were_seen_at_once(
    values: list[Any], scratch: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.engine.workflows.spool.BATCH_ROWS", 16)  # one row at a time

    async def work(number: int, row: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(random.Random(number).random() / 1000)
        return {"new": values[number]}

    given = table_of([{"i": number} for number in range(len(values))])
    found = await each_row(given, work, None, scratch, 3, ["new"])
    wanted = table_of([{"i": number, "new": value} for number, value in enumerate(values)])
    assert found.schema == wanted.schema and found.to_pylist() == wanted.to_pylist()


async def test_columns_that_nobody_touches_keep_their_types_and_rows_can_be_left_out(scratch: Context) -> None:
    day = datetime.date(2026, 1, 2)
    given = pyarrow.table(
        {
            "day": pyarrow.array([day] * 3),
            "kind": pyarrow.array(["a", "b", "a"]).dictionary_encode(),
            "n": pyarrow.array([1, 2, 3], pyarrow.int16()),
        }
    )

    async def work(number: int, row: dict[str, Any]) -> dict[str, Any]:
        if number == 1:
            raise ValueError("no")
        return {"n": row["n"] * 1.5, "said": row["day"]}

    found = await each_row(given, work, lambda _: None, scratch, 2, ["said"])
    assert found.to_pylist() == [
        {"day": day, "kind": "a", "n": 1.5, "said": "2026-01-02"},
        {"day": day, "kind": "a", "n": 4.5, "said": "2026-01-02"},
    ]
    assert [field.type for field in found.schema] == [
        pyarrow.date32(),
        pyarrow.string(),
        pyarrow.float64(),
        pyarrow.string(),
    ]
    empty = await each_row(given.slice(0, 0), work, None, scratch, 2, ["said"])
    assert empty.num_rows == 0 and empty.column_names == ["day", "kind", "n", "said"]
