"""What was done for an answer, as cards that open: a search, a query with its rows, a tool, a compaction."""

from __future__ import annotations

import json
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.engine.chat.message import Source, Step
from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.views.chat_parts.code_label import CodeLabel
from studio.ui.views.chat_parts.query_box import QueryBox
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.labels import Badge, Label
from studio.ui.widgets.panel import Card, Divider, Glyph

LONGEST = 4_000  # characters of a tool's result that are shown
SHORTEST = 0.005  # seconds that are told: less would read as none


class StepCard(Card):
    """A finished step. `open_rows` carries the dataset's id and the statement; `source_chosen` a source's number.

    `toggled` tells that a person opened or closed it. `rerun` carries the SQL that a person edited; `number` is the step's place among the answer's steps.
    """

    open_rows = Signal(str, str)
    source_chosen = Signal(int)
    rerun = Signal(str)
    toggled = Signal(bool)

    def __init__(self, step: Step, sources: list[Source], open: bool = False, number: int = 0) -> None:
        super().__init__(pad=0, surface="panel")
        self.step, self.number = step, number
        wanted = ("rows",) if step.kind == "query" else ("page", "file")
        self._sources = [source for source in sources if source.kind in wanted]
        self.body.setSpacing(0)
        self.body.addWidget(self._head())
        self.content = QWidget()
        self.query: QueryBox | None = None
        self._fill(QVBoxLayout(self.content))
        self.body.addWidget(self.content)
        self.set_open(open and self._has_content())

    def is_open(self) -> bool:
        return not self.content.isHidden()

    def set_open(self, open: bool) -> None:
        self.content.setVisible(open)
        self.arrow.set_icon("chevron-up" if open else "chevron-down")
        self.arrow.say(Text("Show less", "收起") if open else Text("Show more", "展开"))

    def _head(self) -> QWidget:
        head = _Head()
        head.pressed.connect(self._toggle)
        head.row.addWidget(self._mark())
        title = Label(self.step.title, "denseStrong", elide="end")
        title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        head.row.addWidget(title)
        self.detail = Label(_detail(self.step), "dense", "text.secondary", elide="end")
        head.row.addWidget(self.detail, 1)
        if self.step.edited:
            head.row.addWidget(Badge(Text("Edited", "已编辑"), "neutral", "pencil"))
        if self.step.dataset_id:
            self.open_button = Button(Text("Open in Data", "在数据中打开"), "external-link", "ghost", "sm")
            self.open_button.clicked.connect(lambda: self.open_rows.emit(self.step.dataset_id, self._statement()))
            head.row.addWidget(self.open_button)
        self.arrow = IconButton("chevron-down", "")
        self.arrow.clicked.connect(self._toggle)
        self.arrow.setVisible(self._has_content())
        head.row.addWidget(self.arrow)
        return head

    def _mark(self) -> QWidget:
        failed = self.step.failed
        return Glyph("triangle-alert" if failed else "check", "warning.text" if failed else "success.text", 14)

    def _toggle(self) -> None:
        if self._has_content():
            self.set_open(not self.is_open())
            self.toggled.emit(self.is_open())

    def _statement(self) -> str:
        rows = next((source.rows_sql for source in self._sources if source.rows_sql and not self.step.edited), "")
        return rows or self.step.sql

    def _has_content(self) -> bool:
        step = self.step
        searched = step.kind == "search" and bool(self._sources)
        return bool(step.sql or step.attempts or step.text or step.arguments) or searched

    def _fill(self, column: QVBoxLayout) -> None:
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(Divider())
        for attempt in self.step.attempts:
            column.addLayout(_attempt(attempt.sql, attempt.error))
        if self.step.kind == "query" and (self.step.sql or self.step.attempts):
            self.query = QueryBox(self.step)
            self.query.rerun.connect(self.rerun)
            column.addWidget(self.query)
        elif self.step.kind == "search":
            column.addLayout(self._chunks())
        if self.step.kind == "compact":
            column.addLayout(padded(Label(self.step.text, "dense", "text.primary", wrap=True)))
        elif self.step.kind == "tool":
            column.addLayout(self._tool())

    def _tool(self) -> QVBoxLayout:
        parts: list[QWidget] = []
        if self.step.arguments:
            parts += self._arguments()
        if self.step.text:
            parts.append(Label(Text("Result", "结果"), "denseStrong", "text.secondary"))
            parts.append(CodeLabel(_pretty(self.step.text), "json"))
        return padded(*parts)

    def _arguments(self) -> list[QWidget]:
        words = _pretty(json.dumps(self.step.arguments, ensure_ascii=False))
        return [Label(Text("Arguments", "参数"), "denseStrong", "text.secondary"), CodeLabel(words, "json")]

    def _chunks(self) -> QVBoxLayout:
        column = QVBoxLayout()
        side = theme.size("space.2")
        column.setContentsMargins(side, theme.size("space.1"), side, theme.size("space.2"))
        column.setSpacing(0)
        for source in self._sources:
            column.addWidget(self._chunk(source))
        return column

    def _chunk(self, source: Source) -> QWidget:
        line = _Head(theme.size("layout.row.list"))
        line.pressed.connect(partial(self.source_chosen.emit, source.number))
        line.row.addWidget(Label(f"{source.number}", "denseStrong", "accent.text"))
        line.row.addWidget(Label(source.quote, "dense", "text.primary", elide="end"), 1)
        line.row.addWidget(Label(place(source), "dense", "text.secondary"))
        return line


class NoteLine(QWidget):
    """A step that is only said: what was left out, or what does not stand in the sources."""

    def __init__(self, icon: str, tone: str, title: Text, detail: Text | None = None) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.size("space.2"))
        row.addWidget(Glyph(icon, tone, 14), 0, Qt.AlignmentFlag.AlignTop)
        colour = "text.secondary" if tone.startswith("text") else tone
        self.words = Label(_joined(title, detail), "dense", colour, wrap=True)
        row.addWidget(self.words, 1)


class _Head(QWidget):
    """A line that is pressed as a whole."""

    pressed = Signal()

    def __init__(self, height: int | None = None) -> None:
        super().__init__()
        self._height = height or theme.size("control.height.lg") - theme.scaled(2)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(theme.size("space.3"), 0, theme.size("space.1"), 0)
        self.row.setSpacing(theme.size("space.2"))
        self.setFixedHeight(self._height)

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(200), self._height)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.pressed.emit()


def place(source: Source) -> Text:
    """Where a source stands: its page, slide, row or line, or how many rows."""
    if source.kind == "rows":
        count = source.row_count or 0
        return Text(f"{count:,} row{'' if count == 1 else 's'}", f"{count:,} 行")
    words = source.place or Text("text", "正文")
    return Text(words.en[:1].upper() + words.en[1:], words.zh)


def _attempt(sql: str, error: Text) -> QVBoxLayout:
    """A query that did not run, and why."""
    return padded(CodeLabel(sql), NoteLine("triangle-alert", "warning.text", error))


def padded(*widgets: QWidget) -> QVBoxLayout:
    """What a card holds when it is open, from top to bottom."""
    column = QVBoxLayout()
    side = theme.size("space.3")
    column.setContentsMargins(side, theme.size("space.2"), side, theme.size("space.2"))
    column.setSpacing(theme.size("space.1"))
    for widget in widgets:
        column.addWidget(widget)
    return column


def _pretty(text: str) -> str:
    try:
        text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except ValueError:
        pass
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n…"


def _detail(step: Step) -> Text:
    seconds = Text(f"{step.seconds:.2f} s", f"{step.seconds:.2f} 秒") if step.seconds >= SHORTEST else None
    parts = [part for part in (step.detail, seconds) if part is not None]
    en, zh = [part.en for part in parts], [part.zh for part in parts]
    return Text(", ".join([*(each.rstrip(".") for each in en[:-1]), *en[-1:]]),
                "，".join([*(each.rstrip("。") for each in zh[:-1]), *zh[-1:]]))  # fmt: skip


def _joined(title: Text, detail: Text | None) -> Text:
    return title if detail is None else Text(f"{title.en}. {detail.en}", f"{title.zh}。{detail.zh}")
