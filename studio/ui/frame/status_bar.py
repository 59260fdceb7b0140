"""The status bar: the engine's real figures, once or twice a second."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.ui.bridge import Bridge
from studio.ui.language import language, say, tr
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Pressable
from studio.ui.widgets.labels import Dot, Label
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.panel import Divider, Glyph, Surface
from studio.ui.widgets.states import Spinner

EVERY, EVERY_WHILE_WORKING = 1000, 500  # ms
BUSY = 0.9
PLACES = {
    "knowledge": ("index", "export_collection"), "models": ("download", "engine-install", "model-bench"), "home": ("sample",),
}  # fmt: skip


class StatusBar(Surface):
    """24 high. Asks `engine.status()` while the window can be seen."""

    problems_asked = Signal()
    jobs_asked = Signal(str)  # the view in which that work is seen

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__("app", parent)
        self._bridge, self._status, self._asking = bridge, None, False
        self._row = QHBoxLayout(self)
        self._add_left()
        self._row.addStretch(1)
        self._add_right()
        say(self.setAccessibleName, Text("Status bar", "状态栏"))
        self._timer = QTimer(self, interval=EVERY)
        self._timer.timeout.connect(self.ask)
        language.changed.connect(self._show)
        theme.changed.connect(self._restyle)
        self._restyle()

    def start(self) -> None:
        """The engine is there."""
        self._timer.start()
        self.ask()

    def ask(self) -> None:
        """Ask for the figures now, unless an answer is on its way."""
        engine = self._bridge.engine
        if engine is None or self._asking or not self.isVisible() or self.window().isMinimized():
            return
        self._asking = True
        self._bridge.run(self, engine.status(), self._answered, self._failed)

    def set_engine(self, tone: str, words: Text) -> None:
        self.dot.set_tone(tone)
        self.version.say(words)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        QPainter(self).fillRect(0, 0, self.width(), 1, theme.colour("border.default"))

    def resizeEvent(self, event: object) -> None:
        roomy = self.width() >= theme.scaled(1280)
        for gauge in self._gauges():
            gauge.meter.setVisible(roomy or gauge in (self.cpu, self.ram))

    def _gauges(self) -> list[Gauge]:
        return [self.cpu, self.ram, self.gpu, self.vram]

    def _add_left(self) -> None:
        self.dot = Dot("neutral", Text("Engine", "引擎"))
        self.place = Label(Text("This computer", "本机"), "caption")
        self.version = Label(Text("engine starting", "引擎启动中"), "caption", "text.tertiary")
        self.spinner = Spinner(12)
        self.jobs = _LinkLabel()
        self.trouble_icon = Glyph("circle-x", "danger.text", 12)
        self.trouble = _LinkLabel("danger.text")
        self.left_line = Divider(vertical=True)
        for widget in (
            self.dot,
            self.place,
            self.version,
            self.left_line,
            self.spinner,
            self.jobs,
            self.trouble_icon,
            self.trouble,
        ):
            self._row.addWidget(widget)
        for widget in (self.left_line, self.spinner, self.jobs, self.trouble_icon, self.trouble):
            widget.hide()
        self.jobs.clicked.connect(lambda: self.jobs_asked.emit(_place_of(self._status)))
        self.trouble.clicked.connect(self.problems_asked)

    def _add_right(self) -> None:
        self.speed = Label("", "caption")
        self.cpu, self.ram = Gauge(Text("CPU", "CPU")), Gauge(Text("RAM", "内存"))
        self.gpu, self.vram = Gauge(Text("GPU", "GPU"), "port.model"), Gauge(Text("VRAM", "显存"), "port.model")
        self.language = LanguageButton()
        self._lines = [Divider(vertical=True), Divider(vertical=True)]
        for widget in (self.speed, self._lines[0], *self._gauges(), self._lines[1], self.language):
            self._row.addWidget(widget)
        for gauge in self._gauges():
            gauge.hide()

    def _answered(self, status: Any) -> None:
        self._asking, self._status = False, status
        self._timer.setInterval(EVERY_WHILE_WORKING if status.jobs_running else EVERY)
        self._show()

    def _failed(self, error: StudioError) -> None:
        self._asking = False
        self.set_engine("danger", Text("engine does not answer", "引擎无响应"))
        self.version.setToolTip(tr(error.whole()))

    def _show(self) -> None:
        status = self._status
        if status is None:
            return
        self.set_engine("success", Text(f"engine {status.version}", f"引擎 {status.version}"))
        self._show_work(status)
        self.speed.say(_speed(status))
        self.cpu.set(status.cpu_percent / 100, f"{status.cpu_percent:.0f}%")
        self.ram.set(status.ram_used / status.ram_total, _of(status.ram_used, status.ram_total))
        gpu = status.gpus[0] if status.gpus else None
        if gpu is not None:
            self.gpu.name.say(gpu.name.removeprefix("NVIDIA ").removeprefix("GeForce "))
            self.gpu.set(gpu.percent / 100, f"{gpu.percent:.0f}%")
            self.vram.set(gpu.used / max(1, gpu.total), _of(gpu.used, gpu.total))

    def _show_work(self, status: Any) -> None:
        working = status.jobs_running > 0
        self.spinner.setVisible(working)
        self.jobs.setVisible(working)
        if working:
            self.jobs.say(_work(status))
        self.trouble.setVisible(status.problems > 0)
        self.trouble_icon.setVisible(status.problems > 0)
        if status.problems:
            count = status.problems
            self.trouble.say(Text(f"{count:,} problem" + ("" if count == 1 else "s"), f"{count:,} 个问题"))
        self.left_line.setVisible(working or status.problems > 0)

    def _restyle(self) -> None:
        self.setFixedHeight(theme.size("layout.statusBar"))
        self._row.setContentsMargins(theme.size("space.3"), 1, theme.size("space.2"), 0)
        self._row.setSpacing(theme.size("space.2"))
        for line in (self.left_line, *self._lines):
            line.setFixedHeight(theme.scaled(12))


class Gauge(QWidget):
    """A name, a bar, a figure."""

    def __init__(self, name: Text, colour: str = "accent.ring") -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.size("space.1"), 0, theme.size("space.1"), 0)
        row.setSpacing(theme.scaled(6))
        self.name = Label(name, "caption", "text.secondary")
        self.meter = Meter(0, colour, 4, 40, name)
        self.figure = Label("", "caption")
        for widget in (self.name, self.meter, self.figure):
            row.addWidget(widget)

    def set(self, share: float, figure: str) -> None:
        self.meter.set(round(share, 2))
        if self.figure.whole() != figure:
            self.figure.setText(figure)
        self.show()


class _LinkLabel(Pressable):
    def __init__(self, colour: str = "text.primary") -> None:
        super().__init__()
        self._colour = colour

    def say(self, text: Text) -> None:
        say(self.setText, text)
        say(self.setAccessibleName, text)

    def setText(self, words: str) -> None:
        super().setText(words)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        width = QFontMetrics(theme.figures("caption")).horizontalAdvance(self.text())
        return QSize(min(width, theme.scaled(320)) + 4, theme.size("control.minHit"))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            font = theme.figures("caption")
            font.setUnderline(self.underMouse())
            painter.setFont(font)
            painter.setPen(theme.colour(self._colour))
            words = QFontMetrics(font).elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, words)


class LanguageButton(_LinkLabel):
    """The other language is one click away; the label is the language in force."""

    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        say(self.setText, Text("English", "简体中文"))
        say(self.setAccessibleName, Text("Language: English. Switch to Chinese", "语言：简体中文，切换到英文"))
        say(self.setToolTip, Text("切换到简体中文", "Switch to English"))
        self.clicked.connect(lambda: self.asked.emit("zh" if language.current == "en" else "en"))


def _place_of(status: Any) -> str:
    """The view of the first job; runs of workflows, which are no jobs, have their own."""
    kind = next((job.kind for job in getattr(status, "jobs", ())), "")
    return next((view for view, kinds in PLACES.items() if kind in kinds), "data" if kind else "runs")


def _work(status: Any) -> Text:
    """The one job by name with its progress, or how many there are."""
    if status.jobs_running > 1 or not status.jobs:
        return Text(f"{status.jobs_running:,} running", f"{status.jobs_running:,} 个运行中")
    job = status.jobs[0]
    share = "" if job.progress is None else f" {job.progress:.0%}"
    return Text(f"{job.title.en}{share}", f"{job.title.zh}{share}")


def _speed(status: Any) -> Text:
    if status.tokens_per_second is not None:
        return Text(f"{status.tokens_per_second:,.0f} tok/s", f"{status.tokens_per_second:,.0f} 词元/秒")
    loaded = getattr(status, "models_loaded", 0)
    if not loaded:
        return Text("No model loaded", "未加载模型")
    return Text(f"{loaded:,} model" + ("" if loaded == 1 else "s") + " loaded", f"已加载 {loaded:,} 个模型")


def _of(used: float, total: float) -> str:
    unit = 1_000_000_000  # as under Models and Home
    return f"{used / unit:.1f} / {total / unit:.0f} GB"
