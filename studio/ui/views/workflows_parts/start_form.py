"""What a run asks for before it starts: one field for each that the start step declares."""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button, Toggle
from studio.ui.widgets.inputs import LineField, TextArea
from studio.ui.widgets.labels import Label

TITLE = Text("Run with", "运行输入")
RUN = Text("Run", "运行")
EMPTY = Text("This field is needed", "此项必填")
NO_NUMBER = Text("This is not a number", "这不是数字")
NO_JSON = Text("This is not JSON", "这不是有效的 JSON")


class StartForm(QFrame):
    """A popup below the run button. `given` carries the values; Ctrl+Enter runs, Esc closes."""

    given = Signal(dict)

    def __init__(self, fields: list[Any], remembered: dict[str, Any], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._fields = fields
        self._inputs: dict[str, QWidget] = {}
        self._errors: dict[str, Label] = {}
        self._build(remembered)

    def values(self) -> dict[str, Any]:
        """What was filled in; raises ValueError with the field's name for what cannot be."""
        found = {}
        for field in self._fields:
            value = self._read(field)
            if value is not None:
                found[field.name] = value
        return found

    def set_value(self, name: str, value: Any) -> None:
        widget = self._inputs[name]
        if isinstance(widget, Toggle):
            widget.setChecked(bool(value))
        elif isinstance(widget, TextArea):
            widget.setPlainText(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        elif isinstance(widget, LineField):
            widget.setText("" if value is None else str(value))

    def run(self) -> None:
        """Give the values, unless a field cannot stay; then it says why."""
        for label in self._errors.values():
            label.hide()
        try:
            values = self.values()
        except _Bad as bad:
            self._errors[bad.name].say(bad.why)
            self._errors[bad.name].show()
            self._inputs[bad.name].setFocus()
            self.adjustSize()
            return
        self.close()
        self.given.emit(values)

    def open_below(self, button: QWidget) -> None:
        corner = button.mapToGlobal(QPoint(button.width(), button.height() + 6))
        self.adjustSize()
        self.move(corner.x() - self.width(), corner.y())
        self.show()
        next(iter(self._inputs.values())).setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.run()
            return
        super().keyPressEvent(event)

    def _build(self, remembered: dict[str, Any]) -> None:
        column = QVBoxLayout(self)
        gap = theme.size("space.3")
        column.setContentsMargins(gap, gap, gap, gap)
        column.setSpacing(theme.size("space.1"))
        column.addWidget(Label(TITLE, "denseStrong"))
        for field in self._fields:
            self._add_field(column, field)
            value = remembered.get(field.name, field.default)
            if value is not None:
                self.set_value(field.name, value)
        row = QHBoxLayout()
        row.addStretch(1)
        button = Button(RUN, "play", "primary")
        button.clicked.connect(self.run)
        row.addWidget(button)
        column.addSpacing(theme.size("space.2"))
        column.addLayout(row)
        self.setFixedWidth(theme.scaled(340))
        self.setFrameShape(QFrame.Shape.StyledPanel)

    def _add_field(self, column: QVBoxLayout, field: Any) -> None:
        title = field.title or Text.same(field.name)
        widget = _widget(field, title)
        self._inputs[field.name] = widget
        label = Label(title, "dense", "text.secondary")
        error = Label("", "caption", "danger.text", wrap=True)
        error.hide()
        self._errors[field.name] = error
        column.addSpacing(theme.size("space.1"))
        for part in (label, widget, error):
            column.addWidget(part)

    def _read(self, field: Any) -> Any:
        widget = self._inputs[field.name]
        if isinstance(widget, Toggle):
            return widget.isChecked()
        words = widget.toPlainText().strip() if isinstance(widget, TextArea) else widget.text().strip()  # type: ignore[attr-defined]
        if not words:
            if field.required and field.default is None:
                raise _Bad(field.name, EMPTY)
            return None
        return _value(field, words)


class _Bad(ValueError):
    def __init__(self, name: str, why: Text) -> None:
        super().__init__(name)
        self.name, self.why = name, why


def _widget(field: Any, title: Text) -> QWidget:
    if field.type == "boolean":
        return Toggle(name=title)
    if field.type == "number":
        return LineField(name=title)
    area = TextArea("", name=title, rows=2)
    area.setFixedHeight(theme.scaled(72 if field.type == "text" else 120))
    say(area.setAccessibleName, title)
    return area


def _value(field: Any, words: str) -> Any:
    if field.type == "number":
        try:
            return float(words) if "." in words else int(words)
        except ValueError:
            raise _Bad(field.name, NO_NUMBER) from None
    if field.type == "json":
        try:
            return json.loads(words)
        except ValueError:
            raise _Bad(field.name, NO_JSON) from None
    return words
