"""The small window in which a filter is made or changed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.datasets.view import WITHOUT_VALUE
from studio.engine.text import Text
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.views.data_parts.filters import OPERATORS, Filter, operators_for
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.inputs import Choice, LineField
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import paint_raised

MOST_LISTED = 500  # columns in the list; the others are asked for from their header or by Ctrl F
HINTS = {
    "between": Text("From, to", "下限, 上限"),
    "is": Text("Value, or several with commas", "值，多个用逗号分隔"),
    "is_not": Text("Value, or several with commas", "值，多个用逗号分隔"),
}


class FilterEditor(QWidget):
    """A small window to choose column, operator and value."""

    chosen = Signal(object)

    def __init__(self, columns: Sequence[tuple[str, str]], old: Filter | None, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._types = dict(columns)
        old = old or Filter(column=columns[0][0], type=columns[0][1], operator=operators_for(columns[0][1])[0])
        listed = [name for name, _ in columns[:MOST_LISTED]]
        listed += [old.column] if old.column not in listed else []
        self.column = Choice([(name, name) for name in listed], old.column, Text("Column", "列"))
        self.operator = Choice([], None, Text("Condition", "条件"))
        self.value = LineField("", old.value, Text("Value", "值"))
        self.problem = Label("", "caption", "danger.text", wrap=True)
        self.problem.hide()
        self.apply = Button(Text("Apply", "应用"), kind="primary", size="sm")
        self._lay_out()
        self._offer(old.operator)
        self.column.changed.connect(lambda _: self._offer(None))
        self.operator.changed.connect(lambda _: self._shape())
        self.value.returnPressed.connect(self.submit)
        self.apply.clicked.connect(self.submit)

    def open_at(self, place: QPoint) -> None:
        self.adjustSize()
        screen = self.screen().availableGeometry()
        self.move(min(place.x(), screen.right() - self.width()), place.y())
        self.show()
        self.value.setFocus()

    def submit(self) -> None:
        """Use the filter, or say what is wrong with it."""
        new = Filter(self.column.value(), self.operator.value(), self.value.text(), self._types[self.column.value()])
        problem = new.problem()
        if problem is not None:
            self.problem.say(problem)
            self.problem.show()
            self.value.set_bad(True)
            self.adjustSize()
            return
        self.chosen.emit(new)
        self.close()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_raised(self)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        pad = theme.size("space.3")
        column.setContentsMargins(pad, pad, pad, pad)
        column.setSpacing(theme.size("space.2"))
        top = QHBoxLayout()
        top.addWidget(self.column, 1)
        top.addWidget(self.operator, 1)
        column.addLayout(top)
        column.addWidget(self.value)
        column.addWidget(self.problem)
        column.addWidget(self.apply, 0, Qt.AlignmentFlag.AlignRight)
        self.setMinimumWidth(theme.scaled(320))

    def _offer(self, operator: str | None) -> None:
        offered = operators_for(self._types[self.column.value()])
        self.operator.set_choices([(name, OPERATORS[name]) for name in offered], operator or offered[0])
        self._shape()

    def _shape(self) -> None:
        operator = self.operator.value()
        self.value.setVisible(operator not in WITHOUT_VALUE)
        say(self.value.setPlaceholderText, HINTS.get(operator, Text("Value", "值")))
        self.adjustSize()
