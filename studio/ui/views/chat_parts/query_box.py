"""A query with its rows: read, edited, run again; the rows as a table or as a chart."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.engine.chat.message import Step
from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.views.chat_parts.code_label import CodeLabel
from studio.ui.views.chat_parts.small_table import SmallTable
from studio.ui.widgets.ask import CANCEL
from studio.ui.widgets.buttons import Button, IconButton, Segmented
from studio.ui.widgets.chart import BarChart, LineChart, Series
from studio.ui.widgets.code import CodeEditor
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Divider

SHOWN = (("table", Text("Table", "表格")), ("chart", Text("Chart", "图表")))
CHART_HEIGHT = 160


class QueryBox(QWidget):
    """`rerun` carries the SQL that a person wants to run."""

    rerun = Signal(str)

    def __init__(self, step: Step) -> None:
        super().__init__()
        self._step = step
        self.editor: CodeEditor | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(self._left(), 2)
        row.addWidget(Divider(vertical=True))
        row.addLayout(self._right(), 3)

    def edit(self) -> None:
        """The SQL in an editor; Ctrl Enter runs it, Esc leaves it."""
        if self.editor is not None:
            return
        self.editor = CodeEditor("sql")
        self.editor.setPlainText(self._step.sql or (self._step.attempts[-1].sql if self._step.attempts else ""))
        lines = max(4, min(12, self.editor.blockCount() + 1))
        self.editor.setFixedHeight(lines * self.editor.fontMetrics().lineSpacing() + theme.size("space.3"))
        self.editor.submitted.connect(self.run)
        self._code_column.insertWidget(1, self.editor)
        self.code.hide()
        self._buttons.show()
        self.pencil.hide()
        self.editor.setFocus()

    def run(self) -> None:
        if self.editor is not None and self.editor.toPlainText().strip():
            self.problem.hide()
            self.go.setEnabled(False)
            self.rerun.emit(self.editor.toPlainText().strip())

    def leave(self) -> None:
        if self.editor is not None:
            self.editor.hide()
            self.editor.deleteLater()
            self.editor = None
        self.code.show()
        self.pencil.show()
        self._buttons.hide()
        self.problem.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.editor is not None:
            self.leave()
            return
        super().keyPressEvent(event)

    def say_problem(self, words: Text) -> None:
        """It did not run; what was typed stays."""
        self.problem.say(words)
        self.problem.show()
        self.go.setEnabled(True)

    def _left(self) -> QVBoxLayout:
        self._code_column = column = QVBoxLayout()
        pad = theme.size("space.3")
        column.setContentsMargins(pad, theme.size("space.2"), theme.size("space.1"), theme.size("space.2"))
        head = QHBoxLayout()
        self.code = CodeLabel(self._step.sql)
        self.pencil = IconButton("pencil", Text("Edit and run again", "编辑并重新运行"), size=14)
        self.pencil.clicked.connect(self.edit)
        head.addWidget(self.code, 1)
        column.addLayout(head)
        self.problem = Label("", "dense", "danger.text", wrap=True)
        self.problem.hide()
        column.addWidget(self.problem)
        self._buttons = QWidget()
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        self.go = Button(Text("Run", "运行"), "play", "primary", "sm")
        self.go.clicked.connect(self.run)
        cancel = Button(CANCEL, None, "ghost", "sm")
        cancel.clicked.connect(self.leave)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self.go)
        column.addWidget(self._buttons)
        self._buttons.hide()
        foot = QHBoxLayout()
        foot.addWidget(self.pencil)
        foot.addStretch(1)
        column.addLayout(foot)
        column.addStretch(1)
        return column

    def _right(self) -> QVBoxLayout:
        column = QVBoxLayout()
        pad = theme.size("space.3")
        column.setContentsMargins(pad, theme.size("space.1"), pad, theme.size("space.2"))
        self.table = SmallTable(self._step.columns, self._step.rows)
        found = plotted(self._step)
        if found is None:
            column.addWidget(self.table)
            column.addStretch(1)
            return column
        self.stack = QStackedWidget()
        self.chart = (LineChart if found[2] else BarChart)(self._step.title)
        self.chart.setFixedHeight(theme.scaled(CHART_HEIGHT))
        self.chart.show_series(found[0], found[1])
        self.stack.addWidget(self.table)
        self.stack.addWidget(self.chart)
        self.shape = Segmented(SHOWN, "table")
        self.shape.changed.connect(lambda value: self.stack.setCurrentIndex(int(value == "chart")))
        column.addWidget(self.stack)
        column.addWidget(self.shape)
        column.addStretch(1)
        return column


def plotted(step: Step) -> tuple[list[Series], list[str], bool] | None:
    """The columns of numbers over the first column, and whether they go on in time; None when there is nothing to draw."""
    if len(step.rows) < 2 or len(step.columns) < 2:
        return None
    numeric = [place for place in range(1, len(step.columns)) if all(_number(row[place]) for row in step.rows)]
    if not numeric:
        return None
    series = [Series(step.columns[place], [_value(row[place]) for row in step.rows]) for place in numeric]
    labels = [str(row[0]) for row in step.rows]
    return series, labels, all(label[:4].isdigit() and "-" in label for label in labels)


def _number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _value(value: Any) -> float:
    return math.nan if value is None else float(value)
