"""The Data view: register, browse, filter, profile and query."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QPoint
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.bridge import bridge
from studio.ui.views.data_parts import data_actions
from studio.ui.views.data_parts.adding import AddDialog
from studio.ui.views.data_parts.beside import Beside
from studio.ui.views.data_parts.connecting import Connecting
from studio.ui.views.data_parts.databases_dialog import DatabasesDialog
from studio.ui.views.data_parts.dataset_deeds import DatasetDeeds
from studio.ui.views.data_parts.dialogs import BadLinesDialog
from studio.ui.views.data_parts.difference_tab import DifferenceTab
from studio.ui.views.data_parts.filters import Filter, is_whole, where, where_of
from studio.ui.views.data_parts.insight import Insight
from studio.ui.views.data_parts.inspector import Inspector
from studio.ui.views.data_parts.query_pane import QueryPane
from studio.ui.views.data_parts.query_tabs import QueryTabs
from studio.ui.views.data_parts.side import Side
from studio.ui.views.data_parts.table_tab import TableTab
from studio.ui.views.data_parts.taking import Taking
from studio.ui.views.view import View
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.discard import discard
from studio.ui.widgets.panel import Header
from studio.ui.widgets.states import Empty
from studio.ui.widgets.tabs import Tab, TabBar

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset
    from studio.engine.sql.drafts import Draft
    from studio.engine.sql.saved import SavedQuery
    from studio.ui.studio import Studio

    Lists = tuple[list[Dataset], list[SavedQuery], list[Draft]]

MOST_FOUND = 200  # datasets that a search shows
MOST_HEIGHT = 16_777_215  # Qt's "no limit"


class DataView(View):
    """Tabs hold datasets ("ds:id"), queries ("sql:name") and differences ("diff:id:1:2"). Below a table stands the query that was used last."""

    name: ClassVar[str] = "data"
    title: ClassVar[Text] = data_actions.DATA
    icon: ClassVar[str] = "database"
    order: ClassVar[int] = 2
    side_width: ClassVar[str] = "layout.sidePanel.data"
    bottom_height: ClassVar[int] = 360

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self.datasets: list[Dataset] = []
        self.tables: dict[str, TableTab] = {}
        self.differences: dict[str, DifferenceTab] = {}
        self._known = False

    def steps(self) -> Iterator[object]:
        studio = self.studio
        self.side = Side()
        self.connecting = Connecting(studio, self.side.tree, self)
        yield
        self.inspector = Inspector()
        self.insight = Insight(studio, self, self.inspector, self.compare, self._reopen)
        self.tabs = TabBar(Text("New query", "新建查询"))
        self.stack, self.below = QStackedWidget(), QStackedWidget()
        self.queries = QueryTabs(studio, self.tabs, self.below, self)
        self.taking = Taking(studio, self, self.open_dataset)
        self.deeds = DatasetDeeds(studio, self, self._seen)
        self.beside = Beside(self, self.inspector, self.insight, self.queries, self.below, lambda: self.datasets)
        yield
        self._lay_out()
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
        known = self.tables.get(dataset_id)
        if known is None:
            known = self._add_table(dataset_id, filters)
        elif filters:
            known.show_filters(filters)
        self.tabs.select(f"ds:{dataset_id}")
        if isinstance(place.get("row"), int):
            known.opened.connect(lambda _dataset: known.table.set_current(place["row"]))

    def open_query(self, name: str, *, sql: str = "") -> None:
        """Show a saved query by name, or a new one with this text."""
        if name:
            self.queries.open(name, sql)
        else:
            self.new_query(sql)

    def new_query(self, sql: str = "") -> QueryPane:
        """A query with a name of its own; it starts from the table in front."""
        current = self._front()
        start = current.copy_sql() + "\nLIMIT 100" if current and current.dataset and not sql else sql
        return self.queries.new(start)

    def compare(self, dataset_id: str, before: int, after: int) -> None:
        """Show what changed from one version of a dataset to another."""
        name = f"{dataset_id}:{before}:{after}"
        if name not in self.differences:
            known = self._seen(dataset_id)
            self.differences[name] = DifferenceTab(self.studio, dataset_id, before, after)
            self.stack.addWidget(self.differences[name])
            self.tabs.add(
                Tab(f"diff:{name}", f"{known.name if known else dataset_id} {before} → {after}", "git-compare")
            )
        self._select(f"diff:{name}")

    def close_tab(self) -> None:
        self._close(self.tabs.current())

    def find_column(self) -> None:
        table = self._front()
        if table is not None:
            table.find_column()

    def add_filter(self) -> None:
        table = self._front()
        if table is not None:
            table.bar.edit(None, table.bar.add)

    def profile_all(self) -> None:
        table = self._front()
        if table is not None:
            table.profile.profile_all()

    def export(self) -> None:
        table = self._front()
        if table is not None:
            table.export_selection()

    def ask(self) -> None:
        """Start a conversation about the table in front."""
        table = self._front()
        if table is not None:
            work = self.studio.engine.chat.create(datasets=[table.dataset_id])
            bridge.run(self, work, lambda thread: self.studio.open("thread", thread.id))

    def use(self) -> None:
        """Start a workflow that reads the table in front, with its filters."""
        table = self._front()
        if table is not None and table.dataset is not None:
            params = {"dataset": table.dataset_id, "where": where(table.bar.filters)}
            step = {
                "id": "dataset",
                "type": "dataset",
                "title": table.dataset.name,
                "params": params,
                "position": [80.0, 120.0],
            }
            work = self.studio.engine.workflows.create(table.dataset.name, {"nodes": [step], "edges": []})
            bridge.run(self, work, lambda made: self.studio.open("workflow", made.id))

    # Adding and removing

    def add(self, path: str = "") -> AddDialog:
        """Open the dialog that registers files."""
        return self.taking.ask(path)

    def paste(self) -> None:
        """Add what the clipboard holds: files, paths and addresses, or a table."""
        self.taking.paste()

    def add_connection(self) -> None:
        """Open the dialog that adds a bucket store or a database server."""
        self.connecting.add()

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
        bridge.run(self, self._read(), self._show_lists)

    async def _read(self) -> Lists:
        sql = self.studio.engine.sql
        drafts = [] if self._known else await sql.drafts.all()
        return await self.studio.engine.datasets.list(), await sql.saved.all(), drafts

    def _show_lists(self, found: Lists) -> None:
        self.datasets, kept, drafts = found
        self.queries.know(self.datasets, kept)
        self.side.show_all(self.datasets, kept)
        self.connecting.show_datasets(self.datasets)
        trouble = any(each.status in ("unreachable", "broken") for each in self.datasets)
        self.set_badge("warning" if trouble else None)
        ids = {each.id for each in self.datasets}
        for dataset_id in [each for each in self.tables if each not in ids]:
            self._close(f"ds:{dataset_id}")
        for each in self.datasets:
            self.tabs.change(f"ds:{each.id}", each.name)
            if each.id in self.tables:
                self.tables[each.id].follow(each)
        first, self._known = not self._known, True
        if first:
            self.refresh_all()
            if not self.tabs.ids() and self.datasets:
                self.open_dataset(self.datasets[0].id)
            self.queries.restore(drafts)
        self._show_current()

    # Inside

    def _lay_out(self) -> None:
        self.head, self.centre = Header(40, "panel"), QWidget()
        self.head.row.setContentsMargins(0, 0, 8, 1)
        self.head.row.addWidget(self.tabs, 1)
        self.ask_button = Button(Text("Ask about this data", "就此数据提问"), "message-square-text", "ghost", "sm")
        self.use_button = Button(Text("Use in workflow", "用于工作流"), "workflow", size="sm")
        self.ask_button.clicked.connect(self.ask)
        self.use_button.clicked.connect(self.use)
        for button in (self.ask_button, self.use_button):
            self.head.row.addWidget(button)
        column = QVBoxLayout(self.centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.stack, 1)
        button = Button(Text("Add data", "添加数据"), "plus", "primary")
        button.clicked.connect(self.add)
        title, body = (
            Text("Add your first table", "添加第一张表"),
            Text(
                "Drop files or folders of data, or paste a path, an address or cells of a spreadsheet. Files stay where they are.",
                "拖入数据文件或文件夹，或粘贴路径、网址或电子表格的单元格。文件保留在原处。",
            ),
        )
        self.empty = Empty("database", title, body, button)
        self.nothing = Empty(
            "table-2",
            Text("Choose a table", "选择一张表"),
            Text("Open one from the list, or start a query.", "从列表打开，或新建查询。"),
        )
        for page in (self.empty, self.nothing):
            self.stack.addWidget(page)
        self.build(self.centre, self.side, self.inspector, self.below)

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
        self.tabs.selected.connect(lambda _: self._show_current())
        self.tabs.closed.connect(self._close)
        self.tabs.added.connect(self.new_query)
        self.queries.listed.connect(self.reload)
        self.queries.shown.connect(self._select)
        self.queries.dataset_made.connect(lambda dataset: self.open_dataset(dataset.id))
        self.inspector.menu_wanted.connect(self.deeds.menu)
        self.inspector.refresh_wanted.connect(self.deeds.refresh)
        self.inspector.locate_wanted.connect(self.deeds.locate)
        self.inspector.bad_lines_wanted.connect(lambda bad: BadLinesDialog(bad, self).open())

    def _find(self, query: str) -> None:
        """Find datasets by all that is known of them, off this thread."""
        work = self.studio.engine.metadata.search(query, MOST_FOUND)
        bridge.run(self, work, lambda hits: self.side.show_hits(query, hits))

    def _add_table(self, dataset_id: str, filters: list[Filter]) -> TableTab:
        known = self._seen(dataset_id)
        table = TableTab(self.studio, dataset_id, filters)
        table.settled.connect(lambda: self._show_beside(table))
        table.opened.connect(lambda dataset: self.tabs.change(f"ds:{dataset.id}", dataset.name))
        table.locate_wanted.connect(self.deeds.locate)
        table.refresh_wanted.connect(self.deeds.refresh)
        table.query_wanted.connect(self.new_query)
        self.tables[dataset_id] = table
        self.stack.addWidget(table)
        self.tabs.add(Tab(f"ds:{dataset_id}", known.name if known else dataset_id, "table-2"))
        return table

    def _select(self, tab_id: str) -> None:
        self.tabs.select(tab_id)
        self._show_current()

    def _show_current(self) -> None:
        """Show the tab in front; what stands beside and below it comes after its first rows."""
        current = self.tabs.current()
        table = self._front()
        pane = self.queries.panes.get(current.removeprefix("sql:")) if current.startswith("sql:") else None
        if table is not None or pane is not None:
            self.side.list.select(current)
        for button in (self.ask_button, self.use_button):
            button.setVisible(table is not None)
        self.stack.setVisible(pane is None)
        self.centre.setMaximumHeight(self.head.height() if pane else MOST_HEIGHT)
        if pane is not None:
            self.queries.last = pane.name
            self.below.setCurrentWidget(pane)
            self.below.show()
            self.beside.show_query()
            return
        shown = self.differences.get(current.removeprefix("diff:")) if current.startswith("diff:") else table
        self.stack.setCurrentWidget(shown or (self.nothing if self.datasets or not self._known else self.empty))
        self.beside.show(shown)

    def _close(self, tab_id: str) -> None:
        kind, _, name = tab_id.partition(":")
        if kind == "sql":
            self.queries.close(name)
        else:
            self.tabs.remove(tab_id)
            held: dict[str, Any] = self.tables if kind == "ds" else self.differences
            closed: QWidget | None = held.pop(name, None)
            if closed is not None:
                closed.hide()
                self.stack.removeWidget(closed)
                discard(closed)
        self._show_current()

    def _show_beside(self, table: TableTab) -> None:
        if table is self._front():
            self._show_current()

    def _front(self) -> TableTab | None:
        current = self.tabs.current()
        return self.tables.get(current.removeprefix("ds:")) if current.startswith("ds:") else None

    def _seen(self, dataset_id: str) -> Dataset | None:
        """A dataset as the list shows it."""
        return next((each for each in self.datasets if each.id == dataset_id), None)

    def _reopen(self, dataset_id: str) -> None:
        if dataset_id in self.tables:
            self.tables[dataset_id].open()
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
