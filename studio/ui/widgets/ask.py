"""Small dialogs: a form of a few fields, and a question before what cannot be undone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.labels import Label

CANCEL = Text("Cancel", "取消")


class Ask(QDialog):
    """A title, what stands in `body`, and two buttons. Call `open()`; `accepted` comes when a person agrees."""

    def __init__(
        self, title: Text, agree: Text, body: Text | None = None, kind: str = "primary", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        self.setMinimumWidth(theme.scaled(420))
        say(self.setWindowTitle, title)
        column = QVBoxLayout(self)
        side = theme.size("space.4")
        column.setContentsMargins(side, side, side, side)
        column.setSpacing(theme.size("space.3"))
        column.addWidget(Label(title, "title", wrap=True))
        if body is not None:
            column.addWidget(Label(body, "body", "text.secondary", wrap=True))
        self.body = QVBoxLayout()
        self.body.setSpacing(theme.size("space.2"))
        column.addLayout(self.body)
        self.problem = Label("", "dense", "danger.text", wrap=True)
        self.problem.hide()
        column.addWidget(self.problem)
        row = QHBoxLayout()
        row.addStretch(1)
        self.cancel = Button(CANCEL)
        self.cancel.clicked.connect(self.reject)
        self.agree = Button(agree, kind=kind)
        self.agree.clicked.connect(self.accept)
        for button in (self.cancel, self.agree):
            row.addWidget(button)
        column.addSpacing(theme.size("space.1"))
        column.addLayout(row)

    def add(self, title: Text, field: QWidget) -> QWidget:
        """A field with its name above."""
        name = Label(title, "dense", "text.secondary")
        name.setBuddy(field)
        self.body.addWidget(name)
        self.body.addWidget(field)
        return field

    def say_problem(self, words: Text) -> None:
        """What is wrong with what was entered; the dialog stays."""
        self.problem.say(words)
        self.problem.show()


def ask_before(parent: QWidget, title: Text, body: Text, agree: Text, then: Callable[[], object]) -> Ask:
    """Ask before something that cannot be undone; the safe button has the focus."""
    dialog = Ask(title, agree, body, "danger", parent)
    dialog.accepted.connect(then)
    dialog.cancel.setFocus()
    dialog.open()
    return dialog
