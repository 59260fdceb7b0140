"""The inspector: how the chosen step went, or the run as a whole."""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.engine.workflows import vega
from studio.ui import when
from studio.ui.canvas.times import WORTH_TELLING, chart_in_words, items_in_words, preview_in_words
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.views.runs_parts.cost import Used, cost_in_words, tokens_in_words, used_of
from studio.ui.views.runs_parts.watching import Watched
from studio.ui.views.runs_parts.words import duration, look, look_of_run
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.labels import Badge, Label
from studio.ui.widgets.panel import Card, Panel
from studio.ui.widgets.states import Empty

TITLE, WHOLE = Text("Step", "节点"), Text("Whole run", "整个运行")
NONE = Text("No run open", "未打开运行")
NONE_WHY = Text("What it and its steps took in and gave back appears here.", "运行及其节点的输入和输出会显示在这里。")


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
        self.none = Empty("history", NONE, NONE_WHY)
        self._lay_out()
        self._canvas.clicked.connect(lambda _=False: self.asked_canvas.emit(self._step))
        self.show_step(None, "")

    def show_step(self, run: Watched | None, step: str) -> None:
        self._run, self._step = run, step
        self._canvas.setVisible(run is not None)
        whole = run is not None and not run.titles.get(step)
        if self.title is not None:
            self.title.say(WHOLE if whole else TITLE)
        self.name.say((run.execution.workflow_name or run.execution.id) if whole else run.titles[step] if run else "")
        self.state.setVisible(run is not None)
        self.none.setVisible(run is None)
        if run is None:
            self._say_facts([])
            self.error.show_error(None)
            return
        result: dict[str, Any] = (
            run.result(step) if step else {"status": run.execution.status, "error": run.execution.error}
        )
        seen = look(result["status"], result) if step else look_of_run(result["status"])
        self.state.say(seen.words)
        self.state.set_tone(seen.tone, seen.icon)
        self._say_facts(_of_step(run, step, result) if step else _of_run(run))
        self.error.show_error(result.get("error") if step else None)  # that of the run stands above its timeline

    def _lay_out(self) -> None:
        side = theme.size("space.3")
        column = QVBoxLayout()
        column.setContentsMargins(side, side, side, side)
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
        self.body.addLayout(column)
        self.body.addStretch(1)
        self.body.addWidget(self.none)
        self.body.addStretch(1)

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
        (Text("Started", "开始时间"), when.moment(run.execution.started_at, seconds=True)),
        (Text("Duration", "耗时"), duration(run.worked)),
        *([(Text("Waited", "等待"), duration(run.waited))] if run.waited >= WORTH_TELLING else []),
        (Text("Run", "运行编号"), run.execution.id),
    ]
    facts += _spent(run, run.results.used())
    facts += [(Text(f"Input {name}", f"输入 {name}"), _short(value)) for name, value in run.execution.inputs.items()]
    return facts + [
        (Text(f"Output {name}", f"输出 {name}"), _short(value)) for name, value in run.execution.outputs.items()
    ]


def _spent(run: Watched, used: Used) -> list[tuple[Text, Text | str]]:
    """Tokens, and their cost where a price is set."""
    tokens, spent = tokens_in_words(used), cost_in_words(used, run.prices, run.models)
    named = [(Text("Tokens", "词元"), tokens), (Text("Cost", "费用"), spent)]
    return [(name, words) for name, words in named if words is not None]


def _of_step(run: Watched, step: str, result: dict[str, Any]) -> list[tuple[Text, Text | str]]:
    node = run.graph.node(step)
    facts: list[tuple[Text, Text | str]] = [(Text("Type", "类型"), node.type)]
    if result.get("started_at"):
        facts.append((Text("Began", "开始于"), f"+{duration(max(0.0, result['started_at'] - run.started))}"))
    if result.get("seconds") is not None:
        facts.append((Text("Took", "耗时"), duration(result["seconds"])))
    used = used_of(result)
    if result.get("tokens") and not used:
        facts.append((Text("Tokens", "词元"), f"{result['tokens']:,}"))
    facts += _spent(run, used)
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
    if preview["type"] == "list":
        return items_in_words(preview["length"])
    return preview_in_words(preview) or _short(preview.get("text", preview.get("value")))


def _short(value: Any) -> Text | str:
    """Words as they are, the rest by how much it is: the whole of it stands below, as a tree."""
    if isinstance(value, list):
        return items_in_words(len(value))
    if vega.is_chart(value):
        return chart_in_words(str(value.get("title", "")), len(value["data"]["values"]))
    if isinstance(value, dict):
        return ", ".join(str(name) for name in value)[:240]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 240 else text[:240] + "…"
