"""One open workflow: its document and board, its saving, and the run that is shown on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.engine.workflows.execution import Execution, Workflow
from studio.engine.workflows.graph import Graph, Node, Problem
from studio.engine.workflows.journal import RunEvent
from studio.engine.workflows.node import NodeType
from studio.ui.canvas import editing
from studio.ui.canvas.board import Board
from studio.ui.canvas.document import Document
from studio.ui.canvas.faces import title_of
from studio.ui.canvas.model import Live
from studio.ui.canvas.view import Entry
from studio.ui.change import exhaust
from studio.ui.language import tr
from studio.ui.studio import Studio
from studio.ui.views.workflows_parts import again, collapsing, templates
from studio.ui.views.workflows_parts.live import RunState
from studio.ui.views.workflows_parts.saving import Saving
from studio.ui.views.workflows_parts.story import Story

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset

FLUSH, STATES_EVERY = 50, 2
JUDGE_AFTER = 300
WAITING_FOR = Text("Waiting for {title}", "等待“{title}”")


class Sheet(QWidget):
    """Events of a run come as they happen; what is painted follows every 50 ms (text) and 100 ms (states)."""

    chosen = Signal(object)  # ids
    edited = Signal()
    told = Signal(object)  # {step: Live} that changed
    run_changed = Signal()  # another run, or it began or ended
    problems_changed = Signal()
    wants_run = Signal()

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
        self._ran: dict[str, Node] = {}
        self._stream: Any = None
        self._ticks = 0
        self._clock = QTimer(self, interval=FLUSH, timeout=self._flush)
        self._judge_soon = QTimer(self, singleShot=True, interval=JUDGE_AFTER, timeout=self.judge)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.board)
        self._listen()
        self.judge()

    @property
    def canvas(self):
        return self.board.canvas

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

    def start_fields(self) -> list[Any]:
        """What a run of this workflow asks for: the fields of its start step, where it has one."""
        for node in self.document.nodes.values():
            kind = self.document.type_of(node)
            params = kind.read(node.params) if kind and kind.name == "start" else None
            if params is not None:
                return list(params.fields)
        return []

    # runs

    def start(self, inputs: dict[str, Any]) -> None:
        """Save, then start a run and show it."""
        workflows = self.studio.engine.workflows
        self.begin(lambda: workflows.start(self.workflow.id, inputs))

    def begin(self, work: Callable[[], Coroutine[Any, Any, Execution]]) -> None:
        """Save, then let `work` start a run, and show it."""
        self.saving.when_saved(lambda: self.studio.bridge.run(self, work(), self._started, self._refused))

    def stop(self) -> None:
        if self.run is not None and self.running:
            self.studio.bridge.run(self, self.studio.engine.workflows.stop(self.run.execution_id))

    def retry(self, node_id: str) -> None:
        """Go on with the failed run; when the workflow was changed since, a new run, which reuses what is cached."""
        if self.run is None or self.running or self._changed_since_run():
            self.wants_run.emit()
            return
        workflows = self.studio.engine.workflows
        self.studio.bridge.run(self, workflows.resume(self.run.execution_id), self._resumed)

    def watch(self, execution_id: str) -> None:
        """Show a run from its first event: one that goes on, or one of the past."""
        if self._stream is not None:
            self._stream.cancel()
        self.canvas.sheet.clear_lives()
        self.run, self.story = RunState(execution_id), Story(execution_id)
        self._whole = self.run
        self._ran = {}
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
        self.canvas.sheet.clear_lives()
        self.run_changed.emit()

    def judge(self) -> None:
        """Ask the engine what keeps this graph from running; off the window's thread, for large ones take a while."""
        if self.studio.bridge.engine is None:  # it was closed while the timer ran
            return
        graph = self.document.graph
        judge = self.studio.engine.workflows.problems

        async def ask() -> list[Problem]:
            return await asyncio.to_thread(judge, graph)

        self.studio.bridge.run(self, ask(), self._judged)

    def _listen(self) -> None:
        self.canvas.sheet.chosen.connect(self.chosen)
        self.canvas.retry_wanted.connect(self.retry)
        self.canvas.run_from_wanted.connect(lambda step: again.run_from(self, step))
        self.canvas.extra_entries = self.entries
        self.canvas.files_dropped.connect(self._add_files)
        self.document.edited.connect(self._edited)
        self.document.replaced.connect(self._mark_stale)

    def _add_files(self, paths: list[str], place: QPointF) -> None:
        """Register each file and put a step for it where it was dropped, one below the other."""
        kind = self.document.types["dataset"]
        for number, path in enumerate(paths):
            at = place + QPointF(0, 160 * number)
            work = self.studio.engine.datasets.register(path)
            self.studio.bridge.run(self, work, lambda made, at=at: self._add_dataset(kind, made, at))

    def _add_dataset(self, kind: NodeType, made: Dataset, at: QPointF) -> None:
        self.show_names({**self.document.names, made.id: made.name})
        editing.add_node(self.canvas, kind, at, dataset=made.id)

    def entries(self, nodes: list[str]) -> list[Entry]:
        """What the view adds to the menu of steps."""
        found = again.entries(self, nodes)
        if len(nodes) == 1 and self.document.nodes[nodes[0]].type == collapsing.STEP:
            found.append((collapsing.ENTER, "", lambda: collapsing.enter(self, nodes[0])))
        if nodes and collapsing.can_collapse(self.document, nodes):
            found.append((collapsing.COLLAPSE, "", lambda: collapsing.collapse(self, nodes)))
        return found + templates.entries(self, nodes)

    def _started(self, execution: Execution) -> None:
        self.watch(execution.id)

    def _know_what_ran(self, execution_id: str, graph: Graph) -> None:
        """Steps that are others now than in that run say so."""
        if self.run is None or self.run.execution_id != execution_id:
            return
        self._ran = {node.id: node for node in graph.nodes}
        for node_id in self._ran:
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
        lives.update(self._say_waiting())
        for node_id, live in lives.items():
            live.stale = self._differs(node_id)
        if lives:
            self.canvas.sheet.show_lives(lives)
        self.told.emit(lives)

    def _say_waiting(self) -> dict[str, Live]:
        """What a waiting step waits for: the first of its sources that is not done. Gives those that wait for another."""
        assert self.run is not None
        found: dict[str, Live] = {}
        for node_id, live in self.run.lives.items():
            if live.state != "waiting" or node_id not in self.document.nodes:
                continue
            sources = [edge.source for edge in self.document.wires(node_id) if edge.target == node_id]
            open_now = [s for s in sources if self.run.live(s).state in ("waiting", "running", "idle")]
            if open_now and open_now[0] in self.document.nodes:
                source = self.document.nodes[open_now[0]]
                words = tr(WAITING_FOR.format(title=title_of(source, self.document.type_of(source))))
                if words != live.message:
                    live.message, found[node_id] = words, live
        return found

    def _edited(self) -> None:
        self._judge_soon.start()
        self.edited.emit()

    def _mark_stale(self, part_id: str) -> None:
        """Edits during or after a run count for the next one; the step says so."""
        live = self.lives().get(part_id)
        if live is not None and live.stale != self._differs(part_id):
            live.stale = not live.stale
            self.canvas.sheet.show_lives({part_id: live})

    def _differs(self, part_id: str) -> bool:
        """Whether a step is another one now than in the run that is shown."""
        before, now = self._ran.get(part_id), self.document.nodes.get(part_id)
        return bool(before and now and (before.params, before.bypass) != (now.params, now.bypass))

    def _changed_since_run(self) -> bool:
        now = self.document.nodes
        if not self._ran:
            return False
        return self._ran.keys() != now.keys() or any(
            (node.params, node.bypass) != (now[name].params, now[name].bypass) for name, node in self._ran.items()
        )

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
