"""The three first steps, and the sample project."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.jobs import JobChanged, JobState
from studio.engine.text import Text
from studio.ui.icons import paint_icon
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.home_parts.pictures import Picture, Pipeline
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.labels import Label
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.panel import Card

Press = tuple[Text, str, Callable[[], object]]


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
        column.addSpacing(theme.size("space.1"))
        column.addLayout(self._row(buttons))
        self.body.addLayout(column, 1)

    def _row(self, buttons: Sequence[Press]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.1"))
        for place, (words, icon, run) in enumerate(buttons):
            button = Button(words, icon if not place else None, self._first if not place else "ghost")
            button.clicked.connect(lambda _=False, run=run: run())
            self.buttons.append(button)
            row.addWidget(button)
        row.addStretch(1)
        return row


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
        self.note = Label(
            Text("Included, nothing to download", "已内置，无需下载"), "dense", "text.secondary", elide="end"
        )
        self.meter = Meter(None, width=160, name=Text("Progress", "进度"))
        self.meter.hide()
        column = QVBoxLayout()
        side = theme.size("space.5")
        column.setContentsMargins(side, side, side, side)
        column.setSpacing(theme.size("space.1"))
        column.addWidget(Label(Text(f"Sample project: {name.en}", f"示例项目：{name.zh}"), "bodyStrong", wrap=True))
        column.addWidget(Label(words, "body", "text.secondary", wrap=True))
        column.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.3"))
        row.addWidget(self.open)
        row.addWidget(self.tour)
        row.addWidget(self.meter)
        row.addWidget(self.note, 1)
        column.addLayout(row)
        whole = QHBoxLayout()
        whole.setSpacing(0)
        whole.addLayout(column, 11)
        whole.addWidget(Pipeline(), 9)
        self.body.addLayout(whole)
        self.setMinimumHeight(theme.scaled(136))
        studio.bridge.listen(self, JobChanged, self._job_changed)

    def prepare(self) -> None:
        """Start the job and open the first chat on it when it is done."""
        self._busy(True)

        async def work() -> None:
            job = await self.studio.engine.sample.prepare()
            await job.wait()

        self.studio.bridge.run(self, work(), lambda _: self._prepared(), self._failed)

    def _prepared(self) -> None:
        self._busy(False)
        self.note.say(Text("Ready", "已就绪"))
        if self.studio.actions.has("chat.new"):
            self.studio.actions.trigger("chat.new")

    def _failed(self, error: StudioError) -> None:
        self._busy(False)
        self.note.say(error.message)
        self.open.say(Text("Try again", "重试"))

    def _job_changed(self, event: JobChanged) -> None:
        job: JobState = event.job
        if job.kind != "sample" or job.status != "running":
            return
        self._busy(True)
        self.meter.set(job.progress)
        if job.message is not None:
            self.note.say(job.message)

    def _busy(self, busy: bool) -> None:
        self.meter.setVisible(busy)
        self.open.setEnabled(not busy)
