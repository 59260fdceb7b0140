"""What a run asks for before it starts: one field for each that the start step declares."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.engine.workflows.node import Asked
from studio.engine.workflows.run_files import FILE_TYPES
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button, Toggle
from studio.ui.widgets.files_field import FilesField
from studio.ui.widgets.gap import gap
from studio.ui.widgets.inputs import LineField, TextArea
from studio.ui.widgets.labels import Label

TITLE = Text("Run with", "运行输入")
RUN = Text("Run", "运行")
EMPTY = Text("This field is needed", "此项必填")
NO_NUMBER = Text("This is not a number", "这不是数字")
NO_JSON = Text("This is not JSON", "这不是有效的 JSON")


class StartFields(QWidget):
    """One control for each field that a run asks for. Where `lenient`, what is left empty is left out."""

    def __init__(
        self, asked: Asked, remembered: dict[str, Any], lenient: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._fields, self._lenient = asked.fields, lenient
        self.inputs: dict[str, QWidget] = {}
        self._errors: dict[str, Label] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.size("space.1"))
        for place, field in enumerate(self._fields):
            self._add_field(column, field)
            value = remembered.get(field.name, field.default)
            if value is not None:
                self.set_value(field.name, value)
            if place == 0:
                self._offer(column, field.name, asked.questions)

    def values(self) -> dict[str, Any]:
        """What was filled in; raises ValueError with the field's name for what cannot be."""
        found = {}
        for field in self._fields:
            value = self._read(field)
            if value is not None:
                found[field.name] = value
        return found

    def checked(self) -> dict[str, Any] | None:
        """The values; None where a field cannot stay, which then says why and has the focus."""
        for label in self._errors.values():
            label.hide()
        try:
            return self.values()
        except _Bad as bad:
            self._errors[bad.name].say(bad.why)
            self._errors[bad.name].show()
            self.inputs[bad.name].setFocus()
            return None

    def set_value(self, name: str, value: Any) -> None:
        widget = self.inputs[name]
        if isinstance(widget, Toggle):
            widget.setChecked(bool(value))
        elif isinstance(widget, TextArea):
            widget.setPlainText(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        elif isinstance(widget, FilesField):
            widget.set_value(value)
        elif isinstance(widget, LineField):
            widget.setText("" if value is None else str(value))

    def _add_field(self, column: QVBoxLayout, field: Any) -> None:
        title = field.title or Text.same(field.name)
        widget = _widget(field, title)
        self.inputs[field.name] = widget
        label = Label(title, "dense", "text.secondary")
        error = Label("", "caption", "danger.text", wrap=True)
        error.hide()
        self._errors[field.name] = error
        gap(column, "space.1")
        for part in (label, widget, error):
            column.addWidget(part)

    def _offer(self, column: QVBoxLayout, name: str, questions: Iterable[str]) -> None:
        """Questions to begin with, below the field that they fill."""
        for question in questions:
            words = self.fontMetrics().elidedText(question, Qt.TextElideMode.ElideRight, theme.scaled(260))
            button = Button(Text.same(words), "corner-down-right", "ghost", "sm")
            button.setToolTip(question)
            button.clicked.connect(lambda _=False, question=question: self.set_value(name, question))
            column.addWidget(button)

    def _read(self, field: Any) -> Any:
        widget = self.inputs[field.name]
        if isinstance(widget, Toggle):
            return widget.isChecked()
        if isinstance(widget, FilesField):
            return self._or_nothing(field, widget.value())
        words = widget.toPlainText().strip() if isinstance(widget, TextArea) else widget.text().strip()  # type: ignore[attr-defined]
        return self._or_nothing(field, _value(field, words) if words else None)

    def _or_nothing(self, field: Any, value: Any) -> Any:
        if value is None and field.needed and not self._lenient:
            raise _Bad(field.name, EMPTY)
        return value


class StartForm(QFrame):
    """A popup beside what opened it. `given` carries the values; Ctrl+Enter runs, Esc closes.

    One that takes files is a window of its own: a popup would close as soon as a file is dragged from elsewhere.
    """

    given = Signal(dict)

    def __init__(self, asked: Asked, remembered: dict[str, Any], parent: QWidget, title: Text | str = TITLE) -> None:
        files = any(field.type in FILE_TYPES for field in asked.fields)
        super().__init__(parent, Qt.WindowType.Dialog if files else Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fields = StartFields(asked, remembered)
        self.values, self.set_value = self.fields.values, self.fields.set_value
        self._title = title
        say(self.setWindowTitle, title)
        self._build(asked.guide)

    def run(self) -> None:
        """Give the values, unless a field cannot stay; then it says why."""
        values = self.fields.checked()
        if values is None:
            self.adjustSize()
            return
        self.close()
        self.given.emit(values)

    def open_below(self, button: QWidget) -> None:
        """Right-aligned below a button."""
        self.adjustSize()
        self._open(button.mapToGlobal(QPoint(button.width() - self.width(), button.height() + 6)))

    def open_above(self, widget: QWidget) -> None:
        """Left-aligned above a widget that stands at the bottom."""
        self.adjustSize()
        self._open(widget.mapToGlobal(QPoint(0, -self.height() - 6)))

    def _open(self, corner: QPoint) -> None:
        self.move(corner)
        self.show()
        first = next(iter(self.fields.inputs.values()))
        first.setFocus()
        if isinstance(first, TextArea | LineField):
            first.selectAll()  # what was given last time: the next letter takes its place

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.run()
            return
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            return
        super().keyPressEvent(event)

    def _build(self, guide: Any) -> None:
        column = QVBoxLayout(self)
        edge = theme.size("space.3")
        column.setContentsMargins(edge, edge, edge, edge)
        column.setSpacing(theme.size("space.1"))
        column.addWidget(Label(self._title, "denseStrong"))
        if guide:
            column.addWidget(Label(guide, "dense", "text.secondary", wrap=True))
        column.addWidget(self.fields)
        row = QHBoxLayout()
        row.addStretch(1)
        button = Button(RUN, "play", "primary")
        button.clicked.connect(self.run)
        row.addWidget(button)
        gap(column, "space.2")
        column.addLayout(row)
        self.setFixedWidth(theme.scaled(340))
        self.setFrameShape(QFrame.Shape.StyledPanel)


class _Bad(ValueError):
    def __init__(self, name: str, why: Text) -> None:
        super().__init__(name)
        self.name, self.why = name, why


def _widget(field: Any, title: Text) -> QWidget:
    if field.type == "boolean":
        return Toggle(name=title)
    if field.type == "number":
        return LineField(name=title)
    if field.type in FILE_TYPES:
        return FilesField(field.type == "files", title)
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
