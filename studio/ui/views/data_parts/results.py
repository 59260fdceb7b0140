"""What a run brought: results, one per statement, as table and chart; the plan; what was run before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.text import Text, plural
from studio.ui.bridge import Handle, bridge
from studio.ui.language import joined, tr
from studio.ui.theme import theme
from studio.ui.views.data_parts import words
from studio.ui.views.data_parts.chart_tab import ChartTab
from studio.ui.views.data_parts.history_tab import HistoryTab
from studio.ui.views.data_parts.plan_tab import PlanTab
from studio.ui.views.data_parts.result_tab import ResultTab
from studio.ui.widgets.discard import discard
from studio.ui.widgets.inputs import Choice
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Glyph, Header, Surface
from studio.ui.widgets.panel_tabs import PanelTabs
from studio.ui.widgets.states import Failure, Loading

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Column
    from studio.engine.sql.plan_tree import Plan
    from studio.engine.sql.query import QueryResult, Read
    from studio.engine.sql.script import Outcome
    from studio.ui.studio import Studio


W = TypeVar("W", bound=QWidget)


class Results(Surface):
    """Fill it with `begin`, then `add` for each outcome. Each tab is made when it is first looked at."""

    measure_wanted = Signal(str)
    dataset_made = Signal(object)  # Dataset
    query_reused = Signal(str)  # SQL, to go on with
    query_opened = Signal(str)  # SQL, for a query of its own

    def __init__(self, studio: Studio) -> None:
        super().__init__("content")
        self.studio = studio
        self.outcomes: list[Outcome] = []
        self._reading: Handle | None = None
        self.tabs = PanelTabs(
            [
                ("result", Text("Result", "结果")),
                ("chart", Text("Chart", "图表")),
                ("plan", Text("Plan", "执行计划")),
                ("history", Text("History", "历史")),
            ]
        )
        self.which = Choice(name=Text("Which result", "第几个结果"))
        self.which.setMinimumWidth(theme.scaled(132))
        self.done = Glyph("check", "success.text", 14)
        self.note = Label("", "caption", "text.secondary", elide="end").shrinkable()
        self._waiting = False
        self._drawable: tuple[Sequence[Column], Any, int] | None = None  # what a chart would be drawn of
        self.message = Label(
            Text("Run the query to see its rows.", "运行查询即可查看结果。"), "dense", "text.secondary", wrap=True
        )
        self._lay_out()
        self._listen()

    @property
    def result(self) -> QueryResult | None:
        """The result in front."""
        return self.rows.result if self._made("rows") else None

    @cached_property
    def rows(self) -> ResultTab:
        made = self._keep(ResultTab(self.studio))
        made.counted.connect(self._counted)
        made.failed.connect(self.fail)
        made.saved.connect(self.dataset_made)
        return made

    @cached_property
    def chart(self) -> ChartTab:
        made = self._keep(ChartTab(self.studio))
        if self._drawable is not None:
            made.show_rows(*self._drawable)
        return made

    @cached_property
    def plan(self) -> PlanTab:
        made = self._keep(PlanTab())
        made.measure_wanted.connect(self.measure_wanted)
        return made

    @cached_property
    def history(self) -> HistoryTab:
        made = self._keep(HistoryTab(self.studio))
        made.reused.connect(self.query_reused)
        made.opened.connect(self.query_opened)
        return made

    def begin(self, cancel: Callable[[], object]) -> None:
        """Keep the place while a run is on; what the last one brought goes."""
        self.outcomes, self._waiting = [], True
        self.which.hide()
        self.done.hide()
        self.tabs.set_value("result")
        self.tabs.set_count("result", None)
        self._show(Loading(cancel, Text("Running the query", "正在运行查询")))

    def add(self, outcome: Outcome) -> None:
        """Show what one more statement brought."""
        self.outcomes.append(outcome)
        self._waiting = outcome.error is None and outcome.number + 1 < outcome.of
        names = [(place, _named(each)) for place, each in enumerate(self.outcomes)]
        self.which.set_choices(names, len(names) - 1)
        self.which.setVisible(outcome.of > 1)
        self._show_outcome(outcome)

    def say(self, text: Text) -> None:
        self.note.setText("")
        self.done.hide()
        self.message.say(text)
        self.stack.setCurrentWidget(self.message_page)

    def tick(self, seconds: float) -> None:
        """Say how long it has been running."""
        if not self._waiting:
            return
        self.note.say(Text(f"{seconds:.1f} s", f"{seconds:.1f} 秒"))

    def fail(self, error: StudioError) -> None:
        self._waiting = False
        self.tabs.set_value("result")
        self.tabs.set_count("result", None)
        self.note.setText("")
        self.done.hide()
        self._show(Failure(error))

    def show_plan(self, plan: Plan) -> None:
        self._waiting = False
        self.plan.show_plan(plan)
        self.tabs.set_value("plan")
        self.note.setText("")
        self.done.hide()
        self.stack.setCurrentWidget(self.plan)

    # Inside

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        header = Header(32)
        header.row.addWidget(self.tabs, 1)
        for widget in (self.which, self.done, self.note):
            header.row.addWidget(widget)
        self.which.hide()
        self.done.hide()
        column.addWidget(header)
        self.stack = QStackedWidget()
        self.message_page = QWidget()
        inner, pad = QHBoxLayout(self.message_page), theme.size("space.3")
        inner.setContentsMargins(pad, pad, pad, pad)
        inner.addWidget(self.message, 1, Qt.AlignmentFlag.AlignTop)
        self.fixed: list[QWidget] = []
        self._keep(self.message_page)
        column.addWidget(self.stack, 1)

    def _listen(self) -> None:
        self.tabs.changed.connect(self._choose)
        self.which.changed.connect(lambda place: self._show_outcome(self.outcomes[place]))

    def _keep(self, page: W) -> W:
        """A page that stays, below those that come and go."""
        self.stack.insertWidget(len(self.fixed), page)
        self.fixed.append(page)
        return page

    def _made(self, name: str) -> bool:
        return name in self.__dict__

    def _draw(self, columns: Sequence[Column], rows: Any, count: int) -> None:
        self._drawable = (columns, rows, count)
        if self._made("chart"):
            self.chart.show_rows(columns, rows, count)

    def _show_outcome(self, outcome: Outcome) -> None:
        self.note.setText("")
        self.done.hide()
        if outcome.error is not None:
            self.fail(outcome.error)
        elif outcome.plan is not None:
            self.show_plan(outcome.plan)
        elif outcome.result is not None:
            self._show_result(outcome.result)

    def _show_result(self, result: QueryResult) -> None:
        self.rows.show_result(result)
        self._draw(result.columns, result.table, result.table.num_rows)
        self.done.show()
        self._tell(result, None)
        if self.tabs.value() not in ("result", "chart"):
            self.tabs.set_value("result")
        self._choose(self.tabs.value())
        if self._reading is not None:
            self._reading.cancel()
        work = self.studio.engine.sql.scanned(result.sql)
        self._reading = bridge.run(self, work, lambda read: self._tell(result, read), lambda _error: None)

    def _tell(self, result: QueryResult, read: Read | None) -> None:
        if self.result is None or self.result.sql != result.sql:
            return
        parts = [Text(f"{result.seconds:.2f} s", f"{result.seconds:.2f} 秒")]
        if read is not None:
            some, whole = words.size(read.bytes), words.size(read.of)
            parts.append(Text(f"reads {some} of {whole}", f"读取 {some} / {whole}"))
        whole_note = tr(joined(*parts))
        self.note.setText(whole_note if self.which.isHidden() else tr(parts[0]))
        self.note.setToolTip(whole_note)

    def _counted(self, rows: int) -> None:
        self.tabs.set_count("result", rows)
        result = self.result
        if self.rows.spooled is not None and result is not None:
            self._draw(result.columns, self.rows.rows, rows)

    def _show(self, widget: QWidget) -> None:
        """Show a widget that is not kept."""
        for place in reversed(range(self.stack.count())):
            old = self.stack.widget(place)
            if old not in self.fixed:
                self.stack.removeWidget(old)
                discard(old)
        self.stack.addWidget(widget)
        self.stack.setCurrentWidget(widget)

    def _choose(self, tab: object) -> None:
        """Bring a tab to the front; a run that failed or goes on stays where the result would be."""
        if tab == "history":
            self.history.reload()
        shown: QWidget | None = getattr(self, str(tab)) if tab in ("history", "plan", "chart") else None
        if shown is None:
            last = self.stack.widget(self.stack.count() - 1)
            waiting = last if last not in self.fixed and not self.done.isVisibleTo(self) else None
            shown = waiting or (self.rows if self.result is not None else self.message_page)
        self.stack.setCurrentWidget(shown)


def _named(outcome: Outcome) -> Text:
    number = f"{outcome.number + 1} / {outcome.of}"
    if outcome.error is not None:
        return Text(f"{number} · failed", f"{number} · 失败")
    if outcome.plan is not None:
        return Text(f"{number} · plan", f"{number} · 执行计划")
    count = outcome.result.table.num_rows if outcome.result is not None else 0
    return Text(f"{number} · {plural(count, 'row', 'rows')}", f"{number} · {count:,} 行")
