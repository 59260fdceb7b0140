"""Pictures of what opens over the views: dialogs, popups, the trash of workflows, two runs compared, a cluster, every page of Settings."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studio.engine.text import Text

SERVER = Path(__file__).parent / "workflows" / "mcp_server.py"


def data_dialogs(at: Any) -> Iterator[str]:
    """Details, bad lines, databases, a new connection, a bucket."""
    from studio.ui.views.data_parts.dialogs import BadLinesDialog, EditDialog

    view, datasets = at.window.current_view(), at.engine.datasets
    orders, half = at.result(datasets.get("ds-001")), at.result(datasets.get("half"))
    at.result(at.engine.objects.put("s3://pictures/sales/2025 华南.csv", b"id,amount\n1,2\n"))
    at.result(at.engine.objects.put("s3://pictures/sales/read me.txt", b"Sales of 2025."))
    for name, make in (
        ("edit", lambda: EditDialog(at.window.studio, orders, view)),
        ("lines", lambda: BadLinesDialog(half.statistics["bad_lines"], view)),
        ("databases", view.describe_databases),
        ("connection", view.connecting.add),
        ("bucket", lambda: view.connecting.look_into("s3://pictures/sales/")),
    ):
        at.shown = dialog = make()
        dialog.open()
        at.settle(1.5)
        yield f"data-{name}"
        dialog.reject()
    at.shown = None
    at.window.studio.open("dataset", "ds-001")


def model_dialogs(at: Any) -> Iterator[str]:
    """A remote server, a price, the details and the log."""
    from studio.ui.views.models_parts.adding import RemoteDialog
    from studio.ui.views.models_parts.pricing import ask_prices

    view = at.window.current_view()
    demo = at.result(at.engine.models.get("demo-smollm2"))
    at.shown = dialog = RemoteDialog(view, at.window.studio, lambda _: None, "http://127.0.0.1:9/v1")
    dialog.open()
    dialog.look.click()
    at.wait(dialog.problem.isVisible)
    at.settle(0.4)
    yield "models-remote"
    dialog.reject()
    at.shown = dialog = ask_prices(view, at.window.studio, view.work, demo)
    at.settle()
    yield "models-price"
    dialog.reject()
    at.shown = None
    for tab in ("details", "log"):
        view.open_model(demo.id, tab=tab)
        at.settle(1.5)
        yield f"models-{tab}"
    view.open_model(demo.id)


def workflow_dialogs(at: Any) -> Iterator[str]:
    """The trash beside the canvas, and the question before it is emptied."""
    view: Any = at.window.current_view()
    workflows = at.engine.workflows
    for name in ("Draft of a reply 回复草稿", "Old experiment"):
        if name not in {one.name for one in at.result(workflows.trash())}:
            made = at.result(workflows.create(name))
            at.result(workflows.delete(made.id))
    view.side.show_trash(True)
    at.wait(lambda: len(view.side.trash.list.rows()) > 2)
    view.side.trash.list.select(view.side.trash.list.rows()[1].id)
    view.side.trash.list.selected.emit(view.side.trash.list.rows()[1].id)
    at.settle(0.6)
    yield "workflows-trash"
    at.shown = ask = view.side.trash.ask_empty()
    at.settle(0.6)
    yield "workflows-trash-ask"
    ask.reject()
    at.shown = None
    view.side.show_trash(False)


def run_dialogs(at: Any) -> Iterator[str]:
    """Two runs of one workflow, side by side below."""
    view: Any = at.window.current_view()
    workflows = at.engine.workflows
    run = next(one for one in at.result(workflows.executions()) if one.status == "completed")
    if len(at.result(workflows.executions(run.workflow_id))) < 2:
        again = at.result(workflows.start(run.workflow_id, {}))
        at.exhaust(workflows.events(again.id))
    first, second, *_ = at.result(workflows.executions(run.workflow_id))
    at.window.studio.open("run", first.id)
    at.settle(1.5)
    view.compare(second.id)
    at.settle(2)
    yield "runs-compare"


def cluster_dialogs(at: Any) -> Iterator[str]:
    """The form of a cluster, and one that does not answer."""
    from studio.ui.widgets.ask import Ask

    view = at.window.current_view()
    view.add_cluster()
    at.shown = dialog = next(one for one in view.findChildren(Ask) if one.isVisible())
    at.settle(0.6)
    yield "clusters-add"
    dialog.reject()
    at.shown = None
    known = {one.name: one for one in at.result(at.engine.clusters.list())}
    if "GPU lab 实验室" not in known:
        at.result(at.engine.clusters.add("GPU lab 实验室", "http://127.0.0.1:9", "studio", ""))
    view.shown()
    at.wait(lambda: len(view.side.list.rows()) > 1)
    at.window.studio.open("cluster", at.result(at.engine.clusters.list())[0].id)
    at.settle(1.5)
    yield "clusters-unreachable"
    for one in at.result(at.engine.clusters.list()):
        at.result(at.engine.clusters.remove(one.id))
    at.settle(0.4)


def settings_pages(at: Any) -> Iterator[str]:
    """Every page, and tool servers as they are tried: one that answers, one that does not, one that is not understood."""
    view: Any = at.window.current_view()
    file = at.engine.paths.config / "mcp.json"
    entries = {
        "pumps": {"command": sys.executable, "args": ["-S", "-E", str(SERVER)], "allow": ["warranty"]},
        "files": {"url": "http://127.0.0.1:9/mcp"},
        "odd": {"args": 3},
    }
    file.write_text(json.dumps({"mcpServers": entries}))
    for row in view.list.rows():
        view.open_page(row.id)
        at.settle(0.8)
        if row.id == "tool_servers":
            page = view.stack.currentWidget()
            page.load()
            at.wait(lambda page=page: len(page.cards) == len(entries))
            for name in ("pumps", "files"):
                page.cards[name].test()
            at.wait(lambda page=page: all(page.cards[one].test_button.isEnabled() for one in ("pumps", "files")))
            at.settle(0.6)
        yield f"settings-{row.id}"
        if row.id == "tool_servers":
            at.shown = dialog = page.edit(page.cards["pumps"].server)
            at.settle(0.6)
            yield "settings-tool-server"
            dialog.reject()
            at.shown = None
    view.open_page(view.list.rows()[0].id)


def frame_scenes(at: Any) -> Iterator[str]:
    """What the frame opens: the palette, the notices, the shortcuts, the crash dialog, a toast."""
    from studio.engine.errors import Unavailable
    from studio.ui.errors import CrashDialog
    from studio.ui.shortcuts import ShortcutsSheet

    window = at.window
    window.show_view("home")
    window.palette_box.open("run")
    at.settle(1.5)
    yield "frame-palette"
    window.palette_box.close_palette()
    window.show_error(
        Unavailable(
            Text("Not enough GPU memory.", "显存不足。"), repair=Text("Use a smaller quant.", "改用更小的量化。")
        )
    )
    window.toast(Text("Deleted “Old experiment”.", "已删除“Old experiment”。"), lambda: None)
    at.settle(0.8)
    yield "frame-notice"
    sheet = ShortcutsSheet(window)
    at.shown = sheet
    sheet.show()
    at.settle(0.8)
    yield "frame-shortcuts"
    sheet.close()
    at.shown = crash = CrashDialog(RuntimeError("The picture of a crash"), window)
    crash.show()
    at.settle(0.6)
    yield "frame-crash"
    crash.close()
    at.shown = None
