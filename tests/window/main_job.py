"""The main job in a real window, from an empty home to the cited answer and the graph's run; prints what it saw as JSON.

Run by test_main_job.py in a process of its own: `python -m tests.window.main_job HOME`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ["QT_QPA_PLATFORM"] = "xcb"
os.environ["ONE_DATA_SERVER__PORT"] = "0"
os.environ["ONE_DATA_APPEARANCE__LANGUAGE"] = "en"

QUESTION = "How long is the warranty on the K7 pump, and how many K7 were returned in 华南?"


def main(home: Path) -> dict[str, Any]:
    began = time.monotonic()
    from PySide6.QtWidgets import QPlainTextEdit, QTextEdit

    from studio.cli.desktop import serve_beside
    from studio.engine.chat.message import Piece
    from studio.engine.paths import Paths
    from studio.ui.app import _close_engine, make_app, open_window
    from studio.ui.bridge import bridge
    from studio.ui.widgets.table import VirtualTable
    from tests.window.hands import Hands, Watchdog

    seen: dict[str, Any] = {}
    app = make_app()
    window = open_window(Paths.under(home), beside=serve_beside)
    window.resize(1600, 1000)
    hands, watchdog = Hands(app, window), Watchdog()
    app.processEvents()
    seen["painted_seconds"] = round(time.monotonic() - began, 2)
    hands.wait(lambda: bridge.engine is not None and window.current_view() is not None, "the engine and the first view")
    seen["answering_seconds"] = round(time.monotonic() - began, 2)
    engine: Any = bridge.engine

    def result(work: Any) -> Any:
        found: list[Any] = []
        bridge.run(window, work, lambda value: found.append((value,)), lambda error: found.append((error,)))
        return hands.wait(lambda: found, "the engine")[0][0]

    # Home: put the sample project in place
    hands.press("Open sample")
    hands.wait(lambda: result(engine.sample.prepared()), "the sample project", 400)
    hands.wait(lambda: "Aurora" in window.top.project.text(), "the project's name")

    watchdog.pace()
    # Data: the orders table
    hands.keys("ctrl+2")
    hands.wait(lambda: window.current_view() is not None and window.current_view().name == "data", "Data")
    window.studio.open("dataset", "ds-001")
    table = hands.wait(lambda: hands.find(VirtualTable, lambda t: t.row_count == 12_000), "the orders table")
    seen["orders_rows"] = table.row_count
    hands.live(1)

    watchdog.pace()
    # Chat: ask the question with the keyboard, see the answer stream
    hands.keys("ctrl+6")
    hands.wait(lambda: window.current_view() is not None and window.current_view().name == "chat", "Chat")
    hands.press("New chat")
    composer = hands.wait(
        lambda: hands.find(QPlainTextEdit, lambda w: w.hasFocus()) or hands.find(QTextEdit, lambda w: w.hasFocus()),
        "the composer with the caret in it",
    )
    hands.type(QUESTION)
    hands.wait(
        lambda: composer.toPlainText() == QUESTION, lambda: f"the typed question, not {composer.toPlainText()!r}"
    )
    pieces: list[Piece] = []
    chat: Any = window.current_view()
    chat.asking.told.connect(lambda _, event: pieces.extend([event] if isinstance(event, Piece) else []))
    hands.keys("ctrl+Return")
    thread = hands.wait(lambda: result(engine.chat.threads()), "a thread")[0]

    def answered() -> Any:
        messages = result(engine.chat.messages(thread.id))
        last = messages[-1] if messages else None
        return last if last is not None and last.role == "assistant" and last.status != "streaming" else None

    answer = hands.wait(answered, "the answer", 180)
    hands.live(0.5)
    seen["answer"] = answer.content
    seen["answer_status"] = answer.status
    seen["streamed_steps"] = len(pieces)
    seen["sources"] = [
        {"number": s.number, "kind": s.kind, "page": s.page, "quote": s.quote, "cited": s.cited, "rows": s.rows}
        for s in answer.sources
    ]

    watchdog.pace()
    # the chips: the page, then the rows
    from studio.ui.widgets.page_view import PageView

    rows_source = next(source for source in answer.sources if source.kind == "rows")
    page = hands.wait(lambda: hands.find(PageView), "the handbook's page")
    hands.wait(lambda: page.grab().toImage().width() > 50, "the page's picture")
    seen["page_shown"] = True
    for _ in range(len(answer.sources)):
        hands.keys("alt+Down")
    button = hands.button("Open in Data")
    seen["rows_source"] = rows_source.number
    hands.click(button)
    hands.wait(lambda: window.current_view() is not None and window.current_view().name == "data", "Data after a chip")
    table = hands.wait(lambda: hands.find(VirtualTable, lambda t: t.row_count == 47), "the 47 rows")
    seen["rows_shown"] = table.row_count

    watchdog.pace()
    # Workflows: the same pipeline as a graph
    product = next(one for one in result(engine.workflows.list()) if "Product" in one.name)
    window.studio.open("workflow", product.id)
    hands.wait(lambda: window.current_view() is not None and window.current_view().name == "workflows", "Workflows")
    view: Any = window.current_view()
    hands.wait(lambda: view.sheet is not None and view.sheet.workflow.id == product.id, "the graph")
    states: set[str] = set()
    sheet = view.sheet
    sheet.told.connect(lambda lives: states.update(live.state for live in lives.values()))  # as it is painted
    hands.live(1)
    hands.press("Queue run")
    form = hands.wait(hands.popup, "the form that asks for the question")
    hands.press("Run", "Start run", "Queue run", inside=form)
    run = hands.wait(lambda: result(engine.workflows.executions(product.id)), "a run")[0]

    def ended() -> Any:
        found = result(engine.workflows.execution(run.id))
        return found if found.status not in ("pending", "running") else None

    run = hands.wait(ended, "the end of the run", 240)
    hands.wait(lambda: sheet.settled, "the end of the run on the canvas")
    seen["run_status"], seen["run_error"] = run.status, run.error and str(run.error)
    seen["node_states"] = sorted(states)

    watchdog.pace()
    # every region by F6
    hands.keys("F6")
    hands.live(1)

    watchdog.pace()

    seen["paces"] = [round(pace, 2) for pace in watchdog.paces]
    seen["server"] = bool(json.loads((home / "data/owner.json").read_text()).get("port"))
    seen["stalls_by_cpu"] = watchdog.worst("at_pace_ms")
    seen["stalls_by_wall"] = watchdog.worst("wall_ms")
    seen["notices"] = [notice.notice.title.en for notice in window.notices]
    window.close()
    _close_engine()
    return seen


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1])), ensure_ascii=False, indent=1))
