"""A table of names and values: request headers, variables."""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.discard import discard
from studio.ui.widgets.inputs import LineField
from studio.ui.widgets.labels import Label

NAME, VALUE = Text("Name", "名称"), Text("Value", "值")
TWICE = Text("“{name}” comes twice; the last one holds.", "“{name}”重复，以最后一个为准。")
REMOVE = Text("Remove this row", "删除此行")


class PairsField(QWidget):
    """The last row is always empty: typing there begins another. Several pasted lines of “name: value” become rows.

    `typed`: a value that is JSON (a number, true, a list) is taken as such; otherwise all values are texts.
    """

    changed = Signal(object)

    def __init__(self, typed: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._typed = typed
        self.rows: list[PairRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.size("space.1"))
        self.warning = Label("", "caption", "warning.text", wrap=True)
        self.warning.hide()
        self._column.addWidget(self.warning)
        self._add()

    def value(self) -> dict[str, Any]:
        """Rows without a name are left out."""
        return {row.name.text().strip(): self._read(row.held.text()) for row in self.rows if row.name.text().strip()}

    def set_value(self, value: dict[str, Any] | None) -> None:
        """Show other pairs without telling anybody."""
        pairs = dict(value or {})
        if pairs == self.value() and len(self.rows) == len(pairs) + 1:
            return
        for row in self.rows:
            self._column.removeWidget(row)
            discard(row)
        self.rows = []
        for name, held in pairs.items():
            self._add(name, self._shown(held))
        self._add()
        self._warn()

    def remove(self, row: PairRow) -> None:
        at = self.rows.index(row)
        self.rows.remove(row)
        self._column.removeWidget(row)
        discard(row)
        self.rows[min(at, len(self.rows) - 1)].name.setFocus()
        self._told()

    def paste(self, words: str, row: PairRow) -> bool:
        """Lines of “name: value” or “name=value”; False where the words are not such lines."""
        found = [_split(line) for line in words.splitlines() if line.strip()]
        pairs = [pair for pair in found if pair is not None]
        if len(pairs) < 2 or len(pairs) < len(found):
            return False
        at = self.rows.index(row)
        for place, (name, value) in enumerate(pairs):
            self._add(name, value, at + place)
        self._told()
        return True

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        for row in self.rows:
            row.call(name)

    def _add(self, name: str = "", value: str = "", at: int | None = None) -> PairRow:
        row = PairRow(self, name, value)
        place = len(self.rows) if at is None else at
        self.rows.insert(place, row)
        self._column.insertWidget(place, row)
        row.call(self.accessibleName())
        row.edited.connect(self._told)
        row.removed.connect(lambda: self.remove(row))
        self._mark()
        return row

    def _told(self) -> None:
        if self.rows[-1].name.text() or self.rows[-1].held.text():
            self._add()
        self._mark()
        self._warn()
        self.changed.emit(self.value())

    def _mark(self) -> None:
        """The empty last row cannot be removed."""
        for row in self.rows:
            row.cross.setEnabled(row is not self.rows[-1])

    def _warn(self) -> None:
        names = [row.name.text().strip() for row in self.rows if row.name.text().strip()]
        twice = next((name for name in names if names.count(name) > 1), "")
        self.warning.say(TWICE.format(name=twice))
        self.warning.setVisible(bool(twice))

    def _read(self, words: str) -> Any:
        if not self._typed:
            return words
        try:
            return json.loads(words)
        except ValueError:
            return words

    def _shown(self, held: Any) -> str:
        """A text that would be read as something else is shown in quotes."""
        return held if isinstance(held, str) and self._read(held) == held else json.dumps(held, ensure_ascii=False)


class PairRow(QWidget):
    """One name and its value. Enter goes on to the next field."""

    edited = Signal()
    removed = Signal()

    def __init__(self, pairs: PairsField, name: str, value: str) -> None:
        super().__init__(pairs)
        self._pairs = pairs
        self.name, self.held = LineField(NAME, name), LineField(VALUE, value)
        self.cross = IconButton("x", REMOVE, size=14)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.size("space.1"))
        row.addWidget(self.name, 2)
        row.addWidget(self.held, 3)
        row.addWidget(self.cross)
        for field in (self.name, self.held):
            field.textEdited.connect(lambda _: self.edited.emit())
            field.installEventFilter(self)
        self.cross.clicked.connect(self.removed)

    def call(self, title: str) -> None:
        """Name both fields for screen readers after the whole table."""
        self.name.setAccessibleName(f"{title}: {tr(NAME)}" if title else tr(NAME))
        self.held.setAccessibleName(f"{title}: {tr(VALUE)}" if title else tr(VALUE))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.focusNextChild()
                return True
            if watched is self.name and event.matches(QKeySequence.StandardKey.Paste):
                return self._pairs.paste(QGuiApplication.clipboard().text(), self)
        return super().eventFilter(watched, event)


def _split(line: str) -> tuple[str, str] | None:
    """“name: value” or “name=value”, whichever sign comes first."""
    places = [place for place in (line.find(":"), line.find("=")) if place > 0]
    if not places:
        return None
    at = min(places)
    return line[:at].strip(), line[at + 1 :].strip()
