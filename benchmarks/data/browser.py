"""Browsing twenty million rows in the real window: first rows, random jumps to painted, memory, sorting, filtering, stalls.

    xvfb-run -a -s '-screen 0 1680x1050x24' python benchmarks/data/browser.py [--rows 20000000] [--jumps 100] [--file kept.parquet]

The Parquet (ten columns, about 590 MB) is made on the fly. Beside each jump stands what DuckDB alone takes for the same
500 rows of the same file, in the same run. The load of the machine is printed: on a busy one all figures are upper bounds.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("ONE_DATA_KEYRING", "file")
os.environ["ONE_DATA_SERVER__ENABLED"] = "false"

MAKE = """COPY (SELECT range AS order_id, TIMESTAMP '2019-01-01' + INTERVAL (range * 10) SECOND AS ordered_at,
    ['李静', 'Marta Ruiz', '陈子涵', 'Hana Sato'][1 + (hash(range) % 4)::INT] || ' ' || (hash(range * 3) % 9000) AS customer,
    ['华东', '华南', '西南', 'EMEA'][1 + (hash(range * 5) % 4)::INT] AS region,
    'K7 咖啡机 Espresso ' || (hash(range * 7) % 412) AS product, (hash(range * 11) % 5)::INT AS qty,
    ((hash(range * 13) % 250000) / 100)::DECIMAL(12, 2) AS amount,
    ['delivered', 'returned', 'shipped', 'cancelled'][1 + (hash(range * 17) % 4)::INT] AS status,
    CASE WHEN hash(range * 19) % 3 > 0 THEN (hash(range * 23) % 10) / 2 END AS rating,
    (hash(range * 29) % 1000000) / 7.0 AS score FROM range({rows})) TO '{file}' (FORMAT parquet)"""


def make(rows: int, file: Path) -> Path:
    import duckdb

    if not file.exists():
        duckdb.connect(config={"threads": 2}).execute(MAKE.format(rows=rows, file=file))
    return file


class Bench:
    """The real window on a home of its own, and a clock."""

    def __init__(self, home: Path) -> None:
        from studio.engine.paths import Paths
        from studio.ui.app import make_app, open_window
        from studio.ui.bridge import bridge
        from tests.window.hands import Watchdog

        self.app, self.bridge = make_app(), bridge
        self.window = open_window(Paths.under(home), "data")
        self.window.resize(1600, 1000)
        self.until(lambda: bridge.engine and getattr(self.window.current_view(), "_known", False))
        self.view: Any = self.window.current_view()
        self.rest(4)  # what a start does in the background is over: `startup.py` measures that
        self.watchdog = Watchdog()

    def until(self, true: Callable[[], Any], seconds: float = 600) -> float:
        """Milliseconds until something is so; the window lives meanwhile."""
        began = time.perf_counter()
        while not true():
            self.app.processEvents()
            time.sleep(0.0005)
            if time.perf_counter() - began > seconds:
                raise TimeoutError
        return (time.perf_counter() - began) * 1000

    def rest(self, seconds: float) -> None:
        end = time.perf_counter() + seconds
        self.until(lambda: time.perf_counter() > end)

    def result(self, work: Any) -> Any:
        found: list[Any] = []
        self.bridge.run(self.window, work, lambda value: found.append((value,)), lambda error: found.append((error,)))
        self.until(lambda: found)
        return found[0][0]

    def jump(self, tab: Any, row: int) -> float:
        """Milliseconds from the scroll bar's move until the rows there are painted."""
        began = time.perf_counter()
        tab.table.bar.setValue(row)
        tab.table.grid.viewport().repaint()
        self.until(lambda: self.filled(tab))
        tab.table.grid.viewport().repaint()
        return (time.perf_counter() - began) * 1000

    def filled(self, tab: Any) -> bool:
        model, top = tab.table.model, tab.table.first_visible - tab.table.model.base
        last = min(top + tab.table.grid.rows_in_view, model.rowCount()) - 1
        return all(model.cell(row, column) for row in (top, last) for column in (0, len(model.names) - 1))


class Rows(list[tuple[str, str]]):
    """Prints each figure when it is there."""

    def append(self, row: tuple[str, str]) -> None:
        super().append(row)
        print(f"| {row[0]} | {row[1]} |", flush=True)


def measure(bench: Bench, file: Path, jumps: int, sorts: bool) -> None:
    engine, out = bench.bridge.engine, Rows()
    before = rss()
    began = time.perf_counter()
    dataset = bench.result(engine.datasets.register(file))
    out.append(("registered: schema, count, size known", ms(began)))
    bench.until(lambda: any(each.id == dataset.id for each in bench.view.datasets))
    out.append(("memory that registering adds (DuckDB, Arrow loaded), MB", f"{rss() - before:,}"))
    before = rss()
    bench.watchdog.stalls.clear()
    began, own = time.perf_counter(), time.thread_time()
    bench.view.open_dataset(dataset.id)
    tab = bench.view.centre.tables[dataset.id]
    bench.until(lambda: tab.dataset is not None and bench.filled(tab))
    tab.table.grid.viewport().repaint()
    out.append(("first rows painted, from the click", ms(began)))
    out.append(("of it the window's own processor time", f"{(time.thread_time() - own) * 1000:,.0f} ms"))
    bench.until(lambda: len(tab.profile.found) == len(dataset.columns))
    out.append(("profile of a sample in the header", ms(began)))
    out.append(("stalls while opening, own ms", stalls(bench)))
    places = [random.randrange(tab.table.bar.maximum()) for _ in range(jumps)]
    times = [bench.jump(tab, place) for place in places]
    out.append(("random jump to painted, p50 / p95", spread(times)))
    out.append(("DuckDB alone, the same windows, p50 / p95", spread(raw(file, places))))
    out.append(("memory that opening, profile and jumps add, MB", f"{rss() - before:,}"))
    out.append(("stalls while jumping, own ms", stalls(bench)))
    if sorts:
        bench.rest(0.1)
        bench.watchdog.stalls.clear()  # DuckDB alone ran on this thread, too
        sorting(bench, tab, jumps, out)


def sorting(bench: Bench, tab: Any, jumps: int, out: Rows) -> None:
    from studio.ui.views.data_parts.filters import Filter

    engine = bench.bridge.engine
    began = time.perf_counter()
    tab.bar.set_filters([Filter("region", "is", "华东")])
    tab.bar.changed.emit()
    bench.until(lambda: tab.table.row_count < tab.dataset.row_count and bench.filled(tab))
    out.append(("filtered: count and first rows", ms(began)))
    tab.bar.set_filters([])
    tab.bar.changed.emit()
    bench.until(lambda: tab.table.row_count == tab.dataset.row_count)
    began = time.perf_counter()
    tab.table.order_requested.emit("amount", False)
    bench.until(lambda: bench.filled(tab))
    out.append(("sorted: first rows", ms(began)))
    bench.result(engine.datasets.browsing.settled())
    out.append(("order of all rows known, copy for quick browsing made", ms(began)))
    times = [bench.jump(tab, random.randrange(tab.table.bar.maximum())) for _ in range(jumps)]
    out.append(("random jump in the sorted table, p50 / p95", spread(times)))
    tab.bar.set_orders([])
    tab.bar.ordered.emit()
    bench.until(lambda: bench.filled(tab))
    times = [bench.jump(tab, random.randrange(tab.table.bar.maximum())) for _ in range(jumps)]
    out.append(("random jump with the copy, file's order, p50 / p95", spread(times)))
    out.append(("stalls while sorting and filtering, own ms", stalls(bench)))


def raw(file: Path, places: list[int]) -> list[float]:
    """The same 500 rows straight from the file."""
    import duckdb

    database = duckdb.connect(config={"threads": 2})
    database.execute("SET parquet_metadata_cache = true")
    times = []
    for place in places:
        began = time.perf_counter()
        first = place // 500 * 500
        database.execute(
            f"SELECT * FROM read_parquet('{file}', file_row_number=true) WHERE file_row_number BETWEEN {first} AND {first + 499}"
        ).to_arrow_table()
        times.append((time.perf_counter() - began) * 1000)
    return times


def stalls(bench: Bench) -> str:
    """The longest times that the window's thread was away, by its own processor time."""
    worst = sorted((round(stall["cpu_ms"]) for stall in bench.watchdog.stalls), reverse=True)[:4]
    where = max(bench.watchdog.stalls, key=lambda stall: stall["cpu_ms"], default={"where": []})["where"]
    bench.watchdog.stalls.clear()
    if "--where" in sys.argv:
        print(*where, sep="\n")
    return ", ".join(map(str, worst)) or "none over the watchdog's limit"


def rss() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20


def ms(began: float) -> str:
    return f"{(time.perf_counter() - began) * 1000:,.0f} ms"


def spread(times: list[float]) -> str:
    ordered = sorted(times)
    return f"{statistics.median(ordered):.0f} / {ordered[int(len(ordered) * 0.95)]:.0f} ms"


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=20_000_000)
    options.add_argument("--jumps", type=int, default=100)
    options.add_argument("--file", type=Path)
    options.add_argument("--where", action="store_true", help="also where the window's thread was in the longest stall")
    options.add_argument("--no-sort", action="store_true", help="opening and jumping only")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = make(chosen.rows, chosen.file or Path(folder) / "orders.parquet")
        print(f"load {os.getloadavg()[0]:.1f}, {chosen.rows:,} rows, {file.stat().st_size >> 20} MB")
        bench = Bench(Path(folder) / "home")
        measure(bench, file, chosen.jumps, not chosen.no_sort)
        print(f"load {os.getloadavg()[0]:.1f}")
        from studio.ui.app import _close_engine

        bench.window.close()
        _close_engine()


if __name__ == "__main__":
    main()
