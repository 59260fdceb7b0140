"""The shapes of the benchmark in other engines, each with its durable store on. Runs in a throw-away environment that has them
and not the studio: `python peer_engines.py NAME STEPS ITEMS`; prints microseconds for each step and item as JSON."""

from __future__ import annotations

import asyncio
import itertools
import json
import operator
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypedDict

HERE = Path(tempfile.mkdtemp(prefix="peer-"))
Figures = dict[str, float]


def timed(work: Callable[[], Any], count: int) -> float:
    started = time.perf_counter()
    work()
    return round((time.perf_counter() - started) / count * 1e6, 1)


async def timed_async(work: Callable[[], Awaitable[Any]], count: int) -> float:
    started = time.perf_counter()
    await work()
    return round((time.perf_counter() - started) / count * 1e6, 1)


def langgraph_sqlite(steps: int, items: int) -> Figures:
    """Checkpoints in SQLite, durability "sync": a step is on disk before the next begins."""
    from langgraph.checkpoint.sqlite import SqliteSaver

    with SqliteSaver.from_conn_string(str(HERE / "checkpoints.db")) as saver:
        return _langgraph(steps, items, saver, {"durability": "sync"})


def langgraph_memory(steps: int, items: int) -> Figures:
    """No checkpoints."""
    return _langgraph(steps, items, None, {})


def _langgraph(steps: int, items: int, saver: Any, more: dict[str, Any]) -> Figures:
    from langgraph.graph import END, START, StateGraph
    from langgraph.types import Send

    class Value(TypedDict):
        value: int

    class Values(TypedDict):
        values: Annotated[list[int], operator.add]

    def add(state: Value) -> dict[str, int]:
        return {"value": state["value"] + 1}

    chain = StateGraph(Value)
    fan = StateGraph(Values)
    for number in range(steps):
        chain.add_node(f"s{number}", add)
        chain.add_edge(f"s{number - 1}" if number else START, f"s{number}")
        fan.add_node(f"s{number}", lambda state: {"values": [1]})
        fan.add_edge(START, f"s{number}")
        fan.add_edge(f"s{number}", END)
    chain.add_edge(f"s{steps - 1}", END)
    body = StateGraph(Value)
    for number in range(3):
        body.add_node(f"b{number}", add)
        body.add_edge(f"b{number - 1}" if number else START, f"b{number}")
    body.add_edge("b2", END)
    row = body.compile()
    mapped = StateGraph(Values)
    mapped.add_node("row", lambda state: {"values": [row.invoke(state)["value"]]})
    mapped.add_conditional_edges(START, lambda state: [Send("row", {"value": number}) for number in range(items)])
    mapped.add_edge("row", END)
    found = {}
    for name, graph, given, count in (
        ("chain", chain, {"value": 0}, steps), ("fan", fan, {"values": []}, steps), ("map", mapped, {"values": []}, items),
    ):  # fmt: skip
        ready = graph.compile(checkpointer=saver)
        config = {"recursion_limit": steps + 10, "configurable": {"thread_id": name}}
        found[name] = timed(lambda ready=ready, given=given, config=config: ready.invoke(given, config, **more), count)
    return found


def dbos(steps: int, items: int) -> Figures:
    """System database in SQLite: each step's answer is written before the next."""
    from dbos import DBOS

    DBOS(config={"name": "peer", "system_database_url": f"sqlite:///{HERE}/dbos.db", "log_level": "ERROR"})

    @DBOS.step()
    async def add(value: int) -> int:
        return value + 1

    @DBOS.workflow()
    async def chain(count: int) -> int:
        value = 0
        for _ in range(count):
            value = await add(value)
        return value

    @DBOS.workflow()
    async def fan(count: int) -> int:
        return sum(await asyncio.gather(*(add(number) for number in range(count))))

    @DBOS.workflow()
    async def mapped(count: int) -> int:
        total = 0
        for number in range(count):
            total += await add(await add(await add(number)))
        return total

    DBOS.launch()

    async def all_of_them() -> Figures:
        return {
            "chain": await timed_async(lambda: chain(steps), steps),
            "fan": await timed_async(lambda: fan(steps), steps),
            "map": await timed_async(lambda: mapped(items), items),
        }

    found = asyncio.run(all_of_them())
    DBOS.destroy()
    return found


def burr(steps: int, items: int) -> Figures:
    """State in SQLite after each action; it has no fan and no map of its own."""
    from burr.core import ApplicationBuilder, State, action
    from burr.core.persistence import SQLitePersister

    @action(reads=["value"], writes=["value"])
    def add(state: State) -> State:
        return state.update(value=state["value"] + 1)

    names = [f"s{number}" for number in range(steps)]
    kept = SQLitePersister.from_values(db_path=str(HERE / "burr.db"), table_name="states")
    kept.initialize()
    application = (
        ApplicationBuilder()
        .with_actions(**{name: add.bind() for name in names})
        .with_transitions(*itertools.pairwise(names))
        .with_state(value=0)
        .with_entrypoint("s0")
        .with_state_persister(kept)
        .with_identifiers(app_id="chain")
        .build()
    )
    return {"chain": timed(lambda: application.run(halt_after=[names[-1]]), steps)}


def prefect(steps: int, items: int) -> Figures:
    """Its own server (ephemeral) with SQLite; results are not kept, the states are."""
    os.environ |= {
        "PREFECT_HOME": str(HERE),
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
    }
    os.environ |= {
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    }
    from prefect import flow, task

    @task
    def add(value: int) -> int:
        return value + 1

    @flow
    def warm() -> int:
        return add(0)

    @flow
    def chain(count: int) -> int:
        value = 0
        for _ in range(count):
            value = add(value)
        return value

    @flow
    def fan(count: int) -> int:
        return sum(future.result() for future in [add.submit(number) for number in range(count)])

    @flow
    def mapped(count: int) -> int:
        return sum(add(add(add(number))) for number in range(count))

    warm()
    return {
        "chain": timed(lambda: chain(steps), steps),
        "fan": timed(lambda: fan(steps), steps),
        "map": timed(lambda: mapped(items), items),
    }


def dagster(steps: int, items: int) -> Figures:
    """A local instance with its event log in SQLite, in this process."""
    import logging

    from dagster import DagsterInstance, DynamicOut, DynamicOutput, graph, op

    logging.disable(logging.CRITICAL)

    @op
    def zero() -> int:
        return 0

    @op
    def add(value: int) -> int:
        return value + 1

    @op
    def total(values: list[int]) -> int:
        return sum(values)

    @op(out=DynamicOut(int))
    def many():
        for number in range(items):
            yield DynamicOutput(number, mapping_key=str(number))

    @graph
    def chain():
        value = zero()
        for number in range(steps - 1):
            value = add.alias(f"s{number}")(value)

    @graph
    def fan():
        value = zero()
        total([add.alias(f"s{number}")(value) for number in range(steps - 1)])

    @graph
    def mapped():
        total(many().map(lambda value: add.alias("c")(add.alias("b")(add.alias("a")(value)))).collect())

    found = {}
    for name, shape, count in (("chain", chain, steps), ("fan", fan, steps), ("map", mapped, items)):
        job = shape.to_job(name=name)
        with DagsterInstance.local_temp(str(HERE)) as instance:
            found[name] = timed(lambda job=job, instance=instance: job.execute_in_process(instance=instance), count)
    return found


ENGINES = {made.__name__: made for made in (langgraph_sqlite, langgraph_memory, dbos, burr, prefect, dagster)}

if __name__ == "__main__":
    figures = ENGINES[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]))
    print("\n" + json.dumps(figures), flush=True)
    os._exit(0)
