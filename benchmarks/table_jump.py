"""How long a jump to a random row takes until it is painted, over Parquet through DuckDB.

python benchmarks/table_jump.py [--rows 2000000] [--jumps 60]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import resource
import statistics
import tempfile
from pathlib import Path
from time import perf_counter, sleep

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

MAKE = """COPY (SELECT range AS order_id, TIMESTAMP '2019-01-01' + INTERVAL (range) SECOND AS ordered_at,
    ['李静', 'Marta Ruiz', '陈子涵'][1 + range % 3] AS customer, ['华东', '华南', 'EMEA'][1 + range % 3] AS region,
    'K7 咖啡机 Espresso ' || (range % 412) AS product, (range % 5)::INT AS qty,
    (range % 100000 / 7)::DECIMAL(12, 2) AS amount, CASE WHEN range % 3 > 0 THEN (range % 10) / 2 END AS rating
    FROM range({rows})) TO '{file}' (FORMAT parquet, ROW_GROUP_SIZE 20480)"""


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=2_000_000)
    options.add_argument("--jumps", type=int, default=60)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(chosen.rows, chosen.jumps, Path(folder) / "orders.parquet")


def measure(rows: int, jumps: int, file: Path) -> None:
    import duckdb
    from PySide6.QtWidgets import QApplication

    app = QApplication([])
    from studio.ui.bridge import bridge
    from studio.ui.theme import theme
    from studio.ui.widgets.table import VirtualTable

    theme.apply(app, "light")
    database = duckdb.connect(config={"threads": 2})
    database.execute("SET parquet_metadata_cache = true")
    database.execute(MAKE.format(rows=rows, file=file))
    source = f"FROM read_parquet('{file}', file_row_number=true)"

    async def fetch(offset: int, limit: int) -> object:
        query = f"SELECT * EXCLUDE (file_row_number) {source} WHERE file_row_number BETWEEN ? AND ?"
        return await asyncio.to_thread(
            lambda: database.cursor().execute(query, [offset, offset + limit - 1]).to_arrow_table()
        )

    columns = [
        (row[0], row[1]) for row in database.execute(f"DESCRIBE SELECT * EXCLUDE (file_row_number) {source}").fetchall()
    ]
    began = perf_counter()
    table = VirtualTable(fetch, columns, rows)
    table.resize(1200, 900)
    table.show()

    table.failed.connect(lambda error: os._exit(f"{error} {error.details}" and 1))

    def painted(row: int) -> None:
        while table.model.cell(row - table.model.base, 0) is None:
            app.processEvents()
            sleep(0.0005)
        table.grid.viewport().repaint()

    painted(0)
    first = (perf_counter() - began) * 1000
    times, held = [], []
    for _ in range(jumps):
        row = random.randrange(table.bar.maximum())
        began = perf_counter()
        table.bar.setValue(row)
        table.grid.viewport().repaint()
        held.append((perf_counter() - began) * 1000)
        painted(row)
        times.append((perf_counter() - began) * 1000)
    times.sort()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{'rows':>12} {'first ms':>9} {'jump ms':>9} {'p95 ms':>8} {'window held p95':>16} {'MB at most':>11}")
    print(
        f"{rows:>12,} {first:>9.1f} {statistics.median(times):>9.1f} {times[int(len(times) * 0.95)]:>8.1f}"
        f" {sorted(held)[int(len(held) * 0.95)]:>16.1f} {memory:>11,}"
    )
    bridge.stop()


if __name__ == "__main__":
    main()
