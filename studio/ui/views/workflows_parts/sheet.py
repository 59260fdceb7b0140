"""One open workflow: its document and board, its saving, and the run that is shown on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.workflows import library
from studio.engine.workflows.execution import Execution, Workflow
from studio.engine.workflows.graph import Graph, Problem
from studio.engine.workflows.node import Asked
from studio.engine.workflows.run_event import RunEvent
from studio.ui.canvas.board import Board
from studio.ui.canvas.document import Document
from studio.ui.canvas.faces import title_of, words_of
from studio.ui.canvas.model import Live
from studio.ui.canvas.view import Entry
from studio.ui.change import exhaust
from studio.ui.language import tr
from studio.ui.making import MAKERS
from studio.ui.questions import Questions
from studio.ui.studio import Studio
from studio.ui.views.workflows_parts import again, collapsing, templates
from studio.ui.views.workflows_parts.dropped import add_files
from studio.ui.views.workflows_parts.live import RunState
from studio.ui.views.workflows_parts.ran import Ran
from studio.ui.views.workflows_parts.saving import Saving
from studio.ui.views.workflows_parts.story import Story
from studio.ui.views.workflows_parts.waiting import say_waiting

if TYPE_CHECKING:
    pass

FLUSH, STATES_EVERY = 50, 2
JUDGE_AFTER = 300


class Sheet(QWidget):
    """Events of a run come as they happen; what is painted follows every 50 ms (text) and 100 ms (states)."""

    chosen = Signal(object)  # ids
    edited = Signal()
    told = Signal(object)  # {step: Live} that changed
    run_changed = Signal()  # another run, or it began or ended
    problems_changed = Signal()
    wants_run = Signal()
    wants_repair = Signal(str)
    wants_mending = Signal(str)  # of what was wrong before any run

    def __init__(
        self, studio: Studio, workflow: Workflow, names: dict[str, str] | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.studio, self.workflow = studio, workflow
        self.document = Document(studio.engine.workflows, workflow.definition, self)
        self.document.rename(workflow.name)
        self.document.names = dict(names or {})
        self.saving = Saving(studio, workflow, self.document, self)
        self.board = Board(self.document, self)
        self.run: RunState | None = None
        self.story: Story | None = None
        self._whole: RunState | None = None
        self.problems: list[Problem] = []
        self._ran = Ran()
        self._stream: Any = None
        self._ticks = 0
        self._clock = QTimer(self, interval=FLUSH, timeout=self._flush)
        self._judge_soon = QTimer(self, singleShot=True, interval=JUDGE_AFTER, timeout=self.judge)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.questions = Questions(studio, self)
        layout.addWidget(self.questions)
        layout.addWidget(self.board, 1)
        self._listen()
        self.judge()

    @property
    def canvas(self):
        return self.board.canvas

    def setFocus(self, *reason: Any) -> None:
        """To its canvas. A focus proxy would do that too, and change the order of Tab for all that lies in the sheet."""
        self.canvas.setFocus(*reason)

    @property
    def running(self) -> bool:
        return self.run is not None and self.run.running

    @property
    def settled(self) -> bool:
        """Whether a run has ended and all that it told is on the screen."""
        return self.run is not None and bool(self.run.ended) and not self._clock.isActive()

    def titles(self) -> dict[str, str]:
        return {node.id: title_of(node, self.document.type_of(node)) for node in self.document.nodes.values()}

    def lives(self) -> dict[str, Live]:
        return self.run.lives if self.run else {}

    def show_names(self, names: dict[str, str]) -> None:
        """What people call the things that steps use by their id."""
        if names != self.document.names:
            self.document.names = dict(names)
            exhaust(self.canvas.sheet.reread())
            self._judge_soon.start()

    def asked(self) -> Asked:
        """What a run of this workflow asks for."""
        return library.asked(self.document.graph)

    # runs

    def start(self, inputs: dict[str, Any]) -> None:
        """Save, then start a run and show it."""
        workflows = self.studio.engine.workflows
        self.begin(lambda: workflows.start(self.workflow.id, inputs))

    def begin(
        self,
        work: Callable[[], Coroutine[Any, Any, Execution]],
        begun: Callable[[], object] = lambda: None,
        refused: Callable[[StudioError], object] | None = None,
    ) -> None:
        """Save, then let `work` start a run, and show it; who asked is told that it was `begun`, or why not."""

        def started(execution: Execution) -> None:
            begun()
            self._started(execution)

        self.saving.when_saved(lambda: self.studio.bridge.run(self, work(), started, refused or self._refused))

    def stop(self) -> None:
        if self.run is not None and self.running:
            self.studio.bridge.run(self, self.studio.engine.workflows.stop(self.run.execution_id))

    def retry(self, node_id: str) -> None:
        """Go on with the failed run; when the workflow was changed since, a new run with what that one was given, which reuses
        what is cached."""
        if self.run is None or self.running:
            self.wants_run.emit()
            return
        workflows, run = self.studio.engine.workflows, self.run.execution_id
        if self._ran.differ(self.document.nodes):
            self.studio.bridge.run(self, workflows.execution(run), lambda failed: self._start_again(failed.inputs))
        else:
            self.studio.bridge.run(self, workflows.resume(run), self._resumed)

    def _start_again(self, given: dict[str, Any]) -> None:
        """Without a question, where nothing else is asked for than then."""
        names = {field.name for field in self.asked().fields}
        if names <= given.keys():
            self.start({name: given[name] for name in names})
        else:
            self.wants_run.emit()

    def watch(self, execution_id: str) -> None:
        """Show a run from its first event: one that goes on, or one of the past."""
        if self._stream is not None:
            self._stream.cancel()
        self.canvas.sheet.clear_lives()
        self.run, self.story = RunState(execution_id), Story(execution_id)
        self._whole = self.run
        self._ran = Ran()
        self._follow()
        self.run_changed.emit()
        definition = self.studio.engine.workflows.definition(execution_id)
        self.studio.bridge.run(self, definition, lambda graph: self._know_what_ran(execution_id, graph))

    def step_through(self, by: int) -> None:
        """Show how everything stood a moment earlier or later in a run that is over."""
        if self.story is None or self.running or self._whole is None:
            return
        self.run = self.story.step(by) or self._whole
        self.canvas.sheet.clear_lives()
        self.canvas.sheet.show_lives(dict(self.run.lives))
        self.told.emit(dict(self.run.lives))
        self.run_changed.emit()

    def clear_run(self) -> None:
        if self._stream is not None:
            self._stream.cancel()
        self.run = self._whole = self.story = None
        self._show_questions()
        self.canvas.sheet.clear_lives()
        self.run_changed.emit()

    def judge(self) -> None:
        """Ask the engine what keeps this graph from running; off the window's thread, for large ones take a while."""
        if self.studio.bridge.engine is None:  # it was closed while the timer ran
            return
        work = self.studio.engine.workflows.examine(self.document.graph)
        self.studio.bridge.run(self, work, self._judged, of="problems")

    def _listen(self) -> None:
        self.canvas.sheet.chosen.connect(self.chosen)
        self.questions.chosen.connect(lambda step: self.canvas.sheet.choose([step]))
        self.canvas.retry_wanted.connect(self.retry)
        self.canvas.fix_wanted.connect(self.wants_repair)
        self.canvas.mend_wanted.connect(self.wants_mending)
        for kind, maker in MAKERS.items():
            self.studio.bridge.listen(self, maker.event, lambda _, kind=kind: self._judge_again(kind))
        self.canvas.run_from_wanted.connect(lambda step: again.run_from(self, step))
        self.canvas.extra_entries = self.entries
        self.canvas.files_dropped.connect(lambda paths, place: add_files(self, paths, place))
        self.document.edited.connect(self._edited)
        self.document.replaced.connect(self._mark_stale)

    def entries(self, nodes: list[str], place: QPointF) -> list[Entry]:
        """What the view adds to the menu of steps, or of the empty sheet, that was opened at a place."""
        found = again.entries(self, nodes)
        if len(nodes) == 1 and self.document.nodes[nodes[0]].type == collapsing.STEP:
            found.append((collapsing.ENTER, "", lambda: collapsing.enter(self, nodes[0])))
        if nodes and collapsing.STEP in self.document.types:
            found.append((collapsing.COLLAPSE, "", lambda: collapsing.collapse(self, nodes)))
        return found + templates.entries(self, nodes, place)

    def _started(self, execution: Execution) -> None:
        self.watch(execution.id)

    def _know_what_ran(self, execution_id: str, graph: Graph) -> None:
        """Steps that are others now than in that run say so."""
        if self.run is None or self.run.execution_id != execution_id:
            return
        self._ran = Ran(graph)
        for node_id in self._ran.steps:
            self._mark_stale(node_id)

    def _resumed(self, execution: Execution) -> None:
        assert self._whole is not None
        self.run = self._whole
        self.run.status = "running"
        if self.story is not None:
            self.story.at = None
        self._follow()
        self.run_changed.emit()

    def _refused(self, error: StudioError) -> None:
        self.judge()
        self.studio.bridge.unhandled(error)

    def _follow(self) -> None:
        assert self.run is not None
        events = self.studio.engine.workflows.events(self.run.execution_id, self.run.last)
        self._stream = self.studio.bridge.stream(self, events, self._take, self._ended, self._broke)
        self._clock.start()

    def _take(self, event: RunEvent) -> None:
        if self._whole is not None and self.story is not None:
            self._whole.take(event)
            self.story.take(event)

    def _ended(self) -> None:
        self._flush(last=True)
        self._clock.stop()
        self._show_questions()
        self.run_changed.emit()

    def _broke(self, error: StudioError) -> None:
        self._clock.stop()
        self.studio.bridge.unhandled(error)

    def _flush(self, last: bool = False) -> None:
        """Paint what was heard since the last time; times of what runs only every other time."""
        if self.run is None:
            return
        self._ticks += 1
        if not last and not self.run.touched and self._ticks % STATES_EVERY:
            return
        lives = self.run.take_touched(time.time())
        lives.update(say_waiting(self.run, self.document))
        for node_id, live in lives.items():
            live.stale = self._ran.differs(self.document.nodes.get(node_id))
        if lives:
            self.canvas.sheet.show_lives(lives)
        self._show_questions()
        self.told.emit(lives)

    def _show_questions(self) -> None:
        """What the run asks, above the canvas."""
        run = self._whole
        document = self.document
        titles = lambda: {node.id: words_of(node, document.type_of(node)) for node in document.nodes.values()}  # noqa: E731
        if run is not None and run.running:
            self.questions.follow(run.execution_id, run.asks, titles)
        else:
            self.questions.follow("", 0, titles)

    def _edited(self) -> None:
        self._judge_soon.start()
        self.edited.emit()

    def _mark_stale(self, part_id: str) -> None:
        """Edits during or after a run count for the next one; the step says so."""
        live = self.lives().get(part_id)
        if live is not None and live.stale != self._ran.differs(self.document.nodes.get(part_id)):
            live.stale = not live.stale
            self.canvas.sheet.show_lives({part_id: live})

    def _judge_again(self, kind: str) -> None:
        """Something of a kind that steps name came or went. What tells of itself often matters only where one is missing."""
        if kind not in ("model", "workflow") or any(one.fix and one.fix.kind == kind for one in self.problems):
            self._judge_soon.start()

    def _judged(self, problems: list[Problem]) -> None:
        self.problems = problems
        self._paint_problems()
        self.problems_changed.emit()

    def _paint_problems(self) -> None:
        bad = {problem.node_id: tr(problem.message) for problem in self.problems}
        self.canvas.sheet.show_problems(bad)


def blank(name: str) -> Graph:
    """A new workflow with nothing in it."""
    return Graph(name=name)
