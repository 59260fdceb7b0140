"""A workflow that is run from the field: its inputs are asked for, and what it brings stands in the thread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from studio.engine.chat.message import Thread
from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.engine.workflows.execution import Execution, Workflow
from studio.engine.workflows.library import asked
from studio.ui.views.chat_parts.mentions import Mention
from studio.ui.widgets.start_form import StartForm

if TYPE_CHECKING:
    from studio.ui.studio import Studio
    from studio.ui.views.chat import ChatView


class Running(QObject):
    """`form` is the one that is open, or was last."""

    def __init__(self, studio: Studio, view: ChatView) -> None:
        super().__init__(view)
        self._studio, self._view = studio, view
        self.form: StartForm | None = None

    def ask(self, mention: Mention) -> None:
        """Ask for what the workflow takes, with what its last run was given; one that takes nothing runs at once."""
        workflows = self._studio.engine.workflows

        async def work() -> tuple[Workflow, list[Execution]]:
            return await workflows.get(mention.ref), await workflows.executions(mention.ref, 1)

        self._studio.bridge.run(self, work(), lambda found: self._open(*found))

    def run(self, workflow: Workflow, inputs: dict[str, Any]) -> None:
        """In the thread in front; a new one is made first."""
        view = self._view
        if view.front is not None:
            view.begin_run(workflow.id, inputs)
            return
        made = self._studio.engine.chat.create(**view.using.chosen())
        self._studio.bridge.run(self, made, partial(self._run_first, workflow.id, inputs), self._refused)

    def _open(self, workflow: Workflow, runs: list[Execution]) -> None:
        wanted = asked(workflow.definition)
        if not wanted.fields:
            self.run(workflow, {})
            return
        title = Text(f"Run {workflow.name} with", f"运行“{workflow.name}”的输入")
        self.form = StartForm(wanted, runs[0].inputs if runs else {}, self._view, title)
        self.form.given.connect(partial(self._hand_over, workflow))
        self.form.open_above(self._view.middle.composer)

    def _hand_over(self, workflow: Workflow, inputs: dict[str, Any]) -> None:
        """Files that were chosen are copied first; the thread keeps where they are."""
        work = self._studio.engine.workflows.handed_over(workflow.definition, inputs)
        self._studio.bridge.run(self, work, partial(self.run, workflow), self._refused)

    def _run_first(self, workflow_id: str, inputs: dict[str, Any], thread: Thread) -> None:
        self._view.take_up(thread)
        self._view.begin_run(workflow_id, inputs)

    def _refused(self, error: StudioError) -> None:
        self._studio.window.show_error(error)
