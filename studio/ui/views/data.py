"""The Data view: register, browse, filter, profile and query."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QPoint
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QStackedWidget

from studio.engine.text import Text
from studio.ui.bridge import bridge
from studio.ui.views.data_parts import data_actions, onward
from studio.ui.views.data_parts.adding import AddDialog
from studio.ui.views.data_parts.beside import Beside
from studio.ui.views.data_parts.centre import Centre
from studio.ui.views.data_parts.connecting import Connecting
from studio.ui.views.data_parts.databases_dialog import DatabasesDialog
from studio.ui.views.data_parts.dataset_deeds import DatasetDeeds
from studio.ui.views.data_parts.dialogs import BadLinesDialog
from studio.ui.views.data_parts.filters import Filter, is_whole, where_of
from studio.ui.views.data_parts.insight import Insight
from studio.ui.views.data_parts.inspector import Inspector
from studio.ui.views.data_parts.query_pane import QueryPane
from studio.ui.views.data_parts.query_tabs import QueryTabs
from studio.ui.views.data_parts.side import Side
from studio.ui.views.data_parts.table_tab import TableTab
from studio.ui.views.data_parts.taking import Taking
from studio.ui.views.view import View

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset
    from studio.engine.sql.drafts import Draft
    from studio.engine.sql.saved import SavedQuery
    from studio.ui.studio import Studio

    Lists = tuple[list[Dataset], list[SavedQuery], list[Draft]]

MOST_FOUND = 200  # datasets that a search shows


class DataView(View):
    """Below a table stands the query that was used last."""

    name: ClassVar[str] = "data"
    title: ClassVar[Text] = data_actions.DATA
    icon: ClassVar[str] = "database"
    order: ClassVar[int] = 2
    side_width: ClassVar[str] = "layout.sidePanel.data"
    bottom_height: ClassVar[int] = 360

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self.datasets: list[Dataset] = []
        self._known = False

    def steps(self) -> Iterator[object]:
        studio = self.studio
        self.side = Side()
        self.connecting = Connecting(studio, self.side.tree, self)
        yield
        self.inspector = Inspector()
        self.insight = Insight(studio, self, self.inspector, self.compare, self._reopen)
        self.centre, self.below = Centre(studio), QStackedWidget()
        self.queries = QueryTabs(studio, self.centre.tabs, self.below, self)
        self.taking = Taking(studio, self, self.open_dataset)
        self.deeds = DatasetDeeds(studio, self, self._seen)
        self.beside = Beside(self, self.inspector, self.insight, self.queries, self.below, lambda: self.datasets)
        yield
        self.build(self.centre, self.side, self.inspector, self.below)
        yield
        self._listen()
        self.setAcceptDrops(True)
        studio.opener("dataset", self.open_dataset)
        studio.opener("query", self.open_query)
        self.reload()

    @classmethod
    def register(cls, studio: Studio) -> None:
        """Actions that are there before the view is."""
        data_actions.register(studio, cls.name)

    # Opening

    def open_dataset(
        self, dataset_id: str, *, where: str = "", sql: str = "", rows_sql: str = "", **place: Any
    ) -> None:
        """Show a dataset; with a condition or a plain query over it, show just those rows.

        `row` (counted from 0) puts the cursor there. A query that is no plain one is opened as a query.
        """
        condition = where or where_of(rows_sql) or where_of(sql)
        if sql and not condition and not rows_sql and not is_whole(sql):
            self.new_query(sql).run()
            return
        filters = [Filter(raw=condition)] if condition else []
        table = self.centre.tables.get(dataset_id)
        if table is None:
            table = self._add_table(dataset_id, filters)
        elif filters:
            table.show_filters(filters)
        self.centre.tabs.select(f"ds:{dataset_id}")
        if isinstance(place.get("row"), int):
            table.opened.connect(lambda _dataset: table.table.set_current(place["row"]))

    def open_query(self, name: str, *, sql: str = "", run: bool = False) -> None:
        """Show a saved query by name, or a new one with this text, which may be run at once."""
        if name:
            self.queries.open(name, sql)
        elif run:
            self.new_query(sql).run()
        else:
            self.new_query(sql)

    def new_query(self, sql: str = "") -> QueryPane:
        """A query with a name of its own; it starts from the table in front."""
        table = self.centre.table()
        start = table.copy_sql() + "\nLIMIT 100" if table and table.dataset and not sql else sql
        return self.queries.new(start)

    def compare(self, dataset_id: str, before: int, after: int) -> None:
        """Show what changed from one version of a dataset to another."""
        self.centre.add_difference(dataset_id, self._name_of(dataset_id), before, after)
        self._show_current()

    def close_tab(self) -> None:
        self._close(self.centre.tabs.current())

    # Adding and removing

    def add(self, path: str = "") -> AddDialog:
        """Open the dialog that registers files."""
        return self.taking.ask(path)

    def paste(self) -> None:
        """Add what the clipboard holds: files, paths and addresses, or a table."""
        self.taking.paste()

    def describe_databases(self) -> DatabasesDialog:
        """Open the dialog with what is known of whole databases."""
        dialog = DatabasesDialog(self.studio, self)
        dialog.open()
        return dialog

    def refresh_all(self) -> None:
        for each in self.datasets:
            bridge.run(self, self.studio.engine.datasets.get(each.id), lambda _: None, lambda _error: None)

    # What there is

    def shown(self) -> None:
        self.refresh_all()
        self.insight.load()  # what was done elsewhere may use the dataset now

    def reload(self) -> None:
        """Read the lists anew."""
        bridge.run(self, self._read(), self._show_lists, of="lists")

    async def _read(self) -> Lists:
        sql = self.studio.engine.sql
        drafts = [] if self._known else await sql.drafts.all()
        return await self.studio.engine.datasets.list(), await sql.saved.all(), drafts

    def _show_lists(self, found: Lists) -> None:
        self.datasets, kept, drafts = found
        self.queries.know(self.datasets, kept, self.studio.engine.sql.view_columns)
        self.side.show_all(self.datasets, kept)
        self.connecting.show_datasets(self.datasets)
        trouble = any(each.status in ("unreachable", "broken") for each in self.datasets)
        self.set_badge("warning" if trouble else None)
        ids = {each.id for each in self.datasets}
        for dataset_id in [each for each in self.centre.tables if each not in ids]:
            self._close(f"ds:{dataset_id}")
        for each in self.datasets:
            self.centre.tabs.change(f"ds:{each.id}", each.name)
            if each.id in self.centre.tables:
                self.centre.tables[each.id].follow(each)
        first, self._known = not self._known, True
        if first:
            self.refresh_all()
            if not self.centre.tabs.ids() and self.datasets:
                self.open_dataset(self.datasets[0].id)
            self.queries.restore(drafts)
        self._show_current()

    # Inside

    def _listen(self) -> None:
        from studio.engine.datasets.dataset import DatasetsChanged
        from studio.engine.jobs import JobChanged

        bridge.listen(self, DatasetsChanged, lambda _event: self.reload())
        bridge.listen(self, JobChanged, self.side.show_job)
        self.side.opened.connect(self._open_row)
        self.connecting.opened.connect(self.open_dataset)
        self.deeds.opened.connect(self.open_dataset)
        self.deeds.query_wanted.connect(self.new_query)
        self.deeds.changed.connect(self._reopen)
        self.deeds.removed.connect(lambda dataset_id: self._close(f"ds:{dataset_id}"))
        self.side.menu_wanted.connect(self._row_menu)
        self.side.add_wanted.connect(self.add)
        self.side.refresh_wanted.connect(self.refresh_all)
        self.side.search_wanted.connect(self._find)
        self.centre.tabs.selected.connect(lambda _: self._show_current())
        self.centre.tabs.closed.connect(self._close)
        self.centre.tabs.added.connect(self.new_query)
        self.centre.add_wanted.connect(self.add)
        self.centre.ask_wanted.connect(lambda table: onward.ask(self.studio, table))
        self.centre.use_wanted.connect(lambda table: onward.use(self.studio, table))
        self.queries.listed.connect(self.reload)
        self.queries.shown.connect(self._select)
        self.queries.dataset_made.connect(lambda dataset: self.open_dataset(dataset.id))
        self.inspector.menu_wanted.connect(self.deeds.menu)
        self.inspector.refresh_wanted.connect(self.deeds.refresh)
        self.inspector.locate_wanted.connect(self.deeds.locate)
        self.inspector.bad_lines_wanted.connect(lambda bad: BadLinesDialog(bad, self).open())

    def _find(self, query: str) -> None:
        """Find datasets by all that is known of them, off this thread."""
        if bridge.engine is None:  # it was closed while the search paused
            return
        work = self.studio.engine.metadata.search(query, MOST_FOUND)
        bridge.run(self, work, lambda hits: self.side.show_hits(query, hits))

    def _add_table(self, dataset_id: str, filters: list[Filter]) -> TableTab:
        table = self.centre.add_table(dataset_id, self._name_of(dataset_id), filters)
        table.settled.connect(lambda: self._show_beside(table))
        table.locate_wanted.connect(self.deeds.locate)
        table.refresh_wanted.connect(self.deeds.refresh)
        table.query_wanted.connect(self.new_query)
        return table

    def _select(self, tab_id: str) -> None:
        self.centre.tabs.select(tab_id)
        self._show_current()

    def _show_current(self) -> None:
        """Show the tab in front; what stands beside and below it comes after its first rows."""
        current = self.centre.tabs.current()
        shown = self.centre.show_front(self.centre.empty if self._known and not self.datasets else None)
        pane = self.queries.panes.get(current.removeprefix("sql:")) if current.startswith("sql:") else None
        if self.centre.table() is not None or pane is not None:
            self.side.list.select(current)
        if pane is None:
            self.beside.show(shown)
            return
        self.queries.last = pane.name
        self.below.setCurrentWidget(pane)
        self.below.show()
        self.beside.show_query()

    def _close(self, tab_id: str) -> None:
        kind, _, name = tab_id.partition(":")
        if kind == "sql":
            self.queries.close(name)
        else:
            self.centre.close_tab(tab_id)
        self._show_current()

    def _show_beside(self, table: TableTab) -> None:
        if table is self.centre.table():
            self._show_current()

    def _seen(self, dataset_id: str) -> Dataset | None:
        """A dataset as the list shows it."""
        return next((each for each in self.datasets if each.id == dataset_id), None)

    def _name_of(self, dataset_id: str) -> str:
        known = self._seen(dataset_id)
        return known.name if known else dataset_id

    def _reopen(self, dataset_id: str) -> None:
        if dataset_id in self.centre.tables:
            self.centre.tables[dataset_id].open()
        self.reload()

    # Menus

    def _open_row(self, row_id: str) -> None:
        kind, _, name = row_id.partition(":")
        if kind == "ds":
            self.open_dataset(name)
        elif kind == "conn":
            self.connecting.activate(row_id)
        else:
            self.open_query(name)

    def _row_menu(self, row_id: str, place: QPoint) -> None:
        kind, _, name = row_id.partition(":")
        if kind == "conn":
            self.connecting.menu(row_id, place)
            return
        (self.deeds.menu if kind == "ds" else self.queries.menu)(name, place)

    # Files dropped anywhere

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() or event.mimeData().hasText():
            self.side.drop.light(True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.side.drop.light(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.side.drop.light(False)
        self.taking.take(event.mimeData())
        event.acceptProposedAction()
