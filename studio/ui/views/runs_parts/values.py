"""What went into a step and what came out of it: tables as tables, charts drawn, lists and fields as a tree, words as text."""

from __future__ import annotations

import asyncio
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.engine.workflows import vega
from studio.engine.workflows.values import is_table
from studio.ui.canvas.times import items_in_words, shape_in_words
from studio.ui.language import language, say, tr
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.runs_parts.watching import Watched
from studio.ui.widgets.code import CodeEditor
from studio.ui.widgets.drawn_chart import DrawnChart
from studio.ui.widgets.inputs import Choice
from studio.ui.widgets.labels import Label
from studio.ui.widgets.readable import readable
from studio.ui.widgets.table import VirtualTable
from studio.ui.widgets.value_tree import ValueTree, summary

CHOOSE = Text("Choose a step to see what went in and came out.", "选择一个节点，查看它的输入和输出。")
NOTHING = Text("Nothing has come out of this step.", "此节点没有输出。")
BY_ROW = Text(
    "This step ran once per row; its results are columns of the frame's table.",
    "此节点按行运行，结果在外层框的表格列中。",
)
TEXT_LIMIT = 200_000

Slot = tuple[str, str]  # a step and one of its outputs


class Values(QWidget):
    """Shows the chosen value of one step; the whole of it is read when it is shown."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._run: Watched | None = None
        self._step = ""
        self._slots: list[Slot] = []
        self._shown: tuple[str, Slot] | None = None
        self.slot = Choice(name=Text("Value", "值"))
        self.figures = Label("", "caption", "text.tertiary", elide="end")
        self.none = Label(CHOOSE, "dense", "text.tertiary", wrap=True)
        self.text = CodeEditor("text", read_only=True)
        self.table = VirtualTable(bridge=studio.bridge)
        self.chart = DrawnChart(studio.bridge)
        self.tree = ValueTree()
        self._pages = QStackedWidget()
        self._lay_out()
        self.slot.changed.connect(lambda _: self._read())
        language.changed.connect(self._refill)
        self._refill()

    def show_step(self, run: Watched | None, step: str) -> None:
        """Offer the values of a step; called again as the run goes on."""
        slots = _slots(run, step)
        if run is self._run and step == self._step and slots == self._slots:
            self._show_stream()
            return
        changed = run is not self._run or step != self._step
        self._run, self._step, self._slots = run, step, slots
        if changed:
            self._shown = None
        self._refill()

    def _lay_out(self) -> None:
        side, gap = theme.size("space.3"), theme.size("space.1")
        bar = QHBoxLayout()
        bar.setContentsMargins(side, gap, side, gap)
        bar.setSpacing(theme.size("space.2"))
        bar.addWidget(self.slot)
        bar.addWidget(self.figures, 1)
        words = QWidget()
        inner = QVBoxLayout(words)
        inner.setContentsMargins(side, gap, side, side)
        inner.addWidget(self.none)
        inner.addStretch(1)
        for page in (words, self.text, self.table, self.tree, self.chart):
            self._pages.addWidget(page)
        say(self.text.setAccessibleName, Text("Value", "值"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self._pages, 1)

    def _refill(self) -> None:
        before = self.slot.value()
        choices = [(place, _words(self._run, self._step, slot)) for place, slot in enumerate(self._slots) if self._run]
        self.slot.blockSignals(True)
        self.slot.set_choices(
            choices, before if isinstance(before, int) and before < len(choices) and self._shown else 0
        )
        self.slot.blockSignals(False)
        self.slot.setVisible(bool(choices))
        if choices:
            self._read()
        else:
            self._say_why()

    def _say_why(self) -> None:
        self._shown = None
        self.figures.say("")
        inside = bool(self._run and self._run.depths.get(self._step))
        self.none.say(CHOOSE if not self._step else BY_ROW if inside else NOTHING)
        self._pages.setCurrentIndex(0)
        self._show_stream()

    def _show_stream(self) -> None:
        text = self._run.texts.get(self._step, "") if self._run and not self._slots else ""
        if text:
            self.text.set_text(text)
            self._pages.setCurrentWidget(self.text)

    def _read(self) -> None:
        place = self.slot.value()
        if self._run is None or not isinstance(place, int) or place >= len(self._slots):
            return
        if self._studio.bridge.engine is None:  # it may be closing
            return
        slot = self._slots[place]
        key = (self._run.execution.id, slot)
        if key == self._shown:
            return
        self._shown = key
        workflows, run_id = self._studio.engine.workflows, self._run.execution.id

        async def read() -> Any:
            return await asyncio.to_thread(readable, await workflows.output(run_id, *slot))

        self._studio.bridge.run(self, read(), lambda value: self._shown == key and self._show(value), self._failed)

    def _failed(self, error: StudioError) -> None:
        self.none.say(error.whole())
        self._pages.setCurrentIndex(0)

    def _show(self, value: Any) -> None:
        if is_table(value):
            self._show_table(value)
            return
        if vega.is_chart(value):
            self.figures.say("")
            self.chart.show_chart(vega.read(value))
            self._pages.setCurrentWidget(self.chart)
            return
        count = f"{len(value):,}" if isinstance(value, str | list | dict) else ""
        self.figures.say(_size(value, count))
        if isinstance(value, list | dict):
            self.tree.show_value(value)
            self._pages.setCurrentWidget(self.tree)
            return
        self.text.set_text((value if isinstance(value, str) else summary(value))[:TEXT_LIMIT])
        self._pages.setCurrentWidget(self.text)

    def _show_table(self, table: Any) -> None:
        async def fetch(offset: int, limit: int) -> Any:
            return table.slice(offset, limit)

        columns = [(field.name, str(field.type)) for field in table.schema]
        self.figures.say(shape_in_words(table.num_rows, len(columns)))
        self.table.set_source(fetch, columns, table.num_rows)
        self._pages.setCurrentWidget(self.table)


def _size(value: Any, count: str) -> Text:
    if isinstance(value, str):
        return Text("1 character" if count == "1" else f"{count} characters", f"{count} 个字符")
    if isinstance(value, list):
        return items_in_words(len(value))
    return Text("", "")


def _slots(run: Watched | None, step: str) -> list[Slot]:
    """The outputs that a step has given, then those that it took in."""
    if run is None or not step:
        return []
    own = [(step, port) for port in run.result(step).get("outputs", {})]
    taken = [
        (edge.source, edge.source_port)
        for edge in run.graph.edges_into(step)
        if edge.source_port in run.result(edge.source).get("outputs", {})
    ]
    return [*own, *dict.fromkeys(taken)]


def _words(run: Watched | None, step: str, slot: Slot) -> Text:
    source, port = slot
    if source == step:
        return Text(f"Out: {port}", f"输出：{port}")
    title = tr(run.titles.get(source, Text.same(source))) if run else source
    return Text(f"In: {port} of {title}", f"输入：{title} 的 {port}")
