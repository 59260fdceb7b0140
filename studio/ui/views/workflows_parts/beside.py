"""What stands beside the canvas: the inspector, or in its place the schedules or the versions of the workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from studio.engine.workflows.execution import Execution, RunFilter
from studio.ui.studio import Studio
from studio.ui.views.workflows_parts.history import HistoryPanel
from studio.ui.views.workflows_parts.inspector import Inspector
from studio.ui.views.workflows_parts.schedules import SchedulesPanel
from studio.ui.widgets.panel import Surface

if TYPE_CHECKING:
    from studio.ui.views.workflows import Workflows
    from studio.ui.views.workflows_parts.sheet import Sheet

INSPECTOR, SCHEDULES, HISTORY = "inspector", "schedules", "history"


class Beside(Surface):
    """`turned` carries the page that is shown now; `open_run` a run to show on the canvas, `chosen` steps to choose there."""

    turned = Signal(str)
    open_run = Signal(str)
    chosen = Signal(object)

    def __init__(self, studio: Studio, inspector: Inspector, parent: QWidget | None = None) -> None:
        super().__init__("panel", parent)
        self.inspector, self.schedules, self.history = inspector, SchedulesPanel(studio), HistoryPanel(studio)
        self._pages: dict[str, QWidget] = {
            INSPECTOR: inspector, SCHEDULES: self.schedules, HISTORY: self.history,
        }  # fmt: skip
        self.page = INSPECTOR
        self._choosing = False
        self._stack = QStackedWidget()
        for page in self._pages.values():
            self._stack.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)
        for panel in (self.schedules, self.history):
            panel.closed.connect(lambda: self.show_page(INSPECTOR))
        self.schedules.started.connect(self.open_run)
        self.schedules.open_run.connect(self.open_run)
        self.history.chosen.connect(self._choose)

    def show_sheet(self, sheet: Sheet | None) -> None:
        self.inspector.show_sheet(sheet)
        self.schedules.show_sheet(sheet)
        self.history.show_sheet(sheet)

    def show_page(self, name: str) -> None:
        """The inspector, the schedules or the versions."""
        self.page = name
        self._stack.setCurrentWidget(self._pages[name])
        self.schedules.refresh()
        self.history.refresh()
        self.turned.emit(name)

    def toggle(self, name: str) -> None:
        self.show_page(INSPECTOR if self.page == name else name)

    def choose(self, ids: list[str]) -> None:
        """Steps were chosen on the canvas: their settings come to the front, but for those that a list here has chosen."""
        self.inspector.choose(ids)
        if ids and self.page != INSPECTOR and not self._choosing:
            self.show_page(INSPECTOR)

    def _choose(self, ids: list[str]) -> None:
        self._choosing = True
        try:
            self.chosen.emit(ids)
        finally:
            self._choosing = False


def look_for_waiting(view: Workflows) -> None:
    """A run that waits for a person is shown where its workflow is open and shows no other."""

    def show(found: list[Execution]) -> None:
        for run in found:
            sheet = view.sheets.get(run.workflow_id)
            if sheet is not None and sheet.run is None:
                sheet.watch(run.id)

    if view.studio.bridge.engine is None:  # it may be closing
        return
    work = view.studio.engine.workflows.executions(where=RunFilter(statuses=("waiting",)))
    view.studio.bridge.run(view, work, show)
