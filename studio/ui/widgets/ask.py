"""Small dialogs: a form of a few fields, and a question before what cannot be undone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.gap import gap
from studio.ui.widgets.labels import Label

CANCEL = Text("Cancel", "取消")
STAYS = Text("The dialog stays open until it is done.", "完成后对话框会关闭。")


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
        self.agree.clicked.connect(lambda _=False: self.submit())
        self._work: Callable[[], object] = self.accept
        for button in (self.cancel, self.agree):
            row.addWidget(button)
        gap(column, "space.1")
        column.addLayout(row)

    def add(self, title: Text, field: QWidget) -> QWidget:
        """A field with its name above; the first one has the focus, unless another is given it."""
        name = Label(title, "dense", "text.secondary")
        name.setBuddy(field)
        self.body.addWidget(name)
        self.body.addWidget(field)
        if self.focusWidget() is None:  # the buttons were made before any field
            field.setFocus()
        return field

    def submit(self) -> None:
        """What the button and Enter do; by itself the dialog closes."""
        self._work()

    def when_agreed(self, work: Callable[[], object]) -> None:
        """Do this instead. The dialog stays until `accept`, so that what is wrong can be said in it."""
        self._work = work
        say(self.agree.setAccessibleDescription, STAYS)

    def fail(self, error: StudioError) -> None:
        """Say why it did not work; everything that was entered stays."""
        self.agree.setEnabled(True)
        self.say_problem(error.whole())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter agrees from any field; a button that has the focus takes it for itself."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.agree.click()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._grow()

    def _grow(self) -> None:
        """Tall enough for its words as they wrap at this width, which a dialog's first size does not ask for; but no taller than
        the window where lists can give way."""
        layout = self.layout()
        if layout is None:
            return
        least, wanted = (ask(self.width()) for ask in (layout.totalMinimumHeightForWidth, layout.totalHeightForWidth))
        parent = self.parentWidget()
        room = parent.window().height() - theme.size("space.6") if parent is not None else wanted
        needed, by_itself = max(least, min(wanted, room)), self.height() == self.sizeHint().height()
        if needed > self.height() or by_itself:
            self.resize(self.width(), needed)

    def say_problem(self, words: Text) -> None:
        """What is wrong with what was entered; the dialog stays."""
        self.problem.say(words)
        self.problem.show()
        if self.isVisible():
            self._grow()


def ask_before(parent: QWidget, title: Text, body: Text, agree: Text, then: Callable[[], object]) -> Ask:
    """Ask before something that cannot be undone; the safe button has the focus."""
    dialog = Ask(title, agree, body, "danger", parent)
    dialog.accepted.connect(then)
    dialog.cancel.setFocus()
    dialog.open()
    return dialog
