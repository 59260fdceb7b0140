"""The inputs of a step and what is wired to each: the variables of a prompt among them."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget

from studio.engine.text import Text
from studio.engine.workflows.graph import Node
from studio.ui.canvas.document import Document
from studio.ui.canvas.faces import title_of
from studio.ui.canvas.look import LOOKS
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.widgets.discard import empty
from studio.ui.widgets.labels import Label

TITLE = Text("Inputs", "输入")
NOT_WIRED = Text("not wired", "未连接")
OPTIONAL = Text("not wired (optional)", "未连接（可选）")


class Bindings(QWidget):
    """Rewritten whenever the step changes; hidden for a step that takes nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.said: list[tuple[str, str]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.size("space.3"))
        self._grid.setVerticalSpacing(theme.size("space.1"))
        self._grid.setColumnStretch(1, 1)

    def show_node(self, document: Document, node: Node) -> None:
        rows = list(_bound(document, node))
        said = [(tr(name), tr(source)) for name, source, _ in rows]
        if said == self.said:
            return
        self.said = said
        empty(self._grid)
        self.setVisible(bool(rows))
        if rows:
            self._grid.addWidget(Label(TITLE, "dense", "text.secondary"), 0, 0, 1, 2)
        for number, (name, source, colour) in enumerate(rows, 1):
            self._grid.addWidget(Label(name, "mono", colour), number, 0)
            self._grid.addWidget(Label(source, "dense", "text.secondary", elide="end"), number, 1)


def _bound(document: Document, node: Node):
    """Each input: its name, what feeds it, the colour of its type; what misses a wire in the colour of a warning."""
    for port in document.ports(node).inputs:
        wires = [e for e in document.wires(node.id) if e.target == node.id and e.target_port == port.name]
        if not wires:
            yield (
                port.title,
                OPTIONAL if port.optional else NOT_WIRED,
                "text.tertiary" if port.optional else "warning.text",
            )
            continue
        sources = [document.nodes[wire.source] for wire in wires]
        words = ", ".join(title_of(source, document.type_of(source)) for source in sources)
        yield (
            port.title,
            Text.same(f"{words} · {tr(_title_of_port(document, sources[0], wires[0].source_port))}"),
            f"portText.{LOOKS.get(port.type, port.type)}",
        )


def _title_of_port(document: Document, source: Node, name: str) -> Text:
    ports = document.ports(source)
    return next((one.title for one in (*ports.outputs, *ports.inner_outputs) if one.name == name), Text.same(name))
