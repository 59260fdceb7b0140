"""What differs between two versions, as rows a person can read, and the lines of one difference."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from studio.engine.params import fields_of
from studio.engine.text import Text
from studio.engine.workflows import library
from studio.engine.workflows.compare import Change, name_of
from studio.engine.workflows.graph import Graph
from studio.engine.workflows.values import as_words
from studio.ui.canvas.document import Parts
from studio.ui.canvas.faces import words_of
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.widgets.rows import Row

ICONS = {"added": ("plus", "success.text"), "removed": ("minus", "danger.text"), "changed": ("pencil", "warning.text")}
WHAT = {"added": Text("added", "新增"), "removed": Text("removed", "已删除"), "changed": Text("changed", "已修改")}
KINDS = {
    "wire": Text("Wire", "连线"), "note": Text("Note", "注释"), "frame": Text("Frame", "分组"),
    "workflow": Text("Workflow", "工作流"),
}  # fmt: skip
FLAGS = {
    "title": Text("Title", "标题"), "type": Text("Type", "类型"), "version": Text("Version", "版本"),
    "parent": Text("Frame", "外层框"), "bypass": Text("Muted", "停用"), "notes": Text("Notes", "备注"),
    "retry": Text("Retry", "重试"), "timeout": Text("Time limit", "时限"), "on_error": Text("On error", "出错时"),
    "default": Text("Default value", "默认值"), "cache": Text("Cache", "缓存"),
    "side_effect": Text("Side effect", "副作用"), "name": Text("Name", "名称"),
    "description": Text("Description", "描述"), "concurrency": Text("Steps at once", "并行节点数"),
}  # fmt: skip
LINES = Text("{added} lines added, {removed} removed", "新增 {added} 行，删除 {removed} 行")
SHORT = 90


def rows_of(changes: list[Change], before: Graph, after: Graph) -> list[Row]:
    """One row for each difference, in their order; the row's id is its number and its step."""
    nodes = {node.id: node for graph in (before, after) for node in graph.nodes}
    types = library.nodes.all()

    def title(step: str) -> Text:
        node = nodes.get(step)
        return Text.same(step) if node is None else words_of(node, types.get(node.type))

    def setting(change: Change) -> Text:
        node = nodes.get(change.node_id)
        kind = types.get(node.type) if node else None
        named = {field.name: field.title for field in fields_of(kind.params)} if kind else {}
        return named.get(change.name) or FLAGS.get(change.name) or Text.same(change.name)

    rows = []
    for number, change in enumerate(changes):
        icon, colour = ICONS[change.what]
        if change.kind == "step":
            head = title(change.node_id)
        elif change.kind == "setting":
            of, name = title(change.node_id), setting(change)
            head = Text(f"{of.en} · {name.en}", f"{of.zh} · {name.zh}")
        else:
            head = KINDS[change.kind]
        rows.append(Row(f"{number}:{change.node_id}", head, _said(change, title), icon, colour=colour))
    return rows


def marks_of(changes: list[Change]) -> dict[str, str]:
    """The steps to mark on the canvas; one that is new is not called changed as well. A wire marks the step that it enters."""
    found: dict[str, str] = {}
    for change in changes:
        if change.kind in ("step", "setting") and change.what != "removed":
            found.setdefault(change.node_id, "added" if change.kind == "step" else "changed")
        elif change.kind == "wire" and " → " in change.name:
            found.setdefault(change.name.split(" → ")[1].split(".")[0], "changed")
    return found


def gone_of(changes: list[Change], before: Graph) -> Parts:
    """The steps and wires of the earlier version that the later one has no more."""
    steps = {change.node_id for change in changes if change.kind == "step" and change.what == "removed"}
    wires = {change.name for change in changes if change.kind == "wire" and change.what == "removed"}
    nodes = [node for node in before.nodes if node.id in steps]
    return Parts(nodes, [edge for edge in before.edges if name_of(edge) in wires])


def _said(change: Change, title: Any) -> Text:
    what = WHAT[change.what]
    if change.kind == "wire":
        left, _, right = change.name.partition(" → ")
        ends = [end.partition(".") for end in (left, right)]
        words = [(title(step), port) for step, _, port in ends]
        en = " → ".join(f"{step.en}.{port}" for step, port in words)
        zh = " → ".join(f"{step.zh}.{port}" for step, port in words)
        return Text(f"{en} {what.en}", f"{what.zh}：{zh}")
    if change.lines:
        count = {sign: sum(line.startswith(sign) for line in change.lines) for sign in "+-"}
        return LINES.format(added=count["+"], removed=count["-"])
    if change.what == "changed":
        return Text.same(f"{_short(change.before)} → {_short(change.after)}")
    return what


def _short(value: Any) -> str:
    words = " ".join(as_words(value).split()) if value is not None else "—"
    return words if len(words) <= SHORT else words[:SHORT] + "…"


class ChangeLines(QPlainTextEdit):
    """One difference in full: lines that went in red with a minus, lines that came in green with a plus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._change: Change | None = None
        self.setReadOnly(True)
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        say(self.setAccessibleName, Text("The difference in full", "差异详情"))
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_change(self, change: Change | None) -> None:
        self._change = change
        self.clear()
        if change is None:
            return
        cursor = QTextCursor(self.document())
        for line in change.lines or _lines(change):
            if not self.document().isEmpty():
                cursor.insertBlock()
            cursor.insertText(line, _ink({"+": "success.text", "-": "danger.text"}.get(line[:1], "text.secondary")))

    def _restyle(self) -> None:
        self.setFont(theme.font("mono"))
        self.document().setDocumentMargin(theme.size("space.3"))
        self.show_change(self._change)


def _lines(change: Change) -> list[str]:
    gone = [] if change.what == "added" else _of(change.before)
    come = [] if change.what == "removed" else _of(change.after)
    return [*(f"- {line}" for line in gone), *(f"+ {line}" for line in come)]


def _of(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{name}: {as_words(part)}" for name, part in value.items()]
    return as_words(value).splitlines() if value is not None else []


def _ink(colour: str) -> QTextCharFormat:
    look = QTextCharFormat()
    look.setForeground(QColor(theme.colour(colour)))
    return look
