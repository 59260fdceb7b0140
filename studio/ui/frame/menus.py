"""The menus of the top bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QInputDialog, QLineEdit, QMenu, QWidget

from studio.engine.text import Text
from studio.ui.icons import icon
from studio.ui.language import language, tr
from studio.ui.theme import theme

if TYPE_CHECKING:
    from studio.ui.window import Window

Entry = tuple[Text, str, Callable[[], object]] | None


def open_menu(below: QWidget, entries: list[Entry], right: bool = False) -> None:
    """A menu under a button; None is a line between entries."""
    menu = QMenu(below)
    menu.setFont(theme.font("dense"))
    for entry in entries:
        if entry is None:
            menu.addSeparator()
            continue
        title, glyph, run = entry
        action = menu.addAction(icon(glyph, "text.secondary", theme.scaled(16)), tr(title))
        action.triggered.connect(lambda _=False, run=run: run())
    menu.adjustSize()
    corner = below.mapToGlobal(below.rect().bottomLeft()) + QPoint(
        below.width() - menu.sizeHint().width() if right else 0, 4
    )
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(corner)


def open_project_menu(window: Window) -> None:
    entries: list[Entry] = [(Text("Rename project…", "重命名项目…"), "pencil", lambda: _rename(window))]
    if window.actions.has("sample.open"):
        entries.append(_of(window, "sample.open"))
    open_menu(window.top.project, [*entries, None, _of(window, "data.open_folder")])


def open_engine_menu(window: Window) -> None:
    entries: list[Entry] = [(Text("This computer (in use)", "本机（使用中）"), "monitor-check", lambda: None)]
    if "clusters" in window.view_names():
        entries += [None, (Text("Connect a cluster…", "连接集群…"), "server", lambda: window.show_view("clusters"))]
    open_menu(window.top.engine, entries, right=True)


def open_account_menu(window: Window) -> None:
    other = "zh" if language.current == "en" else "en"
    entries: list[Entry] = [
        (Text("Settings", "设置"), "settings", lambda: window.show_view("settings")),
        _of(window, "help.shortcuts"),
        None,
        (Text("简体中文", "English"), "languages", lambda: window.choose_language(other)),
        _of(window, "theme.light" if theme.dark else "theme.dark"),
        None,
        _of(window, "window.close"),
    ]
    open_menu(window.top.account, entries, right=True)


def _of(window: Window, action_id: str) -> Entry:
    action = window.actions.get(action_id)
    return action.title, action.icon, lambda: window.actions.trigger(action_id)


def _rename(window: Window) -> None:
    old = window.top.project.text()
    name, agreed = QInputDialog.getText(
        window, tr(Text("Rename project", "重命名项目")), tr(Text("Name", "名称")), QLineEdit.EchoMode.Normal, old
    )
    if agreed and name.strip():
        window.rename_project(name.strip())
