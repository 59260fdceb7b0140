"""All shortcuts, each of which can be changed."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.actions import Action
from studio.ui.shortcuts import FIXED, KeysField, key_caps
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.settings_parts.page import Page
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.inputs import SearchField
from studio.ui.widgets.labels import Label


class ShortcutsPage(Page):
    """Click into a field and press the keys; Backspace removes them."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(
            Text("Shortcuts", "快捷键"),
            Text(
                "Click a field and press the new keys. Backspace removes them.",
                "点击输入框后按下新的快捷键，按退格键可清除。",
            ),
        )
        self._studio = studio
        self._lines: list[tuple[QWidget, Text]] = []
        search = SearchField(Text("Find an action", "查找操作"))
        search.searched.connect(self._filter)
        self.column.addWidget(search)
        for action in studio.actions.all():
            self._add(action.title, self._editor(action))
        for title, keys in FIXED:
            self._add(title, key_caps(keys))
        self.end()

    def _add(self, title: Text, control: QWidget) -> None:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(Label(title, "dense", elide="end"), 1)
        row.addWidget(control)
        self.column.addWidget(line)
        self._lines.append((line, title))

    def _editor(self, action: Action) -> QWidget:
        actions = self._studio.actions
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.size("space.1"))
        problem = Label("", "caption", "warning.text")
        field = KeysField(actions.keys_of(action), action.title)
        reset = IconButton("rotate-ccw", Text(f"Reset {action.title.en}", f"重置{action.title.zh}"), size=14)
        keep = reset.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        reset.setSizePolicy(keep)
        reset.setVisible(action.id in actions.own_keys)
        for widget in (problem, field, reset):
            row.addWidget(widget)

        def record(keys: str | None) -> None:
            taken = self._taken(action, keys or "")
            problem.say(Text(f"Also: {taken.title.en}", f"与“{taken.title.zh}”相同") if taken else "")
            actions.set_keys(action.id, keys)
            self._studio.window.memory.set("keys", dict(actions.own_keys))
            field.setText(actions.keys_of(action))
            reset.setVisible(action.id in actions.own_keys)

        field.recorded.connect(record)
        reset.clicked.connect(lambda: record(None))
        return holder

    def _taken(self, action: Action, keys: str) -> Action | None:
        actions = self._studio.actions
        others = (other for other in actions.all() if other.id != action.id and other.view in ("", action.view))
        return next((other for other in others if keys and actions.keys_of(other) == keys), None)

    def _filter(self, query: str) -> None:
        wanted = query.lower()
        for line, title in self._lines:
            line.setVisible(wanted in title.en.lower() or wanted in title.zh)
