"""A graph made ready to run: what each step waits for, worked out once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from studio.engine import params as declared
from studio.engine.errors import Invalid
from studio.engine.text import Text
from studio.engine.workflows import library
from studio.engine.workflows.graph import Graph, Node, Port, Sheet
from studio.engine.workflows.node import NodeType

Slot = tuple[str, str]  # a step's id and one of its output ports


@dataclass(slots=True)
class Input:
    """One input port and the outputs wired to it, each with whether its value has to be converted."""

    port: Port
    sources: list[tuple[Slot, bool]]


@dataclass(slots=True)
class Step:
    """One step, ready to run. `waits` counts the steps of its own scope that come before it; `next` are those after it."""

    id: str
    node: Node
    type: NodeType
    params: Any
    said: Any
    inputs: list[Input]
    outputs: list[str]
    waits: int = 0
    next: list[Step] = field(default_factory=list)
    body: Scope | None = None
    results: list[Input] = field(default_factory=list)


@dataclass(slots=True)
class Scope:
    """The steps of the sheet, or of one frame. `line`: each follows one other, so no two can run at once."""

    steps: list[Step]
    ready: list[Step]
    line: bool

    def everything(self) -> list[Step]:
        """These steps and those in their frames."""
        return [*self.steps, *(inner for step in self.steps if step.body for inner in step.body.everything())]


def plan(graph: Graph) -> Scope:
    """Make a graph ready, or raise `Invalid` with the first thing that keeps it from running."""
    if not graph.nodes:
        raise Invalid(
            Text("The workflow has no steps yet.", "工作流中还没有节点。"),
            Text("Add one on the canvas.", "请在画布上添加节点。"),
        )
    bad = [problem for problem in library.problems(graph) if problem.level == "error"]
    if bad:
        first = bad[0]
        title = graph.node(first.node_id).title or first.node_id if graph.has(first.node_id) else first.node_id
        raise Invalid(
            Text(f"“{title}”: {first.message.en}", f"“{title}”：{first.message.zh}"),
            Text("Open it on the canvas and mend it.", "请在画布上打开并修改。"),
            details="\n".join(f"{problem.node_id}: {problem.message.en}" for problem in bad),
        )
    return _Planner(graph).scope(None)


class _Planner:
    """Holds the graph's lookups while a plan is made; linear in steps and wires."""

    def __init__(self, graph: Graph) -> None:
        self._sheet = Sheet(graph, library.ports_of)
        self._nodes = self._sheet.nodes
        self._children: dict[str | None, list[Node]] = {}
        self._wires: dict[Slot, list[Slot]] = {}
        for node in graph.nodes:
            self._children.setdefault(node.parent, []).append(node)
        for edge in graph.edges:
            self._wires.setdefault((edge.target, edge.target_port), []).append((edge.source, edge.source_port))

    def scope(self, frame: str | None) -> Scope:
        steps = {node.id: self._step(node) for node in self._children.get(frame, [])}
        for step in steps.values():
            before = {
                home for source in self._sources_of(step) if (home := self._home(source, frame)) and home != step.id
            }
            step.waits = len(before)
            for name in before:
                steps[name].next.append(step)
        ready = [step for step in steps.values() if not step.waits]
        line = len(ready) == 1 and all(len(step.next) <= 1 for step in steps.values())
        return Scope(list(steps.values()), ready, line)

    def _step(self, node: Node) -> Step:
        kind = library.nodes.get(node.type)
        ports = self._sheet.ports(node)
        params = None if node.bypass else declared.check(kind.params, node.params)
        step = Step(
            node.id, node, kind, params, params.model_dump(mode="json") if params is not None else None,
            [self._input(node, port) for port in ports.inputs], [port.name for port in ports.outputs],
        )  # fmt: skip
        if kind.frame:
            step.body = self.scope(node.id)
            step.results = [self._input(node, port) for port in ports.inner_inputs]
        return step

    def _input(self, node: Node, port: Port) -> Input:
        wires = self._wires.get((node.id, port.name), [])
        return Input(port, [(slot, self._differs(slot, node, port)) for slot in wires])

    def _differs(self, slot: Slot, target: Node, port: Port) -> bool:
        source = self._nodes[slot[0]]
        outputs = self._sheet.outputs(source, target)
        kind = next((output.type for output in outputs if output.name == slot[1]), "any")
        return port.type not in ("any", kind)

    def _sources_of(self, step: Step) -> list[str]:
        """The steps whose outputs this step, or anything in its frame, takes."""
        own = [slot[0] for wanted in step.inputs for slot, _ in wanted.sources]
        return own + [source for inner in (step.body.steps if step.body else []) for source in self._sources_of(inner)]

    def _home(self, source: str, frame: str | None) -> str:
        """The step of this scope that a source is; "" for one outside of it."""
        return source if self._nodes[source].parent == frame else ""
