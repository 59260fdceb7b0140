"""A question and an answer as they stand in the column."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from studio.engine.chat.message import Message, Step
from studio.engine.models.model import Model
from studio.engine.text import Text
from studio.ui.language import say, tr
from studio.ui.theme import theme
from studio.ui.views.chat_parts import when
from studio.ui.views.chat_parts.step_card import NoteLine, StepCard, place
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.discard import empty
from studio.ui.widgets.labels import Badge, KeyCap, Label
from studio.ui.widgets.links import ask_to_open
from studio.ui.widgets.markdown import MarkdownView
from studio.ui.widgets.panel import Card, Glyph
from studio.ui.widgets.states import Spinner

BUBBLE = 624


class QuestionView(QWidget):
    """What a person asked, at the right."""

    def __init__(self, message: Message) -> None:
        super().__init__()
        self.message = message
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.size("space.1"))
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(_Bubble(message.content))
        column.addLayout(row)
        column.addLayout(self._foot())

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.1"))
        row.addStretch(1)
        row.addWidget(Label(when.short(self.message.created_at), "dense", "text.tertiary"))
        copy = IconButton("copy", Text("Copy question", "复制问题"), size=14)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.message.content))
        row.addWidget(copy)
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


class AnswerView(QWidget):
    """An answer, while it is written and after. It shows what it is given and tells what is pressed."""

    chip = Signal(str, int)  # message id, source number
    open_rows = Signal(str, str)
    retry = Signal(str)
    stop = Signal()
    mend = Signal(str)  # the kind of the error

    def __init__(self, message: Message, model: Model | None = None) -> None:
        super().__init__()
        self.message = message
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.size("space.2"))
        self._build_head()
        self.cards = QVBoxLayout()
        self.cards.setSpacing(theme.size("space.2"))
        self._column.addLayout(self.cards)
        self._build_text()
        self.notes = QVBoxLayout()
        self.notes.setSpacing(theme.size("space.1"))
        self._column.addLayout(self.notes)
        self._build_foot()
        self.show_message(message, model)

    # What it shows

    def show_message(self, message: Message, model: Model | None = None) -> None:
        """All of a message, from the beginning."""
        self.message = message
        self.show_model(model)
        empty(self.cards)
        empty(self.notes)
        for step in message.steps:
            self._add_step(step)
        self.show_sources()
        self.text.set_markdown(message.content)
        self.text.setVisible(bool(message.content))
        self._show_end()

    def show_model(self, model: Model | None) -> None:
        """The name of the model that answers, and where it runs."""
        name = self.message.model or (model.name if model else "")
        self.name.say(name or Text("Answer", "回答"))
        self.where.say(_where(model) if model else Text.same(""))
        self.demo.setVisible(bool(model and model.demo))
        if model and model.label:
            say(self.demo.setToolTip, model.label)
            say(self.demo.setAccessibleDescription, model.label)

    def add_step(self, message: Message) -> None:
        """One more step is done; it is the message's last."""
        self.message = message
        self._add_step(message.steps[-1])

    def show_sources(self, message: Message | None = None) -> None:
        """Only numbers that have a source become chips."""
        self.message = message or self.message
        sources = self.message.sources
        self.text.set_known([source.number for source in sources])
        self.text.set_chip_tips({source.number: _tip(source.title, place(source)) for source in sources})
        self.text.set_flagged(
            [source.number for source in sources if source.flagged],
            next((source.flagged for source in sources if source.flagged), None),
        )
        if self.cards.count() and message is not None:
            empty(self.cards)
            for step in self.message.steps:
                self._add_step(step)

    def append(self, message: Message, words: str, tokens: int, first: float | None, rate: float | None) -> None:
        """More words."""
        self.message = message
        self.text.setVisible(True)
        self.text.append(words)
        self.progress.say(_running(tokens, first, rate))

    def finish(self, message: Message, model: Model | None) -> None:
        """It is whole, stopped or failed. What was checked may differ from what was streamed."""
        self.text.finish()
        self.show_message(message, model)

    def select_chip(self, number: int | None) -> None:
        self.text.set_selected(number)

    # How it is built

    def _build_head(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.2"))
        row.addWidget(Glyph("sparkles", "accent.text", 16))
        self.name = Label("", "bodyStrong")
        self.where = Label("", "dense", "text.secondary")
        self.demo = Badge(Text("Demo model", "演示模型"), "warning", "flask-conical")
        for widget in (self.name, self.where, self.demo):
            row.addWidget(widget)
        row.addStretch(1)
        self._column.addLayout(row)

    def _build_text(self) -> None:
        self.text = MarkdownView(self)
        self.text.chip_clicked.connect(lambda number: self.chip.emit(self.message.id, number))
        self.text.link_clicked.connect(partial(ask_to_open, self))
        self._column.addWidget(self.text)

    def _build_foot(self) -> None:
        self.running = QWidget()
        row = QHBoxLayout(self.running)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.size("space.2"))
        self.progress = Label("", "dense", "text.secondary")
        for widget in (
            Spinner(),
            self.progress,
            KeyCap("Esc"),
            Label(Text("to stop", "停止"), "dense", "text.secondary"),
        ):
            row.addWidget(widget)
        row.addStretch(1)
        self.done = QWidget()
        self.tools = QHBoxLayout(self.done)
        self.tools.setContentsMargins(0, 0, 0, 0)
        self.tools.setSpacing(theme.size("space.1"))
        self._build_tools()
        self._column.addWidget(self.running)
        self._column.addWidget(self.done)

    def _build_tools(self) -> None:
        self.copy = IconButton("copy", Text("Copy answer", "复制回答"), size=14)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.message.content))
        self.again = IconButton("refresh-cw", Text("Answer again", "重新回答"), size=14)
        self.again.clicked.connect(lambda: self.retry.emit(self.message.id))
        self.usage = Label("", "dense", "text.tertiary")
        for widget in (self.copy, self.again, self.usage):
            self.tools.addWidget(widget)
        self.tools.addStretch(1)

    def _add_step(self, step: Step) -> None:
        if step.kind in ("search", "query"):
            card = StepCard(step, self.message.sources, open=step.kind == "query")
            card.open_rows.connect(self.open_rows)
            card.source_chosen.connect(lambda number: self.chip.emit(self.message.id, number))
            self.cards.addWidget(card)
        elif step.kind == "context":
            self.cards.addWidget(NoteLine("info", "text.tertiary", step.title, step.detail))
        else:
            self.notes.addWidget(NoteLine("triangle-alert", "warning.text", step.title, step.detail))

    def _show_end(self) -> None:
        status = self.message.status
        self.running.setVisible(status == "streaming")
        self.done.setVisible(status != "streaming")
        self.copy.setVisible(bool(self.message.content))
        self.again.setVisible(status != "failed")
        self.usage.say(_used(self.message))
        if status == "streaming":
            self.progress.say(Text("Reading and thinking", "正在查找与思考"))
        if status == "stopped":
            self.notes.addWidget(NoteLine("circle-stop", "text.tertiary", Text("Stopped", "已停止")))
        if status == "failed" and self.message.error:
            self.notes.addWidget(_FailedCard(self, self.message))
        for source in self.message.sources:
            if source.flagged:
                title = Text(f"[{source.number}] {source.flagged.en}", f"[{source.number}] {source.flagged.zh}")
                self.notes.addWidget(NoteLine("triangle-alert", "warning.text", title))


class _FailedCard(Card):
    """What failed and the way out, in its place."""

    def __init__(self, answer: AnswerView, message: Message) -> None:
        super().__init__("danger")
        error = message.error or {}
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.2"))
        row.addWidget(Glyph("circle-x", "danger.text", 16), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(theme.size("space.1"))
        words.addWidget(Label(Text(**error["message"]), "bodyStrong", wrap=True))
        if error.get("repair"):
            words.addWidget(Label(Text(**error["repair"]), "body", "text.secondary", wrap=True))
        row.addLayout(words, 1)
        self.body.addLayout(row)
        self.body.addLayout(self._buttons(answer, error))

    def _buttons(self, answer: AnswerView, error: dict[str, object]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(theme.size("space.6"), 0, 0, 0)
        models = error.get("kind") in ("Unavailable", "NotFound", "WorkerFailed")
        self.repair = Button(Text("Open Models", "打开“模型”") if models else Text("Answer again", "重新回答"))
        self.repair.clicked.connect(
            lambda: answer.mend.emit("models") if models else answer.retry.emit(answer.message.id)
        )
        row.addWidget(self.repair)
        if models:
            again = Button(Text("Answer again", "重新回答"), "refresh-cw", "ghost")
            again.clicked.connect(lambda: answer.retry.emit(answer.message.id))
            row.addWidget(again)
        details = str(error.get("details") or "")
        if details:
            copy = Button(Text("Copy details", "复制详细信息"), "copy", "ghost")
            copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(details))
            row.addWidget(copy)
        row.addStretch(1)
        return row


def _where(model: Model) -> Text:
    kind = f"{model.quantization} " if model.quantization else ""
    if model.remote:
        return Text(f"{kind}on a server", f"{kind}远程服务")
    return Text(f"{kind}on this computer", f"{kind}在本机运行")


def _running(tokens: int, first: float | None, rate: float | None) -> Text:
    en, zh = [f"{tokens:,} token{'' if tokens == 1 else 's'}"], [f"{tokens:,} 个词元"]
    if rate:
        en, zh = [f"{rate:.0f} tok/s", *en], [f"{rate:.0f} 词元/秒", *zh]
    if first is not None:
        en, zh = [*en, f"first token {first:.1f} s"], [*zh, f"首个词元 {first:.1f} 秒"]
    return Text(", ".join(en), "，".join(zh))


def _used(message: Message) -> Text:
    """ "63 tok/s, 284 tokens, 2.1 s" of a finished answer."""
    usage = message.usage
    if not usage.get("completion_tokens"):
        return Text.same("")
    words = _running(usage["completion_tokens"], usage.get("first_token_seconds"), usage.get("tokens_per_second"))
    seconds = usage.get("seconds")
    return Text(f"{words.en}, {seconds:.1f} s", f"{words.zh}，共 {seconds:.1f} 秒") if seconds else words


def _tip(title: str, where: Text) -> str:
    return f"{title}, {tr(where)}"
