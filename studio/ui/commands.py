"""The frame's own actions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from studio.engine.text import Text
from studio.ui.actions import Action, always
from studio.ui.frame.tour import start_tour
from studio.ui.language import language
from studio.ui.views import RAIL

if TYPE_CHECKING:
    from studio.ui.window import Window

OPEN_BY_NAME, PREVIOUS_REGION = Text("Open anything by name", "按名称打开"), Text("Previous region", "上一个区域")
OPEN_FOLDER, TOUR = Text("Open the data folder", "打开数据文件夹"), Text("Five-minute tour", "五分钟导览")
THEME_OF_COMPUTER = Text("Theme of the computer", "主题跟随系统")
SWITCH = Text("Switch to Chinese (切换到中文)", "切换到英文（Switch to English）")
GO, PANELS, LOOK, HELP = Text("Go to", "前往"), Text("Panels", "面板"), Text("Appearance", "外观"), Text("Help", "帮助")


def app() -> QApplication:
    running = QApplication.instance()
    assert isinstance(running, QApplication)
    return running


def add_commands(window: Window) -> None:
    """Views, panels, palette, regions, appearance, help."""
    for action in [*_frame(window), *_panels(window), *_looks(window)]:
        window.actions.add(action)


def add_view_command(window: Window, name: str, title: Text, icon: str) -> None:
    """Ctrl+1 to Ctrl+8 by the place in the rail, Ctrl+, for Settings."""
    places = list(RAIL)
    place = places.index(name) + 1 if name in places else 9
    keys = "Ctrl+," if name == "settings" else f"Ctrl+{place}" if place <= 8 else ""
    words = Text(f"Go to {title.en}", f"前往{title.zh}")
    window.actions.add(Action(f"view.{name}", words, lambda: window.show_view(name), icon, keys, GO))


def _frame(window: Window) -> list[Action]:
    from studio.ui.shortcuts import ShortcutsSheet

    palette = window.palette_box
    rows = [
        ("palette.open", Text("Command palette", "命令面板"), palette.open, "command", "Ctrl+K"),
        ("palette.objects", OPEN_BY_NAME, lambda: palette.open(objects_only=True), "search", "Ctrl+P"),
        ("region.next", Text("Next region", "下一个区域"), lambda: window.move_region(1), "chevrons-right", "F6"),
        ("region.previous", PREVIOUS_REGION, lambda: window.move_region(-1), "chevrons-left", "Shift+F6"),
        ("notices.open", Text("Show notices", "查看通知"), window.open_notices, "bell", ""),
        ("data.open_folder", OPEN_FOLDER, lambda: open_data_folder(window), "folder-open", ""),
        ("window.close", Text("Quit", "退出"), window.close, "log-out", "Ctrl+Q"),
    ]
    shortcuts = Text("All shortcuts", "全部快捷键")
    return [
        *(Action(*row) for row in rows),
        Action("help.tour", TOUR, lambda: start_tour(window.studio), "compass", "", HELP, lambda: _starting(window)),
        Action("help.shortcuts", shortcuts, lambda: ShortcutsSheet(window).show(), "keyboard", "Ctrl+/", HELP),
    ]


def _starting(window: Window) -> Text | None:
    return None if window.bridge.engine else Text("The engine is starting", "引擎正在启动")


def _panels(window: Window) -> list[Action]:
    rows = [
        ("side", Text("Show or hide the side panel", "显示或隐藏侧栏"), "panel-left", "Ctrl+B"),
        ("inspector", Text("Show or hide the inspector", "显示或隐藏检查器"), "panel-right", "Ctrl+I"),
        ("bottom", Text("Show or hide the bottom panel", "显示或隐藏底部面板"), "panel-bottom", "Ctrl+J"),
    ]

    def missing(which: str) -> Text | None:
        view = window.current_view()
        if view is not None and view.frame is not None and which in view.frame.panels:
            return None
        return Text("This view has no such panel", "当前视图没有此面板")

    return [
        Action(
            f"panel.{which}", title, partial(toggle_panel, window, which), icon, keys, PANELS, partial(missing, which)
        )
        for which, title, icon, keys in rows
    ]


def _looks(window: Window) -> list[Action]:
    def largest() -> Text | None:
        return Text("Already the largest", "已是最大") if window.look.asked.scale >= 200 else None

    def smallest() -> Text | None:
        return Text("Already the smallest", "已是最小") if window.look.asked.scale <= 80 else None

    rows = [
        ("theme.dark", Text("Dark theme", "深色主题"), lambda: window.choose_theme("dark"), "moon", "", always),
        ("theme.light", Text("Light theme", "浅色主题"), lambda: window.choose_theme("light"), "sun", "", always),
        ("theme.system", THEME_OF_COMPUTER, lambda: window.choose_theme("system"), "sun-moon", "", always),
        ("language.switch", SWITCH, lambda: _switch_language(window), "languages", "", always),
        ("scale.larger", Text("Larger interface", "放大界面"), lambda: scale_by(window, 10), "zoom-in", "Ctrl+=", largest),
        ("scale.smaller", Text("Smaller interface", "缩小界面"), lambda: scale_by(window, -10), "zoom-out", "Ctrl+-", smallest),
    ]  # fmt: skip
    return [Action(*row[:5], LOOK, row[5]) for row in rows]


def _switch_language(window: Window) -> None:
    window.choose_language("zh" if language.current == "en" else "en")


def toggle_panel(window: Window, which: str) -> None:
    view = window.current_view()
    if view is not None:
        view.toggle_panel(which)


def scale_by(window: Window, percent: int) -> None:
    window.choose_look("scale", max(80, min(200, window.look.asked.scale + percent)))


def open_data_folder(window: Window) -> None:
    if window.bridge.engine is not None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(window.bridge.engine.paths.data)))
