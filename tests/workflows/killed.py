"""A program that runs a map of rows until somebody kills it: `python -m tests.workflows.killed FOLDER MARKS MOST`.
With a fourth word it runs a column that a model writes.

Every row appends a line to MARKS before it gives its answer, so a test can count how often each was run. At MOST lines the
program stands still, so it is killed in the middle however slow whoever kills it is.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

from studio.engine.catalog import Catalog
from studio.engine.events import Events
from studio.engine.params import Params
from studio.engine.paths import Paths
from studio.engine.text import Text
from studio.engine.workflows import library
from studio.engine.workflows.context import Context
from studio.engine.workflows.graph import Graph
from studio.engine.workflows.node import Anything, Table, node
from studio.engine.workflows.service import Workflows
from studio.engine.workflows.values import table_of
from tests.catalogs import catalog_at
from tests.workflows.graphs import graph, step

ROWS = 200
most: int | None = None  # lines after which the next row waits for ever


async def leave_mark(marks: Path, words: Any) -> None:
    if most is not None and marks.exists() and len(marks.read_text().splitlines()) >= most:
        await asyncio.Event().wait()
    with marks.open("a") as file:
        file.write(f"{words}\n")


class MarkParams(Params):
    file: str
    seconds: float = 0.005


@node(
    title=Text("Mark", "记号"),
    category="transform",
    icon="pen",
    doc=Text("Leaves a mark.", "留下记号。"),
    side_effect=True,
)
async def mark(value: Annotated[Anything, Text("Value", "值")], context: Context, params: MarkParams) -> Anything:
    """Append a line to a file: a side effect that can be counted."""
    await asyncio.sleep(params.seconds)
    await leave_mark(Path(params.file), value)
    return value


@node(
    title=Text("Rows", "行"),
    category="sources",
    icon="rows",
    doc=Text("Two hundred rows.", "两百行。"),
    side_effect=True,
)
async def two_hundred(context: Context, params: MarkParams) -> Table:
    """Make the rows, and leave a mark that it was done."""
    with Path(params.file).open("a") as file:
        file.write("made\n")
    return table_of([{"i": number} for number in range(ROWS)])


def sheet(marks: Path) -> Graph:
    file = str(marks)
    return graph(
        step("rows", "two_hundred", file=file), step("each", "map", fields=["i"], results=["i2"], concurrency=4, on_row_error="stop"),
        step("mark", "mark", "each", file=file), step("out", "output"),
        "rows.table > each.rows", "each.i > mark.value", "mark.value > each.i2", "each.table > out.result",
    )  # fmt: skip


def column(_: Path) -> Graph:
    return graph(
        step("rows", "python", code="return [{'i': i} for i in range(200)]", inputs=[], output="table"),
        step("column", "llm_column", prompt="{{i}}", on_row_error="stop"), step("out", "output"),
        "rows.value > column.rows", "column.table > out.result",
    )  # fmt: skip


@dataclass
class MarkingModel:
    """Says back what it is asked, and leaves a mark of it."""

    marks: Path
    budget: Any = field(default_factory=lambda: SimpleNamespace(holding=lambda name, needed: nullcontext()))

    async def get(self, name: str) -> Any:
        return SimpleNamespace(id=name)

    async def chat(self, model: str, messages: list[dict[str, Any]], **options: Any) -> AsyncIterator[Any]:
        await asyncio.sleep(0.005)
        await leave_mark(self.marks, messages[-1]["content"])
        yield SimpleNamespace(text=messages[-1]["content"], usage=None)


def install() -> None:
    """Make the two counting nodes known."""
    library.nodes.all().update({"mark": mark, "two_hundred": two_hundred})


async def room(folder: Path, marks: Path | None = None) -> tuple[Workflows, Catalog]:
    install()
    paths = Paths.under(folder).make()
    catalog = catalog_at(paths.catalog)
    await catalog.start()
    models = MarkingModel(marks) if marks else None
    parts = SimpleNamespace(
        catalog=catalog, events=Events(), paths=paths, models=models, knowledge=None, datasets=None, sql=None
    )
    workflows = Workflows(parts)
    await workflows.open()
    return workflows, catalog


async def recorded(workflows: Workflows, run: str) -> set[str]:
    """The rows of a column whose answers are in the journal."""
    events = await workflows._journal.history(run, kinds=("rows",))
    return {str(rows[0]) for event in events for rows, _ in event.data["rows"]}


async def main(folder: Path, marks: Path, *column_wanted: str) -> None:
    workflows, _ = await room(folder, marks)
    started = await workflows.start((column if column_wanted else sheet)(marks))
    print(started.id, flush=True)
    while column_wanted and len(await recorded(workflows, started.id)) < (most or 0):
        await asyncio.sleep(0.01)
    print("recorded", flush=True)
    await workflows.wait(started.id)


if __name__ == "__main__":
    most = int(sys.argv[3])
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[4:]))
