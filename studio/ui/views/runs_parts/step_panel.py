"""The inspector: how the chosen step went, or the run as a whole."""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text, plural
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.views.runs_parts.watching import Watched
from studio.ui.views.runs_parts.words import duration, look, moment
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.labels import Badge, Label
from studio.ui.widgets.panel import Card, Panel

TITLE = Text("Step", "节点")
WHOLE = Text("Whole run", "整个运行")


class StepPanel(Panel):
    """`asked_canvas` carries the step to show on the canvas."""

    asked_canvas = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._canvas = Button(Text("Show on canvas", "在画布上查看"), "workflow", "ghost", "sm")
        super().__init__(TITLE, [self._canvas], header=40, parent=parent)
        self._run: Watched | None = None
        self._step = ""
        self.name = Label("", "title", wrap=True)
        self.state = Badge("", "neutral")
        self.error = ErrorCard()
        self._facts = QGridLayout()
        self._said: list[tuple[Label, Label]] = []
        self._lay_out()
        self._canvas.clicked.connect(lambda _=False: self.asked_canvas.emit(self._step))

    def show_step(self, run: Watched | None, step: str) -> None:
        self._run, self._step = run, step
        self._canvas.setVisible(run is not None and run.execution.workflow_id != "unsaved")
        self.name.say(run.titles.get(step, WHOLE) if run else "")
        self.state.setVisible(run is not None)
        if run is None:
            self._say_facts([])
            self.error.show_error(None)
            return
        result: dict[str, Any] = (
            run.result(step) if step else {"status": run.execution.status, "error": run.execution.error}
        )
        seen = look(result["status"], result)
        self.state.say(seen.words)
        self.state.set_tone(seen.tone, seen.icon)
        self._say_facts(_of_step(run, step, result) if step else _of_run(run))
        self.error.show_error(result.get("error"))

    def _lay_out(self) -> None:
        side = theme.size("space.4")
        column = QVBoxLayout()
        column.setContentsMargins(side, theme.size("space.3"), side, side)
        column.setSpacing(theme.size("space.3"))
        row = QHBoxLayout()
        row.addWidget(self.state)
        row.addStretch(1)
        self._facts.setHorizontalSpacing(theme.size("space.3"))
        self._facts.setVerticalSpacing(theme.size("space.2"))
        self._facts.setColumnStretch(1, 1)
        column.addWidget(self.name)
        column.addLayout(row)
        column.addWidget(self.error)
        column.addLayout(self._facts)
        column.addStretch(1)
        self.body.addLayout(column)

    def _say_facts(self, facts: list[tuple[Text, Text | str]]) -> None:
        while len(self._said) < len(facts):
            place = len(self._said)
            pair = Label("", "dense", "text.tertiary"), Label("", "dense", wrap=True)
            self._facts.addWidget(pair[0], place, 0, Qt.AlignmentFlag.AlignTop)
            self._facts.addWidget(pair[1], place, 1)
            self._said.append(pair)
        for place, (name, value) in enumerate(self._said):
            shown = place < len(facts)
            name.setVisible(shown)
            value.setVisible(shown)
            if shown:
                name.say(facts[place][0])
                value.say(facts[place][1])


class ErrorCard(Card):
    """Why something failed, what to do, and the details to copy."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("danger", parent=parent)
        self._error: dict[str, Any] = {}
        self.message = Label("", "dense", "danger.text", wrap=True)
        self.repair = Label("", "dense", "text.secondary", wrap=True)
        self.copy = Button(Text("Copy details", "复制详细信息"), "copy", "ghost", "sm")
        self.copy.clicked.connect(lambda _=False: QGuiApplication.clipboard().setText(_details(self._error)))
        for widget in (self.message, self.repair):
            self.body.addWidget(widget)
        row = QHBoxLayout()
        row.addWidget(self.copy)
        row.addStretch(1)
        self.body.addLayout(row)
        self.hide()

    def show_error(self, error: dict[str, Any] | None) -> None:
        self.setVisible(bool(error))
        if not error:
            return
        self._error = error
        self.message.say(Text(**error["message"]))
        self.repair.say(Text(**error["repair"]) if error.get("repair") else "")
        self.repair.setVisible(bool(error.get("repair")))


def _details(error: dict[str, Any]) -> str:
    return (
        f"{tr(Text(**error['message']))}\n{error.get('details', '')}\n{error.get('kind')} {error.get('code')}".strip()
    )


def _of_run(run: Watched) -> list[tuple[Text, Text | str]]:
    facts: list[tuple[Text, Text | str]] = [
        (Text("Started", "开始时间"), moment(run.execution.started_at)),
        (Text("Duration", "耗时"), duration(run.elapsed)),
        (Text("Run", "运行编号"), run.execution.id),
    ]
    facts += [(Text(f"Input {name}", f"输入 {name}"), _short(value)) for name, value in run.execution.inputs.items()]
    return facts + [
        (Text(f"Output {name}", f"输出 {name}"), _short(value)) for name, value in run.execution.outputs.items()
    ]


def _of_step(run: Watched, step: str, result: dict[str, Any]) -> list[tuple[Text, Text | str]]:
    node = run.graph.node(step)
    facts: list[tuple[Text, Text | str]] = [(Text("Type", "类型"), node.type)]
    if result.get("started_at"):
        facts.append((Text("Began", "开始于"), f"+{duration(max(0.0, result['started_at'] - run.started))}"))
    if result.get("seconds") is not None:
        facts.append((Text("Took", "耗时"), duration(result["seconds"])))
    if result.get("tokens"):
        facts.append((Text("Tokens", "词元"), f"{result['tokens']:,}"))
    progress = result.get("progress") or {}
    if progress.get("total"):
        failed = progress.get("failed") or 0
        more = Text(f", {failed:,} failed", f"，{failed:,} 行失败") if failed else Text("", "")
        done = f"{progress['done']:,} / {progress['total']:,}"
        facts.append((Text("Rows", "行"), Text(done + more.en, done + more.zh)))
    facts += [
        (Text(f"In {edge.target_port}", f"输入 {edge.target_port}"), _seen(seen))
        for edge in run.graph.edges_into(step)
        if (seen := run.result(edge.source).get("outputs", {}).get(edge.source_port))
    ]
    return facts + [
        (Text(f"Out {port}", f"输出 {port}"), _seen(seen)) for port, seen in result.get("outputs", {}).items()
    ]


def _seen(preview: dict[str, Any]) -> Text | str:
    """A preview in a few words."""
    if preview["type"] == "table":
        rows, columns = preview["rows"], len(preview["columns"])
        said = f"{plural(rows, 'row', 'rows')} · {plural(columns, 'column', 'columns')}"
        return Text(said, f"{rows:,} 行 · {columns} 列")
    if preview["type"] == "list":
        return Text(plural(preview["length"], "item", "items"), f"{preview['length']:,} 项")
    return _short(preview.get("text", preview.get("value")))


def _short(value: Any) -> Text | str:
    """Words as they are, the rest by how much it is: the whole of it stands below, as a tree."""
    if isinstance(value, list):
        return Text(f"{len(value):,} item{'' if len(value) == 1 else 's'}", f"{len(value):,} 项")
    if isinstance(value, dict):
        return ", ".join(str(name) for name in value)[:240]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 240 else text[:240] + "…"
