"""What stands in the centre when no workflow is open: those there are, and a blank one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text, plural
from studio.engine.workflows.execution import Workflow
from studio.ui import when
from studio.ui.making import MAKERS
from studio.ui.theme import theme
from studio.ui.views.workflows_parts.templates import BUILT_IN
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.gap import gap
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Surface, scroll
from studio.ui.widgets.rows import Row, RowList
from studio.ui.widgets.things import Thing

TITLE = Text("Open a workflow, or begin a new one", "打开一个工作流，或新建一个")
HINT = Text("On an empty canvas, double-click to add a node.", "在空白画布上双击即可添加节点。")
NONE = Text("There is no workflow yet.", "还没有工作流。")


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
        self.blank = Button(MAKERS["workflow"].title, "plus", "primary")
        self.blank.clicked.connect(self.wanted)
        self.more = Button(Text("Add the sample workflows", "添加示例工作流"), "sparkles")
        self.more.clicked.connect(self.sample)
        self._lay_out()

    def show_workflows(self, workflows: list[Workflow]) -> None:
        rows = []
        for workflow in workflows:
            thing = Thing("workflow", workflow.id, workflow.name)
            rows.append(
                Row(
                    workflow.id,
                    workflow.name,
                    about(workflow),
                    "workflow",
                    trailing=when.moment(workflow.updated_at),
                    thing=thing,
                )
            )
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
        gap(column, "space.2")
        row = QHBoxLayout()
        row.addWidget(self.blank)
        row.addWidget(self.more)
        row.addStretch(1)
        column.addLayout(row)
        gap(column, "space.2")
        column.addWidget(self.none)
        column.addWidget(self.list)
        gap(column, "space.2")
        column.addWidget(Label(Text("Templates", "模板"), "denseStrong", "text.secondary"))
        self.templates.setFixedHeight(len(BUILT_IN) * theme.scaled(48) + 8)
        column.addWidget(self.templates)
        column.addStretch(2)
        holder = QWidget()
        holder.setLayout(column)
        holder.setFixedWidth(theme.scaled(460))
        across = QHBoxLayout()
        across.addStretch(1)
        across.addWidget(holder)
        across.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll(across))  # many workflows would else take the height of the panel below


def about(workflow: Workflow) -> Text:
    """A line below its name: what it is for, or how large it is."""
    if workflow.description:
        return Text.same(workflow.description)
    count = len(workflow.definition.nodes)
    return Text(plural(count, "node", "nodes"), f"{count:,} 个节点")
