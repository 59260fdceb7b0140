"""The workflow itself, in the inspector while no step is chosen: name, description, variables, latest runs."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.engine.text import Text, plural
from studio.engine.workflows.execution import Execution
from studio.ui import when
from studio.ui.canvas.commands import Rename, SetVariables
from studio.ui.canvas.model import STATE_ICONS
from studio.ui.canvas.times import seconds_in_words
from studio.ui.language import say
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.workflows_parts.publishing import Publishing
from studio.ui.views.workflows_parts.sheet import Sheet
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.inputs import LineField, TextArea
from studio.ui.widgets.labels import Label
from studio.ui.widgets.pairs import PairsField
from studio.ui.widgets.panel import Header, scroll
from studio.ui.widgets.rows import Row, RowList

VARIABLES = Text("Variables", "变量")
ABOUT_VARIABLES = Text(
    "Settings of steps can take their value from these; a run can be given others.",
    "节点的设置可以取用这些值，运行时也可另行指定。",
)


class AboutWorkflow(QWidget):
    """The workflow itself: name, description, its latest runs."""

    open_run = Signal(str)
    duplicate = Signal()
    delete = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio = studio
        self.sheet: Sheet | None = None
        self._runs_of = ""
        self.name = LineField(name=Text("Name", "名称"))
        self.description = TextArea(Text("What it is for", "用途"), name=Text("Description", "描述"), rows=3)
        self._keep_low()
        theme.changed.connect(self._keep_low)
        self.figures = Label("", "dense", "text.tertiary")
        self.publishing = Publishing(studio)
        self.runs = RowList(Text("Latest runs", "最近的运行"), height=44, activate_on_click=True)
        self.runs.activated.connect(self.open_run)
        self.name.editingFinished.connect(self._rename)
        self.description.changed.connect(self._describe)
        self.variables = PairsField(typed=True)
        say(self.variables.setAccessibleName, VARIABLES)
        self.variables.changed.connect(self._vary)
        self._lay_out()

    def show_sheet(self, sheet: Sheet | None) -> None:
        self.sheet = sheet
        self.setEnabled(sheet is not None)
        graph = sheet.document.graph if sheet else None
        self.name.setText(graph.name if graph else "")
        self.description.blockSignals(True)
        self.description.setPlainText(graph.description if graph else "")
        self.description.blockSignals(False)
        self.variables.set_value(graph.variables if graph else {})
        self.publishing.show_workflow(sheet.workflow.id if sheet else "")
        shown = sheet.workflow.id if sheet else ""
        if shown != self._runs_of:
            self._runs_of = shown
            self.runs.set_rows([])
        self.refresh()

    def _keep_low(self) -> None:
        self.description.setFixedHeight(theme.scaled(72))

    def refresh(self) -> None:
        """Figures, and the latest runs from the engine."""
        if self.sheet is None:
            self.runs.set_rows([])
            return
        self._count()
        work = self.studio.engine.workflows.executions(self._runs_of, 20)
        self.studio.bridge.run(self, work, partial(self._show_runs, self._runs_of), of="runs")

    def _count(self) -> None:
        if self.sheet is not None:
            document = self.sheet.document
            nodes, edges = len(document.nodes), len(document.edges)
            self.figures.say(
                Text(
                    f"{plural(nodes, 'node', 'nodes')} · {plural(edges, 'wire', 'wires')}",
                    f"{nodes} 个节点 · {edges} 条连线",
                )
            )

    def _show_runs(self, workflow_id: str, executions: list[Execution]) -> None:
        """Those of the workflow that is shown; what is heard of one that was shown before is late."""
        if workflow_id == self._runs_of:
            self.runs.set_rows(_run_row(execution) for execution in executions)

    def _rename(self) -> None:
        words = self.name.text().strip()
        if self.sheet is not None and words and words != self.sheet.document.graph.name:
            self._push(words, self.sheet.document.description)

    def _describe(self, words: str) -> None:
        if self.sheet is not None and words != self.sheet.document.graph.description:
            self._push(self.sheet.document.name, words)

    def _vary(self, variables: dict[str, Any]) -> None:
        if self.sheet is not None and variables != self.sheet.document.variables:
            self.sheet.document.undo.push(SetVariables(self.sheet.document, variables))

    def _push(self, name: str, description: str) -> None:
        assert self.sheet is not None
        self.sheet.document.undo.push(Rename(self.sheet.document, name, description))

    def show_names(self) -> None:
        """What an undo has brought back, unless it is being typed here."""
        document = self.sheet.document if self.sheet else None
        if document is None:
            return
        if not self.name.hasFocus():
            self.name.setText(document.name)
        if self.description.toPlainText() != document.description and not self.description.hasFocus():
            self.description.blockSignals(True)
            self.description.setPlainText(document.description)
            self.description.blockSignals(False)
        if self.variables.value() != document.variables:
            self.variables.set_value(document.variables)
        self._count()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = Header(40)
        head.row.addWidget(Label(Text("Workflow", "工作流"), "bodyStrong"), 1)
        copy = IconButton("copy", Text("Duplicate this workflow", "复制此工作流"))
        away = IconButton("trash-2", Text("Delete this workflow", "删除此工作流"))
        copy.clicked.connect(self.duplicate)
        away.clicked.connect(self.delete)
        head.row.addWidget(copy)
        head.row.addWidget(away)
        column.addWidget(head)
        page = page_of()
        for title, widget in ((Text("Name", "名称"), self.name), (Text("Description", "描述"), self.description)):
            page.layout().addWidget(Label(title, "dense", "text.secondary"))
            page.layout().addWidget(widget)
        page.layout().addWidget(Label(VARIABLES, "dense", "text.secondary"))
        page.layout().addWidget(self.variables)
        page.layout().addWidget(Label(ABOUT_VARIABLES, "caption", "text.tertiary", wrap=True))
        page.layout().addWidget(self.publishing)
        page.layout().addWidget(self.figures)
        page.layout().addStretch(1)
        column.addWidget(scroll(page), 3)
        head = Header(32)
        head.row.addWidget(Label(Text("Latest runs", "最近的运行"), "denseStrong"), 1)
        column.addWidget(head)
        column.addWidget(self.runs, 2)


def _run_row(execution: Execution) -> Row:
    states = {"completed": "done", "failed": "failed", "running": "running", "waiting": "asking", "pending": "waiting"}
    icon, colour = STATE_ICONS[states.get(execution.status, "stopped")]
    over = execution.status not in (
        "pending",
        "running",
        "waiting",
    )  # what one that goes on took so far would stand still
    took = seconds_in_words(execution.seconds) if over and execution.seconds is not None else ""
    subject = " · ".join(str(value) for value in execution.inputs.values() if isinstance(value, str))
    return Row(execution.id, when.moment(execution.created_at), subject[:80], icon, trailing=took, colour=colour)


def page_of() -> QWidget:
    """A column of the inspector with its margins."""
    page = QWidget()
    column = QVBoxLayout(page)
    gap = theme.size("space.3")
    column.setContentsMargins(gap, gap, gap, gap)
    column.setSpacing(theme.size("space.2"))
    return page
