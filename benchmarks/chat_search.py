"""Words in all messages: the index against reading every text. `python benchmarks/chat_search.py [messages]`."""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import insert, text

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import messages, threads
from studio.engine.chat import finding

WORDS = [
    "pump",
    "warranty",
    "returned",
    "order",
    "batch",
    "filter",
    "valve",
    "pressure",
    "水泵",
    "保修",
    "退货",
    "订单",
    "批次",
    "滤网",
    "压力",
    "华南",
    "华东",
    "客户",
]
QUERIES = ("needle-4410", "稀有词组", "warranty pressure", "保修", "退货订单")


def rows(count: int) -> list[dict[str, object]]:
    chance = random.Random(4)
    made = []
    for number in range(count):
        words = " ".join(chance.choices(WORDS, k=80))
        rare = " needle-4410 稀有词组" if number % 5000 == 7 else ""
        made.append(
            {"id": f"msg-{number}", "thread_id": "conv-1", "role": "user", "content": words + rare, "status": "done",
             "created_at": float(number)}
        )  # fmt: skip
    return made


async def measure(folder: Path, count: int) -> dict[str, dict[str, float]]:
    catalog = Catalog(folder / "catalog.db")
    await catalog.start()
    try:
        thread = {"id": "conv-1", "created_at": 0.0, "updated_at": 0.0}
        await catalog.write(lambda connection: connection.execute(insert(threads), thread))
        await catalog.write(lambda connection: connection.execute(insert(messages), rows(count)))
        return {query: await _timed(catalog, query) for query in QUERIES}
    finally:
        await catalog.close()


async def _timed(catalog: Catalog, query: str) -> dict[str, float]:
    scan = text("SELECT id FROM messages WHERE content LIKE :like ORDER BY created_at DESC LIMIT 100")
    like = {"like": f"%{query.split()[0]}%"}

    async def once(work) -> float:  # type: ignore[no-untyped-def]
        began = time.perf_counter()
        await catalog.read(work)
        return (time.perf_counter() - began) * 1000

    found = [await once(lambda connection: finding.find(connection, query, 100)) for _ in range(5)]
    scanned = [await once(lambda connection: connection.execute(scan, like).all()) for _ in range(5)]
    ours, raw = statistics.median(found), statistics.median(scanned)
    return {"found_ms": round(ours, 1), "scan_ms": round(raw, 1), "ratio": round(ours / raw, 3)}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(measure(Path(folder), count)), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
