"""Settings whose value comes from a port, a variable or an expression: shown in place of the control, switched in a menu."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QPoint, QTimer
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.engine.text import Text
from studio.engine.workflows.binding import KINDS, Binding
from studio.engine.workflows.graph import Node
from studio.ui.canvas.document import Document
from studio.ui.canvas.faces import title_of
from studio.ui.forms import FieldRow, ParamsForm
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.discard import discard
from studio.ui.widgets.inputs import LineField
from studio.ui.widgets.labels import Badge
from studio.ui.widgets.menus import Menu, escaped

FIXED = Text("Fixed value", "固定值")
BIND = Text("Where the value of “{title}” comes from", "“{title}”的值来自何处")
FREE = Text("Back to a fixed value", "恢复为固定值")
NO_WIRE = Text("port {name} · not wired", "端口 {name} · 未连接")
FROM_PORT = Text("{title} · {port}", "{title} · {port}")
NO_VARIABLE = Text("{name} · no such variable", "{name} · 没有此变量")
NONE_YET = Text("No variables yet: add one to the workflow", "尚无变量：请先在工作流中添加")
EXAMPLE = Text("len(rows) * 2, variables.most", "len(rows) * 2、variables.most")
NEVER = ("secret",)

Told = Callable[[str, Binding | None], None]


class BindingRows(QObject):
    """Goes with one form of a step. `told(name, binding)` wants a change; None is a fixed value again."""

    def __init__(self, form: ParamsForm, told: Told) -> None:
        super().__init__(form)
        self._told = told
        self._document: Document | None = None
        self._node: Node | None = None
        self._chips: dict[str, QWidget] = {}
        self.buttons: dict[str, IconButton] = {}
        for name, row in form.fields.items():
            if row.field.language not in NEVER:
                self.buttons[name] = self._button(row)
        self._rows = form.fields

    def show_node(self, document: Document, node: Node) -> None:
        """What the step says now; a field that is typed into stays."""
        self._document, self._node = document, node
        for name, row in self._rows.items():
            binding = node.bound.get(name)
            chip = self._chips.get(name)
            if isinstance(chip, _Expression) and binding is not None and binding.kind == "expression":
                chip.show_words(binding.value)
                continue
            if chip is not None:
                discard(self._chips.pop(name))
            if binding is not None:
                self._chips[name] = self._chip(row, binding)
                row.stand_in(self._chips[name])
            elif chip is not None:
                row.stand_in(None)
            if name in self.buttons:
                self.buttons[name].set_icon("link-2", "accent.text" if binding else "text.tertiary")

    def menu(self, name: str) -> Menu:
        """What the value can come from; the way in force is ticked."""
        assert self._document is not None and self._node is not None
        row = self._rows[name]
        binding = self._node.bound.get(name)
        menu = Menu(row)
        self._entry(menu, tr(FIXED), binding is None, lambda: self._told(name, None))
        self._entry(menu, tr(KINDS["port"]), bool(binding and binding.kind == "port"), lambda: self._to(name, "port"))
        below = menu.addMenu(tr(KINDS["variable"]))
        for variable in self._document.bindable():
            here = bool(binding and (binding.kind, binding.value) == ("variable", variable))
            self._entry(below, escaped(variable), here, lambda variable=variable: self._to(name, "variable", variable))
        if below.isEmpty():
            below.addAction(tr(NONE_YET)).setEnabled(False)
        here = bool(binding and binding.kind == "expression")
        self._entry(menu, tr(KINDS["expression"]), here, lambda: self._to(name, "expression", self._first(row)))
        return menu

    def _to(self, name: str, kind: Any, value: str = "") -> None:
        self._told(name, Binding(kind=kind, value=value))
        chip = self._chips.get(name)
        if isinstance(chip, _Expression):
            chip.line.setFocus()
            chip.line.selectAll()

    def _first(self, row: FieldRow) -> str:
        """An expression begins as the value that was fixed, where that can be one."""
        value = row.current()
        return repr(value) if isinstance(value, bool | int | float | str) and value != "" else "variables."

    @staticmethod
    def _entry(menu: Any, words: str, ticked: bool, act: Callable[[], None]) -> None:
        action = menu.addAction(words)
        action.setCheckable(True)
        action.setChecked(ticked)
        action.triggered.connect(lambda _=False: act())

    def _button(self, row: FieldRow) -> IconButton:
        button = IconButton("link-2", BIND.format(title=row.field.title), size=14)
        button.set_icon("link-2", "text.tertiary")
        button.setFixedHeight(theme.size("control.minHit"))
        button.clicked.connect(
            lambda: self.menu(row.field.name).open_at(button.mapToGlobal(QPoint(0, button.height())))
        )
        row.add_tool(button)
        return button

    def _chip(self, row: FieldRow, binding: Binding) -> QWidget:
        name = row.field.name
        free = IconButton("x", FREE, size=14)
        free.clicked.connect(lambda: self._told(name, None))
        if binding.kind == "expression":
            return _Expression(
                binding.value, row, free, lambda words: self._told(name, Binding(kind="expression", value=words))
            )
        words, tone, icon = self._said(name, binding)
        return _Chip(Badge(words, tone, icon), free)

    def _said(self, name: str, binding: Binding) -> tuple[Text | str, str, str]:
        assert self._document is not None and self._node is not None
        if binding.kind == "variable":
            known = self._document.bindable()
            if binding.value not in known:
                return NO_VARIABLE.format(name=binding.value), "warning", "triangle-alert"
            value = known[binding.value]
            return (binding.value if value is None else f"{binding.value} = {value}"[:40]), "accent", "variable"
        node, document = self._node, self._document
        ports = {port.name for port in document.ports(node).inputs}
        port = f"{name}_value" if f"{name}_value" in ports else name
        wires = [edge for edge in document.wires(node.id) if edge.target == node.id and edge.target_port == port]
        if not wires:
            return NO_WIRE.format(name=port), "warning", "plug"
        source = document.nodes[wires[0].source]
        title = title_of(source, document.type_of(source))
        return FROM_PORT.format(title=title, port=wires[0].source_port), "accent", "plug"


class _Chip(QWidget):
    """Words in a box, and the cross that takes it away."""

    def __init__(self, badge: Badge, free: IconButton) -> None:
        super().__init__()
        self.badge = badge
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.size("space.1"))
        line.addWidget(badge)
        line.addWidget(free)
        line.addStretch(1)


class _Expression(QWidget):
    """A field for an expression. It tells a moment after the last key."""

    def __init__(self, words: str, row: FieldRow, free: IconButton, told: Callable[[str], None]) -> None:
        super().__init__()
        self.line = LineField(EXAMPLE, words, name=row.field.title, mono=True)
        self.line.setCursorPosition(0)
        pause = QTimer(self, singleShot=True, interval=300)
        pause.timeout.connect(lambda: told(self.line.text()))
        self.line.textEdited.connect(lambda _: pause.start())
        self.line.editingFinished.connect(lambda: pause.isActive() and (pause.stop(), told(self.line.text())))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.size("space.1"))
        line.addWidget(self.line, 1)
        line.addWidget(free)

    def show_words(self, words: str) -> None:
        if words != self.line.text() and not self.line.hasFocus():
            self.line.setText(words)
