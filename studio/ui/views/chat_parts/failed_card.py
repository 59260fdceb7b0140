"""An answer that failed: what, why, and the way out."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Card, Glyph

AGAIN = Text("Answer again", "重新回答")


class FailedCard(Card):
    """What failed and the way out, in its place. `mend` names another view, `again` asks anew."""

    mend = Signal(str)
    again = Signal()

    def __init__(self, error: dict[str, object]) -> None:
        super().__init__("danger")
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.2"))
        row.addWidget(Glyph("circle-x", "danger.text", 16), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(theme.size("space.1"))
        words.addWidget(Label(_text(error["message"]), "bodyStrong", wrap=True))
        if error.get("repair"):
            words.addWidget(Label(_text(error["repair"]), "body", "text.secondary", wrap=True))
        row.addLayout(words, 1)
        self.body.addLayout(row)
        self.body.addLayout(self._buttons(error))

    def _buttons(self, error: dict[str, object]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(theme.size("space.6"), 0, 0, 0)
        models = error.get("kind") in ("Unavailable", "NotFound", "WorkerFailed")
        self.repair = Button(Text("Open Models", "打开“模型”") if models else AGAIN)
        self.repair.clicked.connect(lambda: self.mend.emit("models") if models else self.again.emit())
        row.addWidget(self.repair)
        if models:
            again = Button(AGAIN, "refresh-cw", "ghost")
            again.clicked.connect(self.again)
            row.addWidget(again)
        details = str(error.get("details") or "")
        if details:
            copy = Button(Text("Copy details", "复制详细信息"), "copy", "ghost")
            copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(details))
            row.addWidget(copy)
        row.addStretch(1)
        return row


def _text(words: object) -> Text:
    return Text(**words) if isinstance(words, dict) else Text.same(str(words))
