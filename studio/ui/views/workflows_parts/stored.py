"""Another value in place of one that a run has recorded: edited, and what depends on it runs on with it as a new run."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from shiboken6 import isValid

from studio.engine.errors import BadState, StudioError
from studio.engine.text import Text
from studio.engine.workflows.values import is_table, plain, table_like
from studio.ui.theme import theme
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.code import CodeEditor

if TYPE_CHECKING:
    from studio.ui.views.workflows_parts.sheet import Sheet

EDIT = Text("Edit this value and run on", "修改此值并继续运行")
TITLE = Text("Edit “{port}” of “{step}”", "修改“{step}”的“{port}”")
GO_ON = Text("Run on with it", "以此值继续运行")
WHY = Text(
    "A new run takes this value; what depends on it runs again. The run that is shown stays as it is.",
    "新的运行将采用此值，并重新运行依赖它的节点。当前显示的运行保持不变。",
)
NOT_JSON = Text("Line {line}: this is no JSON: {why}.", "第 {line} 行不是有效的 JSON：{why}。")
NO_ROWS = Text("A table is a list of rows: [{{…}}, …].", "表格应为行的列表：[{{…}}, …]。")
TOO_MANY = Text(
    "It has {rows:,} rows; up to {most} can be edited here.", "共有 {rows:,} 行，此处最多可编辑 {most} 行。"
)
TOO_LONG = Text(
    "It has {length:,} characters; up to {most:,} can be edited here.",
    "共有 {length:,} 个字符，此处最多可编辑 {most:,} 个。",
)
MOST, MOST_WORDS = 200, 200_000


def edit(sheet: Sheet, step: str, port: str) -> None:
    """Read the value, then open the dialog; a table that is too long is told so."""
    if sheet.run is None or sheet.running:
        return
    workflows, run = sheet.studio.engine.workflows, sheet.run.execution_id

    async def read() -> tuple[Any, str]:
        value = await workflows.output(run, step, port)
        if is_table(value) and value.num_rows > MOST:
            raise BadState(TOO_MANY.format(rows=value.num_rows, most=MOST))
        words = await asyncio.to_thread(_written, value)
        if len(words) > MOST_WORDS:
            raise BadState(TOO_LONG.format(length=len(words), most=MOST_WORDS))
        return value, words

    sheet.studio.bridge.run(sheet, read(), lambda found: EditValue(sheet, run, step, port, *found).open())


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False, indent=2)


class EditValue(Ask):
    """A text as it is, everything else as JSON; a table as the list of its rows, whose columns keep their types."""

    def __init__(self, sheet: Sheet, run: str, step: str, port: str, value: Any, words: str) -> None:
        title = TITLE.format(port=port, step=sheet.titles().get(step, step))
        super().__init__(title, GO_ON, WHY, parent=sheet.window())
        self._sheet, self._run, self._slot, self._value = sheet, run, f"{step}.{port}", value
        self.editor = CodeEditor("text" if isinstance(value, str) else "json")
        self.editor.setMinimumHeight(theme.scaled(240))
        self.editor.set_text(words)
        self.editor.submitted.connect(self.agree.click)
        self.editor.setTabChangesFocus(True)
        self.body.addWidget(self.editor)
        self.setMinimumWidth(theme.scaled(560))
        self.editor.setFocus()

    def accept(self) -> None:
        """Begin the run, where what was typed can be read."""
        words = self.editor.text()
        value: Any = words
        if not isinstance(self._value, str):
            try:
                value = json.loads(words)
            except ValueError as error:
                why = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
                self.say_problem(NOT_JSON.format(line=getattr(error, "lineno", 1), why=why))
                return
        if is_table(self._value):
            if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
                self.say_problem(NO_ROWS.format())
                return
            value = table_like(value, self._value)
        self.agree.setEnabled(False)
        workflows, graph = self._sheet.studio.engine.workflows, self._sheet.document.graph
        self._sheet.begin(
            lambda: workflows.branch(self._run, edits={self._slot: value}, definition=graph), self._begun, self._refused
        )

    def _begun(self) -> None:
        if isValid(self):  # it may have been closed meanwhile
            super().accept()

    def _refused(self, problem: StudioError) -> None:
        """What was typed stays, with the reason."""
        if isValid(self):
            self.agree.setEnabled(True)
            self.say_problem(problem.whole())
