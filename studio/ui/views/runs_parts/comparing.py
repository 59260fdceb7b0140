"""Two runs of a workflow side by side: for each step how it went in both, and whether it gave the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.engine.text import Text, plural
from studio.engine.workflows.execution import Execution
from studio.engine.workflows.graph import Graph
from studio.engine.workflows.results import used_in
from studio.ui import when
from studio.ui.language import language, say, tr
from studio.ui.theme import theme
from studio.ui.views.runs_parts.cost import Prices, Used, cost_in_words
from studio.ui.views.runs_parts.words import duration, look, titles_of
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
CHOOSE = Text("Compare… above chooses a run to compare with.", "用上方的“比较…”选择要比较的运行。")
HINT = Text(
    "Compared with the run of {when}: {count} gave something else.", "与 {when} 的运行相比：{count}的输出不同。"
)
OWN = 3  # pixels by which Qt itself sets the words of a cell in
ASIDE = (3, 4, 5, 6)  # columns of figures, which stand at the right


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two runs, as the engine tells it."""

    execution: Execution
    graph: Graph

    def result(self, step: str) -> dict[str, Any]:
        return (self.execution.node_results or {}).get(step, {})

    def used(self) -> Used:
        return used_in(self.execution.node_results or {})


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
            same = now[step].work == then[step].work
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
        self.prices: dict[str, Prices] = {}
        self._sides: tuple[Side, Side] | None = None
        self.hint = Label(CHOOSE, "dense", "text.secondary")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(theme.size("layout.row.table"))
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.setShowGrid(False)
        self.table.setItemDelegate(_Cell(self.table))
        self.table.setTabKeyNavigation(False)
        say(self.table.setAccessibleName, Text("Comparison of two runs", "两次运行的比较"))
        column = QVBoxLayout(self)
        gap = theme.size("space.2")
        column.setContentsMargins(theme.size("space.3"), gap, 0, 0)
        column.setSpacing(gap)
        column.addWidget(self.hint)
        column.addWidget(self.table, 1)
        self.table.hide()
        language.changed.connect(self._show)
        theme.changed.connect(self._show)

    def follow(self, run_id: str) -> None:
        """Another run is in front: what was compared with the one before is put away."""
        if self._sides is not None and self._sides[0].execution.id != run_id:
            self._sides, self.rows = None, []
            self.hint.say(CHOOSE)
            self._show()

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
                if place in ASIDE:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(number, place, item)
        self._widen()
        self.table.setVisible(bool(self.rows))
        if self._sides is not None:
            other = sum(row.output is OTHER for row in self.rows)
            began = when.moment(self._sides[1].execution.started_at, seconds=True, inside=True)
            hint = HINT.format(when=began, count=Text(plural(other, "step", "steps"), f"{other} 个节点"))
            spent = [cost_in_words(side.used(), self.prices, {}) for side in self._sides]
            if any(spent):
                now, then = (one or Text.same("—") for one in spent)
                hint = Text(f"{hint.en} Cost {now.en}, then {then.en}.", f"{hint.zh}费用 {now.zh}，另一次 {then.zh}。")
            self.hint.say(hint)

    def _widen(self) -> None:
        """Each column as wide as its title and its words."""
        metrics, pad = QFontMetrics(theme.font("denseStrong")), 2 * theme.size("space.3")
        self.table.verticalHeader().setDefaultSectionSize(theme.size("layout.row.table"))
        for place in range(len(COLUMNS)):
            head = self.table.horizontalHeaderItem(place)
            if head is not None and place in ASIDE:
                head.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            items = [head, *(self.table.item(row, place) for row in range(self.table.rowCount()))]
            widest = max(metrics.horizontalAdvance(item.text()) for item in items if item is not None)
            self.table.setColumnWidth(place, widest + pad)


class _Cell(QStyledItemDelegate):
    """Its words begin where those of the header do."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, option.palette.highlight())
        inset = theme.size("space.2") - OWN
        option.rect = option.rect.adjusted(inset, 0, -inset, 0)
        super().paint(painter, option, index)


def _cells(row: Difference) -> list[str]:
    states = [tr(look(side["status"], side).words) if side.get("status") else "" for side in (row.here, row.there)]
    times = [duration(side.get("seconds")) for side in (row.here, row.there)]
    tokens = [f"{side['tokens']:,}" if side.get("tokens") else "" for side in (row.here, row.there)]
    return [tr(row.title), *states, *times, *tokens, tr(row.settings), tr(row.output)]
