"""How soon the window is painted and answers, and what it holds in memory while nothing is loaded.

    python benchmarks/startup.py [--runs 5]

Each run is a fresh process on a prepared sample home, offscreen, warm (the first one is thrown away). Beside it, in the same
session, a bare QApplication with one empty window: the floor.
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

WINDOW = """
import sys, time, json; began = time.monotonic()
from pathlib import Path
import psutil
from studio.cli.desktop import serve_beside
from studio.engine.paths import Paths
from studio.ui.app import make_app, open_window, _close_engine
from studio.ui.bridge import bridge
app = make_app()
window = open_window(Paths.under(Path(sys.argv[1])), beside=serve_beside)
app.processEvents()
painted = time.monotonic() - began
while bridge.engine is None or window.current_view() is None:
    app.processEvents(); time.sleep(0.001)
app.processEvents()
answering = time.monotonic() - began
end = time.monotonic() + 4
while time.monotonic() < end:
    app.processEvents(); time.sleep(0.01)
me = psutil.Process()
children = sum(child.memory_info().rss for child in me.children(recursive=True))
print(json.dumps({"painted": painted, "answering": answering, "mb": me.memory_info().rss / 1e6, "children_mb": children / 1e6}))
window.close(); _close_engine()
"""

BARE = """
import time, json; began = time.monotonic()
import psutil
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([]); window = QMainWindow(); window.resize(1600, 1000); window.show(); app.processEvents()
painted = time.monotonic() - began
print(json.dumps({"painted": painted, "answering": painted, "mb": psutil.Process().memory_info().rss / 1e6, "children_mb": 0}))
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


def run(code: str, home: Path) -> dict[str, float]:
    kept = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }  # warm means compiled
    environment = {
        **kept,
        "QT_QPA_PLATFORM": "offscreen",
        "ONE_DATA_KEYRING": "file",
        "ONE_DATA_SERVER__PORT": "0",
    }
    done = subprocess.run(
        [sys.executable, "-c", code, str(home)], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout) if done.stdout else {}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        run(PREPARE, Path(folder))
        windows = [run(WINDOW, Path(folder)) for _ in range(runs + 1)][1:]
        bares = [run(BARE, Path(folder)) for _ in range(runs + 1)][1:]
    print("| | painted s (min–max) | answering s (min–max) | MB | MB of children |\n|---|---|---|---|---|")
    for name, found in (("studio", windows), ("bare Qt window", bares)):
        cells = [
            f"{statistics.median(one[key] for one in found):.2f} ({min(one[key] for one in found):.2f}–{max(one[key] for one in found):.2f})"
            for key in ("painted", "answering")
        ]
        sizes = [f"{statistics.median(one[key] for one in found):.0f}" for key in ("mb", "children_mb")]
        print(f"| {name} | " + " | ".join(cells + sizes) + " |")


if __name__ == "__main__":
    main()
