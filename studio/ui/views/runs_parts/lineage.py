"""What a run read and what it wrote, each one click away."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.engine.params import fields_of
from studio.engine.text import Text
from studio.engine.workflows import library
from studio.engine.workflows.graph import Graph
from studio.ui.theme import theme
from studio.ui.views.runs_parts.watching import Watched
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.discard import empty
from studio.ui.widgets.labels import Label

READS, WRITES = Text("Reads", "读取"), Text("Writes", "写入")
KINDS = {"dataset": "table", "collection": "library"}


def reads_of(graph: Graph) -> list[tuple[str, str]]:
    """The datasets and collections that the steps of a graph name, each once, as (kind, id)."""
    found: dict[tuple[str, str], None] = {}
    for node in graph.nodes:
        kind = library.nodes.all().get(node.type)
        for field in fields_of(kind.params) if kind else ():
            value = node.params.get(field.name)
            if field.ref in KINDS and isinstance(value, str) and value:
                found[field.ref, value] = None
    return list(found)


def writes_of(run: Watched) -> list[str]:
    """The ids of the datasets that this run saved."""
    saved = [node.id for node in run.graph.nodes if node.type == "save_dataset"]
    previews = [(run.result(step).get("outputs") or {}).values() for step in saved]
    return [str(one["text"]) for outputs in previews for one in outputs if one.get("type") == "text"]


class Lineage(QWidget):
    """`asked(kind, id)` when one is clicked. Hidden when a run touches nothing."""

    asked = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names: dict[str, str] = {}
        self._shown: object = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.size("space.2"))
        self.hide()

    def show_run(self, run: Watched) -> None:
        reads, writes = reads_of(run.graph), [("dataset", name) for name in writes_of(run)]
        if (shown := (tuple(reads), tuple(writes), tuple(self.names.items()))) == self._shown:
            return
        self._shown = shown
        row = self.layout()
        empty(row)
        for title, things in ((READS, reads), (WRITES, writes)):
            if things:
                row.addWidget(Label(title, "dense", "text.secondary"))
            for kind, name in things:
                button = Button(Text.same(self.names.get(name, name)), KINDS[kind], "ghost", "sm")
                button.clicked.connect(lambda _=False, kind=kind, name=name: self.asked.emit(kind, name))
                row.addWidget(button)
        row.addStretch(1)
        self.setVisible(bool(reads or writes))
