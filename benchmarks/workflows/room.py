"""A workflows room on a folder of its own, with the cheapest steps there are, for the benchmarks."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated

from studio.engine import collecting
from studio.engine.catalog import Catalog
from studio.engine.events import Events
from studio.engine.params import Params
from studio.engine.paths import Paths
from studio.engine.text import Text
from studio.engine.workflows import library
from studio.engine.workflows.context import Context
from studio.engine.workflows.execution import Execution
from studio.engine.workflows.graph import Edge, Graph, Node
from studio.engine.workflows.node import Anything, Table, node
from studio.engine.workflows.service import Workflows

PAGE = os.sysconf("SC_PAGE_SIZE")


class NoParams(Params):
    """None."""


class CountParams(Params):
    count: int = 1_000


class SleepParams(Params):
    seconds: float = 0.01


@node(title=Text("Add", "加"), category="transform", icon="plus", doc=Text("One more.", "加一。"), cached=False)
async def add(value: Annotated[Anything, Text("Value", "值")], context: Context, params: NoParams) -> Anything:
    """Add one: as cheap as a step can be."""
    return value + 1


@node(title=Text("Zero", "零"), category="sources", icon="circle", doc=Text("Nought.", "零。"), cached=False)
async def zero(context: Context, params: NoParams) -> Anything:
    """Where the chain and the fan begin."""
    return 0


@node(title=Text("Many", "多行"), category="sources", icon="rows-3", doc=Text("Rows.", "行。"), cached=False)
async def many(context: Context, params: CountParams) -> Table:
    """The rows of the map, made without Python objects."""
    import pyarrow

    return pyarrow.table({"i": pyarrow.array(range(params.count), pyarrow.int64())})


@node(title=Text("Rest", "等待"), category="transform", icon="clock", doc=Text("Rests.", "等待。"), cached=False)
async def rest(value: Annotated[Anything, Text("Value", "值")], context: Context, params: SleepParams) -> Anything:
    """Wait like a call to a server."""
    await asyncio.sleep(params.seconds)
    return value


def chain(steps: int) -> Graph:
    nodes = [Node(id="s0", type="zero"), *(Node(id=f"s{n}", type="add") for n in range(1, steps))]
    return Graph(nodes=nodes, edges=[_edge(f"s{n}", f"s{n + 1}") for n in range(steps - 1)])


def fan(steps: int, kind: str = "add", concurrency: int | None = None) -> Graph:
    nodes = [Node(id="s0", type="zero"), *(Node(id=f"s{n}", type=kind) for n in range(1, steps))]
    return Graph(nodes=nodes, edges=[_edge("s0", f"s{n}") for n in range(1, steps)], concurrency=concurrency)


def mapped(rows: int) -> Graph:
    """Three steps for each row."""
    nodes = [
        Node(id="rows", type="many", params={"count": rows}),
        Node(id="each", type="map", params={"fields": ["i"], "results": ["j"], "concurrency": 8}),
        *(Node(id=f"add{n}", type="add", parent="each") for n in range(3)),
    ]
    edges = [
        Edge(source="rows", source_port="table", target="each", target_port="rows"),
        Edge(source="each", source_port="i", target="add0", target_port="value"),
        _edge("add0", "add1"),
        _edge("add1", "add2"),
        Edge(source="add2", source_port="value", target="each", target_port="j"),
    ]
    return Graph(nodes=nodes, edges=edges)


def _edge(source: str, target: str) -> Edge:
    return Edge(source=source, source_port="value", target=target, target_port="value")


@asynccontextmanager
async def room() -> AsyncIterator[Workflows]:
    """The real thing: catalog, journal and values on disk."""
    library.nodes.all().update({found.name: found for found in (add, zero, many, rest)})
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths.under(Path(folder)).make()
        catalog = Catalog(paths.catalog)
        await catalog.start()
        parts = SimpleNamespace(
            catalog=catalog, events=Events(), paths=paths, models=None, knowledge=None, datasets=None, sql=None
        )
        workflows = Workflows(parts)
        await workflows.open()
        collecting.settle()  # as `studio serve` does
        try:
            yield workflows
        finally:
            await workflows.close()
            await catalog.close()


async def run(workflows: Workflows, sheet: Graph) -> Execution:
    """Run it to its end on disk."""
    done = await workflows.end((await workflows.start(sheet)).id)
    assert done.status == "completed", done.error
    return done


def resident() -> float:
    """MB that this process has in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 1e6


class Peak:
    """The most memory seen while something ran: `above` what was there before, in MB."""

    def __init__(self) -> None:
        self.before = self.most = resident()

    @property
    def above(self) -> float:
        return self.most - self.before


@contextmanager
def watched() -> Iterator[Peak]:
    """Look at the memory every 20 ms."""
    peak, over = Peak(), threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            peak.most = max(peak.most, resident())

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def clock() -> float:
    return time.perf_counter()
