"""What can be done with an answer, below it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.engine.chat.message import Message
from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.views.chat_parts.versions import Versions
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.labels import Label


class AnswerTools(QWidget):
    """Copy, answer again, edit, new chat from here, thumbs, go on, the versions, and what it cost."""

    copied = Signal()
    again = Signal()
    edit = Signal()
    forked = Signal()
    go_on = Signal()
    used = Signal()
    version = Signal(str)
    rated = Signal(str)  # "up", "down", or "" where it is taken back

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.size("space.1"))
        self.copy = IconButton("copy", Text("Copy answer", "复制回答"), size=14)
        self.repeat = IconButton("refresh-cw", Text("Answer again", "重新回答"), size=14)
        self.pencil = IconButton("pencil", Text("Edit answer", "编辑回答"), size=14)
        self.fork = IconButton("git-fork", Text("New chat from here", "从此处新建对话"), size=14)
        self.up = IconButton("thumbs-up", Text("Good answer", "回答得好"), checkable=True, size=14)
        self.down = IconButton("thumbs-down", Text("Bad answer", "回答得不好"), checkable=True, size=14)
        self.up.clicked.connect(lambda on: self.rated.emit("up" if on else ""))
        self.down.clicked.connect(lambda on: self.rated.emit("down" if on else ""))
        self.further = Button(Text("Go on", "继续写"), "chevrons-down", "ghost", "sm")
        self.use = Button(Text("Use this answer", "采用此回答"), "check", "default", "sm")
        self.versions = Versions()
        self.cost = Label("", "dense", "text.tertiary", elide="end")
        for button, signal in (
            (self.copy, self.copied), (self.repeat, self.again), (self.pencil, self.edit), (self.fork, self.forked),
            (self.further, self.go_on), (self.use, self.used),
        ):  # fmt: skip
            button.clicked.connect(signal)
        for button in (self.copy, self.repeat, self.pencil, self.fork, self.up, self.down, self.further, self.use):
            row.addWidget(button)
        self.versions.chosen.connect(self.version)
        row.addWidget(self.versions)
        row.addWidget(self.cost, 1)
        self.use.hide()

    def show_message(self, message: Message, cost: Text) -> None:
        cut = message.usage.get("finish_reason") == "length"
        done = message.status != "failed"
        self.copy.setVisible(bool(message.content))
        self.repeat.setVisible(done)
        self.pencil.setVisible(done and bool(message.content))
        self.further.setVisible(bool(message.content) and (message.status == "stopped" or cut or message.edited))
        for thumb, name in ((self.up, "up"), (self.down, "down")):
            thumb.setVisible(done and bool(message.content))
            thumb.setChecked(message.feedback == name)
        self.cost.say(cost)
