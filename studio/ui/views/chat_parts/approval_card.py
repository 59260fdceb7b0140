"""A tool that would change something, and what a person says to it."""

from __future__ import annotations

import json
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from studio.engine.chat.message import ApprovalWanted
from studio.engine.text import Text
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.views.chat_parts.code_label import CodeLabel
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.code import CodeEditor
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Card, Glyph

CHOICES = (
    ("once", Text("Allow once", "允许一次"), "primary"),
    ("thread", Text("Allow in this thread", "在此对话中允许"), "default"),
    ("always", Text("Always allow", "始终允许"), "default"),
    ("no", Text("Do not allow", "不允许"), "ghost"),
)
LONG, TALL = 500, 220  # letters of arguments that stand as they are, and the height of more of them


class ApprovalCard(Card):
    """`decided` carries the approval's id and one of once, thread, always, no."""

    decided = Signal(str, str)

    def __init__(self, wanted: ApprovalWanted) -> None:
        super().__init__("warning")
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.2"))
        row.addWidget(Glyph("shield-question-mark", "warning.text", 16), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(theme.size("space.1"))
        title = Text(f"Run “{wanted.title.en}”? It changes data.", f"要运行“{wanted.title.zh}”吗？它会更改数据。")
        words.addWidget(Label(title, "bodyStrong", wrap=True))
        words.addWidget(Label(wanted.because, "body", "text.secondary", wrap=True))
        if wanted.arguments:
            words.addWidget(_shown(json.dumps(wanted.arguments, ensure_ascii=False, indent=2)))
        row.addLayout(words, 1)
        self.body.addLayout(row)
        self.buttons: dict[str, Button] = {}
        foot = QHBoxLayout()
        foot.setContentsMargins(theme.size("space.6"), 0, 0, 0)
        for name, said, kind in CHOICES:
            button = self.buttons[name] = Button(said, kind=kind)
            button.clicked.connect(partial(self._decide, wanted.id, name))
            foot.addWidget(button)
        foot.addStretch(1)
        self.body.addLayout(foot)

    def _decide(self, approval_id: str, decision: str) -> None:
        self.setEnabled(False)
        self.decided.emit(approval_id, decision)


def _shown(arguments: str) -> QWidget:
    """All of them can be read; long ones scroll in a place of their own, so that what is to be decided stays in sight."""
    if len(arguments) <= LONG:
        return CodeLabel(arguments, "json")
    editor = CodeEditor("json", read_only=True)
    editor.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
    editor.set_text(arguments)
    editor.setFixedHeight(theme.scaled(TALL))
    say(editor.setAccessibleName, Text("Arguments", "参数"))
    return editor
