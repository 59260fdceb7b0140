"""Runs that wait for a person, told wherever that person is: a notice with its way there, and a dot on the view's place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from studio.engine.events import Notice
from studio.engine.text import Text
from studio.engine.workflows.execution import Execution, RunFilter
from studio.engine.workflows.service import RunWaits

if TYPE_CHECKING:
    from studio.ui.studio import Studio

VIEW = "runs"
MOST = 200
WAITS = Text("“{name}” waits for your answer", "“{name}”等待你的回答")
WAITS_FOR = Text("“{name}” waits for an answer from {who}", "“{name}”等待{who}回答")


class Attention(QObject):
    """One per window, from its start on. `waiting` are the runs that ask something now, the latest first."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio.window)
        self._studio = studio
        self._running = False
        self._told: set[str] = set()
        self.waiting: list[Execution] = []
        studio.bridge.listen(self, RunWaits, self._heard)
        self.read()

    def open(self) -> None:
        """Bring the run that waits longest to the front."""
        if self.waiting:
            self._studio.open("run", self.waiting[-1].id)
        else:
            self._studio.window.show_view(VIEW)

    def _heard(self, event: RunWaits) -> None:
        if not event.waits:
            self._told.discard(event.execution_id)
        self.read()

    def read(self) -> None:
        """How runs stand now: those that ask, and whether any goes on (a quieter dot)."""
        work = self._studio.engine.workflows.executions(limit=MOST, where=RunFilter(statuses=("running", "waiting")))
        self._studio.bridge.run(self, work, self._take, of="runs")

    def _take(self, found: list[Execution]) -> None:
        self.waiting = [run for run in found if run.status == "waiting"]
        self._running = any(run.status == "running" for run in found)
        self._show()
        for run in self.waiting:
            if run.id not in self._told:
                self._told.add(run.id)
                self._tell(run)

    def _tell(self, run: Execution) -> None:
        work = self._studio.engine.workflows.questions(run.id)
        self._studio.bridge.run(self, work, lambda asked: self._notice(run, asked))

    def _notice(self, run: Execution, asked: list[dict[str, Any]]) -> None:
        name = run.workflow_name or run.id
        whom = {item["question"].get("assignee", "") for item in asked}
        title = WAITS.format(name=name)
        if whom and all(whom):
            names = sorted(whom)
            title = WAITS_FOR.format(name=name, who=Text(", ".join(names), "、".join(names)))
        view = self._studio.window.current_view()
        if asked and (view is None or not view.shows("run", run.id)):
            self._studio.window.notice(Notice("warning", title, None, "runs.answer"))

    def _show(self) -> None:
        tone = "warning" if self.waiting else "accent" if self._running else None
        self._studio.window.set_badge(VIEW, tone)
