"""This computer: what runs here with real counts, and its load as it is."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text, plural
from studio.ui import when
from studio.ui.language import joined, language, say, tr
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.clusters_parts.words import cannot_be_read, gigabytes
from studio.ui.widgets.chart import LineChart, Series
from studio.ui.widgets.gap import gap
from studio.ui.widgets.labels import Dot, Label
from studio.ui.widgets.panel import Card, Glyph, scroll

EVERY = 2000  # ms between two readings
KEPT = 150  # readings: five minutes


@dataclass(frozen=True, slots=True)
class Service:
    """A part of the engine on its card: the view behind it, and how its figures are read."""

    view: str
    icon: str
    colour: str
    title: Text
    read: Callable[[Any], Any]  # async (engine) -> list[Text]


async def _data(engine: Any) -> list[Text]:
    datasets = await engine.datasets.list()
    rows = sum(one.row_count or 0 for one in datasets)
    bad = sum(cannot_be_read(one) for one in datasets)
    words = [Text(plural(len(datasets), "dataset", "datasets"), f"{len(datasets)} 个数据集")]
    words.append(Text(plural(rows, "row", "rows"), f"{rows:,} 行"))
    return [*words, Text(f"{bad} not readable", f"{bad} 个无法读取")] if bad else words


async def _models(engine: Any) -> list[Text]:
    models, figures = await engine.models.list(), engine.models.statistics()
    words = [
        Text(plural(len(models), "model", "models"), f"{len(models)} 个模型"),
        Text(f"{figures.loaded} loaded", f"已加载 {figures.loaded} 个"),
    ]
    speed = figures.tokens_per_second
    return [*words, Text(f"{speed:.0f} tok/s", f"{speed:.0f} 词元/秒")] if speed else words


async def _knowledge(engine: Any) -> list[Text]:
    collections = await engine.knowledge.collections()
    documents = sum(one.document_count for one in collections)
    chunks = sum(one.chunk_count for one in collections)
    return [
        Text(plural(len(collections), "collection", "collections"), f"{len(collections)} 个文档集"),
        Text(plural(documents, "document", "documents"), f"{documents:,} 个文档"),
        Text(plural(chunks, "chunk", "chunks"), f"{chunks:,} 个片段"),
    ]


async def _workflows(engine: Any) -> list[Text]:
    workflows, runs = await engine.workflows.list(), await engine.workflows.executions()
    running = engine.workflows.running_count()
    return [
        Text(plural(len(workflows), "workflow", "workflows"), f"{len(workflows)} 个工作流"),
        Text(plural(len(runs), "run", "runs"), f"{len(runs)} 次运行"),
        Text(f"{running} running", f"{running} 个运行中"),
    ]


async def _chat(engine: Any) -> list[Text]:
    threads = await engine.chat.threads()
    return [Text(plural(len(threads), "thread", "threads"), f"{len(threads)} 个对话")]


async def _objects(engine: Any) -> list[Text]:
    buckets = await engine.objects.buckets()
    return [Text(plural(len(buckets), "bucket", "buckets"), f"{len(buckets)} 个存储桶")]


SERVICES = (
    Service("data", "database", "port.table", Text("Data and SQL", "数据与 SQL"), _data),
    Service("models", "box", "port.model", Text("Models", "模型"), _models),
    Service("knowledge", "library", "port.docs", Text("Knowledge", "知识库"), _knowledge),
    Service("workflows", "workflow", "port.json", Text("Workflows", "工作流"), _workflows),
    Service("chat", "messages-square", "port.text", Text("Chat", "对话"), _chat),
    Service("data", "hard-drive", "port.file", Text("Object store", "对象存储"), _objects),
)


class HerePage(QWidget):
    """Cards and charts; reads the engine every two seconds while it can be seen. `read` carries each status."""

    read = Signal(object)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._cards = [ServiceCard(service) for service in SERVICES]
        self._history: deque[Any] = deque(maxlen=KEPT)
        self._times: deque[str] = deque(maxlen=KEPT)
        self._asking = False
        self._checked = Label("", "dense", "text.secondary")
        self.processor, self.memory = Gauge(Text("Processor", "处理器")), Gauge(Text("Memory", "内存"))
        self.graphics, self.video = Gauge(Text("GPU", "GPU")), Gauge(Text("GPU memory", "显存"))
        self._lay_out()
        self._timer = QTimer(self, interval=EVERY)
        self._timer.timeout.connect(self.ask)
        language.changed.connect(self._show)

    def ask(self) -> None:
        """Read the figures now, unless an answer is on its way."""
        if self._asking or not self.isVisible() or self.window().isMinimized():
            return
        self._asking = True
        engine = self._studio.engine
        self._studio.bridge.run(self, _read(engine), self._answered, self._failed)

    def showEvent(self, event: object) -> None:
        self._timer.start()
        QTimer.singleShot(0, self, self.ask)

    def hideEvent(self, event: object) -> None:
        self._timer.stop()

    def _answered(self, figures: tuple[Any, list[list[Text] | None]]) -> None:
        self._asking = False
        status, services = figures
        self._history.append(status)
        self._times.append(when.clock(time.time(), seconds=True))
        for card, words in zip(self._cards, services, strict=True):
            card.set_figures(words)
        self._checked.say(Text(f"every 2 s, {self._times[-1]}", f"每 2 秒刷新，{self._times[-1]}"))
        self._show()
        self.read.emit(status)

    def _failed(self, error: object) -> None:
        self._asking = False

    def _show(self) -> None:
        history, times = list(self._history), list(self._times)
        if not history:
            return
        last = history[-1]
        used, own = Text("all programs", "所有程序"), Text("this studio", "本程序")
        self.processor.set_figures([("", [one.cpu_percent for one in history])], times, f"{last.cpu_percent:.0f}%")
        self.memory.set_figures(
            [
                (tr(used), [one.ram_used / 1e9 for one in history]),
                (tr(own), [one.process_ram / 1e9 for one in history]),
            ],
            times,
            f"{last.ram_used / 1e9:,.1f} / {gigabytes(last.ram_total)}",
            last.ram_total / 1e9,
        )
        for gauge in (self.graphics, self.video):
            gauge.setVisible(bool(last.gpus))
        if last.gpus:
            self._show_gpus(history, times)

    def _show_gpus(self, history: list[Any], times: list[str]) -> None:
        count, last = len(history[-1].gpus), history[-1]
        loads = [
            (gpu.name, [one.gpus[place].percent for one in history if len(one.gpus) == count])
            for place, gpu in enumerate(last.gpus)
        ]
        memory = [
            (gpu.name, [one.gpus[place].used / 1e9 for one in history if len(one.gpus) == count])
            for place, gpu in enumerate(last.gpus)
        ]
        self.graphics.set_figures(loads, times, f"{max(gpu.percent for gpu in last.gpus):.0f}%")
        total = sum(gpu.total for gpu in last.gpus)
        self.video.set_figures(
            memory, times, f"{sum(gpu.used for gpu in last.gpus) / 1e9:,.1f} / {gigabytes(total)}", total / 1e9
        )

    def _lay_out(self) -> None:
        column = QVBoxLayout()
        side = theme.size("space.4")
        column.setContentsMargins(side, side, side, side)
        column.setSpacing(theme.size("space.3"))
        column.addWidget(Label(Text("Services", "服务"), "bodyStrong"))
        cards = QGridLayout()
        cards.setSpacing(theme.size("space.3"))
        for place in range(3):
            cards.setColumnStretch(place, 1)
        for place, card in enumerate(self._cards):
            card.opened.connect(self._studio.window.show_view)
            cards.addWidget(card, place // 3, place % 3)
        column.addLayout(cards)
        gap(column, "space.2")
        head = QHBoxLayout()
        head.setSpacing(theme.size("space.2"))
        head.addWidget(Label(Text("Live metrics", "实时指标"), "bodyStrong"))
        head.addWidget(self._checked)
        head.addStretch(1)
        column.addLayout(head)
        charts = QGridLayout()
        charts.setSpacing(theme.size("space.3"))
        for place, gauge in enumerate((self.processor, self.memory, self.graphics, self.video)):
            charts.addWidget(gauge, place // 2, place % 2)
        self.graphics.hide()
        self.video.hide()
        for place in range(2):
            charts.setColumnStretch(place, 1)
        column.addLayout(charts)
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll(column))


class ServiceCard(Card):
    """A part of the engine with its figures. A click opens its view."""

    opened = Signal(str)

    def __init__(self, service: Service) -> None:
        super().__init__()
        self.service = service
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.2"))
        row.addWidget(Glyph(service.icon, service.colour, 14, 28))
        row.addWidget(Label(service.title, "denseStrong"), 1)
        self._dot = Dot("neutral", Text("Not read yet", "尚未读取"))
        row.addWidget(self._dot, 0, Qt.AlignmentFlag.AlignTop)
        self._figures = Label("", "dense", "text.secondary", wrap=True)
        self.body.addLayout(row)
        self.body.addWidget(self._figures)
        self.body.addStretch(1)
        say(self.setAccessibleName, service.title)

    def set_figures(self, words: list[Text] | None) -> None:
        """The figures; None when the part did not answer."""
        if words is None:
            self._dot.set_tone("danger")
            say(self._dot.setAccessibleName, Text("Not answering", "无应答"))
            self._figures.say(Text("Not answering", "无应答"))
            return
        self._dot.set_tone("success")
        say(self._dot.setAccessibleName, Text("Working", "正常"))
        self._figures.say(joined(*words))

    def mouseReleaseEvent(self, event: object) -> None:
        self.opened.emit(self.service.view)

    def keyPressEvent(self, event: Any) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.opened.emit(self.service.view)
        else:
            super().keyPressEvent(event)


class Load(LineChart):
    """A chart from 0 to what there is: half full looks half full."""

    top = 100.0

    def limits(self) -> tuple[float, float]:
        return 0.0, self.top


class Gauge(Card):
    """A figure over the last minutes, with its value now."""

    def __init__(self, title: Text) -> None:
        super().__init__()
        self._now = Label("", "denseStrong")
        self._legend = Label("", "dense", "text.secondary", elide="end").shrinkable()
        head = QHBoxLayout()
        head.addWidget(Label(title, "denseStrong"))
        head.addStretch(1)
        head.addWidget(self._legend)
        head.addWidget(self._now)
        self.chart = Load(title)
        self.chart.setFixedHeight(theme.scaled(200))
        self.body.addLayout(head)
        self.body.addWidget(self.chart, 1)

    def set_figures(self, series: list[tuple[str, list[float]]], labels: list[str], now: str, top: float = 100) -> None:
        """Draw these lines under `top`, and say the value now."""
        self.chart.top = top
        self.chart.show_series([Series(name, values) for name, values in series], labels)
        self._now.say(now)
        names = [name for name, _ in series if name]
        self._legend.say(" / ".join(names) if len(names) > 1 else "")


async def _read(engine: Any) -> tuple[Any, list[list[Text] | None]]:
    """The engine's status and every service's figures; one that fails is None and does not hide the others."""
    services: list[list[Text] | None] = []
    for service in SERVICES:
        try:
            services.append(await service.read(engine))
        except Exception:
            services.append(None)
    return await engine.status(), services
