"""What stands in the centre when no workflow is open: those there are, and a blank one."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.engine.workflows.execution import Workflow
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.views.workflows_parts.templates import BUILT_IN
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Surface
from studio.ui.widgets.rows import Row, RowList

TITLE = Text("Open a workflow, or begin a new one", "打开一个工作流，或新建一个")
HINT = Text("On an empty canvas, double-click to add a node.", "在空白画布上双击即可添加节点。")
NONE = Text("There is no workflow yet.", "还没有工作流。")
STEPS = Text("{count} steps", "{count} 个节点")


class StartPage(Surface):
    """`opened` gives a workflow's id; `wanted` asks for a blank one, `sample` for the sample workflows."""

    opened = Signal(str)
    wanted = Signal()
    sample = Signal()
    template = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("canvas", parent)
        self.list = RowList(Text("Workflows", "工作流"), height=48, activate_on_click=True)
        self.list.activated.connect(self.opened)
        self.templates = RowList(Text("Templates", "模板"), height=48, activate_on_click=True)
        self.templates.set_rows(Row(key, title, doc, "layout-template") for key, (title, doc, _) in BUILT_IN.items())
        self.templates.activated.connect(self.template)
        self.none = Label(NONE, "dense", "text.tertiary")
        self.blank = Button(Text("New workflow", "新建工作流"), "plus", "primary")
        self.blank.clicked.connect(self.wanted)
        self.more = Button(Text("Add the sample workflows", "添加示例工作流"), "sparkles")
        self.more.clicked.connect(self.sample)
        self._lay_out()

    def show_workflows(self, workflows: list[Workflow]) -> None:
        rows = []
        for workflow in workflows:
            steps = tr(STEPS.format(count=len(workflow.definition.nodes)))
            when = datetime.fromtimestamp(workflow.updated_at).strftime("%m-%d %H:%M")
            rows.append(Row(workflow.id, workflow.name, workflow.description or steps, "workflow", trailing=when))
        self.list.set_rows(rows)
        self.none.setVisible(not rows)
        self.list.setVisible(bool(rows))
        self.more.setVisible(not rows)
        self.list.setFixedHeight(min(8, max(1, len(rows))) * theme.scaled(48) + 8)

    def _lay_out(self) -> None:
        column = QVBoxLayout()
        column.setSpacing(theme.size("space.2"))
        column.addStretch(1)
        column.addWidget(Label(TITLE, "title"))
        column.addWidget(Label(HINT, "body", "text.secondary", wrap=True))
        column.addSpacing(theme.size("space.2"))
        row = QHBoxLayout()
        row.addWidget(self.blank)
        row.addWidget(self.more)
        row.addStretch(1)
        column.addLayout(row)
        column.addSpacing(theme.size("space.2"))
        column.addWidget(self.none)
        column.addWidget(self.list)
        column.addSpacing(theme.size("space.2"))
        column.addWidget(Label(Text("Templates", "模板"), "denseStrong", "text.secondary"))
        self.templates.setFixedHeight(len(BUILT_IN) * theme.scaled(48) + 8)
        column.addWidget(self.templates)
        column.addStretch(2)
        holder = QWidget()
        holder.setLayout(column)
        holder.setFixedWidth(theme.scaled(460))
        outer = QHBoxLayout(self)
        outer.addStretch(1)
        outer.addWidget(holder)
        outer.addStretch(1)
