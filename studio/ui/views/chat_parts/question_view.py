"""What a person asked, at the right, with what went along."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from studio.engine.chat.message import Attachment, Message
from studio.engine.text import Text
from studio.ui import when
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.views.chat_parts.message_editor import MessageEditor
from studio.ui.views.chat_parts.versions import Versions
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.labels import Badge, Label

BUBBLE = 624
ICONS = {
    "file": "paperclip", "document": "file-text", "collection": "library", "dataset": "table-2", "workflow": "workflow",
}  # fmt: skip


class QuestionView(QWidget):
    """Signals: `edited` carries the message and its new words, `forked` and `version` a message's id."""

    edited = Signal(object, str)
    forked = Signal(str)
    version = Signal(str)

    def __init__(self, message: Message) -> None:
        super().__init__()
        self.message = message
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.size("space.1"))
        if message.attachments:
            self._column.addLayout(self._along(message.attachments))
        self.editor: MessageEditor | None = None
        self.bubble = QWidget()
        row = QHBoxLayout(self.bubble)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(_Bubble(message.content))
        self._column.addWidget(self.bubble)
        self._column.addLayout(self._foot())

    def edit(self) -> None:
        """The words in a field; kept, they are asked as another version."""
        self.edit_as(self.message.content)

    def edit_as(self, words: str) -> None:
        """The same with words that were typed before."""
        if self.editor is not None:
            return
        note = Text("Asked again as another version; this one stays.", "将作为新版本重新提问，原版本保留。")
        self.editor = MessageEditor(words, Text("Ask", "提问"), note)
        self.editor.kept.connect(self._keep)
        self.editor.left.connect(self._leave)
        self.bubble.hide()
        self._column.insertWidget(self._column.indexOf(self.bubble), self.editor)
        self.editor.area.setFocus()

    def _keep(self, words: str) -> None:
        self._leave()
        self.edited.emit(self.message, words)

    def _leave(self) -> None:
        if self.editor is not None:
            self.editor.hide()
            self.editor.deleteLater()
            self.editor = None
        self.bubble.show()

    def _along(self, attachments: list[Attachment]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.1"))
        row.addStretch(1)
        for each in attachments:
            row.addWidget(Badge(each.title, "neutral", ICONS[each.kind]))
        return row

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.1"))
        row.addStretch(1)
        row.addWidget(
            Label(when.moment(self.message.created_at) if self.message.created_at else "", "dense", "text.tertiary")
        )
        self.copy = IconButton("copy", Text("Copy question", "复制问题"), size=14)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.message.content))
        self.pencil = IconButton("pencil", Text("Edit question", "编辑问题"), size=14)
        self.pencil.clicked.connect(self.edit)
        self.fork = IconButton("git-fork", Text("New chat from here", "从此处新建对话"), size=14)
        self.fork.clicked.connect(lambda: self.forked.emit(self.message.id))
        self.versions = Versions()
        self.versions.chosen.connect(self.version)
        for widget in (self.copy, self.pencil, self.fork, self.versions):
            row.addWidget(widget)
        return row


class _Bubble(QLabel):
    """Words in a box as wide as they need, up to a limit."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        say(self.setAccessibleName, Text(f"You asked: {words}", f"你的问题：{words}"))
        theme.changed.connect(self._restyle)
        self._restyle()

    def sizeHint(self) -> QSize:
        side = 2 * theme.size("space.4")
        lines = self.text().splitlines() or [""]
        width = max(self.fontMetrics().horizontalAdvance(line) for line in lines) + side + 4
        width = min(width, theme.scaled(BUBBLE))
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.scaled(80), theme.scaled(40))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("border.default"), 1))
        painter.setBrush(theme.colour("surface.raised"))
        radius = theme.size("radius.lg")
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), radius, radius)
        painter.end()
        super().paintEvent(event)

    def _restyle(self) -> None:
        self.setFont(theme.font("reading"))
        side, top = theme.size("space.4"), theme.scaled(10)
        self.setContentsMargins(side, top, side, top)
        self.updateGeometry()
