"""Parts of a workflow run again with what an earlier run recorded: from a step on, one step alone, a map for one row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio.engine.errors import NotFound
from studio.engine.text import Text
from studio.engine.workflows.execution import Execution
from studio.ui.canvas.view import Entry

if TYPE_CHECKING:
    from studio.ui.views.workflows_parts.sheet import Sheet

FROM_HERE = Text("Run from here", "从此处运行")
ONLY_THIS = Text("Run this node", "仅运行此节点")
ONE_ROW = Text("Try one row", "试跑一行")
NO_ROWS = Text("“{title}” has no rows to try.", "“{title}”没有可试跑的行。")


def entries(sheet: Sheet, nodes: list[str]) -> list[Entry]:
    """What the menu of one step offers."""
    if len(nodes) != 1 or sheet.running:
        return []
    step = nodes[0]
    found: list[Entry] = [
        (FROM_HERE, "Shift+Enter", lambda: run_from(sheet, step)),
        (ONLY_THIS, "", lambda: run_only(sheet, step)),
    ]
    if frame_of(sheet, step):
        found.append((ONE_ROW, "", lambda: try_row(sheet, step)))
    return found


def frame_of(sheet: Sheet, step: str) -> str:
    """The outermost frame that a step is or lies in; "" for one that runs once."""
    document, found = sheet.document, ""
    node = document.nodes.get(step)
    while node is not None:
        kind = document.type_of(node)
        if kind is not None and kind.frame and any(port.type == "table" for port in document.ports(node).inputs):
            found = node.id
        node = document.nodes.get(node.parent or "")
    return found


def run_from(sheet: Sheet, step: str) -> None:
    """This step and all that depends on it; what comes before is taken from the run that is shown."""
    _branch(sheet, start_at=step)


def run_only(sheet: Sheet, step: str) -> None:
    """This step alone, with the inputs that it had."""
    _branch(sheet, only=step)


def try_row(sheet: Sheet, step: str) -> None:
    """The map around a step, for the first row of what it was given; nothing that depends on it runs."""
    frame = frame_of(sheet, step)
    if sheet.run is None:
        sheet.wants_run.emit()
        return
    document, run = sheet.document, sheet.run.execution_id
    wires = [e for e in document.wires(frame) if e.target == frame and document.nodes[e.source].parent != frame]
    workflows = sheet.studio.engine.workflows
    graph = document.graph

    async def begin() -> Execution:
        edits: dict[str, Any] = {}
        for wire in wires:
            value = await workflows.output(run, wire.source, wire.source_port)
            if hasattr(value, "slice") and hasattr(value, "num_rows"):
                edits[f"{wire.source}.{wire.source_port}"] = value.slice(0, 1)
        if not any(rows.num_rows for rows in edits.values()):
            raise NotFound(NO_ROWS.format(title=sheet.titles().get(frame, frame)))
        return await workflows.branch(run, only=frame, edits=edits, definition=graph)

    sheet.begin(begin)


def _branch(sheet: Sheet, **where: str) -> None:
    if sheet.run is None or sheet.running:
        sheet.wants_run.emit()  # nothing is recorded yet: all of it
        return
    run, workflows, graph = sheet.run.execution_id, sheet.studio.engine.workflows, sheet.document.graph
    sheet.begin(lambda: workflows.branch(run, definition=graph, **where))
