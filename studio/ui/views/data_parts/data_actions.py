"""The Data view's actions, which are there before the view is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from studio.engine.text import Text
from studio.ui.actions import Action

if TYPE_CHECKING:
    from studio.ui.studio import Studio
    from studio.ui.views.data import DataView
    from studio.ui.views.data_parts.table_tab import TableTab

DATA = Text("Data", "数据")
Act = Callable[["DataView"], object]


def register(studio: Studio, view: str) -> None:
    """Some are at hand everywhere, and bring the view to the front; keys of the others hold in the view only."""
    for where, rows in (("", EVERYWHERE), (view, IN_VIEW)):
        for name, title, icon, keys, act in rows:
            studio.actions.add(Action(f"data.{name}", title, _shown(studio, view, act), icon, keys, DATA, view=where))


def _shown(studio: Studio, view: str, act: Act) -> Callable[[], object]:
    return lambda: studio.window.show_view(view, act)


def _on_table(act: Callable[[TableTab], object]) -> Act:
    """Of the table in front, where one is."""

    def on_front(view: DataView) -> None:
        table = view.centre.table()
        if table is not None:
            act(table)

    return on_front


EVERYWHERE: tuple[tuple[str, Text, str, str, Act], ...] = (
    ("add", Text("Add data…", "添加数据…"), "plus", "Ctrl+O", lambda view: view.add()),
    ("connect", Text("Add connection…", "添加连接…"), "plug", "", lambda view: view.connecting.add()),
    ("query", Text("New query", "新建查询"), "file-code", "Ctrl+Shift+Q", lambda view: view.new_query()),
    ("databases", Text("Describe databases…", "描述数据库…"), "notebook-pen", "", lambda view: view.describe_databases()),
)  # fmt: skip
IN_VIEW: tuple[tuple[str, Text, str, str, Act], ...] = (
    ("paste", Text("Paste data", "粘贴数据"), "clipboard-paste", "Ctrl+V", lambda view: view.paste()),
    ("close_tab", Text("Close tab", "关闭标签页"), "x", "Ctrl+W", lambda view: view.close_tab()),
    ("export", Text("Export rows…", "导出行…"), "download", "Ctrl+Shift+E", _on_table(lambda table: table.export_selection())),
    ("find_column", Text("Find column…", "查找列…"), "columns-3", "", _on_table(lambda table: table.find_column())),
    ("add_filter", Text("Add filter…", "添加筛选…"), "list-filter", "", _on_table(lambda table: table.bar.edit(None, table.bar.add))),
    ("profile_all", Text("Profile all rows", "分析全部行"), "sigma", "", _on_table(lambda table: table.profile.profile_all())),
)  # fmt: skip
