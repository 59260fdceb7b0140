"""The frame's own actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from studio.engine.text import Text
from studio.ui.actions import Action
from studio.ui.frame.tour import start_tour
from studio.ui.language import language
from studio.ui.views import RAIL

if TYPE_CHECKING:
    from studio.ui.window import Window

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

    return [
        Action("palette.open", Text("Command palette", "命令面板"), window.palette_box.open, "command", "Ctrl+K"),
        Action(
            "palette.objects",
            Text("Open anything by name", "按名称打开"),
            lambda: window.palette_box.open(objects_only=True),
            "search",
            "Ctrl+P",
        ),
        Action("region.next", Text("Next region", "下一个区域"), lambda: window.move_region(1), "chevrons-right", "F6"),
        Action(
            "region.previous",
            Text("Previous region", "上一个区域"),
            lambda: window.move_region(-1),
            "chevrons-left",
            "Shift+F6",
        ),
        Action(
            "help.tour",
            Text("Five-minute tour", "五分钟导览"),
            lambda: start_tour(window.studio),
            "compass",
            "",
            HELP,
            enabled=lambda: None if window.bridge.engine else Text("The engine is starting", "引擎正在启动"),
        ),
        Action(
            "help.shortcuts",
            Text("All shortcuts", "全部快捷键"),
            lambda: ShortcutsSheet(window).show(),
            "keyboard",
            "Ctrl+/",
            HELP,
        ),
        Action("notices.open", Text("Show notices", "查看通知"), window.open_notices, "bell"),
        Action(
            "data.open_folder",
            Text("Open the data folder", "打开数据文件夹"),
            lambda: open_data_folder(window),
            "folder-open",
        ),
        Action("window.close", Text("Quit", "退出"), window.close, "log-out", "Ctrl+Q"),
    ]


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
            f"panel.{which}",
            title,
            lambda which=which: toggle_panel(window, which),
            icon,
            keys,
            PANELS,  # type: ignore[misc]
            enabled=lambda which=which: missing(which),
        )  # type: ignore[misc]
        for which, title, icon, keys in rows
    ]


def _looks(window: Window) -> list[Action]:
    return [
        Action("theme.dark", Text("Dark theme", "深色主题"), lambda: window.choose_theme("dark"), "moon", "", LOOK),
        Action("theme.light", Text("Light theme", "浅色主题"), lambda: window.choose_theme("light"), "sun", "", LOOK),
        Action(
            "theme.system",
            Text("Theme of the computer", "主题跟随系统"),
            lambda: window.choose_theme("system"),
            "sun-moon",
            "",
            LOOK,
        ),
        Action(
            "language.switch",
            Text("Switch to Chinese (切换到中文)", "切换到英文（Switch to English）"),
            lambda: window.choose_language("zh" if language.current == "en" else "en"),
            "languages",
            "",
            LOOK,
        ),
        Action(
            "scale.larger",
            Text("Larger interface", "放大界面"),
            lambda: scale_by(window, 10),
            "zoom-in",
            "Ctrl+=",
            LOOK,
            enabled=lambda: Text("Already the largest", "已是最大") if window.look.asked.scale >= 200 else None,
        ),
        Action(
            "scale.smaller",
            Text("Smaller interface", "缩小界面"),
            lambda: scale_by(window, -10),
            "zoom-out",
            "Ctrl+-",
            LOOK,
            enabled=lambda: Text("Already the smallest", "已是最小") if window.look.asked.scale <= 80 else None,
        ),
    ]


def toggle_panel(window: Window, which: str) -> None:
    view = window.current_view()
    if view is not None:
        view.toggle_panel(which)


def scale_by(window: Window, percent: int) -> None:
    window.choose_look("scale", max(80, min(200, window.look.asked.scale + percent)))


def open_data_folder(window: Window) -> None:
    if window.bridge.engine is not None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(window.bridge.engine.paths.data)))
