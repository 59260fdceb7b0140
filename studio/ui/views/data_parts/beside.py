"""What stands beside and below the tab in front: it comes after the table's first rows, and in turns of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QStackedWidget

from studio.ui.turns import Turns
from studio.ui.views.data_parts.difference_tab import DifferenceTab
from studio.ui.views.data_parts.insight import Insight
from studio.ui.views.data_parts.inspector import Inspector
from studio.ui.views.data_parts.query_pane import QueryPane
from studio.ui.views.data_parts.query_tabs import QueryTabs
from studio.ui.views.data_parts.table_tab import TableTab

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset
    from studio.ui.views.view import View


LATER = 1  # millisecond: at 0 the first step would be taken together with the table's first rows


class Beside(QObject):
    """The inspector tells of the dataset in front; under a table stands the query that was used last."""

    def __init__(
        self, view: View, inspector: Inspector, insight: Insight, queries: QueryTabs, below: QStackedWidget,
        datasets: Callable[[], Sequence[Dataset]],
    ) -> None:  # fmt: skip
        super().__init__(view)
        self._view, self._inspector, self._insight = view, inspector, insight
        self._queries, self._below, self._datasets = queries, below, datasets
        self._shown: TableTab | DifferenceTab | None = None
        self._number = 0  # of what was asked for last
        self._was_query = False

    def show_query(self) -> None:
        """The query in front takes all the room."""
        self._number += 1
        self._was_query = True

    def show(self, shown: TableTab | DifferenceTab | None) -> None:
        """Show what belongs to this tab, once its first rows are there."""
        self._number += 1
        self._shown = shown
        if not isinstance(shown, TableTab) or not self._wanted_below():
            self._below.hide()
        if not (isinstance(shown, TableTab) and shown.waiting):
            Turns(self._steps(self._number), self).start_later(LATER)

    def _steps(self, number: int) -> Iterator[object]:
        for step in (self._inspect, self._make_query, self._bring_below, self._insight.load):
            if number != self._number:
                return
            step()
            yield

    def _inspect(self) -> None:
        datasets, shown = self._datasets(), self._shown
        dataset = next((each for each in datasets if shown is not None and each.id == shown.dataset_id), None)
        if dataset is not None or not datasets:
            self._inspector.show_dataset(dataset)

    def _wanted_below(self) -> bool:
        return bool(self._view.studio.window.memory.panels(self._view.name).get("bottom_open", True))

    def _query(self) -> QueryPane | None:
        """The query used last, for below a table; the first one starts from the table."""
        table = self._shown
        if not isinstance(table, TableTab) or table.dataset is None or not self._wanted_below():
            return None
        return self._queries.recent(f'SELECT *\nFROM "{table.dataset.name}"\nLIMIT 100')

    def _make_query(self) -> None:
        """It takes as long as a step may."""
        self._query()

    def _bring_below(self) -> None:
        query = self._query()
        if query is None:
            return
        self._below.setCurrentWidget(query)
        if self._view.frame is not None and (self._below.isHidden() or self._was_query):
            self._view.frame.show_panel("bottom", True)
        self._was_query = False
