"""A search, a query or a tool while it is at work: what it was called with, how far it is, what it writes."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.engine.chat.message import Step
from studio.engine.text import Text
from studio.ui.views.chat_parts.step_card import StepCard, padded
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Divider
from studio.ui.widgets.states import Spinner

TICK = 1_000  # milliseconds between two looks at the clock


class WorkingCard(StepCard):
    """Its time goes on by itself from the step's `seconds`; `show_step` takes what is told of it. `open` says whether it
    shows what it holds as soon as it holds something."""

    def __init__(self, step: Step, open: bool = True, number: int = 0) -> None:
        self._began, self._opens = time.monotonic() - step.seconds, open
        super().__init__(step, [], open, number)
        self._clock = QTimer(self, interval=TICK)
        self._clock.timeout.connect(self._say)
        self.show_step(step)

    def show_step(self, step: Step) -> None:
        """The same work, further on."""
        self.step = step
        self.words.say(step.text)
        for part in (self.words, self.words_head):
            part.setVisible(bool(step.text))
        if self._has_content() and self.arrow.isHidden():
            self.arrow.show()
            self.set_open(self._opens)
        self._say()

    def showEvent(self, event: QShowEvent) -> None:
        self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._clock.stop()

    def _mark(self) -> QWidget:
        return Spinner()

    def _fill(self, column: QVBoxLayout) -> None:
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(Divider())
        column.addLayout(self._tool())

    def _tool(self) -> QVBoxLayout:
        self.words_head = Label(Text("Writes", "正在生成"), "denseStrong", "text.secondary")
        self.words = Label("", "dense", "text.primary", wrap=True)
        return padded(*(self._arguments() if self.step.arguments else []), self.words_head, self.words)

    def _say(self) -> None:
        seconds = int(time.monotonic() - self._began)
        said = [Text("Running", "运行中"), self.step.detail, Text(f"{seconds} s", f"{seconds} 秒")]
        parts = [each for each in said if each is not None]
        self.detail.say(Text(", ".join(each.en for each in parts), "，".join(each.zh for each in parts)))
