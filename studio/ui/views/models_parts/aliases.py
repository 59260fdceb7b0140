"""The bottom panel: the names that programs ask for, and which model answers to each."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.views.models_parts.snapshot import Snapshot
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.discard import discard
from studio.ui.widgets.inputs import Choice, LineField
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Glyph, Panel, scroll

AUTOMATIC = Text("Automatic: the chat model used last", "自动：最近使用的对话模型")


class AliasPanel(Panel):
    """`changed` carries an alias and its target; "" as target forgets it."""

    changed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Text("Names for programs", "供程序使用的名称"), icon="arrow-left-right", parent=parent)
        self._rows: dict[str, _AliasRow] = {}
        self._choices: list[tuple[str, Text | str]] = []
        self.name = LineField(Text("New name", "新名称"), mono=True)
        self.target = Choice(name=Text("Answers", "应答模型"))
        self.plus = Button(Text("Add name", "添加名称"), "plus")
        self.plus.clicked.connect(self._add)
        self.name.returnPressed.connect(self._add)
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(theme.size("space.1"))
        column = QVBoxLayout()
        side = theme.size("space.4")
        column.setContentsMargins(side, theme.size("space.2"), side, theme.size("space.3"))
        column.setSpacing(theme.size("space.2"))
        column.addWidget(
            Label(
                Text(
                    "A program that asks for one of these names gets the model beside it, so its code needs no change.",
                    "程序请求这些名称时由右侧的模型应答，无需修改代码。",
                ),
                "dense",
                "text.secondary",
                wrap=True,
            )
        )
        column.addLayout(self._list)
        column.addLayout(_row(self.name, self.target, self.plus))
        column.addStretch(1)
        self.add(scroll(column), 1)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        aliases = sorted(snapshot.aliases)
        choices: list[tuple[str, Text | str]] = [("auto", AUTOMATIC)]
        choices += [(alias, Text(f"Same as “{alias}”", f"与“{alias}”相同")) for alias in aliases]
        choices += [(model.id, model.name) for model in snapshot.models]
        fresh, self._choices = choices != self._choices, choices
        if fresh:
            self.target.set_choices(choices, self.target.value() or "auto")
        if aliases != list(self._rows):
            self._make_rows(aliases)
            fresh = True
        for alias, row in self._rows.items():
            row.show_target(choices if fresh else None, _known(snapshot, snapshot.aliases[alias]))

    def _make_rows(self, aliases: list[str]) -> None:
        for row in self._rows.values():
            row.setParent(None)
            discard(row)
        self._rows = {alias: _AliasRow(alias) for alias in aliases}
        for row in self._rows.values():
            row.changed.connect(self.changed)
            self._list.addWidget(row)

    def _add(self) -> None:
        alias = self.name.text().strip()
        if alias and self.target.value():
            self.changed.emit(alias, str(self.target.value()))
            self.name.clear()


class _AliasRow(QWidget):
    changed = Signal(str, str)

    def __init__(self, alias: str) -> None:
        super().__init__()
        self.alias = alias
        name = Label(alias, "mono")
        self.target = Choice(name=Text(f"Model of {alias}", f"{alias} 的模型"))
        self.target.changed.connect(lambda target: self.changed.emit(alias, str(target)))
        forget = IconButton("x", Text(f"Forget {alias}", f"删除 {alias}"))
        forget.clicked.connect(lambda: self.changed.emit(alias, ""))
        row = _row(name, self.target, forget)
        row.setContentsMargins(0, 0, 0, 0)
        self.setLayout(row)

    def show_target(self, choices: list[tuple[str, Text | str]] | None, target: str) -> None:
        if choices is not None:
            self.target.set_choices([choice for choice in choices if choice[0] != self.alias], target)
        if self.target.value() != target:
            self.target.set_value(target)
        self.setAccessibleName(f"{self.alias}: {tr(self.target.currentText())}")


def _known(snapshot: Snapshot, target: str) -> str:
    """A target may be kept by name; the choices are ids."""
    return next((model.id for model in snapshot.models if model.name == target), target)


def _row(name: QWidget, target: QWidget, button: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(theme.size("space.2"))
    name.setFixedWidth(theme.scaled(180))
    target.setMaximumWidth(theme.scaled(320))
    row.addWidget(name)
    row.addWidget(Glyph("arrow-right", "text.tertiary", 14))
    row.addWidget(target, 100)
    row.addWidget(button)
    row.addStretch(1)
    return row
