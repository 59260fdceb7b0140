"""The control of each declared parameter: what to draw for its kind, how to read it and how to set it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from studio.engine.params import ParamField
from studio.engine.text import Text
from studio.ui.language import tr
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.widgets.buttons import IconButton, Segmented, Toggle
from studio.ui.widgets.code import CodeEditor
from studio.ui.widgets.fields_field import FieldsField, SchemaField
from studio.ui.widgets.inputs import Choice, LineField, NumberField, TextArea
from studio.ui.widgets.pairs import PairsField
from studio.ui.widgets.prompt_editor import PromptEditor
from studio.ui.widgets.schema_entries import Entry
from studio.ui.widgets.slider import Slider

SHORT, FEW = 14, 3
SMALL_RANGE = 1000
LAST_PORT = 65_535
DEFAULT = Text("Value when none is given", "未填写时的值")

Controls = tuple[QWidget, Callable[[], Any], Callable[[Any], None]]


def control_of(field: ParamField, value: Any, studio: Studio | None, take: Callable[[Any], None]) -> Controls:
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
    if field.kind == "pairs":
        pairs = PairsField()
        pairs.changed.connect(take)
        return pairs, pairs.value, pairs.set_value
    if field.kind == "fields":
        return _fields(field, take)
    if field.language == "schema":
        schema = SchemaField()
        schema.changed.connect(take)
        return schema, schema.value, schema.set_value
    if field.kind in ("editor", "json", "list"):
        return _long_text(field, take)
    line = LineField()
    line.textEdited.connect(take)
    return line, line.text, lambda value: line.setText("" if value is None else str(value))


def _number(field: ParamField, take: Callable[[Any], None]) -> Controls:
    decimals = 0 if field.kind == "integer" else 2
    low, high = field.minimum, field.maximum
    ranged = low is not None and high is not None and high - low <= SMALL_RANGE
    control: NumberField | SliderField
    if ranged and (field.kind == "number" or high - low > 20):  # type: ignore[operator]
        control = SliderField(low or 0, high or 0, decimals)
    else:
        step = 1 if field.kind == "integer" else 0.1
        control = NumberField(0, low, high, step, decimals, field.title)
        control.grouped = high != LAST_PORT
    control.changed.connect(take)
    return control, control.value, lambda value: control.set_value(0 if value is None else value)


def _fields(field: ParamField, take: Callable[[Any], None]) -> Controls:
    """Named and typed fields of a form: what stands beside a name is its default."""
    control = FieldsField(list(field.choices.items()), DEFAULT)
    control.changed.connect(lambda entries: take([_as_field(entry) for entry in entries]))

    def show(value: Any) -> None:
        said = [one if isinstance(one, dict) else one.model_dump() for one in value or []]
        if [_as_field(entry) for entry in control.entries] != said:
            control.show_entries([_as_entry(one) for one in said])

    return control, lambda: [_as_field(entry) for entry in control.entries], show


def _as_entry(said: dict[str, Any]) -> Entry:
    default = said.get("default")
    words = default if isinstance(default, str) else "" if default is None else json.dumps(default, ensure_ascii=False)
    return Entry(said["name"], said.get("type", "text"), said.get("required", True), words, raw=said)


def _as_field(entry: Entry) -> dict[str, Any]:
    default: Any = entry.about if entry.kind == "text" else _from_json(entry.about)
    changed = {"name": entry.name, "type": entry.kind, "required": entry.required, "default": default or None}
    if default in (0, False) and entry.about.strip():
        changed["default"] = default
    same = {"type": "text", "required": True, "default": None}
    return {
        **entry.raw,
        **{key: value for key, value in changed.items() if key in entry.raw or same.get(key, ...) != value},
    }


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
        return _editor(field, take)
    area = TextArea(rows=3)
    as_text, as_value = _TEXTS.get(field.kind, (str, str))
    area.changed.connect(lambda words: take(as_value(words)))

    def show(value: Any) -> None:
        words = "" if value is None else as_text(value)
        if as_value(area.toPlainText()) != value or not words:
            _quietly(area, lambda: area.setPlainText(words))

    return area, lambda: as_value(area.toPlainText()), show


def _editor(field: ParamField, take: Callable[[Any], None]) -> Controls:
    editor: PromptEditor | CodeEditor
    if field.language == "prompt":
        editor = PromptEditor(field.title, field.line)
    else:
        editor = CodeEditor(field.language)
        editor.setMinimumHeight(theme.scaled(120))
    pause = QTimer(editor, singleShot=True, interval=300)
    pause.timeout.connect(lambda: take(editor.text()))
    editor.changed.connect(pause.start)

    def show(value: Any) -> None:
        if editor.text() != (value or ""):
            _quietly(editor, lambda: editor.set_text(str(value or "")))
            pause.stop()

    return editor, editor.text, show


class SliderField(QWidget):
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
