"""An answer as it stands in the column."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.engine.chat.message import ApprovalWanted, Message, Step
from studio.engine.models.model import Model
from studio.engine.text import Text
from studio.ui.language import say, tr
from studio.ui.theme import theme
from studio.ui.views.chat_parts.answer_tools import AnswerTools
from studio.ui.views.chat_parts.approval_card import ApprovalCard
from studio.ui.views.chat_parts.failed_card import FailedCard
from studio.ui.views.chat_parts.message_editor import MessageEditor
from studio.ui.views.chat_parts.question_view import QuestionView
from studio.ui.views.chat_parts.step_card import NoteLine, StepCard, place
from studio.ui.views.chat_parts.working_card import WorkingCard
from studio.ui.widgets.discard import discard, empty
from studio.ui.widgets.labels import Badge, KeyCap, Label
from studio.ui.widgets.links import ask_to_open
from studio.ui.widgets.markdown import MarkdownView
from studio.ui.widgets.panel import Glyph
from studio.ui.widgets.states import Spinner

__all__ = ["AnswerView", "QuestionView"]
THINKING = Text("Reading and thinking", "正在查找与思考")
CARDS = ("search", "query", "tool", "compact")
AT_WORK = {
    "search": Text("Reading sources", "正在查找资料"),
    "query": Text("Asking the data", "正在查询数据"),
    "tool": Text("A tool is at work", "工具运行中"),
    "compact": Text("Compacting earlier messages", "正在压缩较早的消息"),
}


class AnswerView(QWidget):
    """An answer, while it is written and after. It shows what it is given and tells what is pressed."""

    chip = Signal(str, int)  # message id, source number
    open_rows = Signal(str, str)
    retry = Signal(str)
    stop = Signal()
    mend = Signal(str)  # the kind of the error
    edited = Signal(object, str)  # Message, its new words
    forked = Signal(str)
    version = Signal(str)
    go_on = Signal(str)
    rerun = Signal(str, int, str)  # message id, step, SQL
    decided = Signal(str, str)  # approval id, decision
    rated = Signal(str, str)  # message id, "up", "down" or ""

    def __init__(self, message: Message, model: Model | None = None) -> None:
        super().__init__()
        self.message = message
        self.editor: MessageEditor | None = None
        self.approval: ApprovalCard | None = None
        self.working: WorkingCard | None = None
        self._opened: dict[int, bool] = {}  # the cards that a person opened or closed
        self._stale: Mapping[int, Text] = {}
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
        empty(self.notes)
        self._show_steps()
        self.show_sources()
        self.text.set_markdown(message.content, final=message.status != "streaming")
        self.text.setVisible(bool(message.content))
        self._show_end()

    def show_model(self, model: Model | None) -> None:
        """The name of the model that answers, and where it runs."""
        name = self.message.model or (model.name if model else "")
        self.name.say(name or Text("Answer", "回答"))
        self.where.say(_where(model) if model else Text.same(""))
        self.demo.setVisible(bool(model and model.demo))
        self.edit_mark.setVisible(self.message.edited)
        if model and model.label:
            say(self.demo.setToolTip, model.label)
            say(self.demo.setAccessibleDescription, model.label)

    def add_step(self, message: Message) -> None:
        """One more step is done; it is the message's last."""
        self.message = message
        self._drop_waiting()
        self._add_step(message.steps[-1])

    def show_working(self, step: Step) -> None:
        """A search, a query or a tool is at work, or further on; `add_step` takes its card's place."""
        if self.working is not None:
            self.working.show_step(step)
            return
        self._drop_waiting()
        number = len(self.message.steps)
        self.working = WorkingCard(step, self._opened.get(number, True), number)
        self.working.toggled.connect(partial(self._opened.__setitem__, number))
        self.cards.addWidget(self.working)
        self.progress.say(AT_WORK[step.kind])

    def ask_leave(self, wanted: ApprovalWanted) -> None:
        """A tool waits for a person."""
        self.approval = ApprovalCard(wanted)
        self.approval.decided.connect(self.decided)
        self.cards.addWidget(self.approval)
        self.progress.say(Text("Waiting for you", "等待你的决定"))

    def show_sources(self, message: Message | None = None) -> None:
        """Only numbers that have a source become chips."""
        self.message = message or self.message
        sources = self.message.sources
        self.text.set_known([source.number for source in sources])
        self.text.set_chip_tips({source.number: _tip(source.title, place(source)) for source in sources})
        self.text.set_flagged(
            [source.number for source in sources if source.flagged and not source.false_at],
            next((source.flagged for source in sources if source.flagged), None),
            {source.number: source.false_at for source in sources if source.false_at},
        )
        if self.cards.count() and message is not None:
            self._show_steps()

    def show_stale(self, stale: Mapping[int, Text]) -> None:
        """Sources that are no longer what the answer read."""
        self._stale = {number: words for number, words in stale.items() if self._cites(number)}
        self.text.set_stale(self._stale)
        self.stale_note.setVisible(bool(self._stale))
        if self._stale:
            said = list(dict.fromkeys(self._stale.values()))
            self.stale_note.words.say(Text(" ".join(each.en for each in said), "".join(each.zh for each in said)))

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

    def offer_use(self, on: bool) -> None:
        """It stands beside the answer of the branch and can take its place."""
        self.tools.use.setVisible(on)

    def edit(self) -> None:
        """The words in a field; kept, they are another version, which the model reads from then on."""
        self.edit_as(self.message.content)

    def edit_as(self, words: str) -> None:
        """The same with words that were typed before."""
        if self.editor is not None:
            return
        note = Text("Kept as another version, which the model reads from now on.", "将保存为新版本，此后模型以其为准。")
        self.editor = MessageEditor(words, Text("Keep", "保存"), note)
        self.editor.kept.connect(self._keep)
        self.editor.left.connect(self._leave)
        self.text.hide()
        self._column.insertWidget(self._column.indexOf(self.text), self.editor)
        self.editor.area.setFocus()

    def step_card(self, number: int) -> StepCard | None:
        """The card of a step, by its place among the steps."""
        return next(
            (card for card in self.findChildren(StepCard) if card.number == number and not card.isHidden()), None
        )

    # How it is built

    def _build_head(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.2"))
        row.addWidget(Glyph("sparkles", "accent.text", 16))
        self.name = Label("", "bodyStrong")
        self.where = Label("", "dense", "text.secondary", elide="end")
        self.where.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.demo = Badge(Text("Demo model", "演示模型"), "warning", "flask-conical")
        self.edit_mark = Badge(Text("Edited", "已编辑"), "neutral", "pencil")
        for widget in (self.name, self.where, self.demo, self.edit_mark):
            row.addWidget(widget)
        row.addStretch(1)
        self._column.addLayout(row)

    def _build_text(self) -> None:
        self.text = MarkdownView(self)
        self.text.chip_clicked.connect(lambda number: self.chip.emit(self.message.id, number))
        self.text.link_clicked.connect(partial(ask_to_open, self))
        self._column.addWidget(self.text)
        self.stale_note = NoteLine("history", "warning.text", Text.same(""))
        self.stale_note.hide()
        self._column.addWidget(self.stale_note)

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
        self.tools = AnswerTools()
        self.copy, self.again, self.usage = self.tools.copy, self.tools.repeat, self.tools.cost
        self.tools.copied.connect(lambda: QGuiApplication.clipboard().setText(self.message.content))
        self.tools.again.connect(lambda: self.retry.emit(self.message.id))
        self.tools.edit.connect(self.edit)
        self.tools.forked.connect(lambda: self.forked.emit(self.message.id))
        self.tools.go_on.connect(lambda: self.go_on.emit(self.message.id))
        self.tools.used.connect(lambda: self.version.emit(self.message.id))
        self.tools.version.connect(self.version)
        self.tools.rated.connect(lambda feedback: self.rated.emit(self.message.id, feedback))
        self.done = self.tools
        self._column.addWidget(self.running)
        self._column.addWidget(self.tools)

    def _show_steps(self) -> None:
        empty(self.cards)
        self.approval = self.working = None
        for step in self.message.steps:
            self._add_step(step)

    def _add_step(self, step: Step) -> None:
        if step.kind in CARDS and not (step.kind == "query" and not step.sql and not step.attempts and not step.failed):
            number = self.message.steps.index(step)
            card = StepCard(
                step, self.message.sources, open=self._opened.get(number, step.kind == "query"), number=number
            )
            card.toggled.connect(partial(self._opened.__setitem__, number))
            card.open_rows.connect(self.open_rows)
            card.source_chosen.connect(lambda source: self.chip.emit(self.message.id, source))
            card.rerun.connect(lambda sql: self.rerun.emit(self.message.id, number, sql))
            self.cards.addWidget(card)
        elif step.kind in ("context", "query"):
            self.cards.addWidget(NoteLine("info", "text.tertiary", step.title, step.detail))
        else:
            self.notes.addWidget(NoteLine("triangle-alert", "warning.text", step.title, step.detail))

    def _show_end(self) -> None:
        status = self.message.status
        self.running.setVisible(status == "streaming")
        self.tools.setVisible(status != "streaming")
        self.tools.show_message(self.message, _used(self.message))
        if status == "streaming":
            self.progress.say(THINKING)
        if status == "stopped":
            self.notes.addWidget(NoteLine("circle-stop", "text.tertiary", Text("Stopped", "已停止")))
        if status == "failed" and self.message.error:
            failed = FailedCard(self.message.error)
            failed.mend.connect(self.mend)
            failed.again.connect(lambda: self.retry.emit(self.message.id))
            self.notes.addWidget(failed)
        for source in self.message.sources:
            if source.flagged:
                title = Text(f"[{source.number}] {source.flagged.en}", f"[{source.number}] {source.flagged.zh}")
                self.notes.addWidget(NoteLine("triangle-alert", "warning.text", title))

    def _cites(self, number: int) -> bool:
        return any(source.number == number and source.cited for source in self.message.sources)

    def _keep(self, words: str) -> None:
        self._leave()
        self.edited.emit(self.message, words)

    def _leave(self) -> None:
        if self.editor is not None:
            discard(self.editor)
            self.editor = None
        self.text.setVisible(bool(self.message.content))

    def _drop_waiting(self) -> None:
        if self.approval or self.working:
            self.progress.say(THINKING)
        for card in (self.approval, self.working):
            if card is not None:
                discard(card)
        self.approval = self.working = None


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
