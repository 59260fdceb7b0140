"""All shortcuts on one sheet, and the recorder that changes one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.actions import Action, Actions
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.gap import gap
from studio.ui.widgets.labels import KeyCap, Label
from studio.ui.widgets.panel import scroll

if TYPE_CHECKING:
    from studio.ui.window import Window

# Keys that widgets handle themselves; listed so that the sheet is complete.
FIXED: list[tuple[Text, str]] = [
    (Text("Run query, send message, queue run", "执行查询、发送消息、排队运行"), "Ctrl+Return"),
    (Text("Run from selected node", "从所选节点运行"), "Shift+Return"),
    (Text("Close popup, else stop streaming, else deselect", "关闭弹窗；停止生成；取消选择"), "Esc"),
    (Text("Undo", "撤销"), "Ctrl+Z"),
    (Text("Redo", "重做"), "Ctrl+Shift+Z"),
    (Text("Add node (canvas)", "添加节点（画布）"), "/"),
    (Text("Move node 8 px (canvas)", "移动节点 8 像素（画布）"), "Arrows"),
    (Text("Go to connected node (canvas)", "前往相连节点（画布）"), "Alt+Arrows"),
    (Text("Connect (canvas)", "连线（画布）"), "C"),
    (Text("Frame, comment, mute, duplicate (canvas)", "分组、注释、停用、复制（画布）"), "G N M D"),
    (Text("Fit selection, fit all (canvas)", "缩放到选区、缩放到全部（画布）"), "F Shift+F"),
    (Text("Previous, next branch or source (chat)", "上一个、下一个分支或来源（对话）"), "Alt+↑ Alt+↓"),
]


class ShortcutsSheet(QDialog):
    """Every action that has keys, by category."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        say(self.setWindowTitle, Text("Keyboard shortcuts", "键盘快捷键"))
        self.resize(theme.scaled(760), theme.scaled(560))
        layout = QVBoxLayout(self)
        side = theme.size("space.6")
        layout.setContentsMargins(side, theme.size("space.5"), 0, theme.size("space.4"))
        layout.addWidget(Label(Text("Keyboard shortcuts", "键盘快捷键"), "title"))
        layout.addWidget(scroll(self._columns(window.actions)), 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(0, 0, side, 0)
        change = Button(Text("Change shortcuts", "更改快捷键"), "settings")
        change.clicked.connect(lambda: (self.close(), window.studio.open("settings", "shortcuts")))
        foot.addWidget(change)
        foot.addStretch(1)
        close = Button(Text("Close", "关闭"))
        close.clicked.connect(self.close)
        foot.addWidget(close)
        layout.addLayout(foot)
        close.setFocus()

    def _columns(self, actions: Actions) -> QHBoxLayout:
        """Two of about the same length."""
        row, columns = QHBoxLayout(), [QVBoxLayout(), QVBoxLayout()]
        row.setContentsMargins(0, theme.size("space.3"), theme.size("space.6"), 0)
        row.setSpacing(theme.size("space.6"))
        lines = [*_by_category(actions), (Text("In views", "视图内"), list(FIXED))]
        used, half = 0, sum(len(known) + 2 for _, known in lines) / 2
        for category, known in lines:
            column = columns[used > 0 and used + len(known) / 2 >= half]
            if column.count():
                gap(column, "space.2")
            column.addWidget(Label(category, "caption", "text.secondary"))
            for title, keys in known:
                line = QHBoxLayout()
                line.setSpacing(theme.size("space.3"))
                line.addWidget(Label(title, "dense", elide="end"), 1)
                line.addWidget(key_caps(keys))
                column.addLayout(line)
            used += len(known) + 1
        for column in columns:
            column.setSpacing(theme.size("space.1"))
            column.addStretch(1)
            row.addLayout(column, 1)
        return row


class KeysField(QLineEdit):
    """Press the keys that an action shall have; Backspace takes them away, Esc leaves them."""

    recorded = Signal(str)

    def __init__(self, keys: str, name: Text) -> None:
        super().__init__(keys)
        self._keys = keys
        self.setFixedSize(theme.scaled(160), theme.size("control.height.md"))
        self.setTextMargins(theme.size("control.padX.sm"), 0, 0, 0)
        say(self.setAccessibleName, Text(f"Keys for {name.en}", f"“{name.zh}”的快捷键"))
        say(self.setPlaceholderText, Text("None", "无"))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            super().keyPressEvent(event)
        elif key == Qt.Key.Key_Escape:
            self.setText(self._keys)
            self.clearFocus()
        elif key in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self._take("")
        elif key not in (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta):
            self._take(QKeySequence(event.keyCombination()).toString())

    def _take(self, keys: str) -> None:
        self._keys = keys
        self.setText(keys)
        self.recorded.emit(keys)


def key_caps(keys: str) -> QWidget:
    """A key combination as caps."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.scaled(3))
    for part in keys.replace(" / ", " ").split(" "):
        pieces = part.split("+") if part not in ("+", "Ctrl++") else ["Ctrl", "+"]
        for piece in pieces:
            row.addWidget(KeyCap({"Return": "Enter"}.get(piece, piece)))
    return holder


def _by_category(actions: Actions) -> list[tuple[Text, list[tuple[Text, str]]]]:
    groups: dict[str, tuple[Text, list[tuple[Text, str]]]] = {}
    for action in sorted(actions.all(), key=_order):
        keys = actions.keys_of(action)
        if keys:
            groups.setdefault(action.category.en, (action.category, []))[1].append((action.title, keys))
    return list(groups.values())


def _order(action: Action) -> tuple[bool, bool]:
    return action.category.en != "General", bool(action.view)
