"""Two runs of a workflow side by side: for each step how it went in both, and whether it gave the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.engine.workflows.execution import Execution
from studio.engine.workflows.graph import Graph
from studio.ui.language import language, say, tr
from studio.ui.theme import theme
from studio.ui.views.runs_parts.words import duration, look, moment, titles_of
from studio.ui.widgets.labels import Label

if TYPE_CHECKING:
    from studio.ui.studio import Studio

COLUMNS = (
    Text("Step", "节点"), Text("State", "状态"), Text("State then", "另一次状态"), Text("Time", "用时"),
    Text("Time then", "另一次用时"), Text("Tokens", "词元"), Text("Tokens then", "另一次词元"), Text("Settings", "设置"),
    Text("Output", "输出"),
)  # fmt: skip
SAME, OTHER, NEW, GONE = (
    Text("same", "相同"),
    Text("different", "不同"),
    Text("only here", "仅此次"),
    Text("gone", "已移除"),
)
NOTHING = Text("", "")
HINT = Text("Compared with the run of {when}: {count} steps gave something else.", "与 {when} 的运行相比：{count} 个节点的输出不同。")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two runs, as the engine tells it."""

    execution: Execution
    graph: Graph

    def result(self, step: str) -> dict[str, Any]:
        return (self.execution.node_results or {}).get(step, {})


@dataclass(frozen=True, slots=True)
class Difference:
    """One row: a step in this run and in the other."""

    step: str
    title: Text
    here: dict[str, Any]
    there: dict[str, Any]
    settings: Text
    output: Text


def differences(here: Side, there: Side) -> list[Difference]:
    """In the order of this run's graph, with the steps that are gone last."""
    titles = titles_of(there.graph) | titles_of(here.graph)
    now, then = ({node.id: node for node in side.graph.nodes} for side in (here, there))
    rows = []
    for step in [*now, *(step for step in then if step not in now)]:
        a, b = here.result(step), there.result(step)
        if step not in then or step not in now:
            settings = NEW if step in now else GONE
        else:
            same = (now[step].params, now[step].bypass) == (then[step].params, then[step].bypass)
            settings = SAME if same else OTHER
        given = [side.get("outputs") for side in (a, b)]
        output = NOTHING if not all(given) else SAME if given[0] == given[1] else OTHER
        rows.append(Difference(step, titles[step], a, b, settings, output))
    return rows


class Comparison(QWidget):
    """Empty until two runs are given."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.rows: list[Difference] = []
        self._sides: tuple[Side, Side] | None = None
        self.hint = Label(Text("Choose a run to compare with.", "请选择要比较的运行。"), "dense", "text.secondary")
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(theme.size("layout.row.table"))
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.setShowGrid(False)
        say(self.table.setAccessibleName, Text("Comparison of two runs", "两次运行的比较"))
        column = QVBoxLayout(self)
        gap = theme.size("space.2")
        column.setContentsMargins(theme.size("space.3"), gap, 0, 0)
        column.setSpacing(gap)
        column.addWidget(self.hint)
        column.addWidget(self.table, 1)
        language.changed.connect(self._show)

    def compare(self, run_id: str, other_id: str) -> None:
        """Read both runs whole, then show them."""
        workflows = self.studio.engine.workflows

        async def read() -> tuple[Side, Side]:
            found = [
                Side(await workflows.execution(name), await workflows.definition(name)) for name in (run_id, other_id)
            ]
            return found[0], found[1]

        self.studio.bridge.run(self, read(), self._take)

    def _take(self, sides: tuple[Side, Side]) -> None:
        self._sides = sides
        self.rows = differences(*sides)
        self._show()

    def _show(self) -> None:
        self.table.setHorizontalHeaderLabels([tr(title) for title in COLUMNS])
        self.table.setRowCount(len(self.rows))
        for number, row in enumerate(self.rows):
            for place, words in enumerate(_cells(row)):
                item = QTableWidgetItem(words)
                if place >= 7 and words == tr(OTHER):
                    item.setForeground(theme.colour("warning.text"))
                if 3 <= place <= 6:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(number, place, item)
        if self._sides is not None:
            other = sum(row.output is OTHER for row in self.rows)
            when = moment(self._sides[1].execution.started_at)
            self.hint.say(Text(HINT.en.format(when=when.en, count=other), HINT.zh.format(when=when.zh, count=other)))


def _cells(row: Difference) -> list[str]:
    states = [tr(look(side["status"], side).words) if side.get("status") else "" for side in (row.here, row.there)]
    times = [duration(side.get("seconds")) for side in (row.here, row.there)]
    tokens = [f"{side['tokens']:,}" if side.get("tokens") else "" for side in (row.here, row.there)]
    return [tr(row.title), *states, *times, *tokens, tr(row.settings), tr(row.output)]
