"""From a step of the graph to what is painted of it, in the current language."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from studio.engine.params import ParamField, fields_of
from studio.engine.text import Text
from studio.engine.workflows.bypass import through
from studio.engine.workflows.graph import Node, Port, Ports
from studio.engine.workflows.node import NodeType
from studio.ui.canvas.model import Block, NodeFace, Off, PortFace, Side
from studio.ui.language import tr

CODE_LINES = 3
CODE_LETTERS = 34
CATEGORY_TILES = {"generate": "text", "control": "boolean", "retrieve": "docs", "transform": "file", "output": "table"}
MISSING = Text("Not installed here", "此处未安装")


def words_of(node: Node, kind: NodeType | None) -> Text:
    """What a step is called, in both languages."""
    return Text.same(node.title or node.type) if node.title or kind is None else kind.title


def title_of(node: Node, kind: NodeType | None) -> str:
    return tr(words_of(node, kind))


def tile_of(kind: NodeType | None) -> str:
    """The port type whose colour a step's icon wears: what comes out of it, or else what its category deals in."""
    if kind is None:
        return "any"
    if kind.frame:
        return "number"
    first = next((port.type for port in kind.outputs), "any")
    if kind.category in ("generate", "control", "output") or first == "any":
        return CATEGORY_TILES.get(kind.category, "any")
    return first


def off_of(node: Node) -> Off:
    """Whether it is left out, and how."""
    return "mute" if node.mute else "bypass" if node.bypass else ""


Names = Mapping[str, str]


def face_of(node: Node, kind: NodeType | None, ports: Ports, names: Names) -> NodeFace:
    """`names` tells the ids of datasets and the like as people know them."""
    return NodeFace(
        id=node.id,
        title=title_of(node, kind),
        icon=kind.icon if kind else "circle-help",
        tile=tile_of(kind),
        ports=tuple(_ports(ports) if not node.variant_of else (port for port in _ports(ports) if port.begins)),
        blocks=tuple(_blocks(node, kind, ports, names)),
        subtitle=kind.line(node.params) if kind and kind.frame else "",
        kind=tr(kind.title) if kind else node.type,
        frame=bool(kind and kind.frame),
        off=off_of(node),
        through=tuple((name, output) for output, (name, _) in through(ports).items()) if node.bypass else (),
        variant=bool(node.variant_of),
        streams=bool(kind and kind.streams),
    )


def _ports(ports: Ports) -> list[PortFace]:
    sides: list[tuple[Side, list[Port]]] = [
        ("input", ports.inputs),
        ("output", ports.outputs),
        ("inner_output", ports.inner_outputs),
        ("inner_input", ports.inner_inputs),
    ]
    return [
        PortFace(port.name, port.type, tr(port.title), side, port.many, port.optional)
        for side, found in sides
        for port in found
    ]


@functools.cache
def _defaults(params: type[BaseModel]) -> dict[str, Any]:
    return {field.name: field.default for field in fields_of(params)}


def _blocks(node: Node, kind: NodeType | None, ports: Ports, names: Names) -> list[Block]:
    """Names of what it uses, then code, or else its summary where that says more than its ports do."""
    if kind is None:
        return [Block("faint", (tr(MISSING),))]
    if kind.frame:
        return []
    defaults = _defaults(kind.params)
    fields = [field for field in fields_of(kind.params) if field.counts(node.params, defaults)]
    code = next((field for field in fields if field.kind == "editor" and _value(node, field)), None)
    used = [str(_value(node, field)) for field in fields if field.kind == "ref" and _value(node, field)]
    blocks = [Block("strong", (names.get(name, name),)) for name in used[:1]]
    if kind.streams:
        return [*blocks, Block("stream", _code_lines(node, code), rows=3)]
    if code is not None:
        lines = _code_lines(node, code)
        return [*blocks, Block("code", lines, language=code.language)] if lines else blocks
    line = kind.line(node.params)
    shown = {port.name for port in (*ports.inputs, *ports.outputs)}
    if line and line not in used and not set(line.split(", ")) <= shown:
        said = next((tr(field.choices[line]) for field in fields if line in field.choices), line)
        blocks.append(Block("plain" if not blocks else "faint", (said[:CODE_LETTERS],)))
    return blocks


def _code_lines(node: Node, field: ParamField | None) -> tuple[str, ...]:
    if field is None:
        return ()
    lines = [
        line.rstrip().replace("\t", "  ") for line in str(_value(node, field)).strip().splitlines() if line.strip()
    ]
    shown = [line if len(line) <= CODE_LETTERS else line[: CODE_LETTERS - 1] + "…" for line in lines[:CODE_LINES]]
    if len(lines) > CODE_LINES and not shown[-1].endswith("…"):
        shown[-1] += " …"
    return tuple(shown)


def _value(node: Node, field: ParamField) -> Any:
    default = "" if field.default in (..., None) else field.default
    return node.params.get(field.name, default)
