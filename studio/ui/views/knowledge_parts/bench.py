"""The search test: a question, and the chunks that answer it with the reasons for their order."""

from __future__ import annotations

import html
import shlex
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.knowledge.document import Filter, Found
from studio.engine.text import Text, plural
from studio.ui.language import language, say
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.knowledge_parts.words import place_words
from studio.ui.widgets.buttons import Button, Segmented
from studio.ui.widgets.discard import empty, widgets_of
from studio.ui.widgets.inputs import Choice, LineField, NumberField, SearchField
from studio.ui.widgets.labels import Badge, Label
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.panel import Header, scroll
from studio.ui.widgets.states import Empty, Failure, Loading

LEAST, WIDE = 300, 520  # pixels of a result: at least, and from which its reasons stand on one line
MODES = [
    ("hybrid", Text("Both", "混合")),
    ("dense", Text("Meaning", "语义")),
    ("keyword", Text("Words", "关键词")),
]


class Bench(QWidget):
    """Asks as a person types. `chosen` carries the chunk that was clicked."""

    chosen = Signal(object)
    judged = Signal(str, object)  # a question, and the chunk that answers it

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._collection = ""
        self.filter = LineField(
            Text("Only: file:NAME tag:NAME COLUMN=VALUE", "筛选：file:名称 tag:名称 列=值"), name=Text("Filter", "筛选")
        )
        self.filter.editingFinished.connect(self.ask)
        self.reranker = Choice([("", Text("No reranking", "不重排"))], "", name=Text("Rerank model", "重排模型"))
        self.reranker.changed.connect(lambda _: self.ask())
        self._asked = 0
        self._late = False
        self.field = SearchField(Text("Ask as you would in a chat", "像在对话中一样提问"))
        self.field.searched.connect(lambda _: self.ask())
        self.mode = Segmented(MODES, "hybrid")
        say(self.mode.setAccessibleName, Text("Search by", "检索方式"))
        self.mode.changed.connect(lambda _: self.ask())
        self.limit = NumberField(6, 1, 50, name=Text("Chunks", "片段数"))
        self.limit.changed.connect(lambda _: self.ask())
        self.figures = Label("", "dense", "text.secondary")
        self._results = QVBoxLayout()
        side = theme.size("space.3")
        self._results.setContentsMargins(side, side, side, side)
        self._results.setSpacing(theme.size("space.2"))
        self._lay_out()
        language.changed.connect(self.ask)
        self._show(_hint())

    def set_collection(self, collection_id: str) -> None:
        """Ask another collection; what was asked is asked again."""
        if collection_id != self._collection:
            self._collection = collection_id
            self.ask()

    def ask(self) -> None:
        """Search for what stands in the field."""
        question = self.field.text().strip()
        self._asked += 1
        self._late = not self.isVisible()
        if self._late:
            return  # asked when it comes to the front
        asked = self._asked
        if not question or not self._collection:
            self.figures.say("")
            self._show(_hint())
            return
        search = self._studio.engine.knowledge.search(
            question, [self._collection], int(self.limit.value()), self.mode.value(), filter_of(self.filter.text()),
            str(self.reranker.value() or ""),
        )  # fmt: skip
        self._studio.bridge.run(
            self,
            search,
            lambda found: asked == self._asked and self._show_found(found),
            lambda error: asked == self._asked and self._show_error(error),
        )
        if self._results.count() == 1:
            self._show(Loading(text=Text("Searching", "正在检索")))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._studio.bridge.run(self, self._studio.engine.models.list(), self._set_rerankers, lambda _: None)
        if self._late:
            self.ask()

    def _set_rerankers(self, models: list[Any]) -> None:
        kept = self.reranker.value()
        known = [(one.id, one.name) for one in models if one.kind == "rerank"]
        self.reranker.set_choices([("", Text("No reranking", "不重排")), *known], kept)
        self.reranker.setVisible(bool(known))

    def _lay_out(self) -> None:
        head = Header(40, "content")
        head.row.addWidget(self.field, 1)
        head.row.addWidget(self.mode)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        narrow = Header(40, "content")
        narrow.row.addWidget(self.filter, 1)
        narrow.row.addWidget(self.reranker)
        narrow.row.addWidget(Label(Text("Chunks", "片段数"), "dense", "text.secondary"))
        narrow.row.addWidget(self.limit)
        self.reranker.hide()
        column.addWidget(narrow)
        column.addWidget(scroll(self._results), 1)

    def _show(self, *widgets: QWidget) -> None:
        empty(self._results)
        for widget in widgets:
            self._results.addWidget(widget)
        if len(widgets) > 1:
            self._results.addStretch(1)

    def _show_found(self, found: list[Found]) -> None:
        if not found:
            nothing = Text("Nothing was found", "没有找到")
            self._show(
                Empty("search-x", nothing, Text("Ask in other words, or add documents.", "请换个说法，或添加文档。"))
            )
            return
        self.figures.say(_figures(found))
        cards = [Answer(place, one) for place, one in enumerate(found, 1)]
        for card in cards:
            card.chosen.connect(self._choose)
            card.judged.connect(lambda one: self.judged.emit(self.field.text().strip(), one))
        self._show(self._summary(), *cards)
        self._choose(cards[0])

    def _summary(self) -> Label:
        return Label(
            Text(
                "Ordered by both scores together. Meaning: how near the best sentence and the whole chunk are. "
                "Words: how rare the words are that it shares with the question.",
                "按两种得分综合排序。语义：最佳句子及整段与问题的接近程度；关键词：与问题共有词语的稀有程度。",
            ),
            "caption", "text.secondary", wrap=True,
        )  # fmt: skip

    def _show_error(self, error: StudioError) -> None:
        self.figures.say("")
        self._show(Failure(error))

    def _choose(self, card: Answer) -> None:
        for other in widgets_of(self._results):
            if isinstance(other, Answer):
                other.set_chosen(other is card)
        self.chosen.emit(card.found)


class Answer(QWidget):
    """One chunk: where it stands, why it is here, and its text with the sentence that fits best. `judged`: it is the right one."""

    chosen = Signal(object)
    judged = Signal(object)

    def __init__(self, place: int, found: Found) -> None:
        super().__init__()
        self.found = found
        self._chosen = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        say(self.setAccessibleName, Text(f"Result {place}: {found.matched}", f"结果 {place}：{found.matched}"))
        column = QVBoxLayout(self)
        side = theme.size("space.3")
        column.setContentsMargins(side, theme.size("space.2"), side, theme.size("space.2"))
        column.setSpacing(theme.size("space.1"))
        column.addLayout(self._head(place))
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.RichText)
        column.addWidget(self._text)
        column.addLayout(self._reasons())
        theme.changed.connect(self._restyle)
        self._restyle()

    def set_chosen(self, chosen: bool) -> None:
        self._chosen = chosen
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.chosen.emit(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(self)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = "accent.ring" if self._chosen or self.hasFocus() else "border.default"
        painter.setPen(QPen(theme.colour(edge), 1))
        painter.setBrush(theme.colour("surface.raised"))
        radius = theme.size("radius.lg")
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), radius, radius)

    def _head(self, place: int) -> QHBoxLayout:
        chunk = self.found.chunk
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.2"))
        row.addWidget(Label(str(place), "denseStrong", "accent.text"))
        row.addWidget(Label(self.found.document.title or self.found.document.file_name, "denseStrong"))
        row.addWidget(Label(place_words(chunk, self.found.document.unit), "dense", "text.secondary"))
        row.addWidget(Label(chunk.heading, "dense", "text.tertiary", elide="end"), 1)
        row.addWidget(Meter(self.found.score, width=64, name=Text("Score", "得分")))
        row.addWidget(Label(f"{self.found.score:.2f}", "denseStrong"))
        return row

    def _reasons(self) -> QBoxLayout:
        found = self.found
        self._foot = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        row, rest = QHBoxLayout(), QHBoxLayout()
        for part in (self._foot, row, rest):
            part.setSpacing(theme.size("space.1"))
        if found.dense is not None:
            row.addWidget(_reason(Text("meaning", "语义"), found.dense, found.dense_rank, 2))
        if found.keyword is not None:
            row.addWidget(_reason(Text("words", "关键词"), found.keyword, found.keyword_rank, 1))
        if found.rerank is not None:
            row.addWidget(Badge(Text(f"reranker {found.rerank:.2f}", f"重排 {found.rerank:.2f}"), "info"))
        row.addStretch(0)
        rest.addWidget(Label(_sum(found), "caption", "text.secondary", elide="end"), 1)
        right = Button(Text("Right answer", "正确答案"), "check", "ghost", "sm")
        say(right.setToolTip, Text("Keep it as a labelled query for the evaluation", "保存为评测用的标注查询"))
        right.clicked.connect(lambda: self.judged.emit(found))
        rest.addWidget(right)
        self._foot.addLayout(row)
        self._foot.addLayout(rest, 1)
        return self._foot

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.scaled(LEAST), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        beside = self.width() >= theme.scaled(WIDE)
        self._foot.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)

    def _restyle(self) -> None:
        self._text.setFont(theme.font("body"))
        self._text.setText(_marked(self.found))


def _reason(name: Text, score: float, rank: int | None, digits: int) -> Badge:
    """A score with its place in that list, such as “meaning 0.61, 1st”."""
    figure = f"{score:.{digits}f}"
    if rank is None:
        return Badge(Text(f"{name.en} {figure}", f"{name.zh} {figure}"))
    return Badge(
        Text(f"{name.en} {figure}, no. {rank}", f"{name.zh} {figure}，第 {rank} 名"), "info" if rank <= 3 else "neutral"
    )


def _sum(found: Found) -> Text:
    """What the score is made of, and the words that were shared."""
    shared = ", ".join(sorted(found.words)[:12])
    en, zh = [], []
    if found.sentence is not None and found.whole is not None:
        en.append(f"best sentence {found.sentence:.2f}, whole {found.whole:.2f}")
        zh.append(f"最佳句 {found.sentence:.2f}，整段 {found.whole:.2f}")
    if found.dense_share and found.keyword_share:
        en.append(f"score = meaning {found.dense_share:.2f} + words {found.keyword_share:.2f}")
        zh.append(f"得分 = 语义 {found.dense_share:.2f} + 关键词 {found.keyword_share:.2f}")
    if shared:
        en.append(f"shares: {shared}")
        zh.append(f"共有词：{shared}")
    return Text("; ".join(en), "；".join(zh))


def filter_of(words: str) -> Filter:
    """“file:a.pdf tag:new model=K7”: quotes hold words together."""
    try:
        parts = shlex.split(words)
    except ValueError:
        parts = words.split()
    files = [part[5:] for part in parts if part.startswith("file:")]
    tags = [part[4:] for part in parts if part.startswith("tag:")]
    cells = dict(part.split("=", 1) for part in parts if "=" in part and not part.startswith(("file:", "tag:")))
    return Filter(files=files, tags=tags, columns=cells)


def _marked(found: Found) -> str:
    """The chunk as HTML with its best sentence marked; nothing of the text is taken as HTML."""
    chunk = found.chunk
    first, last = found.matched_start - chunk.start, found.matched_end - chunk.start
    if chunk.original is not None:
        first, last = 0, len(chunk.text)  # other words than the file's have no place in it
    before, inside, after = (
        html.escape(part).replace("\n", "<br>")
        for part in (chunk.text[:first], chunk.text[first:last], chunk.text[last:])
    )
    ground, ink = theme.css("accent.muted"), theme.css("text.primary")
    mark = f'<span style="background-color: {ground}; color: {ink};">{inside}</span>'
    look = f"margin: 0; line-height: {theme.line('body')}px; color: {theme.css('text.secondary')}"
    return f'<p style="{look};">{before}{mark}{after}</p>'


def _figures(found: list[Found]) -> Text:
    return Text(plural(len(found), "chunk", "chunks"), f"{len(found)} 个片段")


def _hint() -> Empty:
    return Empty(
        "search",
        Text("Test what this collection finds", "测试此文档集的检索效果"),
        Text(
            "Ask a question to see which chunks a chat would be given, in which order and why.",
            "输入问题，查看对话会得到哪些片段、顺序如何以及原因。",
        ),
    )
