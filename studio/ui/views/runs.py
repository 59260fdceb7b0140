"""Runs: what was run, how it went, and how to go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMenu, QStackedWidget

from studio.engine.errors import StudioError
from studio.engine.events import Notice
from studio.engine.text import Text
from studio.engine.workflows.execution import Execution
from studio.engine.workflows.graph import Graph
from studio.engine.workflows.run_event import RunEvent
from studio.engine.workflows.service import RunProgressed, RunWaits
from studio.ui import when
from studio.ui.actions import Action
from studio.ui.bridge import Handle
from studio.ui.language import tr
from studio.ui.views.runs_parts.attention import Attention
from studio.ui.views.runs_parts.centre import RunCentre
from studio.ui.views.runs_parts.comparing import Comparison
from studio.ui.views.runs_parts.lineage import KINDS
from studio.ui.views.runs_parts.log import RunLog
from studio.ui.views.runs_parts.on_canvas import show_on_canvas
from studio.ui.views.runs_parts.side import RunsPanel
from studio.ui.views.runs_parts.step_panel import StepPanel
from studio.ui.views.runs_parts.values import Values
from studio.ui.views.runs_parts.watching import Watched
from studio.ui.views.runs_parts.words import duration, look_of_run
from studio.ui.views.view import View
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.menus import escaped
from studio.ui.widgets.panel import Header, Panel
from studio.ui.widgets.panel_tabs import PanelTabs

if TYPE_CHECKING:
    from studio.engine.models.model import Model
    from studio.engine.models.prices import Prices
    from studio.ui.studio import Studio

TITLE = Text("Runs", "运行")
OFFERED, WIDEST = 30, 60  # runs to compare with, characters of one's words
NO_OTHER = Text("There is no other run of this workflow.", "此工作流没有其他运行。")
PAINT_EVERY = 100  # ms: status is shown ten times a second
TICK = 250
BEGINS_OR_ENDS = frozenset({"run_started", "run_finished", "run_failed", "run_stopped", "run_interrupted"})


class Runs(View):
    """The list at the side, the timeline in the centre, the chosen step in the inspector, log and values below."""

    name: ClassVar[str] = "runs"
    title: ClassVar[Text] = TITLE
    icon: ClassVar[str] = "history"
    order: ClassVar[int] = 7
    side_width: ClassVar[str] = "layout.sidePanel.data"

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._run: Watched | None = None
        self._stream: Handle | None = None
        self._listing: Handle | None = None
        self._wanted = ""
        self._reading = ""
        self._step = ""
        self._prices: dict[str, Prices] = {}
        self._models: dict[str, str] = {}
        self.choosing: QMenu | None = None
        self.question: Ask | None = None

    def steps(self) -> Iterator[object]:
        studio = self.studio
        self.attention = studio.window.findChild(Attention)
        self.side, self.centre = RunsPanel(), RunCentre(studio)
        yield
        self.inspector = StepPanel()
        yield
        self.bottom = RunBottom(studio)
        yield
        self.build(self.centre, self.side, self.inspector, self.bottom)
        yield
        self._painter = QTimer(self, singleShot=True, interval=PAINT_EVERY)
        self._painter.timeout.connect(self._show)
        self._clock = QTimer(self, interval=TICK)
        self._clock.timeout.connect(self._tick)
        self._listen()

    @classmethod
    def register(cls, studio: Studio) -> None:
        attention = Attention(studio)

        def act(word: str) -> None:
            studio.window.show_view(cls.name, lambda view: view.act(word))

        studio.actions.add(
            Action("runs.stop", Text("Stop the run", "停止运行"), lambda: act("stop"), "square", "", TITLE)
        )
        studio.actions.add(
            Action("runs.resume", Text("Resume the run", "继续运行"), lambda: act("resume"), "play", "", TITLE)
        )
        words = Text("Answer what a run asks", "回答运行中的提问")
        studio.actions.add(Action("runs.answer", words, attention.open, "message-circle-question-mark", "", TITLE))

    def shows(self, kind: str, object_id: str) -> bool:
        return kind == "run" and self._run is not None and self._run.execution.id == object_id

    def shown(self) -> None:
        self._read_all()
        for kind in KINDS:
            self.studio.bridge.run(self, self.studio.choices(kind), self._name, lambda _: None)
        engine = self.studio.engine
        self.studio.bridge.run(self, self.studio.choices("workflow"), self._show_workflows, lambda _: None)
        self.studio.bridge.run(self, engine.models.list(), self._take_models, lambda _: None)

    def open_run(self, run_id: str, step: str = "", **_: Any) -> None:
        """Bring a run to the front, with one of its steps chosen."""
        self._step = step
        self._open(run_id)
        self._wanted = run_id
        if self.side.narrowed():
            self.side.reset()
        else:
            self._read_all()

    def act(self, word: str) -> None:
        """Stop, resume, or open on the canvas; what a button, the palette and the keyboard ask for."""
        if self._run is None:
            return
        run, workflows = self._run.execution, self.studio.engine.workflows
        if word == "stop":
            self.studio.bridge.run(self, workflows.stop(run.id), lambda _: self._read_all())
        elif word == "resume":
            self.studio.bridge.run(self, workflows.resume(run.id), lambda _: self._again(run.id), self._not_resumed)
        elif word == "compare":
            self._offer_runs(run)
        elif word == "canvas":
            show_on_canvas(self, run)

    def compare(self, other_id: str) -> None:
        """Put the run in front beside another one, below."""
        if self._run is not None:
            self.show_panel("bottom")
            self.bottom.show_tab("compare")
            self.bottom.comparison.compare(self._run.execution.id, other_id)

    def _offer_runs(self, run: Execution) -> None:
        work = self.studio.engine.workflows.executions(run.workflow_id, OFFERED + 1)
        self.studio.bridge.run(self, work, lambda found: self._offer(run, found))

    def _offer(self, run: Execution, found: list[Execution]) -> None:
        """The other runs of the same workflow, the latest first."""
        menu = QMenu(self)
        for other in [other for other in found if other.id != run.id][:OFFERED]:
            said = [value[:WIDEST] for value in other.inputs.values() if isinstance(value, str) and value]
            words = [
                tr(when.moment(other.started_at, seconds=True)),
                tr(look_of_run(other.status).words),
                duration(other.seconds),
                *said,
            ]
            shown = " ".join(" · ".join(words).split())
            shown = shown if len(shown) <= WIDEST else f"{shown[: WIDEST - 1].rstrip()}…"
            menu.addAction(escaped(shown), lambda name=other.id: self.compare(name))
        if not menu.actions():
            menu.addAction(tr(NO_OTHER)).setEnabled(False)
        self.choosing = menu
        menu.popup(self.centre.compare.mapToGlobal(self.centre.compare.rect().bottomLeft()))

    def _name(self, choices: list[tuple[str, Any]]) -> None:
        self.centre.lineage.names.update({value: tr(words) for value, words in choices})
        self._show()

    def _show_workflows(self, choices: list[tuple[str, Any]]) -> None:
        self.side.show_workflows({value: tr(words) for value, words in choices})

    def _take_models(self, models: list[Model]) -> None:
        """What models are called, and what their tokens cost where somebody has said so."""
        self._models = {model.id: model.name for model in models}
        self._prices = {model.id: model.prices for model in models if model.prices is not None}
        self.bottom.comparison.prices = self._prices
        if self._run is not None:
            self._run.models, self._run.prices = self._models, self._prices
            self._show()

    def _listen(self) -> None:
        self.side.chosen.connect(self._open)
        self.side.wanted.connect(self._read_list)
        self.centre.lineage.asked.connect(self.studio.open)
        self.centre.asked.connect(self.act)
        self.centre.asked_workflows.connect(lambda: self.studio.window.show_view("workflows"))
        self.centre.gantt.chosen.connect(self._choose_step)
        self.inspector.asked_canvas.connect(self._step_on_canvas)
        self.centre.questions.chosen.connect(self._choose_step)
        self.studio.bridge.listen(self, RunProgressed, self._heard)
        self.studio.bridge.listen(self, RunWaits, self._waits)
        self.studio.opener("run", self.open_run)

    def _heard(self, told: RunProgressed) -> None:
        if told.event.kind in BEGINS_OR_ENDS:
            self._read_all()
        if told.event.kind == "run_started":
            self._follow_again(told.execution_id)

    def _waits(self, told: RunWaits) -> None:
        """A question came or went: the record says how the run stands."""
        self._read_list()
        if self._run is not None and self._run.execution.id == told.execution_id:
            work = self.studio.engine.workflows.execution(told.execution_id)
            self.studio.bridge.run(self, work, self._set_execution, of="record")
            self._follow_again(told.execution_id)

    def _follow_again(self, run_id: str) -> None:
        """A run that is shown as ended and was taken up elsewhere."""
        ended = self._stream is not None and not self._stream.running
        if ended and self._run is not None and self._run.execution.id == run_id and self._reading != run_id:
            self._again(run_id)

    def _read_all(self) -> None:
        """The list, and what waits anywhere; that is told of by itself when it changes, and no filter changes it."""
        if self.studio.bridge.engine is not None:
            self._read_list()
            self.attention.read()

    def _read_list(self) -> None:
        if self.studio.bridge.engine is None:  # it was closed while the search paused
            return
        workflow, where = self.side.wish()
        if self._listing is not None:
            self._listing.cancel()  # its answer may come after that of the later question
        work = self.studio.engine.workflows.executions(workflow, self.side.limit, where)
        self._listing = self.studio.bridge.run(self, work, self._set_runs)

    def _set_runs(self, runs: list[Execution]) -> None:
        self.side.set_runs(runs)
        if self._run is None and runs and not self._wanted:
            self._wanted = runs[0].id
            self._open(runs[0].id)
        if self._run is None:
            self.centre.show_none(bool(runs) or self.side.narrowed())
        if self._wanted:
            self.side.select(self._wanted)

    def _open(self, run_id: str) -> None:
        """Read a run and follow it; the same one that goes on is left as it is."""
        known = self._run is not None and self._run.execution.id == run_id
        if known or self._reading == run_id:
            self._show()
            return
        self._wanted = run_id
        self._again(run_id)

    def _again(self, run_id: str) -> None:
        self._reading = run_id
        workflows = self.studio.engine.workflows

        async def read() -> tuple[Execution, Graph]:
            return await workflows.execution(run_id), await workflows.definition(run_id)

        self.studio.bridge.run(self, read(), self._follow, self._not_read)

    def _not_read(self, error: StudioError) -> None:
        self._reading = ""
        self.studio.window.notice(Notice("error", TITLE, error.whole()))

    def _follow(self, found: tuple[Execution, Graph]) -> None:
        execution, graph = found
        if execution.id != self._reading:
            return
        self._reading = ""
        if self._stream is not None:
            self._stream.cancel()
        if self._run is None or self._run.execution.id != execution.id:
            self._step = self._step if graph.has(self._step) else ""
        self.bottom.comparison.follow(execution.id)
        self._run = Watched(execution, graph, prices=self._prices, models=self._models)
        events = self.studio.engine.workflows.events(execution.id)
        self._stream = self.studio.bridge.stream(self, events, self._note, self._ended)
        self._clock.start()
        self._show()

    def _note(self, event: RunEvent) -> None:
        if self._run is None:
            return
        self._run.note(event)
        if not self._painter.isActive():
            self._painter.start()

    def _ended(self) -> None:
        """The stream is over: the record says how."""
        self._clock.stop()
        if self._run is not None:
            work = self.studio.engine.workflows.execution(self._run.execution.id)
            self.studio.bridge.run(self, work, self._set_execution, of="record")

    def _set_execution(self, execution: Execution) -> None:
        if self._run is not None and self._run.execution.id == execution.id:
            self._run.execution = execution
            self._show()

    def _show(self) -> None:
        if self._run is None:
            return
        self.centre.show_run(self._run)
        self.centre.gantt.current = self._step
        self.inspector.show_step(self._run, self._step)
        self.bottom.show_step(self._run, self._step)

    def _tick(self) -> None:
        if self._run is not None and self._run.running and self.isVisible():
            self.centre.tick(self._run)
            if not self._step:
                self.inspector.show_step(self._run, "")

    def _choose_step(self, step: str) -> None:
        self._step = step
        self._show()

    def _step_on_canvas(self, step: str) -> None:
        if self._run is not None:
            show_on_canvas(self, self._run.execution, step)

    def _not_resumed(self, error: StudioError) -> None:
        self.centre.error.show_error(error.as_dict())


class RunBottom(Panel):
    """The log, or the values of the chosen step."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(None, [], parent=None)
        self.tabs = PanelTabs(
            [("values", Text("Values", "值")), ("log", Text("Log", "日志")), ("compare", Text("Comparison", "比较"))],
            "values",
        )
        self.values, self.log, self.comparison = Values(studio), RunLog(), Comparison(studio)
        self._pages = QStackedWidget()
        for page in (self.values, self.log, self.comparison):
            self._pages.addWidget(page)
        header = Header(32)
        header.row.addWidget(self.tabs, 1)
        self.body.addWidget(header)
        self.body.addWidget(self._pages, 1)
        self.tabs.changed.connect(self._turn)

    def show_tab(self, name: str) -> None:
        self.tabs.set_value(name)
        self._turn(name)

    def _turn(self, name: object) -> None:
        self._pages.setCurrentIndex(["values", "log", "compare"].index(str(name)))

    def show_step(self, run: Watched, step: str) -> None:
        self.values.show_step(run, step or _last(run))
        self.log.show_run(run)
        self.tabs.set_count("log", len(run.lines) or None)


def _last(run: Watched) -> str:
    """Without a chosen step, the run's result is looked at: its last step with an output."""
    return next((step for step in reversed(run.order) if run.result(step).get("outputs")), "")
