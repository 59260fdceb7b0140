"""The panel “Is this computer ready?”: a line for each check, mended from its row."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.home_parts.checks import AGAIN, CHECKS, Check, run
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.labels import Label
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.panel import Card, Divider, Glyph
from studio.ui.widgets.states import Spinner

LOOKS = {
    "ready": ("circle-check", "success.text"),
    "missing": ("circle-dashed", "text.secondary"),
    "failed": ("circle-x", "danger.text"),
    "optional": ("circle-minus", "text.tertiary"),
}


class ReadyPanel(Card):
    """Tries everything when it is first shown and on the button; `better` asks for the page of better models."""

    better = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(pad=0, parent=parent)
        self.studio = studio
        self.lines: dict[str, CheckLine] = {}
        self.body.setSpacing(0)
        self.body.addLayout(self._head())
        for name in CHECKS:
            self.body.addWidget(Divider())
            self.lines[name] = CheckLine()
            self.lines[name].asked.connect(lambda name=name: self._mend(name))
            self.body.addWidget(self.lines[name])

    def check_all(self) -> None:
        for name in self.lines:
            self.check(name)

    def check(self, name: str) -> None:
        self.lines[name].set_busy(True)
        self.studio.bridge.run(self, run(self.studio.engine, name), self._show)

    def _head(self) -> QVBoxLayout:
        column = QVBoxLayout()
        side = theme.size("space.4")
        column.setContentsMargins(side, side, side, side)
        column.setSpacing(theme.size("space.2"))
        title = QHBoxLayout()
        title.addWidget(Label(Text("Is this computer ready?", "本机准备好了吗？"), "bodyStrong"), 1)
        again = IconButton("refresh-cw", Text("Check again", "重新检查"))
        again.clicked.connect(self.check_all)
        title.addWidget(again)
        progress = QHBoxLayout()
        self.meter = Meter(0, "success.solid", name=Text("Ready", "就绪"))
        self.count = Label("", "dense", "text.secondary")
        progress.addWidget(self.meter, 1)
        progress.addWidget(self.count)
        column.addLayout(title)
        column.addLayout(progress)
        return column

    def _show(self, check: Check) -> None:
        self.lines[check.name].show_check(check)
        known = [line.check for line in self.lines.values() if line.check is not None and line.check.counts]
        ready = sum(one.state == "ready" for one in known)
        whole = len(known)
        self.meter.set(ready / whole if whole else 0)
        self.count.say(Text(f"{ready} of {whole} ready", f"{ready}/{whole} 项就绪"))

    def _mend(self, name: str) -> None:
        check = self.lines[name].check
        if check is None or check.repair == "again":
            self.check(name)
        elif check.repair == "better":
            self.better.emit()
        elif check.repair.startswith("copy:"):
            QGuiApplication.clipboard().setText(check.repair.removeprefix("copy:"))
            self.studio.window.toast(Text("Command copied: run it in a terminal", "命令已复制，可在终端中运行"))


class CheckLine(QWidget):
    """State as an icon, what it is, and the button that mends it."""

    asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.check: Check | None = None
        row = QHBoxLayout(self)
        side = theme.size("space.4")
        row.setContentsMargins(side, theme.size("space.2"), side, theme.size("space.2"))
        row.setSpacing(theme.size("space.3"))
        self.glyph, self.spinner = Glyph("circle-dashed"), Spinner(16)
        self.title, self.detail = Label("", "dense"), Label("", "dense", "text.secondary", wrap=True)
        self.detail.hide()
        self.button = Button(AGAIN)
        self.button.hide()
        self.button.clicked.connect(self.asked)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self.title)
        column.addWidget(self.detail)
        for widget in (self.glyph, self.spinner):
            row.addWidget(widget)
        row.addLayout(column, 1)
        row.addWidget(self.button)
        self.setMinimumHeight(theme.scaled(52))

    def set_busy(self, busy: bool) -> None:
        self.spinner.setVisible(busy)
        self.glyph.setVisible(not busy)
        self.button.setEnabled(not busy)
        if busy and self.check is None:
            self.title.say(Text("Checking…", "正在检查…"))

    def show_check(self, check: Check) -> None:
        self.check = check
        self.set_busy(False)
        self.glyph.set(*LOOKS[check.state])
        self.title.say(check.title)
        self.detail.say(check.detail)
        self.detail.show()
        self.button.setVisible(bool(check.repair))
        if check.repair_title is not None:
            self.button.say(check.repair_title)
