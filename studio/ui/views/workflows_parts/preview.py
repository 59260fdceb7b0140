"""What a step gave: a table as a table, a chart as a chart, everything else as text."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QStackedWidget, QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.engine.workflows import vega
from studio.ui.canvas.times import shape_in_words
from studio.ui.language import say, tr
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.workflows_parts.live import Output, RunState
from studio.ui.views.workflows_parts.open_file import OpenFile
from studio.ui.views.workflows_parts.stored import EDIT
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.drawn_chart import DrawnChart
from studio.ui.widgets.gap import gap
from studio.ui.widgets.inputs import Choice
from studio.ui.widgets.labels import Label
from studio.ui.widgets.readable import readable
from studio.ui.widgets.table import VirtualTable
from studio.ui.widgets.value_tree import ValueTree

NOTHING = Text("Select a step that has run", "选择一个已运行的节点")
NO_OUTPUT = Text("This step has no output yet", "此节点还没有输出")


class Preview(QWidget):
    """Reads the whole value when it is shown; what an event carried stands there at once."""

    edit_wanted = Signal(str, str)  # step and port whose value is to be another

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.edit = IconButton("pencil", EDIT, size=14)
        self.open = OpenFile(studio)
        self.run: RunState | None = None
        self.step = ""
        self._shown: tuple[str, str, str] | None = None
        self.port = Choice(name=Text("Output", "输出"))
        self.figures = Label("", "caption", "text.tertiary")
        self.empty = Label(NOTHING, "dense", "text.tertiary")
        self.words = QPlainTextEdit()
        self.table = VirtualTable(bridge=studio.bridge)
        self.chart = DrawnChart(studio.bridge)
        self.tree = ValueTree(Text("Output", "输出"))
        self.pages = QStackedWidget()
        self._build()

    def _build(self) -> None:
        self.words.setReadOnly(True)
        self.words.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        say(self.words.setAccessibleName, Text("Output", "输出"))
        holder = QWidget()
        inner = QVBoxLayout(holder)
        inner.addWidget(self.empty)
        inner.addStretch(1)
        for page in (holder, self.words, self.table, self.chart, self.tree):
            self.pages.addWidget(page)
        bar = QHBoxLayout()
        bar.setContentsMargins(
            theme.size("space.3"), theme.size("space.1"), theme.size("space.3"), theme.size("space.1")
        )
        bar.addWidget(self.port)
        gap(bar, "space.2")
        bar.addWidget(self.figures, 1)
        bar.addWidget(self.open)
        bar.addWidget(self.edit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.pages, 1)
        self.port.changed.connect(lambda _: self._show())
        self.edit.clicked.connect(lambda: self.edit_wanted.emit(self.step, str(self.port.value())))
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_step(self, run: RunState | None, step: str) -> None:
        """The outputs of a step in a run; the first one, or the port that was looked at."""
        self.run, self.step = run, step
        outputs = self.outputs()
        names = [output.port for output in outputs]
        kept = self.port.value()
        self.port.set_choices(
            [(name, name) for name in names], kept if kept in names else (names[0] if names else None)
        )
        self.port.setVisible(len(names) > 1)
        self.edit.setVisible(bool(names) and run is not None and not run.running)
        self._show()

    def outputs(self) -> list[Output]:
        return self.run.outputs.get(self.step, []) if self.run else []

    def _show(self) -> None:
        found = next((output for output in self.outputs() if output.port == self.port.value()), None)
        if found is None:
            live = self.run.lives.get(self.step) if self.run else None
            self._show_words(live.text) if live and live.text else self._show_empty()
            return
        key = (self.run.execution_id if self.run else "", self.step, str(found.ref.get("digest")) + found.port)
        if key == self._shown:
            return
        self._shown = key
        self.open.hide()
        self._show_preview(found)
        self._fetch(found)

    def _show_empty(self) -> None:
        self._shown = None
        self.open.hide()
        self.figures.setText("")
        self.empty.say(NO_OUTPUT if self.step and self.run else NOTHING)
        self.pages.setCurrentIndex(0)

    def _show_words(self, words: str) -> None:
        self._shown = None
        self.figures.setText("")
        if self.words.toPlainText() != words:
            self.words.setPlainText(words)
        self.pages.setCurrentWidget(self.words)

    def _show_preview(self, found: Output) -> None:
        """What the event said, until the whole value is here."""
        preview = found.preview
        if not preview:
            return
        if isinstance(preview.get("value"), dict | list):
            self.tree.show_value(preview["value"])
            self.pages.setCurrentWidget(self.tree)
        elif preview.get("type") == "table":
            self.figures.setText(tr(shape_in_words(preview["rows"], len(preview["columns"]))))
        else:
            key = self._shown
            self._show_words(preview_words(preview))
            self._shown = key

    def _fetch(self, found: Output) -> None:
        assert self.run is not None
        key = self._shown
        workflows, place = self.studio.engine.workflows, (self.run.execution_id, self.step, found.port)

        async def read() -> Any:
            return await asyncio.to_thread(readable, await workflows.output(*place))

        self.studio.bridge.run(
            self, read(), lambda value: self._arrived(key, value), lambda error: self._gone(key, error)
        )

    def _arrived(self, key: Any, value: Any) -> None:
        if key != self._shown:
            return
        self.open.offer(value)
        if hasattr(value, "schema") and hasattr(value, "num_rows"):
            self._show_table(value)
        elif vega.is_chart(value):
            self.figures.setText("")
            self.chart.show_chart(vega.read(value))
            self.pages.setCurrentWidget(self.chart)
        elif isinstance(value, dict | list):
            self.figures.setText("")
            self.tree.show_value(value)
            self.pages.setCurrentWidget(self.tree)
        else:
            self._show_words(_plain(value))
            self._shown = key

    def _show_table(self, table: Any) -> None:
        async def fetch(offset: int, limit: int) -> Any:
            return table.slice(offset, limit)

        columns = [(field.name, str(field.type)) for field in table.schema]
        self.table.set_source(fetch, columns, table.num_rows)
        self.figures.setText(tr(shape_in_words(table.num_rows, len(columns))))
        self.pages.setCurrentWidget(self.table)

    def _gone(self, key: Any, error: StudioError) -> None:
        if key == self._shown:
            self._show_words(tr(error.whole()))

    def _restyle(self) -> None:
        self.words.setFont(theme.font("mono"))


def preview_words(preview: dict[str, Any]) -> str:
    """A preview that is no table, as text."""
    if preview.get("type") == "text":
        return str(preview["text"])
    return _plain(preview.get("value", preview.get("head", preview)))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2, default=str)
