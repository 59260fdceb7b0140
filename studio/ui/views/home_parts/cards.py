"""The three first steps, and the sample project."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.jobs import JobChanged, JobState
from studio.engine.text import Text
from studio.ui.icons import paint_icon
from studio.ui.language import language
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.home_parts.pictures import Picture, Pipeline
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.gap import gap
from studio.ui.widgets.labels import Label
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.panel import Card

Press = tuple[Text, str, Callable[[], object]]
NARROWEST = 140  # a step's card
LEFT, RIGHT = 11, 9  # of the sample's card: its words, its picture


class StepCard(Card):
    """A first step: picture, number (a tick once it is done), words and one or two buttons."""

    def __init__(
        self,
        number: int,
        kind: str,
        title: Text,
        words: Text,
        buttons: Sequence[Press],
        primary: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(pad=0, parent=parent)
        self._first = "primary" if primary else "default"
        self.mark, self.words = StepMark(number), Label(words, "body", "text.secondary", wrap=True)
        self.words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.buttons: list[Button] = []
        self.body.setSpacing(0)
        self.body.addWidget(Picture(kind))
        column = QVBoxLayout()
        side = theme.size("space.4")
        column.setContentsMargins(side, side, side, side)
        column.setSpacing(theme.size("space.2"))
        head = QHBoxLayout()
        head.setSpacing(theme.size("space.2"))
        head.addWidget(self.mark)
        head.addWidget(Label(title, "bodyStrong"), 1)
        column.addLayout(head)
        column.addWidget(self.words, 1)
        gap(column, "space.1")
        column.addLayout(self._row(buttons))
        self.body.addLayout(column, 1)

    def wanted(self) -> int:
        """How wide it is with its buttons side by side."""
        buttons = sum(button.sizeHint().width() for button in self.buttons)
        return buttons + theme.size("space.1") * (len(self.buttons) - 1) + 2 * theme.size("space.4") + 2

    def stack(self, stacked: bool) -> None:
        """Its buttons one below the other, or side by side."""
        ways = QBoxLayout.Direction
        self._buttons_row.setDirection(ways.TopToBottom if stacked else ways.LeftToRight)

    def _row(self, buttons: Sequence[Press]) -> QBoxLayout:
        row = self._buttons_row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        row.setSpacing(theme.size("space.1"))
        for place, (words, icon, run) in enumerate(buttons):
            button = Button(words, icon if not place else None, self._first if not place else "ghost")
            button.clicked.connect(lambda _=False, run=run: run())
            self.buttons.append(button)
            row.addWidget(button)
        row.addStretch(1)
        return row


class StepCards(QWidget):
    """The steps side by side, all of one width; where one has no room for its buttons side by side, all stack them."""

    def __init__(self, cards: Sequence[StepCard]) -> None:
        super().__init__()
        self._cards = cards
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.size("space.4"))
        for card in cards:
            card.setMinimumWidth(theme.scaled(NARROWEST))
            self._row.addWidget(card, 1)
        language.changed.connect(self._fit)
        theme.changed.connect(self._fit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        gaps = self._row.spacing() * (len(self._cards) - 1)
        each = (self.width() - gaps) // len(self._cards)
        stacked = any(card.wanted() > each for card in self._cards)
        for card in self._cards:
            card.stack(stacked)


class StepMark(QWidget):
    """A number in a ring; a tick once the step is done."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number, self.done = number, False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def set_done(self, done: bool) -> None:
        self.done = done
        self.setAccessibleName(f"{self.number} ✓" if done else str(self.number))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(20), theme.scaled(20))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(Qt.PenStyle.NoPen if self.done else QPen(theme.colour("border.control"), 1))
        painter.setBrush(theme.colour("success.solid") if self.done else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(box)
        if self.done:
            paint_icon(painter, "check", "text.onAccent", box.adjusted(3, 3, -3, -3))
            return
        painter.setPen(theme.colour("text.secondary"))
        painter.setFont(theme.font("caption"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(self.number))


class SampleCard(Card):
    """The sample project: one button that puts it in place and opens it, with the job's real progress."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(pad=0, surface="panel", parent=parent)
        self.studio = studio
        project = studio.engine.sample.project()
        name, words = Text(**project["name"]), Text(**project["description"])
        self.open = Button(Text("Open sample", "打开示例"), "folder-open")
        self.open.clicked.connect(self.prepare)
        self.tour = Button(Text("Five-minute tour", "五分钟导览"), "compass", "ghost")
        self.tour.clicked.connect(lambda: studio.actions.trigger("help.tour"))
        self.note = Label(Text("Included", "已内置"), "dense", "text.secondary", elide="end")
        self.meter = Meter(None, width=160, name=Text("Progress", "进度"))
        self.meter.hide()
        self._foot = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._lay_out(name, words)
        language.changed.connect(self._fit)
        studio.bridge.listen(self, JobChanged, self._job_changed)

    def _lay_out(self, name: Text, words: Text) -> None:
        column = QVBoxLayout()
        side = theme.size("space.5")
        column.setContentsMargins(side, side, side, side)
        column.setSpacing(theme.size("space.1"))
        column.addWidget(Label(Text(f"Sample project: {name.en}", f"示例项目：{name.zh}"), "bodyStrong", wrap=True))
        column.addWidget(Label(words, "body", "text.secondary", wrap=True))
        gap(column, "space.1")
        column.addStretch(1)
        self._fill_foot()
        column.addLayout(self._foot)
        whole = QHBoxLayout()
        whole.setSpacing(0)
        whole.addLayout(column, LEFT)
        whole.addWidget(Pipeline(), RIGHT)
        self.body.addLayout(whole)
        self.setMinimumHeight(theme.scaled(136))

    def _fill_foot(self) -> None:
        buttons, told = QHBoxLayout(), QHBoxLayout()
        for widget in (self.open, self.tour):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        told.addWidget(self.meter)
        told.addWidget(self.note, 1)
        for layout in (buttons, told, self._foot):
            layout.setSpacing(theme.size("space.3"))
        self._foot.addLayout(buttons)
        self._foot.addLayout(told, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """What is told stands beside the buttons where it fits there whole, else below them."""
        wide = (self.open, self.tour, self.note, *([self.meter] if self.meter.isVisible() else []))
        wanted = sum(one.sizeHint().width() + theme.size("space.3") for one in wide) + 2 * theme.size("space.5")
        beside = wanted <= self.width() * LEFT // (LEFT + RIGHT)
        ways = QBoxLayout.Direction
        self._foot.setDirection(ways.LeftToRight if beside else ways.TopToBottom)

    def _tell(self, words: Text) -> None:
        self.note.say(words)
        self._fit()

    def prepare(self) -> None:
        """Start the job and open the first chat on it when it is done."""
        self._busy(True)

        async def work() -> None:
            job = await self.studio.engine.sample.prepare()
            await job.wait()

        self.studio.bridge.run(self, work(), lambda _: self._prepared(), self._failed)

    def _prepared(self) -> None:
        self._busy(False)
        self._tell(Text("Ready", "已就绪"))
        if self.studio.actions.has("chat.new"):
            self.studio.actions.trigger("chat.new")

    def _failed(self, error: StudioError) -> None:
        self._busy(False)
        self._tell(error.message)
        self.open.say(Text("Try again", "重试"))

    def _job_changed(self, event: JobChanged) -> None:
        job: JobState = event.job
        if job.kind != "sample":
            return
        self._busy(job.status == "running")
        if job.status == "done":
            self._tell(Text("Ready", "已就绪"))
        if job.status != "running":
            return
        self.meter.set(job.progress)
        if job.message is not None:
            self._tell(job.message)

    def _busy(self, busy: bool) -> None:
        self.meter.setVisible(busy)
        self.open.setEnabled(not busy)
