"""The list of runs, with a filter."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.engine.text import Text
from studio.engine.workflows.execution import Execution
from studio.ui.theme import theme
from studio.ui.views.runs_parts.words import RESUMABLE, duration, look, moment
from studio.ui.widgets.inputs import Choice, SearchField
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Panel
from studio.ui.widgets.rows import Row, RowList

FILTERS = (
    ("all", Text("All runs", "全部运行")),
    ("running", Text("Running", "运行中")),
    ("completed", Text("Completed", "已完成")),
    ("failed", Text("Failed", "失败")),
    ("resumable", Text("Can be resumed", "可恢复")),
)


class RunsPanel(Panel):
    """`chosen` carries the id of a run."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Text("Runs", "运行"), header=40, parent=parent)
        self._runs: list[Execution] = []
        self.search = SearchField(Text("Find a run", "查找运行"))
        self.filter = Choice(FILTERS, "all", Text("Show", "显示"))
        self.list = RowList(Text("Runs", "运行"), height=48)
        self.none = Label(Text("No run matches", "没有符合条件的运行"), "dense", "text.tertiary")
        self._lay_out()
        self.search.textChanged.connect(lambda _: self._show())
        self.filter.changed.connect(lambda _: self._show())
        self.list.selected.connect(self.chosen)

    def set_runs(self, runs: list[Execution]) -> None:
        """The latest first."""
        self._runs = runs
        self._show()

    def select(self, run_id: str) -> None:
        """Choose a run, and take a filter away that hides it."""
        if not self.list.select(run_id):
            self.filter.set_value("all")
            self.search.clear()
            self._show()
            self.list.select(run_id)

    def _lay_out(self) -> None:
        side, gap = theme.size("space.3"), theme.size("space.2")
        for widget in (self.search, self.filter):
            row = QHBoxLayout()
            row.setContentsMargins(side, gap, side, 0)
            row.addWidget(widget)
            self.body.addLayout(row)
        row = QHBoxLayout()
        row.setContentsMargins(side, gap, side, gap)
        row.addWidget(self.none)
        self.body.addLayout(row)
        self.body.addWidget(self.list, 1)

    def _show(self) -> None:
        rows = [_row(run) for run in self._runs if self._matches(run)]
        self.list.set_rows(rows)
        self.none.setVisible(bool(self._runs) and not rows)

    def _matches(self, run: Execution) -> bool:
        wanted, words = self.filter.value(), self.search.text().strip().lower()
        kept = wanted in ("all", run.status) or (wanted == "resumable" and run.status in RESUMABLE)
        return kept and words in f"{run.workflow_name} {run.id}".lower()


def _row(run: Execution) -> Row:
    seen, began = look(run.status), moment(run.started_at)
    count = Text(f"{run.tokens:,} tok", f"{run.tokens:,} 词元") if run.tokens else None
    took = "" if run.status == "running" else duration(run.seconds)
    en = [seen.words.en, began.en, *([count.en] if count else [])]
    zh = [seen.words.zh, began.zh, *([count.zh] if count else [])]
    title = run.workflow_name or run.id
    return Row(
        run.id,
        title,
        Text(" · ".join(en), " · ".join(zh)),
        seen.icon,
        trailing=took,
        colour=seen.ink,
        hint=f"{title}\n{run.id}",
    )
