"""A catalogue of 10,000 datasets: listing it, finding in it, and opening it cold; beside raw SQLite in the same run.

python benchmarks/data/catalogue.py [--datasets 10000] [--rounds 40]
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from sqlalchemy import insert

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import dataset_samples, datasets
from studio.engine.connections.service import Connections
from studio.engine.datasets.service import Datasets
from studio.engine.egress import Egress
from studio.engine.events import Events
from studio.engine.jobs import Jobs
from studio.engine.metadata.service import Metadata
from studio.engine.objects.service import Objects
from studio.engine.paths import Paths
from studio.engine.secrets import Secrets
from studio.engine.settings import Settings

NOUNS = [
    "订单",
    "客户",
    "库存",
    "退货",
    "工单",
    "orders",
    "customers",
    "stock",
    "returns",
    "tickets",
    "visits",
    "payments",
]
PLACES = ["华东", "华南", "华北", "西南", "emea", "apac", "berlin", "shanghai"]
COLUMNS = [
    "id",
    "customer_name",
    "手机号",
    "region",
    "amount",
    "ordered_at",
    "status",
    "产品",
    "qty",
    "rating",
    "邮箱",
    "city",
]
WORDS = [
    "咖啡机",
    "净化器",
    "espresso",
    "delivered",
    "returned",
    "cancelled",
    "李静",
    "marta",
    "wuhan",
    "gold",
    "silver",
]
QUERIES = [
    "订单",
    "dd",
    "dingdan",
    "customer",
    "手机",
    "sjh",
    "espresso",
    "berlin 2024",
    "退货 华南",
    "table 9123",
    "e",
    "nothing at all",
]


CPU = False  # where other work runs beside it, only the processor's own time says something


def row(number: int, chance: random.Random) -> dict[str, Any]:
    """One dataset with about 20 columns, as the catalog keeps it."""
    names = [*COLUMNS, *(f"{chance.choice(NOUNS)}_{place}" for place in range(8))]
    columns = [{"name": name, "type": "string", "nullable": True, "description": ""} for name in dict.fromkeys(names)]
    columns[3]["description"] = f"where it was sold: {chance.choice(PLACES)}"
    name = f"{chance.choice(PLACES)} {chance.choice(NOUNS)} {2015 + number % 10} table {number}"
    return {
        "id": f"ds-{number:08x}", "name": name, "description": f"每月的{chance.choice(NOUNS)}, one row per {chance.choice(NOUNS)}",
        "storage_type": "local", "storage_path": f"/data/{number // 100}/{name}.parquet", "format": "parquet", "status": "active",
        "status_reason": None, "row_count": number, "size_bytes": number * 100, "tags": [chance.choice(WORDS)], "columns": columns,
        "statistics": {"files": 1}, "version": 1, "fingerprint": f"{number:032x}", "owner": "", "created_at": float(number),
        "updated_at": float(number),
    }  # fmt: skip


def sample(number: int, chance: random.Random) -> dict[str, Any]:
    values = {name: chance.sample(WORDS, 4) for name in COLUMNS[3:8]}
    return {"dataset_id": f"ds-{number:08x}", "fingerprint": f"{number:032x}", "values": values, "key_column": "id"}


async def fill(catalog: Catalog, count: int) -> None:
    chance = random.Random(7)
    rows = [row(number, chance) for number in range(count)]
    samples = [sample(number, chance) for number in range(count)]
    await catalog.write(
        lambda connection: (
            connection.execute(insert(datasets), rows),
            connection.execute(insert(dataset_samples), samples),
        )
    )


async def timed(rounds: int, work: Callable[[], Awaitable[Any]]) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds: on the clock, or with `CPU` the processor's own time."""
    times, clock = [], process_time if CPU else perf_counter
    for _ in range(rounds):
        began = clock()
        await work()
        times.append((clock() - began) * 1000)
    times.sort()
    return statistics.median(times), times[int(len(times) * 0.95) - 1]


def raw(file: Path, rounds: int) -> tuple[list[float], list[float]]:
    """SQLite itself: all rows of the list's columns without reading their JSON; LIKE over name, description, columns."""
    clock = process_time if CPU else perf_counter
    with sqlite3.connect(file) as database:
        lists, finds = [], []
        for _ in range(rounds):
            began = clock()
            database.execute(
                "SELECT id, name, format, status, row_count, storage_path FROM datasets ORDER BY created_at"
            ).fetchall()
            lists.append((clock() - began) * 1000)
        for query in QUERIES:
            for _ in range(max(1, rounds // len(QUERIES))):
                like = [f"%{query}%"] * 3
                began = clock()
                database.execute(
                    "SELECT id FROM datasets WHERE name LIKE ? OR description LIKE ? OR columns LIKE ? LIMIT 50", like
                ).fetchall()
                finds.append((clock() - began) * 1000)
        return sorted(lists), sorted(finds)


async def measure(folder: Path, count: int, rounds: int) -> None:
    paths, events = Paths.under(folder).make(), Events()
    settings, catalog = Settings(paths.config / "settings.json", events), Catalog(paths.catalog)
    await catalog.start()
    await fill(catalog, count)
    connections = Connections(catalog, events, Egress(lambda: True), Secrets(paths.data))
    room = Datasets(catalog, Objects(paths, connections), events, paths, settings, Jobs(catalog, events))
    metadata = Metadata(catalog, room, events, paths)
    cold, _ = await timed(1, room.list)
    print(f"first list after the start, read from the catalog: {cold:.0f} ms")
    first, _ = await timed(1, lambda: metadata.search("订单"))
    print(f"first search, which loads the index:              {first:.0f} ms")
    lists = await timed(rounds, room.list)
    page = await timed(rounds, lambda: first_page(room))
    finds = []
    for query in QUERIES:
        middle, late = await timed(max(3, rounds // 4), lambda query=query: metadata.search(query))  # type: ignore[misc]
        finds.append(late)
        print(f"  search {query!r:20} {middle:6.1f} ms, p95 {late:6.1f} ms, {len(await metadata.search(query))} shown")
    lists_raw, finds_raw = raw(paths.catalog, rounds)
    print(
        f"list of {count:,}: {lists[0]:.2f} ms, p95 {lists[1]:.2f} ms   (raw SQLite, six columns: {statistics.median(lists_raw):.1f} ms)"
    )
    print(f"list of {count:,} by state, 50 as the API tells them: {page[0]:.2f} ms, p95 {page[1]:.2f} ms")
    print(f"search, worst p95 of {len(QUERIES)} queries: {max(finds):.1f} ms   (raw SQLite LIKE, no pinyin, no values, no ranking: "
          f"{statistics.median(finds_raw):.1f} ms, worst {finds_raw[-1]:.1f} ms)")  # fmt: skip
    await room.close()
    await catalog.close()


async def first_page(room: Datasets) -> list[dict[str, Any]]:
    return [dataset.as_api() for dataset in (await room.list(status="active"))[:50]]


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--datasets", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=40)
    options.add_argument("--cpu", action="store_true", help="the processor's own time instead of the clock")
    chosen = options.parse_args()
    globals()["CPU"] = chosen.cpu
    with tempfile.TemporaryDirectory() as folder:
        print(time.strftime("%Y-%m-%d %H:%M"), "load", Path("/proc/loadavg").read_text().split()[0])
        asyncio.run(measure(Path(folder), chosen.datasets, chosen.rounds))


if __name__ == "__main__":
    main()
