"""Writes docs/settings.md and docs/nodes.md from what is declared in the code: `python docs/make_reference.py`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from studio.engine.params import ParamField, fields_of
from studio.engine.settings import GROUPS
from studio.engine.workflows import library

DOCS = Path(__file__).parent


def settings_page() -> str:
    lines = [
        "# Settings 设置",
        "",
        "Made from `studio/engine/settings.py`. Change one in the window under Settings, with `studio settings set NAME VALUE`,",
        "over HTTP with `PUT /api/v1/settings`, or for one start with a variable such as `ONE_DATA_SERVER__PORT=9000`.",
    ]
    for group in GROUPS:
        lines += ["", f"## {group.title.en} {group.title.zh}", "", *_table(group.name + ".", fields_of(group.params))]
    return "\n".join(lines) + "\n"


def nodes_page() -> str:
    lines = [
        "# Workflow nodes 工作流节点",
        "",
        "Made from the nodes' declarations in `studio/engine/workflows/nodes/`.",
    ]
    for kind in sorted(library.node_types(), key=lambda kind: (kind.category, kind.name)):
        ports = ", ".join(f"{port.name}: {port.type}" for port in kind.inputs) or "–"
        outputs = ", ".join(f"{port.name}: {port.type}" for port in kind.outputs) or "–"
        lines += [
            "",
            f"## `{kind.name}` {kind.title.en} {kind.title.zh}",
            "",
            str(kind.doc).strip().split("\n\n")[0],
            "",
        ]
        lines += [f"In: {ports}. Out: {outputs}." + (" Has a side effect." if kind.side_effect else ""), ""]
        lines += list(_table("", fields_of(kind.params)))
    return "\n".join(lines).rstrip() + "\n"


def _table(prefix: str, fields: list[ParamField]) -> Iterator[str]:
    if not fields:
        return
    yield "| name | title | 名称 | values | default |"
    yield "|---|---|---|---|---|"
    for field in fields:
        default = "must be given" if field.default is ... else f"`{field.default!r}`"
        yield f"| `{prefix}{field.name}` | {field.title.en} | {field.title.zh} | {_values(field)} | {default} |"


def _values(field: ParamField) -> str:
    if field.choices:
        return ", ".join(f"`{value}`" for value in field.choices)
    bounds = [f"{bound:g}" for bound in (field.minimum, field.maximum) if bound is not None]
    return f"{field.kind} {' to '.join(bounds)} {field.unit}".strip()


def pages() -> dict[Path, str]:
    return {DOCS / "settings.md": settings_page(), DOCS / "nodes.md": nodes_page()}


if __name__ == "__main__":
    stale = [file.name for file, content in pages().items() if not file.exists() or file.read_text() != content]
    if "--check" in sys.argv:
        sys.exit(f"stale: {', '.join(stale)}; run: python docs/make_reference.py" if stale else 0)
    for file, content in pages().items():
        file.write_text(content)
        print(file.name)
