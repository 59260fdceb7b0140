"""Settings: a page per group of declared settings, then tool servers, shortcuts, plug-ins and about."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QStackedWidget, QWidget

from studio.engine.text import Text
from studio.ui.studio import Studio
from studio.ui.views.settings_parts.about import AboutPage, PluginsPage
from studio.ui.views.settings_parts.group import GroupPage
from studio.ui.views.settings_parts.shortcuts import ShortcutsPage
from studio.ui.views.settings_parts.tool_servers import TITLE as TOOL_SERVERS
from studio.ui.views.settings_parts.tool_servers import ToolServersPage
from studio.ui.views.view import View
from studio.ui.widgets.panel import Panel
from studio.ui.widgets.rows import Row, RowList

ICONS = {
    "appearance": "palette",
    "models": "box",
    "data": "database",
    "knowledge": "library",
    "server": "server",
    "tools": "wrench",
    "privacy": "shield-check",
    "tool_servers": "plug",
    "shortcuts": "keyboard",
    "plugins": "puzzle",
    "about": "info",
}


class SettingsView(View):
    """Pages are made when they are first opened."""

    name = "settings"
    title = Text("Settings", "设置")
    icon = "settings"
    order = 99

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        groups = studio.settings.groups()
        self._makers: dict[str, Callable[[], QWidget]] = {
            group.name: lambda group=group: GroupPage(studio, group)
            for group in groups  # type: ignore[misc]
        }
        self._makers |= {
            "tool_servers": lambda: ToolServersPage(studio),
            "shortcuts": lambda: ShortcutsPage(studio),
            "plugins": lambda: PluginsPage(studio),
            "about": lambda: AboutPage(studio),
        }
        self._pages: dict[str, QWidget] = {}
        self.stack = QStackedWidget()
        self.list = RowList(Text("Pages", "页面"), self._rows({group.name: group.title for group in groups}), 32)
        self.list.selected.connect(self.open_page)
        side = Panel(Text("Settings", "设置"), header=40)
        side.body.setContentsMargins(0, 4, 0, 4)
        side.add(self.list, 1)
        self.build(self.stack, side)
        studio.opener("settings", self.open_page)
        self.list.select(groups[0].name)

    def open_page(self, name: str, **_: object) -> None:
        """Show the page of a group, or "tool_servers", "shortcuts", "plugins", "about"."""
        if name not in self._makers:
            return
        if name not in self._pages:
            self._pages[name] = self._makers[name]()
            self.stack.addWidget(self._pages[name])
        self.stack.setCurrentWidget(self._pages[name])
        self.list.select(name)

    def _rows(self, groups: dict[str, Text]) -> list[Row]:
        more = {
            "tool_servers": TOOL_SERVERS,
            "shortcuts": Text("Shortcuts", "快捷键"),
            "plugins": Text("Plug-ins", "插件"),
            "about": Text("About", "关于"),
        }
        return [Row(name, title, icon=ICONS.get(name, "settings-2")) for name, title in {**groups, **more}.items()]
