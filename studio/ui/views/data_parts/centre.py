"""The middle of the Data view: tabs, and under them the table or the difference in front."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.making import MAKERS
from studio.ui.views.data_parts.difference_tab import DifferenceTab
from studio.ui.views.data_parts.table_tab import TableTab
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.discard import discard
from studio.ui.widgets.panel import Header, Surface
from studio.ui.widgets.states import Empty
from studio.ui.widgets.tabs import Tab, TabBar

if TYPE_CHECKING:
    from studio.ui.studio import Studio
    from studio.ui.views.data_parts.filters import Filter

NARROW = 560  # pixels of the header below which its buttons are bare
MOST_HEIGHT = 16_777_215  # Qt's "no limit"
FIRST = Text("Add your first table", "添加第一张表")
HOW = Text(
    "Drop files or folders of data, or paste a path, an address or cells of a spreadsheet. Files stay where they are.",
    "拖入数据文件或文件夹，或粘贴路径、网址或电子表格的单元格。文件保留在原处。",
)


class Centre(Surface):
    """Tabs hold datasets ("ds:id"), queries ("sql:name") and differences ("diff:id:1:2"); a query itself stands below.

    `ask_wanted` and `use_wanted` carry the table in front.
    """

    add_wanted = Signal()
    ask_wanted = Signal(object)
    use_wanted = Signal(object)

    def __init__(self, studio: Studio) -> None:
        super().__init__("content")
        self.studio = studio
        self.tables: dict[str, TableTab] = {}
        self.differences: dict[str, DifferenceTab] = {}
        self.tabs, self.stack = TabBar(Text("New query", "新建查询")), QStackedWidget()
        self.head = Header(40, "panel", flush=True)
        self.ask = Button(Text("Ask about this data", "就此数据提问"), "message-square-text", "ghost", "sm")
        self.use = Button(Text("Use in workflow", "用于工作流"), "workflow", size="sm")
        self.add = Button(MAKERS["dataset"].title, "plus", "primary")
        self.empty = Empty("database", FIRST, HOW, self.add)
        self.nothing = Empty(
            "table-2",
            Text("Choose a table", "选择一张表"),
            Text("Open one from the list, or start a query.", "从列表打开，或新建查询。"),
        )
        self._lay_out()
        self.add.clicked.connect(lambda _=False: self.add_wanted.emit())
        for button, wanted in ((self.ask, self.ask_wanted), (self.use, self.use_wanted)):
            button.clicked.connect(lambda _=False, wanted=wanted: wanted.emit(self.table()))

    def table(self) -> TableTab | None:
        """The table in front, where one is."""
        kind, _, name = self.tabs.current().partition(":")
        return self.tables.get(name) if kind == "ds" else None

    def add_table(self, dataset_id: str, name: str, filters: list[Filter]) -> TableTab:
        table = self.tables[dataset_id] = TableTab(self.studio, dataset_id, filters)
        table.opened.connect(lambda dataset: self.tabs.change(f"ds:{dataset.id}", dataset.name))
        self._add(table, Tab(f"ds:{dataset_id}", name, "table-2"))
        return table

    def add_difference(self, dataset_id: str, name: str, before: int, after: int) -> None:
        """A tab for what changed from one version to another, in front."""
        key = f"{dataset_id}:{before}:{after}"
        if key not in self.differences:
            self.differences[key] = DifferenceTab(self.studio, dataset_id, before, after)
            self._add(self.differences[key], Tab(f"diff:{key}", f"{name} {before} → {after}", "git-compare"))
        self.tabs.select(f"diff:{key}")

    def close_tab(self, tab_id: str) -> None:
        """Close a table or a difference."""
        kind, _, name = tab_id.partition(":")
        self.tabs.remove(tab_id)
        held: dict[str, Any] = self.tables if kind == "ds" else self.differences
        closed: QWidget | None = held.pop(name, None)
        if closed is not None:
            closed.hide()
            self.stack.removeWidget(closed)
            discard(closed)

    def show_front(self, instead: QWidget | None = None) -> TableTab | DifferenceTab | None:
        """Show what the tab in front holds, which is given back, or `instead` where it holds nothing. A query takes all the room."""
        kind, _, name = self.tabs.current().partition(":")
        table = self.table()
        for button in (self.ask, self.use):
            button.setVisible(table is not None)
        self.stack.setHidden(kind == "sql")
        self.setMaximumHeight(self.head.height() if kind == "sql" else MOST_HEIGHT)
        shown = self.differences.get(name) if kind == "diff" else table
        if kind != "sql":
            self.stack.setCurrentWidget(shown or instead or self.nothing)
        return shown

    def _add(self, page: QWidget, tab: Tab) -> None:
        self.stack.addWidget(page)
        self.tabs.add(tab)

    def _lay_out(self) -> None:
        self.head.row.addWidget(self.tabs, 1)
        for button in (self.ask, self.use):
            self.head.row.addWidget(button)
        self.head.bare_below(NARROW, self.ask, self.use)
        for page in (self.empty, self.nothing):
            self.stack.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.stack, 1)
