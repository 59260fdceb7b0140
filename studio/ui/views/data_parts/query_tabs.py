"""The queries of the Data view: open ones, each with a tab, and those that the project keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from studio.engine.sql.suggest import Suggester
from studio.engine.text import Text
from studio.ui.bridge import bridge
from studio.ui.language import tr
from studio.ui.views.data_parts.dialogs import NameDialog
from studio.ui.views.data_parts.query_pane import QueryPane
from studio.ui.widgets.discard import discard
from studio.ui.widgets.menus import Menu
from studio.ui.widgets.tabs import Tab, TabBar

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset
    from studio.engine.sql.drafts import Draft
    from studio.engine.sql.saved import SavedQuery
    from studio.ui.studio import Studio


class QueryTabs(QObject):
    """Opens, renames, closes and removes queries. Ids of their tabs are "sql:name"."""

    listed = Signal()  # what the project keeps has changed
    shown = Signal(str)  # the tab to bring to the front
    dataset_made = Signal(object)

    def __init__(self, studio: Studio, tabs: TabBar, stack: QStackedWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self.studio = studio
        self.kept: list[SavedQuery] = []
        self.panes: dict[str, QueryPane] = {}
        self.last = ""  # the query that was used last
        self._tabs, self._stack, self._parent = tabs, stack, parent
        self._suggester: Suggester | None = None

    def know(
        self, datasets: Sequence[Dataset], kept: list[SavedQuery], views: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        """What there is now, to complete names with and to open."""
        self.kept = kept
        self._suggester = Suggester(datasets, views)
        for pane in self.panes.values():
            pane.suggesting.suggester = self._suggester

    def restore(self, drafts: Sequence[Draft]) -> None:
        """Open the tabs that were open, as they were typed."""
        for draft in drafts:
            if draft.name not in self.panes:
                self.pane(draft.name, draft.sql)
                self._add_tab(draft.name)

    def open(self, name: str, sql: str = "") -> None:
        """Show a query that the project keeps, or one with this text."""
        self.pane(name, sql)
        self._add_tab(name)
        self.shown.emit(f"sql:{name}")

    def new(self, sql: str) -> QueryPane:
        """A query with a name of its own."""
        name = self._free_name()
        pane = self.pane(name, sql)
        if sql:
            pane.keep()
        self.open(name)
        pane.editor.setFocus()
        return pane

    def pane(self, name: str, sql: str = "") -> QueryPane:
        """The query of that name, made if it is not open."""
        if name not in self.panes:
            kept = next((each.sql for each in self.kept if each.name == name), None)
            self._make(name, sql or kept or "", kept)
        self.last = name
        return self.panes[name]

    def recent(self, starting: str) -> QueryPane:
        """The query that was used last, for below a table; the first one starts from it."""
        if self.last not in self.panes and self.panes:
            self.last = next(reversed(self.panes))
        if self.last in self.panes:
            return self.panes[self.last]
        return self.pane(self.kept[0].name) if self.kept else self.pane(self._free_name(), starting)

    def close(self, name: str) -> None:
        """Close a tab. Text that is not saved can be brought back for as long as the word about it stands."""
        pane = self.panes.pop(name, None)
        self._tabs.remove(f"sql:{name}")
        if pane is None:
            return
        text, changed = pane.editor.text(), pane.changed
        pane.cancel()
        pane.hide()
        self._stack.removeWidget(pane)
        discard(pane)
        bridge.run(self, self.studio.engine.sql.drafts.drop(name))
        if changed and text.strip():
            told = Text(f"Closed “{name}” without saving.", f"已关闭“{name}”，未保存。")
            self.studio.window.toast(told, lambda: self._bring_back(name, text))

    def remove(self, name: str) -> None:
        """Remove a query from the project, with Undo."""
        pane = self.panes.get(name)
        text = pane.editor.text() if pane else next((each.sql for each in self.kept if each.name == name), "")
        told = Text(f"Removed the query “{name}”.", f"已移除查询“{name}”。")
        saved = self.studio.engine.sql.saved

        def removed(_: object) -> None:
            self.listed.emit()
            self.studio.window.toast(told, undo)

        def undo() -> None:
            bridge.run(self, saved.save(name, text), lambda _: self.listed.emit())

        self.close(name)
        bridge.run(self, saved.delete(name), removed)

    def rename(self, name: str) -> None:
        """Ask for another name."""
        NameDialog(
            Text("Rename the query", "重命名查询"), name, lambda new: self.use_name(name, new), self._parent
        ).open()

    def use_name(self, name: str, new: str) -> None:
        if new == name or new in self.panes:
            return
        pane = self.pane(name)
        self.panes[new] = self.panes.pop(name)
        self.last = new
        pane.rename(new)
        self._add_tab(new)
        self.shown.emit(f"sql:{new}")
        self._tabs.remove(f"sql:{name}")

    def menu(self, name: str, place: QPoint) -> None:
        """What can be done with a query."""
        menu = Menu(self._parent)
        menu.addAction(tr(Text("Open", "打开")), lambda: self.open(name))
        if name in self.panes:
            pane = self.panes[name]
            menu.addAction(tr(Text("Run all statements", "运行全部语句")), pane.run_all)
            menu.addAction(tr(Text("Format", "整理格式")), pane.lay_out_anew)
            menu.addSeparator()
            menu.addAction(tr(Text("Save", "保存")), pane.save)
        menu.addAction(tr(Text("Rename…", "重命名…")), lambda: self.rename(name))
        menu.addSeparator()
        menu.addAction(tr(Text("Remove", "移除")), lambda: self.remove(name))
        menu.open_at(place)

    # Inside

    def _make(self, name: str, sql: str, kept: str | None) -> None:
        pane = QueryPane(self.studio, name, sql, kept)
        pane.suggesting.suggester = self._suggester
        pane.place = len(self.panes)
        pane.saved.connect(lambda _: self.listed.emit())
        pane.touched.connect(lambda changed: self._tabs.change(f"sql:{pane.name}", changed=changed))
        pane.menu_wanted.connect(lambda name, button: self.menu(name, button.mapToGlobal(QPoint(0, button.height()))))
        pane.results.query_opened.connect(self.new)
        pane.results.dataset_made.connect(self.dataset_made)
        self.panes[name] = pane
        self._stack.addWidget(pane)

    def _add_tab(self, name: str) -> None:
        pane = self.panes[name]
        self._tabs.add(Tab(f"sql:{name}", name, "file-code", changed=pane.changed), select=False)

    def _bring_back(self, name: str, text: str) -> None:
        name = self._free_name() if name in self.panes else name
        self.open(name, text)
        self.panes[name].keep()

    def _free_name(self) -> str:
        taken = {each.name for each in self.kept} | set(self.panes)
        title = tr(Text("Query", "查询"))
        return next(f"{title} {number}" for number in range(1, len(taken) + 2) if f"{title} {number}" not in taken)
