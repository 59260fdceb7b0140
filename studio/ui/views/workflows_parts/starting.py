"""Starting a run of the sheet in front: what it takes is asked for first, with what was given last time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from studio.engine.workflows.execution import Execution
from studio.engine.workflows.node import Asked
from studio.ui.widgets.start_form import StartForm

if TYPE_CHECKING:
    from studio.ui.views.workflows import Workflows


class Starting(QObject):
    """`form` is the one that was opened last."""

    def __init__(self, view: Workflows) -> None:
        super().__init__(view)
        self._view = view
        self.form: StartForm | None = None
        self.remembered: dict[str, dict[str, Any]] = {}  # what a workflow was given last, by its id

    def begin(self) -> None:
        """Queue a run; ask for its inputs first, where it takes any."""
        sheet = self._view.sheet
        if sheet is None:
            return
        asked = sheet.asked()
        if not asked.fields:
            self.start({})
            return
        given = self.remembered.get(sheet.workflow.id)
        if given is not None:
            self._ask(asked, given)
            return
        work = self._view.studio.engine.workflows.executions(sheet.workflow.id, 1)
        self._view.studio.bridge.run(self, work, lambda found: self._ask(asked, _inputs_of(found)))

    def start(self, inputs: dict[str, Any]) -> None:
        """Queue a run with these; what is wrong with the sheet is shown beside it."""
        sheet = self._view.sheet
        if sheet is None:
            return
        self.remembered[sheet.workflow.id] = inputs
        if any(problem.level == "error" for problem in sheet.problems):
            self._view.bottom.show_tab("problems")
        sheet.start(inputs)

    def _ask(self, asked: Asked, given: dict[str, Any]) -> None:
        self.form = StartForm(asked, given, self._view)
        self.form.given.connect(self.start)
        self.form.open_below(self._view.centre.run_button)


def _inputs_of(executions: list[Execution]) -> dict[str, Any]:
    return dict(executions[0].inputs) if executions else {}
