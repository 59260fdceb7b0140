"""A graph made ready to run: what each step waits for, worked out once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from studio.engine.errors import Invalid
from studio.engine.text import Text
from studio.engine.workflows import library
from studio.engine.workflows.bound import Bound, bound_of
from studio.engine.workflows.bypass import Through, through
from studio.engine.workflows.graph import Edge, Graph, Node, Port, Ports, PortType
from studio.engine.workflows.links import End, Sheet
from studio.engine.workflows.node import NodeType

Slot = tuple[str, str]  # a step's id and one of its output ports
Source = tuple[Slot, PortType | None]  # with the type that its value has to be converted to


@dataclass(slots=True)
class Input:
    """One input port and the outputs wired to it. `back` are those of loop-backs, which come first from the second pass on."""

    name: str
    many: bool
    optional: bool
    sources: Sequence[Source]
    back: Sequence[Source]


@dataclass(slots=True, eq=False)
class Step:
    """One step, ready to run. `waits` counts the steps of its own scope that come before it; `next` are those after it.

    `plainly`: one call of its function is all there is to it. `keyed`: its answer is worth keeping. `fields` are what a frame
    hands to the steps in it. `through` is what a bypassed step lets pass. A loop (the steps between a loop-back's ends) is a step without a type whose body goes round.
    """

    id: str
    node: Node
    kind: NodeType | None
    params: Any
    inputs: list[Input] = field(default_factory=list)
    outputs: Sequence[str] = ()
    waits: int = 0
    next: list[Step] = field(default_factory=list)
    body: Scope | None = None
    results: Sequence[Input] = ()
    fields: Sequence[str] = ()
    backs: Sequence[Edge] = ()
    plainly: bool = False
    keyed: bool = False
    effect: bool = False
    only: str = ""  # the name of its one output
    call: Callable[..., Any] | None = None
    bound: tuple[Bound, ...] = ()
    through: Through | None = None
    _said: Any = None

    @property
    def type(self) -> NodeType:
        assert self.kind is not None
        return self.kind

    @property
    def said(self) -> Any:
        """The parameters as plain JSON, for the cache's key."""
        if self._said is None and self.params is not None:
            self._said = self.params.model_dump(mode="json")
        return self._said


@dataclass(slots=True, eq=False)
class Scope:
    """The steps of the sheet, of one frame or of one loop. `line`: each follows one other, so no two can run at once.
    `variables` are the workflow's own, on the sheet."""

    steps: list[Step]
    ready: list[Step]
    line: bool
    variables: dict[str, Any] = field(default_factory=dict)

    def everything(self) -> list[Step]:
        """These steps and those in their frames and loops, without the loops themselves."""
        found: list[Step] = []
        for step in self.steps:
            if step.kind is not None:
                found.append(step)
            if step.body is not None:
                found += step.body.everything()
        return found

    def within(self, names: frozenset[str]) -> set[str]:
        """These steps and all that lies in them."""
        found = set(names)
        for step in self.steps:
            if step.body is not None:
                inner = step.body
                found |= {one.id for one in inner.everything()} if step.id in names else inner.within(names)
        return found


def plan(graph: Graph) -> Scope:
    """Make a graph ready, or raise `Invalid` with the first thing that keeps it from running."""
    if not graph.nodes:
        raise Invalid(
            Text("The workflow has no steps yet.", "工作流中还没有节点。"),
            Text("Add one on the canvas.", "请在画布上添加节点。"),
        )
    sheet, found = library.examine(graph)
    bad = [problem for problem in found if problem.level == "error"]
    if bad:
        first = bad[0]
        title = graph.node(first.node_id).title or first.node_id if graph.has(first.node_id) else first.node_id
        raise Invalid(
            Text(f"“{title}”: {first.message.en}", f"“{title}”：{first.message.zh}"),
            Text("Open it on the canvas and mend it.", "请在画布上打开并修改。"),
            details="\n".join(f"{problem.node_id}: {problem.message.en}" for problem in bad),
        )
    scope = _Planner(sheet).frame(None)
    scope.variables = graph.variables
    return scope


def downstream(scope: Scope, names: set[str]) -> set[str]:
    """These steps and all that take anything from them, wherever they lie."""
    after: dict[str, set[str]] = {}
    for step in scope.everything():
        for wanted in (*step.inputs, *step.results):
            for slot, _ in (*wanted.sources, *wanted.back):
                after.setdefault(slot[0], set()).add(step.id)
        for inner in step.body.everything() if step.body else ():
            after.setdefault(step.id, set()).add(inner.id)
            after.setdefault(inner.id, set()).add(step.id)
    return _reached(after, *names)


@dataclass(slots=True)
class _Region:
    """The steps between the ends of loop-backs."""

    names: set[str]
    backs: list[Edge]


class _Planner:
    """Holds the graph's lookups while a plan is made; linear in steps and wires."""

    def __init__(self, sheet: Sheet) -> None:
        graph = sheet.graph
        self._sheet = sheet
        self._nodes = sheet.nodes
        self._children: dict[str | None, list[Node]] = {}
        self._wires: dict[End, list[Edge]] = {}
        self._backs: dict[str | None, list[Edge]] = {}
        self._outputs: dict[int, Sequence[str]] = {}
        self._edges = graph.wires()
        for node in graph.nodes:
            self._children.setdefault(node.parent, []).append(node)
        for edge in self._edges:
            self._wires.setdefault(sheet.end(edge), []).append(edge)
            if edge.passes is not None:
                self._backs.setdefault(self._nodes[edge.source].parent, []).append(edge)

    def frame(self, frame: str | None) -> Scope:
        return self._scope([self._step(node) for node in self._children.get(frame, [])], self._backs.get(frame, []))

    def _scope(self, steps: list[Step], backs: list[Edge]) -> Scope:
        regions = self._regions({step.id for step in steps}, backs) if backs else []
        inside = {name: region for region in regions for name in region.names}
        whole = [step for step in steps if step.id not in inside]
        home = {step.id: step for step in whole}
        for region in regions:
            loop = self._loop(region, [step for step in steps if step.id in region.names], backs)
            whole.append(loop)
            home |= dict.fromkeys(region.names, loop)
        for step in whole:
            before = {found.id: found for source in self._sources_of(step) if (found := home.get(source)) is not None}
            before.pop(step.id, None)
            step.waits = len(before)
            for found in before.values():
                found.next.append(step)
        ready = [step for step in whole if not step.waits]
        line = len(ready) == 1 and all(len(step.next) <= 1 and step.waits <= 1 for step in whole)
        return Scope(_in_line(ready[0]) if line else whole, ready, line)

    def _loop(self, region: _Region, steps: list[Step], backs: list[Edge]) -> Step:
        name = f"{region.backs[0].target}…{region.backs[0].source}"
        inner = [edge for edge in backs if edge not in region.backs and {edge.source, edge.target} <= region.names]
        loop = Step(name, Node(id=name, type=""), None, None)
        loop.body, loop.backs = self._scope(steps, inner), region.backs
        return loop

    def _regions(self, names: set[str], backs: list[Edge]) -> list[_Region]:
        """What each loop-back goes round, the outermost only: one that lies in another is found again inside of it."""
        after, before = self._neighbours(names)
        regions: list[_Region] = []
        for edge in backs:
            between = (_reached(after, edge.target) & _reached(before, edge.source)) | {edge.source, edge.target}
            regions.append(_Region(between, [edge]))
        regions.sort(key=lambda region: -len(region.names))
        outer: list[_Region] = []
        for region in regions:
            touched = next((other for other in outer if other.names & region.names), None)
            if touched is None:
                outer.append(region)
            elif touched.names == region.names or not region.names < touched.names:
                touched.names |= region.names
                touched.backs += region.backs
        return outer

    def _neighbours(self, names: set[str]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
        after: dict[str, set[str]] = {}
        before: dict[str, set[str]] = {}
        for edge in self._edges:
            left, right = self._member(edge.source, names), self._member(edge.target, names)
            if edge.passes is None and left and right and left != right:
                after.setdefault(left, set()).add(right)
                before.setdefault(right, set()).add(left)
        return after, before

    def _member(self, name: str | None, names: set[str]) -> str | None:
        """The step of these that a step is or lies in."""
        while name is not None and name not in names:
            name = self._nodes[name].parent if name in self._nodes else None
        return name

    def _step(self, node: Node) -> Step:
        kind = library.nodes.get(node.type)
        ports = self._sheet.ports(node)
        params = self._sheet.params.get(node.id)  # none where the step is bypassed or muted
        step = Step(node.id, node, kind, params)
        step.inputs = [self._input(node, port, False) for port in ports.inputs]
        step.outputs = self._outputs_of(ports)
        step.bound = bound_of(kind, node) if node.bound else ()
        step.through = through(ports) if node.bypass else None
        unknown = kind.effect is None or params is None or bool(step.bound)
        step.effect = kind.side_effect and (unknown or kind.effect(params))  # type: ignore[misc]
        step.effect = step.effect if node.side_effect is None else node.side_effect
        step.keyed = kind.cached and node.cache != "off" and not step.effect
        step.plainly = not (kind.streams or node.retry.times or node.timeout)
        step.only = kind.fixed.outputs[0].name if len(kind.fixed.outputs) == 1 else ""
        step.call = kind.function
        if kind.frame:
            step.body = self.frame(node.id)
            step.results = [self._input(node, port, True) for port in ports.inner_inputs]
            step.fields = [port.name for port in ports.inner_outputs]
        return step

    def _outputs_of(self, ports: Ports) -> Sequence[str]:
        """Their names; most steps of a type share one object of ports, and so these."""
        found = self._outputs.get(id(ports))
        if found is None:
            found = self._outputs[id(ports)] = tuple(port.name for port in ports.outputs)
        return found

    def _input(self, node: Node, port: Port, inner: bool) -> Input:
        wires = self._wires.get((node.id, port.name, inner), ())
        sources = [self._source(edge, node, port) for edge in wires if edge.passes is None]
        back = [self._source(edge, node, port) for edge in wires if edge.passes is not None] if self._backs else ()
        return Input(port.name, port.many, port.optional, sources, back)

    def _source(self, edge: Edge, target: Node, port: Port) -> Source:
        if port.type == "any":
            return (edge.source, edge.source_port), None
        outputs = self._sheet.outputs(self._nodes[edge.source], target)
        kind = next((output.type for output in outputs if output.name == edge.source_port), "any")
        return (edge.source, edge.source_port), None if kind == port.type else port.type

    def _sources_of(self, step: Step) -> list[str]:
        """The steps whose outputs this step, or anything in its frame or loop, takes."""
        found = [slot[0] for wanted in step.inputs for slot, _ in wanted.sources]
        found += [slot[0] for wanted in step.results for slot, _ in wanted.sources]
        return found + [
            source for inner in (step.body.steps if step.body else []) for source in self._sources_of(inner)
        ]


def _in_line(first: Step) -> list[Step]:
    steps = [first]
    while steps[-1].next:
        steps.append(steps[-1].next[0])
    return steps


def _reached(neighbours: dict[str, set[str]], *starts: str) -> set[str]:
    """What one comes to from there, with the starts."""
    found, waiting = set(), [*starts]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(neighbours.get(name, ()))
    return found
