"""Where a question is written, with what it may use."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QKeyEvent, QTextOption
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.engine.chat.attachments import estimated
from studio.engine.text import Text
from studio.ui.language import say, tr
from studio.ui.theme import theme
from studio.ui.views.chat_parts.along import Along
from studio.ui.views.chat_parts.mentions import SLASH, Mention, Mentions
from studio.ui.views.chat_parts.picker import Picker, Pickers
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.inputs import Prompting
from studio.ui.widgets.labels import Dot, Label
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.panel import Card
from studio.ui.widgets.things import files_in, things_in

LINES = 8
LOCAL = Text("Runs on this computer. Nothing leaves it.", "在本机运行，数据不会外传。")


class Composer(QWidget):
    """`sent` carries the question; `stopped` is the same button while an answer is written.

    `dropped` carries the paths of files that are to go along, `mentioned` what was chosen after “@”,
    `run_wanted` the workflow after “/”.
    """

    sent = Signal(str)
    stopped = Signal()
    dropped = Signal(list)
    mentioned = Signal(object)
    run_wanted = Signal(object)
    edit_wanted = Signal()  # of the last question

    def __init__(self) -> None:
        super().__init__()
        self._streaming, self._local = False, True
        self.input = _Input()
        self.input.sent.connect(self.send)
        self.input.given.connect(self.take)
        self.input.recalled.connect(self.edit_wanted)
        self._used = self._room = 0
        self.model = Picker(Text("Model", "模型"), "box", "portText.model", Text("No model", "未选择模型"))
        self.knowledge = Picker(
            Text("Collections", "文档集"), "library", "portText.docs", Text("No documents", "不用文档"), many=True
        )
        self.datasets = Picker(
            Text("Datasets", "数据集"), "table-2", "portText.table", Text("No data", "不用数据"), many=True
        )
        self.tools = Picker(
            Text("Tools of the model", "模型可用的工具"), "wrench", "portText.model", Text("No tools", "不用工具"), many=True,
            small=True,
        )  # fmt: skip
        self.beside = Picker(
            Text("Second model", "第二个模型"),
            "columns-2",
            "portText.model",
            Text("One answer", "单个回答"),
            small=True,
        )
        self.along = Along()
        self.along.changed.connect(self._changed)
        self.mentions = Mentions(self.input, Text("Add to the question", "添加到问题"))
        self.mentions.chosen.connect(self.mentioned)
        self.commands = Mentions(self.input, Text("Run a workflow", "运行工作流"), SLASH)
        self.commands.chosen.connect(self.run_wanted)
        self.clip = IconButton("paperclip", Text("Attach a file", "附加文件"))
        self.clip.clicked.connect(self.choose_files)
        self.setAcceptDrops(True)
        self.button = Button(Text("Send", "发送"), "arrow-up", "primary")
        self.button.clicked.connect(lambda: self.stopped.emit() if self._streaming else self.send())
        self._lay_out()
        self.input.textChanged.connect(self._changed)
        self._enable()

    def send(self) -> None:
        """As Enter does. While an answer is written, the question waits in its field."""
        words = self.input.toPlainText().strip()
        if words and not self._streaming and not self.along.busy():
            self.input.clear()
            self.sent.emit(words)

    def set_streaming(self, streaming: bool) -> None:
        """Send becomes Stop."""
        self._streaming = streaming
        self.button.say(Text("Stop", "停止") if streaming else Text("Send", "发送"))
        self.button.set_icon("square" if streaming else "arrow-up")
        self.button.set_kind("danger" if streaming else "primary")
        self._enable()

    def set_follow_up(self, follow_up: bool) -> None:
        words = (
            Text(
                "Ask a follow-up. Type @ to add data, / for a workflow.", "继续提问，输入 @ 添加数据，输入 / 运行工作流"
            )
            if follow_up
            else Text(
                "Ask your data. Type @ to add some, / for a workflow.",
                "向文档和数据提问，输入 @ 添加数据，输入 / 运行工作流",
            )
        )
        say(self.input.setPlaceholderText, words)

    def set_local(self, local: bool) -> None:
        self._local = local
        self.place.setVisible(local)

    def set_context(self, tokens: int | None, room: int | None) -> None:
        """How much of the model's context the last answer took; nothing when nobody knows."""
        self._used, self._room = tokens or 0, room or 0
        self._show_gauge()

    def set_room(self, room: int | None) -> None:
        """The context of the model that will answer."""
        self._room = room or 0
        self._show_gauge()

    def choose_files(self) -> None:
        """A dialog for files that go along."""
        chosen, _ = QFileDialog.getOpenFileNames(self, tr(Text("Attach files", "附加文件")))
        if chosen:
            self.dropped.emit(chosen)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if takes(event.mimeData()):
            event.acceptProposedAction()
            self._show_target(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._show_target(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._show_target(False)
        if takes(event.mimeData()):
            event.acceptProposedAction()
            self.take(event.mimeData())

    def take(self, data: QMimeData) -> None:
        """Files and things of the studio that were dropped or pasted go along."""
        paths = files_in(data)
        if paths:
            self.dropped.emit(paths)
        for thing in things_in(data):
            self.mentioned.emit(Mention(thing.kind, thing.ref, thing.title))

    def _show_target(self, on: bool) -> None:
        """An outline, and what will happen."""
        self._card.set_tone("accent" if on else None)
        self.target.setVisible(on)
        self.place.setVisible(self._local and not on)

    def _show_gauge(self) -> None:
        """What the last answer took, with what is about to go in; earlier messages can be compacted, a question cannot."""
        question = self.along.tokens() + estimated(self.input.toPlainText())
        tokens = self._used + question
        self.gauge.setVisible(bool(tokens and self._room))
        if not tokens or not self._room:
            return
        taken, room = _thousands(tokens), _thousands(self._room)
        self.room.set_colour("danger.text" if question > self._room else "text.secondary")
        if question > self._room:
            self.meter.set(1.0, "danger.text")
            self.room.say(Text(f"{taken} of {room}: too long", f"{taken} / {room}：过长"))
            return
        self.meter.set(min(1.0, tokens / self._room), "warning.text" if tokens > 0.8 * self._room else "accent.ring")
        self.room.say(Text(f"{taken} of {room}", f"{taken} / {room}"))

    def _changed(self) -> None:
        self._enable()
        self._show_gauge()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.size("space.1"))
        self._card = card = Card(pad=8)
        card.body.addWidget(self.along)
        card.body.addWidget(self.input)
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.2"))
        row.addWidget(self.clip)
        row.addWidget(Pickers([self.model, self.knowledge, self.datasets, self.tools, self.beside]), 1)
        row.addWidget(self.button)
        card.body.addLayout(row)
        column.addWidget(card)
        column.addLayout(self._foot())

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(theme.size("space.1"), 0, theme.size("space.1"), 0)
        self.place = QWidget()
        place = QHBoxLayout(self.place)
        place.setContentsMargins(0, 0, 0, 0)
        place.setSpacing(theme.size("space.2"))
        place.addWidget(Dot("success"))
        place.addWidget(Label(LOCAL, "dense", "text.secondary", elide="end"), 1)
        self.gauge = QWidget()
        gauge = QHBoxLayout(self.gauge)
        gauge.setContentsMargins(0, 0, 0, 0)
        gauge.setSpacing(theme.size("space.2"))
        self.meter = Meter(0.0, width=56, name=Text("Context used", "已用上下文"))
        self.room = Label("", "dense", "text.secondary")
        gauge.addWidget(Label(Text("Context", "上下文"), "dense", "text.secondary"))
        gauge.addWidget(self.meter)
        gauge.addWidget(self.room)
        self.target = Label(Text("Drop to add it to the question", "松开即可添加到问题"), "dense", "accent.text")
        self.target.hide()
        row.addWidget(self.place, 1)
        row.addWidget(self.target, 1)
        row.addWidget(self.gauge, 0, Qt.AlignmentFlag.AlignRight)
        self.gauge.hide()
        self._keep_height(row)
        return row

    def _keep_height(self, row: QHBoxLayout) -> None:
        row.addStrut(theme.line("dense"))

    def _enable(self) -> None:
        ready = bool(self.input.toPlainText().strip()) and not self.along.busy()
        self.button.setEnabled(self._streaming or ready)


class _Input(Prompting):
    """Grows with its lines. Enter and Ctrl Enter send, Shift Enter begins a new line; Up in an empty field recalls."""

    sent = Signal()
    recalled = Signal()
    given = Signal(object)  # QMimeData that was pasted and is no text

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setTabChangesFocus(True)
        say(self.setAccessibleName, Text("Question", "问题"))
        self.document().documentLayout().documentSizeChanged.connect(lambda _: self._fit())
        theme.changed.connect(self._restyle)
        self._restyle()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.sent.emit()
            return
        if event.key() == Qt.Key.Key_Up and self.document().isEmpty():
            self.recalled.emit()
            return
        if event.key() == Qt.Key.Key_Escape:
            event.ignore()
            return
        super().keyPressEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Files and things of the studio go along with the question; they are not pasted as words."""
        return not takes(source) and super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        if takes(source):
            self.given.emit(source)
        else:
            super().insertFromMimeData(source)

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(320), self.height())

    def _fit(self) -> None:
        lines = max(1, min(LINES, int(self.document().size().height())))
        margins = 2 * int(self.document().documentMargin()) + theme.size("space.2")
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + margins)

    def _restyle(self) -> None:
        self.setFont(theme.font("reading"))
        self._fit()


def takes(data: QMimeData) -> bool:
    """Whether what is dragged can go along with a question."""
    return bool(files_in(data) or things_in(data))


def _thousands(tokens: int) -> str:
    return f"{tokens / 1000:.1f}k" if tokens >= 1000 else str(tokens)
