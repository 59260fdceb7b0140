"""A real window that adds a step every 50 ms and prints each one, until it is killed."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("ONE_DATA_KEYRING", "file")
os.environ["ONE_DATA_SERVER__ENABLED"] = "false"
sys.path.insert(0, str(Path(__file__).parents[3]))


def main() -> None:
    from PySide6.QtCore import QPointF, QTimer

    from studio.engine.paths import Paths
    from studio.ui.app import make_app, open_window
    from studio.ui.bridge import bridge
    from studio.ui.canvas import editing

    app = make_app()
    window = open_window(Paths.under(Path(sys.argv[1])))
    slowest, since, late, before = 0.0, 0.0, 0.0, time.monotonic()
    savings: list[float] = []  # when what was saved last was saved; what was there before the first edit comes first

    def begin() -> None:
        if bridge.engine is None:
            return
        waiting.stop()
        window.show_view("workflows")
        opening.start()

    def open_one() -> None:
        view = window.current_view()
        if not hasattr(view, "sheets"):
            return
        if not view.sheets:
            if not opening.property("asked"):
                opening.setProperty("asked", True)
                view.new_workflow()
            return
        opening.stop()
        begun()
        adding.start()

    def begun() -> None:
        nonlocal before
        before = time.monotonic()

    def add() -> None:
        nonlocal slowest, since, late, before
        sheet = window.current_view().sheet
        step = editing.add_node(sheet.canvas, sheet.document.types["sql"], QPointF(0, 0))
        now = time.monotonic()
        late, before = max(late, now - before - 0.05), now  # so long this computer let no timer have its turn
        if sheet.saving.saved_at not in savings:
            savings.append(sheet.saving.saved_at)
            since = now
        elif sheet.saving.busy:
            slowest = max(slowest, now - since)
        print(
            json.dumps({"step": step, "at": now, "saved": len(savings) > 1, "slowest": slowest, "late": late}),
            flush=True,
        )

    waiting = QTimer(app, interval=20, timeout=begin)
    opening = QTimer(app, interval=20, timeout=open_one)
    adding = QTimer(app, interval=50, timeout=add)
    waiting.start()
    sys.exit(app.exec())


if __name__ == "__main__":
    main()
