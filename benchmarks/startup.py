"""How soon the window is painted and answers, and what it takes while nothing is done: memory and processor time.

    python benchmarks/startup.py [--runs 5] [--idle 60] [--cold]

Each run is a fresh process on a prepared sample home, offscreen, warm (the first one is thrown away). Beside it, in the same
session, a bare QApplication with one empty window: the floor. Each time is by the clock and, behind the stroke, in processor
time of the whole process, which a busy machine lengthens less. The last run of the studio then rests for SETTLE seconds and is
watched for `--idle` more: its processor time and that of its children, in percent of one core. With `--cold`, as root, the kernel's
caches are dropped before each run, and the time counts from the start of the process: the interpreter comes from the disk, too.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]

SETTLE = 10  # seconds until what starts after the first view (the other views, the server, the icons) is there

WINDOW = """
import gc; gc.disable()  # as studio/cli/desktop.py does
import sys, time, json; began = time.monotonic()
from pathlib import Path
import psutil
if sys.argv[3:]:
    began -= time.time() - psutil.Process().create_time()
from studio.cli.desktop import serve_beside
from studio.engine.paths import Paths
from studio.ui.app import make_app, open_window, _close_engine
from studio.ui.bridge import bridge
from PySide6.QtCore import QTimer
found = {}
app = make_app()
window = open_window(Paths.under(Path(sys.argv[1])), beside=serve_beside)
app.processEvents()
found["painted"], found["painted_cpu"] = time.monotonic() - began, time.process_time()
while bridge.engine is None or window.current_view() is None:
    app.processEvents(); time.sleep(0.001)
app.processEvents()
found["answering"], found["answering_cpu"] = time.monotonic() - began, time.process_time()
me = psutil.Process()
def spent():
    return sum(sum(each.cpu_times()[:2]) for each in (me, *me.children(recursive=True)))
def rest(seconds):
    QTimer.singleShot(int(seconds * 1000), app.quit); app.exec()
idle = float(sys.argv[2])
rest(SETTLE if idle else 4)
found["mb"] = me.memory_info().rss / 1e6
found["children_mb"] = sum(child.memory_info().rss for child in me.children(recursive=True)) / 1e6
if idle:
    before = spent(); rest(idle)
    found["idle"] = 100 * (spent() - before) / idle
    found["mb"] = me.memory_info().rss / 1e6
print(json.dumps(found))
window.close(); _close_engine()
""".replace("SETTLE", str(SETTLE))

BARE = """
import sys, time, json; began = time.monotonic()
import psutil
if sys.argv[3:]:
    began -= time.time() - psutil.Process().create_time()
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([]); window = QMainWindow(); window.resize(1600, 1000); window.show(); app.processEvents()
painted = time.monotonic() - began
cpu = time.process_time()
print(json.dumps({"painted": painted, "answering": painted, "painted_cpu": cpu, "answering_cpu": cpu, "mb": psutil.Process().memory_info().rss / 1e6, "children_mb": 0}))
"""

PREPARE = """
import asyncio, sys
from pathlib import Path
from studio.engine.engine import Engine
from studio.engine.paths import Paths
async def main():
    engine = await Engine.open(Paths.under(Path(sys.argv[1])))
    await (await engine.sample.prepare()).wait()
    await engine.close()
asyncio.run(main())
"""


def run(code: str, home: Path, idle: float = 0, cold: bool = False) -> dict[str, float]:
    kept = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }  # warm means compiled
    environment = {
        **kept,
        "QT_QPA_PLATFORM": "offscreen",
        "ONE_DATA_KEYRING": "file",
        "ONE_DATA_SERVER__PORT": "0",
    }
    if cold:
        os.sync()
        Path("/proc/sys/vm/drop_caches").write_text("3")
    done = subprocess.run(
        [sys.executable, "-c", code, str(home), str(idle), *["cold"] * cold],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout) if done.stdout else {}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--idle", type=float, default=60)
    parser.add_argument("--cold", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(PREPARE, Path(folder))
        windows = [run(WINDOW, Path(folder), cold=asked.cold) for _ in range(asked.runs)][1:]
        windows.append(run(WINDOW, Path(folder), asked.idle, asked.cold))
        bares = [run(BARE, Path(folder), cold=asked.cold) for _ in range(asked.runs + 1)][1:]
    print("| | painted s (min–max) / own | answering s (min–max) / own | MB | MB of children |\n|---|---|---|---|---|")
    for name, found in (("studio", windows), ("bare Qt window", bares)):
        cells = [
            f"{median(found, key):.2f} ({min(one[key] for one in found):.2f}–{max(one[key] for one in found):.2f})"
            f" / {median(found, key + '_cpu'):.2f}"
            for key in ("painted", "answering")
        ]
        sizes = [f"{median(found, key):.0f}" for key in ("mb", "children_mb")]
        print(f"| {name} | " + " | ".join(cells + sizes) + " |")
    if asked.idle:
        last = windows[-1]
        print(f"idle for {asked.idle:.0f} s: {last['idle']:.2f} % of one core, {last['mb']:.0f} MB")


def median(found: list[dict[str, float]], key: str) -> float:
    return statistics.median(one[key] for one in found)


if __name__ == "__main__":
    main()
