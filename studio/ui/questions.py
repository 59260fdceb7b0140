"""What runs ask people, answered where it is seen: over the canvas and in the list of runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.engine.workflows.doubt import asked_of
from studio.ui import when
from studio.ui.frame.focus import tab_through
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.widgets.discard import empty
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import scroll
from studio.ui.widgets.question import QuestionCard

ASKED = Text("asked {when}", "{when} 提问")
ROW = Text("row {row}", "第 {row} 行")
MORE = Text("and {count} more", "另有 {count} 个问题")
SHOWN = 20
MOST = 0.45  # of the height around it


class Questions(QWidget):
    """The open questions of one run, one card each; hidden where nothing is asked. `chosen` gives the step of a title."""

    chosen = Signal(str)
    answered = Signal(str)  # the run

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.run = ""
        self._asks = ("", 0)
        self.cards: list[QuestionCard] = []
        self.tab_after: QWidget | None = None  # the control from which Tab goes on to the cards
        self._titles: dict[str, Text] = {}
        self._shown: tuple[str, list[dict[str, Any]]] | None = None
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        gap = theme.size("space.2")
        self._column.setContentsMargins(gap, gap, gap, gap)
        self._column.setSpacing(gap)
        self._scroller = scroll(inner)  # placed by hand: a layout would have its own say on the height
        self._scroller.setParent(self)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()

    def follow(self, run: str, asks: int, titles: Callable[[], dict[str, Text]]) -> None:
        """Read anew whenever a question came or went; `asks` counts those of this run, 0 for none that runs."""
        now = (run, asks) if run and asks else ("", 0)
        if now != self._asks:
            self._asks = now
            self.show_run(now[0], titles())

    def show_run(self, run: str, titles: dict[str, Text]) -> None:
        """Read what this run asks now; "" for none. Call it again whenever a question came or went."""
        self.run, self._titles = run, titles
        if not run:
            self._show("", [])
            return
        work = self._studio.engine.workflows.questions(run)
        self._studio.bridge.run(self, work, lambda found: self._show(run, found), lambda _: self._show(run, []), of=run)

    def heightForWidth(self, width: int) -> int:
        """As high as the words need at this width, and never most of the room; what is more is scrolled to."""
        around = self.parentWidget()
        most = round((around.height() if around else 0) * MOST)
        return min(self._column.heightForWidth(width), max(most, theme.scaled(160)))

    def sizeHint(self) -> QSize:
        width = max(self.width(), theme.scaled(320))
        return QSize(width, self.heightForWidth(width))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._scroller.setGeometry(self.rect())

    def _show(self, run: str, found: list[dict[str, Any]]) -> None:
        if run != self.run or (run, found) == self._shown:
            return
        self._shown = (run, found)
        empty(self._column)
        alike = Counter(item["step"] for item in found)
        self.cards = [self._card(run, item, alike[item["step"]]) for item in found[:SHOWN]]
        for card in self.cards:
            self._column.addWidget(card)
        if self.tab_after is not None:
            tab_through(self.tab_after, *self.cards)
        if len(found) > SHOWN:
            self._column.addWidget(Label(MORE.format(count=len(found) - SHOWN), "dense", "text.secondary"))
        self.setVisible(bool(found))
        self.updateGeometry()

    def _card(self, run: str, item: dict[str, Any], alike: int) -> QuestionCard:
        step, at = item["step"], item["at"]
        since = ASKED.format(when=when.moment(item["since"], inside=True))
        if at:
            row = ROW.format(row=" · ".join(str(place + 1) for place in at))
            since = Text(f"{row.en} · {since.en}", f"{row.zh} · {since.zh}")
        if (whom := asked_of(item["question"])) is not None:
            since = Text(f"{whom.en} · {since.en}", f"{whom.zh} · {since.zh}")
        card = QuestionCard(item["question"], self._titles.get(step, Text.same(step)), since, alike)
        card.chosen.connect(lambda: self.chosen.emit(step))
        card.answered.connect(lambda answer: self._answer(card, run, step, at, answer))
        card.stopped.connect(lambda: self._stop(card, run))
        return card

    def _answer(self, card: QuestionCard, run: str, step: str, at: list[int], answer: Any) -> None:
        for_all = card.for_all.isChecked()
        work = self._studio.engine.workflows.answer(run, answer, step=step, at=None if for_all else at, all=for_all)
        self._studio.bridge.run(card, work, lambda _: self._done(run), lambda error: self._refused(card, error))

    def _stop(self, card: QuestionCard, run: str) -> None:
        card.set_busy(True)
        work = self._studio.engine.workflows.stop(run)
        self._studio.bridge.run(card, work, lambda _: self._done(run), lambda error: self._refused(card, error))

    def _done(self, run: str) -> None:
        self.answered.emit(run)
        if run == self.run:
            self.show_run(run, self._titles)

    def _refused(self, card: QuestionCard, error: StudioError) -> None:
        """Somebody else answered first, or the answer does not do: what is open now is read again."""
        card.say_problem(error.whole())
        self.show_run(self.run, self._titles)
