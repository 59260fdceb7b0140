"""A value as another kind of value: text read as JSON, lines, a table; a part picked out of an object."""

from __future__ import annotations

import csv
import io
import re
from typing import Annotated, Any, Literal

from studio.engine.errors import BadParameter
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.find_json import find_json
from studio.engine.workflows.graph import Port, Ports, PortType
from studio.engine.workflows.node import Anything, node
from studio.engine.workflows.values import as_words, convert, plain, table_of

STEP = re.compile(r"\.?([^.\[\]]+)|\[(-?\d+|\*)\]")
KINDS: dict[str, PortType] = {"json": "json", "lines": "json", "csv": "table", "text": "text", "number": "number", "table": "table", "path": "any"}  # fmt: skip


class ParseParams(Params):
    mode: Literal["json", "path", "lines", "csv", "table", "text", "number"] = param(
        "json", Text("Read as", "解析为"),
        choices={
            "json": Text("JSON (also inside other text)", "JSON（可夹在其他文本中）"), "path": Text("A part of an object", "对象的一部分"),
            "lines": Text("Lines", "行列表"), "csv": Text("CSV with a head", "带表头的 CSV"), "table": Text("Table", "表格"),
            "text": Text("Text", "文本"), "number": Text("Number", "数字"),
        },
    )  # fmt: skip
    path: str = param(
        "",
        Text("Part", "路径"),
        help=Text("Such as items[0].name or rows[*].id.", "例如 items[0].name 或 rows[*].id。"),
    )


def parse_ports(params: ParseParams) -> Ports:
    kind = KINDS.get(params.mode, "any")
    return Ports(outputs=[Port(name="value", type=kind, title=Text("Value", "值"))])


@node(
    title=Text("Parse", "解析转换"),
    category="transform",
    icon="braces",
    doc=Text(
        "Reads a value as JSON, lines, a table or a number, or picks out a part.",
        "把值解析为 JSON、行、表格或数字，或取出其中一部分。",
    ),
    light=True,
    ports=parse_ports,
    summary=lambda params: params.path or params.mode,
)
async def parse(context: Context, params: ParseParams, /, value: Annotated[Anything, Text("Value", "值")]) -> None:
    """Read the value; `BadParameter` shows what could not be read."""
    return {"value": parsed(value, params.mode, params.path)}  # type: ignore[return-value]


def parsed(value: Any, mode: str, path: str) -> Any:
    if mode == "path":
        return part_of(plain(value), path)
    if mode in ("text", "number", "table"):
        return convert(as_words(value) if mode == "text" else value, KINDS[mode])
    text = value if isinstance(value, str) else as_words(value)
    if mode == "lines":
        return [line for line in text.splitlines() if line.strip()]
    if mode == "csv":
        return table_of([dict(row) for row in csv.DictReader(io.StringIO(text))])
    return value if not isinstance(value, str) else find_json(text)


def part_of(value: Any, path: str) -> Any:
    """A part of an object by its path; a step that leads nowhere is a `BadParameter` that names it."""
    found = [value]
    many = False
    for name, index in STEP.findall(path):
        if index == "*":
            found, many = [item for each in found for item in (each if isinstance(each, list) else [])], True
            continue
        try:
            found = [each[int(index)] if index else each[name] for each in found]
        except (KeyError, IndexError, TypeError) as error:
            step = name or f"[{index}]"
            raise BadParameter(
                Text(f"“{path}” leads nowhere at “{step}”.", f"路径“{path}”在“{step}”处不存在。")
            ) from error
    return found if many else found[0]
