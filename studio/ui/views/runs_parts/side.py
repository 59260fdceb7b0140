"""The list of runs, with filters: the engine looks for what is wanted, so old runs are found as well."""

from __future__ import annotations

from datetime import datetime, timedelta

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.engine.workflows.execution import Execution, RunFilter
from studio.ui import when
from studio.ui.language import joined
from studio.ui.theme import theme
from studio.ui.views.runs_parts.words import RESUMABLE, duration, look_of_run
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.inputs import Choice, SearchField
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Panel
from studio.ui.widgets.rows import Row, RowList

FILTERS: tuple[tuple[str, Text], ...] = (
    ("all", Text("All runs", "全部运行")),
    ("running", Text("Running", "运行中")),
    ("waiting", Text("Waits for you", "等你回答")),
    ("completed", Text("Completed", "已完成")),
    ("failed", Text("Failed", "失败")),
    ("stopped", Text("Stopped", "已停止")),
    ("resumable", Text("Can be resumed", "可恢复")),
)
TRIGGERS = (
    ("any", Text("Started by anything", "任何触发方式")),
    ("person", Text("By hand or a call", "手动或调用")),
    ("schedule", Text("By a schedule", "由计划触发")),
    ("run", Text("From another run", "由其他运行派生")),
)
DATES = (
    (0, Text("Any time", "任何时间")),
    (1, Text("Today", "今天")),
    (7, Text("Last 7 days", "近 7 天")),
    (30, Text("Last 30 days", "近 30 天")),
)
ALL = Text("All workflows", "全部工作流")
UNSAVED = Text("Not saved", "未保存的")
MORE = Text("Show more", "显示更多")
CLEAR = Text("Clear the filters", "清除筛选")
PAGE = 200


class RunsPanel(Panel):
    """`chosen` carries the id of a run; `wanted` comes when other runs are to be read."""

    chosen = Signal(str)
    wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Text("Runs", "运行"), header=40, parent=parent)
        self.limit = PAGE
        self.search = SearchField(Text("Find a run", "查找运行"))
        self.filter = Choice(FILTERS, "all", Text("State", "状态"))
        self.more = IconButton("list-filter", Text("More filters", "更多筛选"), checkable=True)
        self.workflow = Choice([("", ALL)], "", Text("Workflow", "工作流"))
        self.trigger = Choice(TRIGGERS, "any", Text("Started by", "触发方式"))
        self.date = Choice(DATES, 0, Text("When", "时间"))
        self.list = RowList(Text("Runs", "运行"), height=48)
        self.none = Label(Text("No run matches", "没有符合条件的运行"), "dense", "text.tertiary")
        self.clear = Button(CLEAR, kind="link", size="sm")
        self.further = Button(MORE, kind="ghost", size="sm")
        self._narrow = QWidget()
        self._lay_out()
        self.search.searched.connect(lambda _: self._ask())
        for choice in (self.filter, self.workflow, self.trigger, self.date):
            choice.changed.connect(lambda _: self._ask())
        self.more.toggled.connect(self._narrow.setVisible)
        self.clear.clicked.connect(self._clear)
        self.further.clicked.connect(self._ask_further)
        self.list.selected.connect(self.chosen)

    def wish(self) -> tuple[str | None, RunFilter]:
        """The workflow, and what else is wanted of its runs."""
        state, days = str(self.filter.value()), int(self.date.value() or 0)
        statuses = () if state == "all" else tuple(sorted(RESUMABLE)) if state == "resumable" else (state,)
        midnight = datetime.combine(datetime.now().date(), datetime.min.time())
        since = (midnight - timedelta(days=days - 1)).timestamp() if days else None
        where = RunFilter(statuses, self.trigger.value(), since, None, self.search.text().strip())
        return self.workflow.value() or None, where

    def narrowed(self) -> bool:
        """Whether any filter is set."""
        return self.wish() != (None, RunFilter())

    def show_workflows(self, names: dict[str, str]) -> None:
        """The workflows to choose from, by their id."""
        self.workflow.set_choices([("", ALL), *names.items(), ("unsaved", UNSAVED)], self.workflow.value() or "")

    def set_runs(self, runs: list[Execution]) -> None:
        """What was read, the latest first."""
        self.list.set_rows(_row(run) for run in runs)
        narrowed = self.narrowed()
        self.none.setVisible(narrowed and not runs)
        self.clear.setVisible(narrowed)
        self.further.setVisible(len(runs) >= self.limit)
        others = any((self.workflow.value(), self.trigger.value() != "any", self.date.value()))
        self.more.set_icon("list-filter", "accent.text" if others else "text.secondary")

    def select(self, run_id: str) -> bool:
        return self.list.select(run_id)

    def reset(self) -> None:
        """All runs again."""
        for choice, value in ((self.filter, "all"), (self.workflow, ""), (self.trigger, "any"), (self.date, 0)):
            choice.set_value(value)
        self.search.clear()
        self._ask()

    def _clear(self) -> None:
        """The button goes; the keyboard goes on at the list."""
        self.list.setFocus()
        self.reset()

    def _ask(self) -> None:
        self.limit = PAGE
        self.wanted.emit()

    def _ask_further(self) -> None:
        self.limit += PAGE
        self.wanted.emit()

    def _lay_out(self) -> None:
        gap = theme.size("space.2")
        column = QVBoxLayout()
        column.setContentsMargins(gap, gap, gap, gap)
        column.setSpacing(gap)
        column.addWidget(self.search)
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.1"))
        row.addWidget(self.filter, 1)
        row.addWidget(self.more)
        column.addLayout(row)
        inner = QVBoxLayout(self._narrow)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(gap)
        for choice in (self.workflow, self.trigger, self.date):
            choice.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            inner.addWidget(choice)
        column.addWidget(self._narrow)
        below = QHBoxLayout()
        below.addWidget(self.none)
        below.addStretch(1)
        below.addWidget(self.clear)
        column.addLayout(below)
        for widget in (self._narrow, self.none, self.clear, self.further):
            widget.hide()
        self.body.addLayout(column)
        self.body.addWidget(self.list, 1)
        self.body.addWidget(self.further)


def _row(run: Execution) -> Row:
    seen, began = look_of_run(run.status), when.moment(run.started_at, seconds=True)
    count = Text(f"{run.tokens:,} tok", f"{run.tokens:,} 词元") if run.tokens else None
    took = "" if run.status in ("running", "waiting") else duration(run.seconds)
    title = run.workflow_name or run.id
    return Row(
        run.id,
        title,
        joined(seen.words, began, count),
        seen.icon,
        trailing=took,
        colour=seen.ink,
        hint=f"{title}\n{run.id}",
    )
