"""What differs between two graphs, in a person's words: steps and their settings, wires, notes; never mere positions."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel

from studio.engine.text import Text
from studio.engine.workflows.graph import HANDLING, Edge, Graph, Node
from studio.engine.workflows.values import as_words

FLAGS = ("title", "type", "version", "parent", *HANDLING)
WHAT = {
    "added": Text("added", "新增"),
    "removed": Text("removed", "删除"),
    "changed": Text("changed", "修改"),
}
KINDS = {
    "step": Text("step", "节点"),
    "setting": Text("setting", "设置"),
    "wire": Text("wire", "连线"),
    "note": Text("note", "注释"),
    "frame": Text("frame", "分组"),
    "workflow": Text("workflow", "工作流"),
}


class Change(BaseModel):
    """One difference. `name` is a setting's or a wire's; `lines` is a line-by-line difference of long texts."""

    what: Literal["added", "removed", "changed"]
    kind: Literal["step", "setting", "wire", "note", "frame", "workflow"]
    node_id: str = ""
    name: str = ""
    before: Any = None
    after: Any = None
    lines: list[str] = []

    def line(self) -> Text:
        """One line that says it."""
        where = ".".join(part for part in (self.node_id, self.name) if part)
        values = f": {_short(self.before)} → {_short(self.after)}" if self.what == "changed" and not self.lines else ""
        what, kind = WHAT[self.what], KINDS[self.kind]
        return Text(f"{kind.en} {where} {what.en}{values}", f"{what.zh}{kind.zh} {where}{values}")


def compare(before: Graph, after: Graph) -> list[Change]:
    """The differences in the order of the later graph; empty when both do the same."""
    return [*_head(before, after), *_steps(before, after), *_wires(before, after), *_beside(before, after)]


def _head(before: Graph, after: Graph) -> Iterator[Change]:
    for name in ("name", "description", "variables", "concurrency"):
        left, right = getattr(before, name), getattr(after, name)
        if left != right:
            yield Change(what="changed", kind="workflow", name=name, before=left, after=right)


def _steps(before: Graph, after: Graph) -> Iterator[Change]:
    old = {node.id: node for node in before.nodes}
    new = {node.id: node for node in after.nodes}
    for node in after.nodes:
        if node.id not in old:
            yield Change(what="added", kind="step", node_id=node.id, name=node.type, after=node.params)
        else:
            yield from _settings(old[node.id], node)
    for node in before.nodes:
        if node.id not in new:
            yield Change(what="removed", kind="step", node_id=node.id, name=node.type, before=node.params)


def _settings(before: Node, after: Node) -> Iterator[Change]:
    for name in FLAGS:
        left, right = _plain(getattr(before, name)), _plain(getattr(after, name))
        if left != right:
            yield Change(what="changed", kind="setting", node_id=after.id, name=name, before=left, after=right)
    for name in dict.fromkeys([*after.params, *before.params]):
        left, right = before.params.get(name), after.params.get(name)
        if left != right:
            lines = _lines(left, right)
            yield Change(
                what="changed", kind="setting", node_id=after.id, name=name, before=left, after=right, lines=lines
            )


def _wires(before: Graph, after: Graph) -> Iterator[Change]:
    old, new = {name_of(edge): edge for edge in before.edges}, {name_of(edge): edge for edge in after.edges}
    for name, edge in new.items():
        if name not in old:
            yield Change(what="added", kind="wire", name=name)
        elif old[name].passes != edge.passes:
            yield Change(what="changed", kind="wire", name=name, before=old[name].passes, after=edge.passes)
    yield from (Change(what="removed", kind="wire", name=name) for name in old if name not in new)


def _beside(before: Graph, after: Graph) -> Iterator[Change]:
    pairs: tuple[tuple[Literal["note", "frame"], dict[str, str], dict[str, str]], ...] = (
        ("note", {n.id: n.text for n in before.notes}, {n.id: n.text for n in after.notes}),
        ("frame", {f.id: f.title for f in before.frames}, {f.id: f.title for f in after.frames}),
    )
    for kind, old, new in pairs:
        for name in dict.fromkeys([*new, *old]):
            left, right = old.get(name), new.get(name)
            if left != right:
                what: Any = "added" if left is None else "removed" if right is None else "changed"
                yield Change(what=what, kind=kind, name=name, before=left, after=right)


def name_of(edge: Edge) -> str:
    """What a difference calls a wire: its two ends."""
    return f"{edge.source}.{edge.source_port} → {edge.target}.{edge.target_port}"


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def _lines(before: Any, after: Any) -> list[str]:
    if not (isinstance(before, str) and isinstance(after, str)) or "\n" not in before + after:
        return []
    return [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if not line.startswith("?")]


def _short(value: Any) -> str:
    words = as_words(value)
    return words if len(words) <= 60 else words[:60] + "…"
