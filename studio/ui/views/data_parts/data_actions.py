"""The Data view's actions, which are there before the view is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from studio.engine.text import Text
from studio.ui.actions import Action

if TYPE_CHECKING:
    from studio.ui.studio import Studio

DATA = Text("Data", "数据")
# name, title, icon, keys
EVERYWHERE = (
    ("add", Text("Add data…", "添加数据…"), "plus", "Ctrl+O"),
    ("connect", Text("Add connection…", "添加连接…"), "plug", ""),
    ("query", Text("New query", "新建查询"), "file-code", "Ctrl+Shift+Q"),
    ("databases", Text("Describe databases…", "描述数据库…"), "notebook-pen", ""),
)
IN_VIEW = (
    ("paste", Text("Paste data", "粘贴数据"), "clipboard-paste", "Ctrl+V"),
    ("close_tab", Text("Close tab", "关闭标签页"), "x", "Ctrl+W"),
    ("export", Text("Export rows…", "导出行…"), "download", "Ctrl+Shift+E"),
    ("find_column", Text("Find column…", "查找列…"), "columns-3", ""),
    ("add_filter", Text("Add filter…", "添加筛选…"), "list-filter", ""),
    ("profile_all", Text("Profile all rows", "分析全部行"), "sigma", ""),
)
METHODS = {"connect": "add_connection", "query": "new_query", "databases": "describe_databases"}


def register(studio: Studio, view: str) -> None:
    for actions, where in ((EVERYWHERE, ""), (IN_VIEW, view)):
        for name, title, icon, keys in actions:
            act = _in_view(studio, view, METHODS.get(name, name))
            studio.actions.add(Action(f"data.{name}", title, act, icon, keys, DATA, view=where))


def _in_view(studio: Studio, view: str, method: str) -> Callable[[], None]:
    def act() -> None:
        studio.window.show_view(view, lambda shown: getattr(shown, method)())

    return act
