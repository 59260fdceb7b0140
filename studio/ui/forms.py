"""Forms made from declared parameters: one control per field, help, checks in place, Reset on what was changed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from studio.engine.params import ParamField, Params, fields_of, problems_in_words
from studio.engine.text import Text
from studio.ui.form_controls import SliderField, control_of
from studio.ui.language import language, say
from studio.ui.making import MAKERS, make
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Section

WIDE = 420  # of a control where there is more room than is easy to read
UNITS = {"tokens": Text("tokens", "词元"), "min": Text("min", "分钟"), "s": Text("s", "秒")}


class ParamsForm(QWidget):
    """A form for a `Params` class. `changed(name, value)` comes for each change that a person makes, wrong ones too.
    Fields `without` which it is have a place elsewhere; their values are kept."""

    changed = Signal(str, object)

    def __init__(
        self,
        params: type[Params],
        values: dict[str, Any] | None = None,
        studio: Studio | None = None,
        parent: QWidget | None = None,
        wide: bool = False,
        without: Collection[str] = (),
    ) -> None:
        super().__init__(parent)
        self.params, self._studio, self._without = params, studio, without
        self._values = dict(values or {})
        self.fields: dict[str, FieldRow] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.size("space.4" if wide else "space.3"))
        self._fill(column, wide)
        language.changed.connect(self.validate)
        self.validate()

    def values(self) -> dict[str, Any]:
        """What was given; fields at their default are left out unless they were given."""
        return dict(self._values)

    def set_values(self, values: dict[str, Any]) -> None:
        """Show other values without telling anybody."""
        self._values = dict(values)
        for name, row in self.fields.items():
            row.show_value(self._values.get(name, row.field.default))
        self.validate()

    def validate(self) -> bool:
        """Show what is wrong at each field; True when all is well."""
        found = problems_in_words(self.params, self._values)
        found = {name: words for name, words in found.items() if name not in self.fields or not self.fields[name].bound}
        for name, row in self.fields.items():
            row.show_problem(found.get(name))
            row.setVisible(name in found or self._counts(row.field))  # what is hidden must not be what is wrong
        return not found

    def _counts(self, field: ParamField) -> bool:
        """Whether a field means anything with what another one holds now."""
        other = self.fields.get(field.when[0]) if field.when else None
        bound = other is not None and other.bound
        return bound or field.counts(self._values, {name: row.field.default for name, row in self.fields.items()})

    def _fill(self, column: QVBoxLayout, wide: bool) -> None:
        rows = [self._row(field, wide) for field in fields_of(self.params) if field.name not in self._without]
        for row in rows:
            if not row.field.advanced:
                column.addWidget(row)
        advanced = [row for row in rows if row.field.advanced]
        if advanced:
            fold = Section(Text("Advanced", "高级"), collapsible=True, open=False, flush=True)
            fold.body.setSpacing(column.spacing())
            fold.body.setContentsMargins(0, theme.size("space.2"), 0, 0)
            for row in advanced:
                fold.body.addWidget(row)
            column.addWidget(fold)

    def _row(self, field: ParamField, wide: bool) -> FieldRow:
        row = FieldRow(field, self._values.get(field.name, field.default), self._studio, wide)
        row.changed.connect(lambda value: self._take(field.name, value))
        self.fields[field.name] = row
        return row

    def _take(self, name: str, value: object) -> None:
        self._values[name] = value
        self.validate()
        self.changed.emit(name, value)


class FieldRow(QWidget):
    """One field: title, control, help, what is wrong, and Reset where the value is not the default."""

    changed = Signal(object)

    def __init__(self, field: ParamField, value: Any, studio: Studio | None, wide: bool) -> None:
        super().__init__()
        self.field, self._studio = field, studio
        self._head, self._body, self._below = QHBoxLayout(), QVBoxLayout(), QVBoxLayout()
        self._line = QWidget(self) if wide else self
        self._stand_in: QWidget | None = None
        self.control, self._get, self._set = control_of(field, value, studio, self._take)
        say(self.control.setAccessibleName, field.title)
        self.reset = IconButton("rotate-ccw", Text(f"Reset {field.title.en}", f"重置{field.title.zh}"), size=14)
        self.reset.clicked.connect(self._reset)
        self.problem = Label("", "caption", "danger.text", wrap=True)
        self.figure = Label("", "dense", "text.primary")
        self._lay_out(wide)
        self.show_value(value)
        self.problem.hide()

    def show_value(self, value: Any) -> None:
        self._set(None if value is ... else value)
        self._mark(value)

    def show_problem(self, problem: Text | None) -> None:
        if problem is not None:
            self.problem.say(problem)
        self.problem.setVisible(problem is not None)
        set_bad = getattr(self.control, "set_bad", None)
        if set_bad is not None:
            set_bad(problem is not None)

    @property
    def bound(self) -> bool:
        """Whether something stands in for the control."""
        return self._stand_in is not None

    def current(self) -> Any:
        return self._get()

    def add_tool(self, button: QWidget) -> None:
        """A button at the end of the title's line."""
        self._head.addWidget(button)

    def add_below(self, widget: QWidget) -> None:
        """Something that belongs to the value, under its control."""
        self._below.addWidget(widget)

    def stand_in(self, widget: QWidget | None) -> None:
        """Show something in place of the control, as where the value comes from elsewhere; None shows the control again."""
        if self._stand_in is not None and self._stand_in is not widget:
            self._body.removeWidget(self._stand_in)
        self._stand_in = widget
        if widget is not None:
            self._body.addWidget(widget)
        self.control.setVisible(widget is None)
        self._mark(self._get())

    def bring_up(self) -> None:
        """Into view, its fold opened, with the focus."""
        above = self.parentWidget()
        while above is not None:
            if isinstance(above, Section):
                above.set_open(True)
            if isinstance(above, QScrollArea):
                QTimer.singleShot(0, self, lambda area=above: area.ensureWidgetVisible(self))
            above = above.parentWidget()
        (self._stand_in or self.control).setFocus()

    def _lay_out(self, wide: bool) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.size("space.1"))
        self._fill_head()
        column.addLayout(self._limited_head() if wide else self._head)
        (self._head if self.field.kind == "toggle" else self._body).addWidget(self.control)
        column.addLayout(self._body)
        column.addLayout(self._below)
        column.addWidget(self.problem)
        if self.field.help is not None:
            column.addWidget(Label(self.field.help, "caption", "text.tertiary", wrap=True))
        if wide:
            theme.changed.connect(self._limit)
            self._limit()

    def _fill_head(self) -> None:
        head, ink = self._head, "text.primary" if self.field.kind == "toggle" else "text.secondary"
        head.setSpacing(theme.size("space.1"))
        head.addWidget(Label(self._title(), "dense", ink))
        head.addWidget(self.reset)
        head.addStretch(1)
        head.addWidget(self.figure)
        if self.field.ref in MAKERS and self._studio is not None:
            studio, ref = self._studio, self.field.ref
            maker = IconButton("plus", MAKERS[ref].title, size=14)
            maker.clicked.connect(lambda _=False: make(studio, ref))
            head.addWidget(maker)
        keep = self.reset.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(keep)
        self.reset.setFixedHeight(theme.size("control.minHit"))

    def _limited_head(self) -> QHBoxLayout:
        self._head.setContentsMargins(0, 0, 0, 0)
        self._line.setLayout(self._head)
        line = QHBoxLayout()
        line.addWidget(self._line, 1000)
        line.addStretch(1)
        return line

    def _limit(self) -> None:
        """No wider than is easy to read; what stands at the end of the title's line ends with the control."""
        if self.field.kind != "editor":
            self.control.setMaximumWidth(theme.scaled(WIDE))
            self._line.setMaximumWidth(max(theme.scaled(WIDE), self._head.minimumSize().width()))

    def _title(self) -> Text:
        unit = UNITS.get(self.field.unit, Text.same(self.field.unit))
        if not self.field.unit or self.field.kind == "toggle":
            return self.field.title
        return Text(f"{self.field.title.en} ({unit.en})", f"{self.field.title.zh}（{unit.zh}）")

    def _take(self, value: Any) -> None:
        self._mark(value)
        self.changed.emit(value)

    def _reset(self) -> None:
        self.show_value(self.field.default)
        self.changed.emit(self.field.default)

    def _mark(self, value: Any) -> None:
        default = self.field.default
        changed = default is not ... and value is not ... and value != default
        self.reset.setVisible(changed and self._stand_in is None)
        if isinstance(self.control, SliderField):
            self.figure.hide()
