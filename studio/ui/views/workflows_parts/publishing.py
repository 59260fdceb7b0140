"""The switch that offers a workflow to the models of chats."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.engine.workflows.execution import Workflow
from studio.engine.workflows.service import WorkflowsChanged
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Toggle
from studio.ui.widgets.labels import Label

TITLE = Text("Publish as tool", "发布为工具")
OFF = Text("Models in Chat can then run it.", "发布后，对话中的模型可以运行它。")
ON = Text("Models in Chat may run it, where the thread allows it.", "在允许使用的对话中，模型可以运行它。")
BARE = Text(
    "Models in Chat may run it. Describe what it is for, so that they know when.",
    "对话中的模型可以运行它。请写明用途，模型才知道何时使用。",
)


class Publishing(QWidget):
    """Follows the workflow it was given, also when it is published elsewhere."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._workflow_id = ""
        self.toggle = Toggle(name=TITLE)
        self.toggle.clicked.connect(self._publish)
        self.note = Label(OFF, "caption", "text.tertiary", wrap=True)
        row = QHBoxLayout()
        row.addWidget(Label(TITLE, "dense", "text.secondary"), 1)
        row.addWidget(self.toggle)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.size("space.1"), 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.note)
        studio.bridge.listen(self, WorkflowsChanged, lambda event: self._changed(event.workflow_id))

    def show_workflow(self, workflow_id: str) -> None:
        """ "" shows none."""
        self._workflow_id = workflow_id
        self._changed(workflow_id)

    def _changed(self, workflow_id: str) -> None:
        if workflow_id and workflow_id == self._workflow_id and self._studio.bridge.engine is not None:
            work = self._studio.engine.workflows.get(workflow_id)
            self._studio.bridge.run(self, work, self._show, lambda _: None, of="workflow")  # it may be deleted by now

    def _show(self, workflow: Workflow) -> None:
        if workflow.id == self._workflow_id:
            self.toggle.setChecked(workflow.published)
            described = bool(workflow.description.strip())
            self.note.say((ON if described else BARE) if workflow.published else OFF)

    def _publish(self, on: bool) -> None:
        work = self._studio.engine.workflows.publish(self._workflow_id, on)
        self._studio.bridge.run(self, work, self._show)
