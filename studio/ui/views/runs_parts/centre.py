"""A run in the middle of the view: its name and state, what can be done with it, and its timeline."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui import when
from studio.ui.canvas.times import waited_in_words
from studio.ui.language import joined
from studio.ui.questions import Questions
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.runs_parts.cost import cost_in_words
from studio.ui.views.runs_parts.gantt import Gantt
from studio.ui.views.runs_parts.lineage import Lineage
from studio.ui.views.runs_parts.step_panel import ErrorCard
from studio.ui.views.runs_parts.watching import Watched
from studio.ui.views.runs_parts.words import RESUMABLE, duration, look_of_run, tokens
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.labels import Badge, Label
from studio.ui.widgets.panel import Header, Surface, scroll
from studio.ui.widgets.states import Empty

NO_RUNS = Text("No runs yet", "还没有运行记录")
NO_RUNS_WHY = Text(
    "Each run of a workflow is kept here, with what every step took in and gave back.",
    "工作流的每次运行都保存在这里，包括各节点的输入和输出。",
)
CHOOSE = Text("Choose a run", "选择一次运行")
ROOMY = 680  # a narrower header has room for the name and the state, and for icons


class RunCentre(Surface):
    """Signals: `asked("stop"|"resume"|"compare"|"canvas")`, and those of its timeline."""

    asked = Signal(str)
    asked_workflows = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("content", parent)
        self.questions = Questions(studio, self)
        self.name = Label("", "bodyStrong", elide="end")
        self.name.setMinimumWidth(theme.scaled(80))
        self.state = Badge("", "neutral")
        self.figures = Label("", "dense", "text.secondary", elide="end").shrinkable()
        self.canvas = Button(Text("Open on canvas", "在画布上打开"), "workflow")
        self.stop = Button(Text("Stop", "停止"), "square", "danger")
        self.resume = Button(Text("Resume", "继续运行"), "play", "primary")
        self.questions.tab_after = self.resume
        self.hint = Label("", "dense", "text.secondary", wrap=True)
        self.error = ErrorCard()
        self.lineage = Lineage()
        self.compare = Button(Text("Compare…", "比较…"), "git-compare")
        self.gantt = Gantt()
        self._pages = QStackedWidget()
        self._lay_out()
        for button, word in (
            (self.canvas, "canvas"),
            (self.compare, "compare"),
            (self.stop, "stop"),
            (self.resume, "resume"),
        ):
            button.clicked.connect(lambda _=False, word=word: self.asked.emit(word))

    def show_none(self, any_runs: bool) -> None:
        """Nothing is chosen, or there is nothing to choose."""
        self._pages.setCurrentIndex(1 if any_runs else 2)

    def show_run(self, run: Watched) -> None:
        """Show a run, or what is new in it."""
        execution, seen = run.execution, look_of_run(run.execution.status)
        self._pages.setCurrentIndex(0)
        self.name.say(execution.workflow_name or execution.id)
        self.state.say(seen.words)
        self.state.set_tone(seen.tone, seen.icon)
        self.figures.say(_figures(run))
        self.stop.setVisible(run.running)
        self.resume.setVisible(execution.status in RESUMABLE)
        self.hint.setVisible(execution.status in RESUMABLE)
        if execution.status in RESUMABLE:
            self.hint.say(_goes_on(run))
        self.error.show_error(execution.error)
        self.lineage.show_run(run)
        self.gantt.show_run(run)
        self.questions.follow(execution.id, run.asks if run.running else 0, lambda: run.titles)

    def tick(self, run: Watched) -> None:
        """Time has passed."""
        self.figures.say(_figures(run))
        self.gantt.update()

    def _lay_out(self) -> None:
        header = Header(40, "content")
        header.row.setSpacing(theme.size("space.3"))
        for widget in (self.name, self.state, self.figures):
            header.row.addWidget(widget, 1 if widget is self.name else 0)
        for button in (self.compare, self.canvas, self.stop, self.resume):
            header.row.addWidget(button)
        header.bare_below(ROOMY, self.compare, self.canvas)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(header)
        column.addWidget(self.questions)
        above = QVBoxLayout()
        side = theme.size("space.4")
        above.setContentsMargins(side, theme.size("space.2"), side, theme.size("space.2"))
        above.setSpacing(theme.size("space.2"))
        above.addWidget(self.error)
        above.addWidget(self.hint)
        above.addWidget(self.lineage)
        column.addLayout(above)
        column.addWidget(scroll(_at_top(self.gantt)), 1)
        go = Button(Text("Open Workflows", "打开工作流"), "workflow", "primary")
        go.clicked.connect(lambda _=False: self.asked_workflows.emit())
        for one in (page, Empty("history", CHOOSE), Empty("history", NO_RUNS, NO_RUNS_WHY, go)):
            self._pages.addWidget(one)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pages)


def _at_top(widget: QWidget) -> QWidget:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(widget)
    column.addStretch(1)
    return holder


def _figures(run: Watched) -> Text:
    began, took = when.moment(run.started, seconds=True, inside=True), duration(run.worked)
    count = tokens(run.results.tokens) if run.results.tokens else None
    spent = cost_in_words(run.results.used(), run.prices, run.models)
    started = Text(f"started {began.en}", f"{began.zh} 开始")
    return joined(started, took, waited_in_words(run.waited), count, spent)


def _goes_on(run: Watched) -> Text:
    """Where a resumed run starts again: the step, and the row of a map."""
    step = run.results.next_step()
    title = run.titles.get(step, Text.same(step))
    progress = run.result(step).get("progress") or {}
    row = Text("", "")
    if progress.get("total") and progress.get("done"):
        row = Text(
            f", after {progress['done']:,} of {progress['total']:,} rows",
            f"，前 {progress['done']:,} 行（共 {progress['total']:,} 行）不再重复",
        )
    return Text(f"Resuming goes on at “{title.en}”{row.en}.", f"继续运行将从“{title.zh}”开始{row.zh}。")
