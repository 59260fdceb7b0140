"""What a step costs beyond its own work: `python -m benchmarks.workflows.step_overhead`.

A chain of 1,000 steps, a fan of 1,000 and a map of 10,000 cheap rows through the whole scheduler with its journal on disk,
beside a plain asyncio loop that does the same calls, in the same run.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated

from studio.engine.catalog import Catalog
from studio.engine.events import Events
from studio.engine.params import Params
from studio.engine.paths import Paths
from studio.engine.text import Text
from studio.engine.workflows import library
from studio.engine.workflows.context import Context
from studio.engine.workflows.graph import Edge, Graph, Node
from studio.engine.workflows.node import Anything, Table, node
from studio.engine.workflows.service import Workflows
from studio.engine.workflows.values import table_of

STEPS, ROWS, TURNS = 1_000, 10_000, 3


class NoParams(Params):
    """None."""


@node(title=Text("Add", "加"), category="transform", icon="plus", doc=Text("One more.", "加一。"), cached=False)
async def add(value: Annotated[Anything, Text("Value", "值")], context: Context, params: NoParams) -> Anything:
    """Add one: as cheap as a step can be."""
    return value + 1


@node(title=Text("Zero", "零"), category="sources", icon="circle", doc=Text("Nought.", "零。"), cached=False)
async def zero(context: Context, params: NoParams) -> Anything:
    """Where the chain and the fan begin."""
    return 0


@node(title=Text("Many", "多行"), category="sources", icon="rows-3", doc=Text("Rows.", "行。"), cached=False)
async def many(context: Context, params: NoParams) -> Table:
    """The rows of the map."""
    return table_of([{"i": number} for number in range(ROWS)])


def chain() -> Graph:
    nodes = [Node(id="s0", type="zero"), *(Node(id=f"s{n}", type="add") for n in range(1, STEPS))]
    return Graph(nodes=nodes, edges=[_edge(f"s{n}", f"s{n + 1}") for n in range(STEPS - 1)])


def fan() -> Graph:
    nodes = [Node(id="s0", type="zero"), *(Node(id=f"s{n}", type="add") for n in range(1, STEPS))]
    return Graph(nodes=nodes, edges=[_edge("s0", f"s{n}") for n in range(1, STEPS)])


def mapped() -> Graph:
    nodes = [
        Node(id="rows", type="many"),
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


async def measure(work: Callable[[], Awaitable[None]], count: int) -> float:
    """Microseconds per step, the median of three."""
    taken = []
    for _ in range(TURNS):
        started = time.perf_counter()
        await work()
        taken.append((time.perf_counter() - started) / count * 1e6)
    return statistics.median(taken)


async def floor_chain() -> None:
    value = 0
    for _ in range(STEPS):
        value = await asyncio.create_task(add(value, Context(), NoParams()))


async def floor_fan() -> None:
    await asyncio.gather(*(add(0, Context(), NoParams()) for _ in range(STEPS)))


async def floor_map() -> None:
    rows = iter(range(ROWS))

    async def work() -> None:
        for row in rows:
            for _ in range(3):
                row = await add(row, Context(), NoParams())

    await asyncio.gather(*(work() for _ in range(8)))


async def main() -> None:
    library.nodes.all().update({"add": add, "zero": zero, "many": many})
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths.under(Path(folder)).make()
        catalog = Catalog(paths.catalog)
        await catalog.start()
        rooms = SimpleNamespace(
            catalog=catalog, events=Events(), paths=paths, models=None, knowledge=None, datasets=None, sql=None
        )
        workflows = Workflows(rooms)
        await workflows.open()

        async def run(sheet: Graph) -> None:
            started = await workflows.start(sheet)
            done = await workflows.end(started.id)
            assert done.status == "completed", done.error

        results = {}
        cases = (("chain", chain, floor_chain, STEPS), ("fan", fan, floor_fan, STEPS), ("map", mapped, floor_map, ROWS))
        for name, make, floor, count in cases:
            sheet = make()
            ours, plain = await measure(lambda sheet=sheet: run(sheet), count), await measure(floor, count)
            results[name] = {
                "us_per_step": round(ours, 1),
                "plain_loop_us": round(plain, 2),
                "ratio": round(ours / plain, 1),
            }
        await workflows.close()
        await catalog.close()
    print(
        json.dumps(results, indent=2)
        if "--json" in sys.argv
        else "\n".join(f"{name}: {found}" for name, found in results.items())
    )


if __name__ == "__main__":
    asyncio.run(main())
