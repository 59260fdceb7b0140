"""Forms made from declared parameters: one control per field, help, checks in place, Reset on what was changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.params import ParamField, Params, fields_of, problems
from studio.engine.text import Text
from studio.ui.language import language, say, tr
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.widgets.buttons import IconButton, Segmented, Toggle
from studio.ui.widgets.inputs import Choice, LineField, NumberField, Slider, TextArea
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Section

SHORT, FEW = 14, 3
SMALL_RANGE = 1000
# pydantic's kinds of error in words for people; what is not here shows pydantic's own.
WORDS = {
    "missing": Text("A value is needed.", "此项必填。"),
    "string_too_short": Text("A value is needed.", "此项必填。"),
    "string_too_long": Text("Too long: at most {max_length} characters.", "过长，最多 {max_length} 个字符。"),
    "greater_than_equal": Text("At least {ge}.", "不能小于 {ge}。"),
    "greater_than": Text("More than {gt}.", "必须大于 {gt}。"),
    "less_than_equal": Text("At most {le}.", "不能大于 {le}。"),
    "less_than": Text("Less than {lt}.", "必须小于 {lt}。"),
    "string_pattern_mismatch": Text("Does not fit the pattern {pattern}.", "不符合格式 {pattern}。"),
}
MAKERS = {
    "dataset": (Text("Add data", "添加数据"), "data.add", "data"),
    "collection": (Text("New collection", "新建文档集"), "knowledge.new", "knowledge"),
    "model": (Text("Add a model", "添加模型"), "models.add", "models"),
    "workflow": (Text("New workflow", "新建工作流"), "workflows.new", "workflows"),
}  # for each kind of reference: what makes one, the action, and the view that has it
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
        for name, row in self.fields.items():
            row.show_problem(found.get(name))
        return not found

    def _fill(self, column: QVBoxLayout, wide: bool) -> None:
        rows = [self._row(field, wide) for field in fields_of(self.params) if field.name not in self._without]
        for row in rows:
            if not row.field.advanced:
                column.addWidget(row)
        advanced = [row for row in rows if row.field.advanced]
        if advanced:
            fold = Section(Text("Advanced", "高级"), collapsible=True, open=False)
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
        self.control, self._get, self._set = _control(field, value, studio, self._take)
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

    def _lay_out(self, wide: bool) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.size("space.1"))
        head = QHBoxLayout()
        head.setSpacing(theme.size("space.2"))
        head.addWidget(
            Label(self._title(), "dense", "text.primary" if self.field.kind == "toggle" else "text.secondary")
        )
        head.addWidget(self.reset)
        head.addStretch(1)
        head.addWidget(self.figure)
        if self.field.ref in MAKERS and self._studio is not None:
            head.addWidget(self._maker(self._studio))
        keep = self.reset.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(keep)
        self.reset.setFixedHeight(theme.size("control.minHit"))
        column.addLayout(head)
        if self.field.kind == "toggle":
            head.addWidget(self.control)
        else:
            column.addWidget(self.control)
        if wide:
            self.control.setMaximumWidth(theme.scaled(420) if self.field.kind != "editor" else 16_777_215)
        column.addWidget(self.problem)
        if self.field.help is not None:
            column.addWidget(Label(self.field.help, "caption", "text.tertiary", wrap=True))

    def _maker(self, studio: Studio) -> IconButton:
        """What a picker does not list yet can be made where such things are made."""
        title, action, view = MAKERS[self.field.ref]
        button = IconButton("plus", title, size=14)

        def make() -> None:
            if not (studio.actions.has(action) and studio.actions.trigger(action)):
                studio.window.show_view(view)

        button.clicked.connect(make)
        return button

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
        self.reset.setVisible(default is not ... and value is not ... and value != default)
        if isinstance(self.control, _SliderField):
            self.figure.hide()


Controls = tuple[QWidget, Callable[[], Any], Callable[[Any], None]]


def _control(field: ParamField, value: Any, studio: Studio | None, take: Callable[[Any], None]) -> Controls:
    """The control of a field with how to read and how to set it."""
    if field.kind == "toggle":
        toggle = Toggle(bool(value))
        toggle.toggled.connect(take)
        return toggle, toggle.isChecked, lambda value: _quietly(toggle, lambda: toggle.setChecked(bool(value)))
    if field.kind in ("integer", "number"):
        return _number(field, take)
    if field.kind == "choice":
        return _choice(field, value, take)
    if field.kind == "ref":
        return _reference(field, studio, take)
    if field.kind in ("editor", "json", "list"):
        return _long_text(field, take)
    line = LineField()
    line.textEdited.connect(take)
    return line, line.text, lambda value: line.setText("" if value is None else str(value))


def _number(field: ParamField, take: Callable[[Any], None]) -> Controls:
    decimals = 0 if field.kind == "integer" else 2
    low, high = field.minimum, field.maximum
    ranged = low is not None and high is not None and high - low <= SMALL_RANGE
    control: NumberField | _SliderField
    if ranged and (field.kind == "number" or high - low > 20):  # type: ignore[operator]
        control = _SliderField(low or 0, high or 0, decimals)
    else:
        step = 1 if field.kind == "integer" else 0.1
        control = NumberField(0, low, high, step, decimals, field.title)
    control.changed.connect(take)
    return control, control.value, lambda value: control.set_value(0 if value is None else value)


def _choice(field: ParamField, value: Any, take: Callable[[Any], None]) -> Controls:
    choices = list(field.choices.items())
    short = all(len(words.en) <= SHORT for _, words in choices)
    control: Segmented | Choice
    if len(choices) <= FEW and short:
        control = Segmented(choices, value, stretch=True)
    else:
        control = Choice(choices, value, field.title)
    control.changed.connect(take)
    return control, control.value, control.set_value


def _reference(field: ParamField, studio: Studio | None, take: Callable[[Any], None]) -> Controls:
    if field.ref in ("file", "folder"):
        path = _PathField(field)
        path.changed.connect(take)
        return path, path.line.text, lambda value: path.line.setText(str(value or ""))
    picker = _Picker(field, studio)
    picker.changed.connect(take)
    return picker, picker.value, picker.show_value


def _long_text(field: ParamField, take: Callable[[Any], None]) -> Controls:
    if field.language == "secret":
        secret = LineField(secret=True)
        secret.textEdited.connect(take)
        return secret, secret.text, lambda value: secret.setText(str(value or ""))
    if field.kind == "editor" and field.language != "text":
        made = _editor(field, take)
        if made is not None:
            return made
    area = TextArea(rows=3)
    as_text, as_value = _TEXTS.get(field.kind, (str, str))
    area.changed.connect(lambda words: take(as_value(words)))

    def show(value: Any) -> None:
        words = "" if value is None else as_text(value)
        if as_value(area.toPlainText()) != value or not words:
            _quietly(area, lambda: area.setPlainText(words))

    return area, lambda: as_value(area.toPlainText()), show


def _editor(field: ParamField, take: Callable[[Any], None]) -> Controls | None:
    try:
        from studio.ui.widgets.code import CodeEditor
    except ImportError:
        return None
    editor = CodeEditor(field.language)
    editor.setMinimumHeight(theme.scaled(120))
    pause = QTimer(editor, singleShot=True, interval=300)
    read = editor.text if callable(editor.text) else editor.toPlainText  # type: ignore[attr-defined]
    write = getattr(editor, "set_text", None) or editor.setPlainText
    pause.timeout.connect(lambda: take(read()))
    editor.changed.connect(lambda *_: pause.start())

    def show(value: Any) -> None:
        if read() != (value or ""):
            _quietly(editor, lambda: write(str(value or "")))
            pause.stop()

    return editor, read, show


class _SliderField(QWidget):
    """A slider with its figure in a field at the end."""

    changed = Signal(object)

    def __init__(self, low: float, high: float, decimals: int) -> None:
        super().__init__()
        self.slider = Slider(low, low, high, decimals=decimals)
        self.number = NumberField(low, low, high, 1 if not decimals else 10 ** (1 - decimals), decimals)
        self.number.setFixedWidth(theme.scaled(112))
        self.setFocusProxy(self.slider)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.size("space.2"))
        row.addWidget(self.slider, 1)
        row.addWidget(self.number)
        self.slider.changed.connect(self.number.set_value)
        self.slider.settled.connect(self.changed)
        self.number.changed.connect(lambda value: (self.slider.set_value(value), self.changed.emit(value)))

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self.slider.setAccessibleName(name)
        self.number.line.setAccessibleName(name)

    def value(self) -> float | int:
        return self.number.value()

    def set_value(self, value: float) -> None:
        self.slider.set_value(value)
        self.number.set_value(value)


class _PathField(QWidget):
    """A path with Browse."""

    changed = Signal(str)

    def __init__(self, field: ParamField) -> None:
        super().__init__()
        self._folder = field.ref == "folder"
        self.line = LineField(name=field.title)
        browse = IconButton("folder-open", Text("Browse", "浏览"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.size("space.1"))
        row.addWidget(self.line, 1)
        row.addWidget(browse)
        self.setFocusProxy(self.line)
        self.line.editingFinished.connect(lambda: self.changed.emit(self.line.text()))
        browse.clicked.connect(self._browse)

    def set_bad(self, bad: bool) -> None:
        self.line.set_bad(bad)

    def _browse(self) -> None:
        title = tr(Text("Choose a folder", "选择文件夹") if self._folder else Text("Choose a file", "选择文件"))
        if self._folder:
            path = QFileDialog.getExistingDirectory(self, title, self.line.text())
        else:
            path = QFileDialog.getOpenFileName(self, title, self.line.text())[0]
        if path:
            self.line.setText(path)
            self.changed.emit(path)


class _Picker(Choice):
    """Offers what the studio holds of a kind; the list is fetched when the field appears and each time it opens."""

    def __init__(self, field: ParamField, studio: Studio | None) -> None:
        super().__init__(name=field.title)
        self._kind, self._studio, self._wanted = field.ref, studio, ""
        self.setPlaceholderText(tr(Text("Choose…", "请选择…")))
        self.changed.connect(self._chose)

    def show_value(self, value: Any) -> None:
        self._wanted = value or ""
        self._offer(list(zip(self._values, (self.itemText(i) for i in range(self.count())), strict=True)))

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self._fetch()

    def showPopup(self) -> None:
        self._fetch()
        super().showPopup()

    def _chose(self, value: Any) -> None:
        self._wanted = value

    def _fetch(self) -> None:
        if self._studio is not None and self._studio.bridge.engine is not None:
            self._studio.bridge.run(self, self._studio.choices(self._kind), self._offer, lambda _: None)

    def _offer(self, choices: list[tuple[Any, Text | str]]) -> None:
        if self._wanted and self._wanted not in [value for value, _ in choices]:
            choices = [*choices, (self._wanted, str(self._wanted))]
        if [value for value, _ in choices] != self._values:
            self.set_choices(choices)
        self.set_value(self._wanted)


def problems_in_words(params: type[Params], values: dict[str, Any]) -> dict[str, Text]:
    """What is wrong with each field, in both languages."""
    from pydantic import ValidationError

    if not problems(params, values):
        return {}
    try:
        params.model_validate(values)
    except ValidationError as error:
        return {str(item["loc"][0]): _words(item) for item in error.errors() if item["loc"]}
    return {}


def _words(item: Any) -> Text:
    known = WORDS.get(item["type"])
    return known.format(**item.get("ctx", {})) if known else Text.same(str(item["msg"]))


def _lines(words: str) -> list[str]:
    return [line.strip() for line in words.splitlines() if line.strip()]


def _from_json(words: str) -> Any:
    try:
        return json.loads(words) if words.strip() else None
    except ValueError:
        return words


def _quietly(widget: QWidget, change: Callable[[], Any]) -> None:
    blocked = widget.blockSignals(True)
    change()
    widget.blockSignals(blocked)
    widget.update()


_TEXTS: dict[str, tuple[Callable[[Any], str], Callable[[str], Any]]] = {
    "list": (lambda value: "\n".join(str(item) for item in value), _lines),
    "json": (lambda value: json.dumps(value, ensure_ascii=False, indent=2), _from_json),
    "editor": (str, str),
}
