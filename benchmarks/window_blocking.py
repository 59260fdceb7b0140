"""How long the window's thread is away while each view is shown for the first time and while the look changes.

    xvfb-run -a python benchmarks/window_blocking.py [--runs 3] [--where]

Each run is a fresh process with the real window on a prepared sample home (one is thrown away: it compiles). A figure is the
longest time between two turns of the event loop, by the thread's own processor time and by the wall clock, in milliseconds.
Between two turns the window neither paints nor hears keys.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
QUIET = 1.2  # seconds in which a view may settle


def walk(home: Path) -> list[dict[str, Any]]:
    """Open the window and go through it; what was seen at each place."""
    from studio.engine.paths import Paths
    from studio.ui.app import _close_engine, make_app, open_window
    from studio.ui.bridge import bridge
    from tests.window.hands import Hands, Watchdog

    app = make_app()
    window = open_window(Paths.under(home))
    window.resize(1600, 1000)
    hands, watchdog = Hands(app, window), Watchdog()
    found: list[dict[str, Any]] = []

    def result(work: Any) -> Any:
        kept: list[Any] = []
        bridge.run(window, work, lambda value: kept.append((value,)))
        return hands.wait(lambda: kept, "the engine")[0][0]

    def measure(place: str, act: Callable[[], object]) -> None:
        watchdog.stalls.clear()
        act()
        hands.live(QUIET)
        worst = max(
            watchdog.stalls, key=lambda stall: stall["cpu_ms"], default={"cpu_ms": 0, "wall_ms": 0, "where": []}
        )
        found.append({"place": place, **worst, "all": sorted((s["cpu_ms"] for s in watchdog.stalls), reverse=True)[:5]})

    measure("start, Home", lambda: hands.wait(lambda: bridge.engine and window.current_view(), "the first view"))
    for place, act in _places(window, bridge.engine, result):
        measure(place, act)
    window.close()
    _close_engine()
    return found


def _places(window: Any, engine: Any, result: Callable[[Any], Any]) -> Iterator[tuple[str, Callable[[], object]]]:
    studio = window.studio
    views = {name: (lambda name=name: window.show_view(name)) for name in window.view_names() if name != "home"}
    objects = {
        "data": ("dataset", lambda: "ds-001"),
        "knowledge": ("document", lambda: result(engine.knowledge.documents())[0].id),
        "models": ("model", lambda: result(engine.models.list())[0].id),
        "workflows": ("workflow", lambda: result(engine.workflows.list())[0].id),
        "chat": ("thread", lambda: result(engine.chat.threads())[0].id),
        "runs": ("run", lambda: result(engine.workflows.executions())[0].id),
    }
    for name, show in views.items():
        yield name.capitalize(), show
        if name in objects:
            kind, find = objects[name]
            found = find()
            yield f"a {kind}", lambda kind=kind, found=found: studio.open(kind, found)
    for name in window.view_names():
        yield f"{name.capitalize()} again", lambda name=name: window.show_view(name)
    for place, key, value in (
        ("theme", "theme", "dark"),
        ("language", "language", "zh"),
        ("scale", "scale", 125),
    ):
        yield place, lambda key=key, value=value: result(engine.settings.set(f"appearance.{key}", value))


PREPARE = """
import asyncio, sys
from pathlib import Path
from studio.engine.engine import Engine
from studio.engine.paths import Paths
async def main():
    engine = await Engine.open(Paths.under(Path(sys.argv[1])))
    await (await engine.sample.prepare()).wait()
    collections = [one.id for one in await engine.knowledge.collections()]
    thread = await engine.chat.create(knowledge=collections, datasets=["ds-001"])
    question = "How long is the warranty on the K7 pump, and how many K7 were returned in 华南?"
    async for _ in engine.chat.ask(thread.id, question): pass
    workflow = (await engine.workflows.list())[0]
    run = await engine.workflows.start(workflow.id, {})
    async for _ in engine.workflows.events(run.id): pass
    await engine.close()
asyncio.run(main())
"""


def run(home: Path, *command: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = {
        **kept,
        "ONE_DATA_KEYRING": "file",
        "ONE_DATA_SERVER__ENABLED": "false",
        "ONE_DATA_APPEARANCE__LANGUAGE": "",
    }
    del environment["ONE_DATA_APPEARANCE__LANGUAGE"]
    done = subprocess.run(
        [sys.executable, *command, str(home)], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


def fresh_walk(home: Path) -> list[dict[str, Any]]:
    """Without what the walk before has left in the settings and in the window's memory."""
    shutil.rmtree(home / "config", ignore_errors=True)
    return json.loads(run(home, __file__, "--walk").splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--home", type=Path, help="a prepared home (default: a new one)")
    parser.add_argument("--where", action="store_true", help="also where the thread was in the last run")
    parser.add_argument("--walk", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.walk:
        print(json.dumps(walk(given.walk)))
        return
    with tempfile.TemporaryDirectory() as folder:
        home = given.home or Path(folder)
        if not (home / "data").exists():
            run(home, "-c", PREPARE)
        began = time.monotonic()
        walks = [fresh_walk(home) for _ in range(given.runs + 1)][1:]
    print(
        f"{given.runs} walks, {(time.monotonic() - began) / (given.runs + 1):.0f} s each, load {os.getloadavg()[0]:.1f}\n"
    )
    print("| first showing | own ms, median (max) | wall ms, median (max) |\n|---|---|---|")
    for same in zip(*walks, strict=True):
        cells = [
            f"{statistics.median(one[key] for one in same):.0f} ({max(one[key] for one in same):.0f})"
            for key in ("cpu_ms", "wall_ms")
        ]
        print(f"| {same[0]['place']} | " + " | ".join(cells) + " |")
        if given.where:
            for line in same[-1]["where"]:
                print("    ", line)


if __name__ == "__main__":
    main()
