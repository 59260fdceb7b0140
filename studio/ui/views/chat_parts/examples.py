"""An empty thread: what one may ask here, or what to bring first so that there is something to ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.icons import paint_icon
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Pressable, paint_ground
from studio.ui.widgets.discard import empty
from studio.ui.widgets.gap import gap
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Glyph


@dataclass(frozen=True, slots=True)
class Step:
    """Something to bring first."""

    icon: str
    words: Text
    run: Callable[[], object]


class Examples(QWidget):
    """Questions that can be asked, and below them the first steps that are left."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.size("space.2"))
        column.addStretch(1)
        column.addWidget(Glyph("messages-square", "text.tertiary", 24), 0, Qt.AlignmentFlag.AlignHCenter)
        heading = Label(Text("Ask your documents and data", "向文档和数据提问"), "heading", wrap=True)
        heading.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(heading)
        words = Text(
            "Answers show where each statement comes from: the page, or the rows and their query.",
            "回答会标明每句话的出处：具体页面，或数据行及其查询语句。",
        )
        body = Label(words, "body", "text.secondary", wrap=True)
        body.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(body)
        gap(column, "space.4")
        self._examples = QVBoxLayout()
        self._examples.setSpacing(theme.size("space.2"))
        column.addLayout(self._examples)
        self._first = QVBoxLayout()
        self._first.setSpacing(theme.size("space.2"))
        column.addLayout(self._first)
        column.addStretch(2)

    def show_examples(self, questions: Sequence[str]) -> None:
        """Questions that can be answered with what is there."""
        empty(self._examples)
        for question in questions:
            button = _Example(question)
            button.clicked.connect(partial(self.chosen.emit, question))
            self._examples.addWidget(button)

    def show_steps(self, steps: Sequence[Step]) -> None:
        """What makes an answer possible, where it is not there yet."""
        empty(self._first)
        for step in steps:
            button = _Example(step.words, step.icon, "arrow-right")
            button.clicked.connect(lambda _=False, run=step.run: run())
            self._first.addWidget(button)

    def buttons(self) -> list[_Example]:
        return self.findChildren(_Example)


class _Example(Pressable):
    """One question, asked with a click; or one first step."""

    def __init__(self, words: Text | str, icon: str = "message-square", way: str = "corner-down-left") -> None:
        super().__init__()
        self._icon, self._way = icon, way
        for name in (self.setText, self.setAccessibleName, self.setToolTip):
            say(name, words)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(320), theme.scaled(40))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = paint_ground(painter, self, "default")
        side, size = theme.size("space.3"), theme.scaled(14)
        paint_icon(painter, self._icon, "text.tertiary", QRectF(side, (self.height() - size) / 2, size, size))
        right = self.width() - side - size
        paint_icon(painter, self._way, "text.tertiary", QRectF(right, (self.height() - size) / 2, size, size))
        left = side + size + theme.size("space.2")
        painter.setFont(theme.font("body"))
        painter.setPen(ink)
        room = right - left - theme.size("space.2")
        words = QFontMetrics(painter.font()).elidedText(self.text(), Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(QRectF(left, 0, room, self.height()), Qt.AlignmentFlag.AlignVCenter, words)
