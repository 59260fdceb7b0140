"""How much of a model's context a prompt takes: with the longest row of what feeds it, else with what its variables held in the last run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.errors import NotFound
from studio.engine.params import ParamField, fields_of
from studio.engine.text import Text
from studio.engine.workflows.bound import bound_of
from studio.engine.workflows.graph import Graph, Node
from studio.engine.workflows.longest import Longest, columns_of
from studio.engine.workflows.templates import as_text, seen
from studio.ui.canvas.document import Document
from studio.ui.canvas.look import LOOKS
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.widgets.labels import Label
from studio.ui.widgets.meter import StackedMeter

PLACE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
NAME = Text("Use of the model's context", "模型上下文占用")
TOKENS = Text("{count} tokens", "{count} 词元")
USED = Text("{used} of {whole} context", "占 {used} / {whole} 上下文")
ROOM = Text("room {room}", "剩余 {room}")
OVER = Text("{over} too many", "超出 {over}")
LONGEST_ROW = Text("Longest row {used} of {whole} context", "最长一行占 {used} / {whole} 上下文")
OF_RUN = Text("Estimated by the longest of the last run's {rows} rows", "按上次运行 {rows} 行中最长的一行估算")
OF_DATASET = Text("Estimated by the longest of the {rows} rows of {of}", "按“{of}” {rows} 行中最长的一行估算")
OF_SOME = Text("Estimated by the longest of the first {rows} rows of {of}", "按“{of}”前 {rows} 行中最长的一行估算")
UNKNOWN = Text("{names}: known after a run", "{names}：运行后可知")
COUNTED = 400_000  # characters that are counted of one value


@dataclass(frozen=True, slots=True)
class Part:
    """One part of what a model is sent. `slot` is the output that its value comes from, where it is wired."""

    name: str
    colour: str
    words: str = ""
    title: Text | None = None
    slot: tuple[str, str] | None = None

    @property
    def said(self) -> Text:
        return self.title or Text.same(self.name)


@dataclass(slots=True)
class Use:
    """Tokens by part, None where the value is not known yet; `whole` is the context, 0 where there is no model. With `rows`,
    values that differ from row to row are the longest ones."""

    whole: int = 0
    rows: Longest | None = None
    reserved: int = 0
    parts: list[tuple[Part, int | None]] = field(default_factory=list)

    @property
    def fixed(self) -> int:
        return self.parts[0][1] or 0 if self.parts else 0

    @property
    def used(self) -> int:
        return sum(count or 0 for _, count in self.parts)

    @property
    def room(self) -> int:
        """What is left once the answer has what it may take."""
        return self.whole - self.used - self.reserved


def prompt_fields(document: Document, node: Node) -> list[ParamField]:
    """The settings of a step that become what a model is sent; none for a step that feeds no model."""
    kind = document.type_of(node)
    fields = [one for one in fields_of(kind.params) if one.language == "prompt"] if kind else []
    return fields if fields and reader_of(document, node) is not None else []


def reader_of(document: Document, node: Node) -> Node | None:
    """The step whose model reads this prompt: itself, or the first after it that has a model."""
    seen_ids, waiting = set(), [node.id]
    while waiting:
        node_id = waiting.pop(0)
        if node_id in seen_ids or node_id not in document.nodes:
            continue
        seen_ids.add(node_id)
        found = document.nodes[node_id]
        kind = document.type_of(found)
        if kind is not None and any(one.ref == "model" for one in fields_of(kind.params)):
            return found
        if node_id == node.id or (kind is not None and kind.name == "prompt"):
            waiting.extend(edge.target for edge in document.wires(node_id) if edge.source == node_id)
    return None


def parts_of(document: Document, node: Node) -> list[Part]:
    """The fixed words first, then each input."""
    fields = prompt_fields(document, node)
    fixed = "\n".join(str(node.params.get(one.name, one.default) or "") for one in fields if one.name not in node.bound)
    parts = [Part("", "accent.ring", PLACE.sub("", fixed))]
    kind_of = document.type_of(node)
    taken = {name for bound in (bound_of(kind_of, node) if kind_of else ()) for name in bound.ports}
    columns = columns_of(document.graph, node, kind_of) if kind_of else []
    if columns:
        return [*parts, *(Part(name, "port.table") for name in columns)]
    for port in (port for port in document.ports(node).inputs if port.name not in taken):
        wires = [edge for edge in document.wires(node.id) if edge.target == node.id and edge.target_port == port.name]
        kind = LOOKS.get(port.type, port.type)
        if wires:
            kind = _type_of_source(document, wires[0].source, wires[0].source_port) if kind == "any" else kind
            slot = (wires[0].source, wires[0].source_port)
            parts.append(Part(port.name, f"port.{kind}", title=port.title, slot=slot))
        elif not port.optional:
            parts.append(Part(port.name, f"port.{kind}", title=port.title))
    return parts


def colours_of(document: Document, node: Node) -> dict[str, str]:
    """The colour of each variable in the prompt's text."""
    return {part.name: part.colour.replace("port.", "portText.") for part in parts_of(document, node)[1:]}


async def measure(
    engine: Any, workflow: str, execution: str, reader: Node, parts: list[Part], graph: Graph, node_id: str
) -> Use:
    """Count everything with the reader's model; values come from `execution`, or from the workflow's latest run. What comes
    from the rows of a table is counted at its longest."""
    model = await engine.models.get(str(reader.params.get("model") or "default"))
    settings = model.load_settings
    use = Use(min(model.context_length or settings.context_length, settings.context_length))
    use.reserved = min(int(reader.params.get("max_tokens") or 512), use.whole // 2)
    if not execution and any(part.slot for part in parts):
        latest = await engine.workflows.executions(workflow, 1)
        execution = latest[0].id if latest else ""
    longest = await engine.workflows.longest(graph, node_id, execution)
    use.rows = max((one for one in longest.values()), key=lambda one: one.rows, default=None)
    for part in parts:
        words = longest[part.name].words if part.name in longest else part.words
        if part.name and part.name not in longest:
            words = await _value(engine, execution, part)
        counted = None if words is None else await engine.models.count_tokens(model.id, words[:COUNTED])
        use.parts.append((part, counted))
    return use


async def _value(engine: Any, execution: str, part: Part) -> str | None:
    if not execution or part.slot is None:
        return None
    try:
        return str(as_text(seen(await engine.workflows.output(execution, *part.slot))))
    except NotFound:
        return None


class ContextBar(QWidget):
    """A bar of the parts, and in words how much is taken and left. It counts again a moment after each change."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.use: Use | None = None
        self._wanted: tuple[str, str, Node, list[Part]] | None = None
        self._place: tuple[Document, str] | None = None
        self.meter = StackedMeter(height=3, name=NAME)
        self.used = Label("", "caption", "text.secondary")
        self.room = Label("", "caption", "text.secondary")
        self.unknown = Label("", "caption", "text.tertiary", wrap=True)
        self.tokens = Label("", "dense", "text.tertiary")
        self._soon = QTimer(self, singleShot=True, interval=400, timeout=self._count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.size("space.1"), 0, 0)
        column.setSpacing(theme.size("space.1"))
        line = QHBoxLayout()
        line.addWidget(self.used)
        line.addStretch(1)
        line.addWidget(self.room)
        column.addWidget(self.meter)
        column.addLayout(line)
        column.addWidget(self.unknown)
        self.setVisible(False)

    def show_node(self, document: Document, node: Node, workflow: str, execution: str) -> None:
        """Count for a step as it is now; hidden where no model reads it."""
        reader = reader_of(document, node)
        if reader is None:
            self.hide()
            return
        wanted = (workflow, execution, reader, parts_of(document, node))
        if wanted != self._wanted:
            self._wanted, self._place = wanted, (document, node.id)
            self._soon.start()

    def _count(self) -> None:
        if self._wanted is not None and self._place is not None and self.studio.bridge.engine is not None:
            document, node_id = self._place
            work = measure(self.studio.engine, *self._wanted, document.graph, node_id)
            self.studio.bridge.run(self, work, self._show, lambda _: self.hide(), of="use")

    def _show(self, use: Use) -> None:
        self.use = use
        over = use.room < 0
        scale = max(use.whole, use.used) or 1
        self.meter.set_parts(
            [(count / scale, "danger.solid" if over else part.colour, part.said) for part, count in use.parts if count]
        )
        said = (USED if use.rows is None else LONGEST_ROW).format(used=_short(use.used), whole=_short(use.whole))
        self.used.say(said)
        say_room = OVER.format(over=_short(-use.room)) if over else ROOM.format(room=_short(use.room))
        self.room.say(say_room)
        self.room.set_colour("danger.text" if over else "text.secondary")
        self.meter.setAccessibleDescription(said.en)
        self.tokens.say(TOKENS.format(count=f"{use.fixed:,}"))
        lines = [_estimate(use.rows)] if use.rows is not None else []
        if unknown := [part.said for part, count in use.parts if count is None]:
            names = Text(", ".join(one.en for one in unknown), "、".join(one.zh for one in unknown))
            lines.append(UNKNOWN.format(names=names))
        self.unknown.say(Text("\n".join(line.en for line in lines), "\n".join(line.zh for line in lines)))
        self.unknown.setVisible(bool(lines))
        self.show()


def _type_of_source(document: Document, source: str, port: str) -> str:
    ports = document.ports(document.nodes[source])
    found = next((one.type for one in (*ports.outputs, *ports.inner_outputs) if one.name == port), "any")
    return LOOKS.get(found, found)


def _estimate(longest: Longest) -> Text:
    """What the longest row was looked for in."""
    words = OF_SOME if not longest.whole else OF_DATASET if longest.of else OF_RUN
    return words.format(rows=f"{longest.rows:,}", of=longest.of)


def _short(count: int) -> str:
    return f"{count:,}" if count < 1000 else f"{count / 1000:.1f}k"
