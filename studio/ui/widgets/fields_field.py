"""An editor of fields: name, type, whether it is needed, what it is; fields within fields; the JSON behind them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button, IconButton, Segmented
from studio.ui.widgets.code import CodeEditor
from studio.ui.widgets.discard import empty
from studio.ui.widgets.inputs import Choice, LineField
from studio.ui.widgets.labels import Label
from studio.ui.widgets.schema_entries import NESTED, Entry, entries_of, schema_of

ADD, ADD_INSIDE = Text("Add a field", "添加字段"), Text("Add a field inside", "添加子字段")
NAME, TYPE = Text("Name", "名称"), Text("Type", "类型")
REMOVE = Text("Remove this field", "删除此字段")
NEEDED = Text("Required", "必填")
ABOUT = Text("What it is", "说明")
NOT_JSON = Text("Line {line}: {why}", "第 {line} 行：{why}")
TYPES: tuple[tuple[str, Text], ...] = (
    ("string", Text("text", "文本")),
    ("number", Text("number", "数字")),
    ("integer", Text("whole number", "整数")),
    ("boolean", Text("yes/no", "是/否")),
    ("object", Text("fields", "对象")),
    ("strings", Text("list of texts", "文本列表")),
    ("numbers", Text("list of numbers", "数字列表")),
    ("objects", Text("list of fields", "对象列表")),
)


class FieldsField(QWidget):
    """A list of entries, each in two lines. `changed` comes with the entries; typing never rebuilds the list."""

    changed = Signal(object)

    def __init__(
        self, types: Sequence[tuple[str, Text]] = TYPES, about: Text = ABOUT, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.types, self.about = types, about
        self.entries: list[Entry] = []
        self.rows: list[EntryRow] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.size("space.2"))
        self._list = QVBoxLayout()
        self._list.setSpacing(theme.size("space.2"))
        column.addLayout(self._list)
        self.add_button = Button(ADD, "plus", "ghost", "sm")
        self.add_button.clicked.connect(lambda: self.add(self.entries))
        column.addWidget(self.add_button)

    def show_entries(self, entries: list[Entry]) -> None:
        """Show others without telling anybody."""
        self.entries = entries
        self._rebuild()

    def add(self, among: list[Entry]) -> None:
        among.append(Entry(kind=self.types[0][0]))
        self._rebuild()
        self._row_of(among[-1]).name.setFocus()
        self.tell()

    def remove(self, entry: Entry, among: list[Entry]) -> None:
        among.remove(entry)
        self._rebuild()
        self.tell()

    def retype(self, entry: Entry, kind: str) -> None:
        entry.kind = kind
        self._rebuild()
        self._row_of(entry).kind.setFocus()
        self.tell()

    def tell(self) -> None:
        self.changed.emit(self.entries)

    def _row_of(self, entry: Entry) -> EntryRow:
        return next(row for row in self.rows if row.entry is entry)

    def _rebuild(self) -> None:
        empty(self._list)
        self.rows = [EntryRow(self, entry, among, depth) for entry, among, depth in _walk(self.entries)]
        for row in self.rows:
            self._list.addWidget(row)


class EntryRow(QWidget):
    """One entry: its name, type and buttons; below them what it is."""

    def __init__(self, fields: FieldsField, entry: Entry, among: list[Entry], depth: int) -> None:
        super().__init__(fields)
        self.fields, self.entry = fields, entry
        self.name = LineField(NAME, entry.name)
        self.kind = Choice(fields.types, entry.kind, TYPE)
        self.needed = IconButton("badge-check" if entry.required else "circle-dashed", NEEDED, checkable=True, size=14)
        self.needed.setChecked(entry.required)
        self.cross = IconButton("x", REMOVE, size=14)
        self.about = LineField(fields.about, entry.about)
        self._lay_out(depth, among)
        self.name.textEdited.connect(self._rename)
        self.about.textEdited.connect(self._describe)
        self.kind.changed.connect(lambda kind: fields.retype(entry, str(kind)))
        self.needed.toggled.connect(self._need)
        self.cross.clicked.connect(lambda: fields.remove(entry, among))

    def _lay_out(self, depth: int, among: list[Entry]) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(depth * theme.size("space.3"), 0, 0, 0)
        column.setSpacing(theme.size("space.1"))
        first, second = QHBoxLayout(), QHBoxLayout()
        for line in (first, second):
            line.setSpacing(theme.size("space.1"))
            column.addLayout(line)
        self.kind.setFixedWidth(theme.scaled(116))
        first.addWidget(self.name, 1)
        first.addWidget(self.kind)
        first.addWidget(self.needed)
        first.addWidget(self.cross)
        second.addWidget(self.about, 1)
        if self.entry.kind in NESTED:
            inside = IconButton("list-plus", ADD_INSIDE, size=14)
            inside.clicked.connect(lambda: self.fields.add(self.entry.children))
            second.addWidget(inside)

    def _rename(self, words: str) -> None:
        self.entry.name = words
        self.name.set_bad(bool(words) and not words.strip())
        self.fields.tell()

    def _describe(self, words: str) -> None:
        self.entry.about = words
        self.fields.tell()

    def _need(self, on: bool) -> None:
        self.entry.required = on
        self.needed.set_icon("badge-check" if on else "circle-dashed")
        self.fields.tell()


class SchemaField(QWidget):
    """A JSON schema (a text) as fields, or as the JSON itself. Words that are no JSON stay as they were typed."""

    changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._schema: dict[str, Any] = {}
        self._words = ""
        self.way = Segmented([("fields", Text("Fields", "字段")), ("json", Text.same("JSON"))], "fields", stretch=True)
        self.fields = FieldsField()
        self.code = CodeEditor("json")
        self.code.setMinimumHeight(theme.scaled(200))
        self.problem = Label("", "caption", "danger.text", wrap=True)
        self.problem.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.size("space.2"))
        for widget in (self.way, self.fields, self.code, self.problem):
            column.addWidget(widget)
        self.way.changed.connect(lambda way: self._turn(str(way)))
        self.fields.changed.connect(self._from_fields)
        self.code.changed.connect(self._from_code)
        self._turn("fields")

    def value(self) -> str:
        return self._words

    def set_value(self, words: str | None) -> None:
        """Show another schema without telling anybody."""
        if (words or "") == self._words:
            return
        self._words = words or ""
        self._read()
        self._show_code()

    def _read(self) -> bool:
        try:
            found = json.loads(self._words or "{}")
        except ValueError as error:
            line = getattr(error, "lineno", 1)
            why = Text.same(str(getattr(error, "msg", error)))
            self.problem.say(NOT_JSON.format(line=line, why=why))
            self.problem.show()
            self.code.mark_error(line, getattr(error, "colno", 1), why)
            return False
        self.problem.hide()
        self._schema = found if isinstance(found, dict) else {}
        self.fields.show_entries(entries_of(self._schema))
        return True

    def _from_fields(self, entries: list[Entry]) -> None:
        self._schema = schema_of(entries, self._schema)
        self._words = json.dumps(self._schema, ensure_ascii=False, indent=2)
        self._show_code()
        self.changed.emit(self._words)

    def _from_code(self) -> None:
        if self.code.text() == self._words:
            return
        self._words = self.code.text()
        self._read()
        self.changed.emit(self._words)

    def _show_code(self) -> None:
        blocked = self.code.blockSignals(True)
        self.code.set_text(self._words)
        self.code.blockSignals(blocked)

    def _turn(self, way: str) -> None:
        self.fields.setVisible(way == "fields")
        self.code.setVisible(way == "json")

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self.code.setAccessibleName(f"{name}: JSON")


def _walk(entries: list[Entry], depth: int = 0) -> Iterator[tuple[Entry, list[Entry], int]]:
    """Every entry with the list that it stands in, each before what lies in it."""
    for entry in entries:
        yield entry, entries, depth
        if entry.kind in NESTED:
            yield from _walk(entry.children, depth + 1)
