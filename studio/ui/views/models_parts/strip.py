"""What this computer has for models: GPU, memory and processor, side by side."""

from __future__ import annotations

from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.engine.models.hardware import Hardware
from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.views.models_parts.legend import Legend
from studio.ui.views.models_parts.snapshot import Snapshot
from studio.ui.widgets import figures
from studio.ui.widgets.labels import Label
from studio.ui.widgets.meter import StackedMeter
from studio.ui.widgets.panel import Card, Divider, Glyph

OURS, OTHER, BUSY = "port.model", "text.tertiary", "accent.ring"
MODELS = ("port.model", "port.vector", "port.docs")  # colours of the largest three


class HardwareStrip(Card):
    """Three parts with real figures; show them with `show_snapshot`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(pad=0, parent=parent)
        self.gpu = _Part("gpu", Text("GPU", "GPU"))
        self.memory = _Part("memory-stick", Text("Memory", "内存"))
        self.processor = _Part("cpu", Text("Processor", "处理器"))
        row = QHBoxLayout()
        row.setSpacing(0)
        for place, part in enumerate((self.gpu, self.memory, self.processor)):
            if place:
                row.addWidget(Divider(vertical=True))
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            row.addWidget(part, 1)
        self.body.addLayout(row)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        if snapshot.computer is None:
            return
        self._show_gpu(snapshot.computer, snapshot)
        self._show_memory(snapshot.computer, snapshot)
        self._show_processor(snapshot.computer)

    def _show_gpu(self, computer: Hardware, snapshot: Snapshot) -> None:
        if not computer.gpus:
            self.gpu.say(Text("No NVIDIA GPU", "没有 NVIDIA GPU"), Text.same(""))
            self.gpu.say_note(computer.why)
            return
        best = computer.gpus[0]
        free = figures.size(best.total - best.used)
        self.gpu.say(
            Text.same(best.name),
            Text(f"{free} free of {figures.size(best.total)}", f"{free} / {figures.size(best.total)} 可用"),
        )
        self.gpu.show_parts(_by_model(snapshot, snapshot.gpu_memory, best.used, best.total))

    def _show_memory(self, computer: Hardware, snapshot: Snapshot) -> None:
        parts = _by_model(snapshot, snapshot.memory, computer.ram_total - computer.ram_free, computer.ram_total)
        free, total = figures.size(computer.ram_free), figures.size(computer.ram_total)
        self.memory.say(Text("Memory", "内存"), Text(f"{free} free of {total}", f"{free} / {total} 可用"))
        self.memory.show_parts(parts)

    def _show_processor(self, computer: Hardware) -> None:
        cores = Text(f"{computer.cores} cores", f"{computer.cores} 核")
        self.processor.say(Text.same(computer.cpu), cores)
        best = ", ".join(computer.features[:2])
        busy = f"{computer.cpu_percent:.0f}%"
        self.processor.show_parts(
            [(computer.cpu_percent / 100, BUSY, Text(f"{busy} busy", f"占用 {busy}"))], Text.same(best)
        )


def _by_model(snapshot: Snapshot, held: dict[str, int], used: int, total: int) -> list[tuple[float, str, Text]]:
    """Each loaded model by itself, the largest first; what is left of them together; then everything else."""
    loaded = sorted(held.items(), key=lambda pair: -pair[1])
    parts = []
    for (model_id, size), colour in zip(loaded, MODELS, strict=False):
        model = snapshot.model(model_id)
        name = model.name if model else model_id
        parts.append((size / total, colour, Text.same(f"{name} {figures.size(size)}")))
    rest = sum(size for _, size in loaded[len(MODELS) :])
    if rest:
        parts.append((rest / total, OURS, Text(f"more models {figures.size(rest)}", f"其余模型 {figures.size(rest)}")))
    other = max(0, used - sum(held.values()))
    return [*parts, (other / total, OTHER, Text(f"other {figures.size(other)}", f"其他 {figures.size(other)}"))]


class _Part(QWidget):
    def __init__(self, icon: str, name: Text) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        side = theme.size("space.4")
        column.setContentsMargins(side, theme.size("space.3"), side, theme.size("space.3"))
        column.setSpacing(theme.size("space.2"))
        named = QHBoxLayout()
        self.title, self.figure = Label("", "denseStrong", elide="end"), Label("", "dense")
        named.addWidget(Glyph(icon))
        named.addWidget(self.title, 1)
        self._head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._head.addLayout(named, 1)
        self._head.addWidget(self.figure)
        for layout in (named, self._head):
            layout.setSpacing(theme.size("space.2"))
        self.meter = StackedMeter(name=name)
        self.legend = Legend()
        self.note = Label("", "caption", "text.secondary", wrap=True)
        self.note.hide()
        column.addLayout(self._head)
        column.addWidget(self.meter)
        column.addWidget(self.legend)
        column.addWidget(self.note)
        column.addStretch(1)

    def say(self, title: Text, figure: Text) -> None:
        self.title.say(title)
        self.figure.say(figure)
        self.figure.setVisible(bool(figure.en))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """The figure stands beside the name where both fit whole, else below it, in two lines where one is too short."""
        words = (QFontMetrics(one.font()).horizontalAdvance(one.whole()) for one in (self.title, self.figure))
        wanted = sum(words) + theme.scaled(24) + 2 * theme.size("space.2") + 2 * theme.size("space.4")
        beside, ways = wanted <= self.width(), QBoxLayout.Direction
        self._head.setDirection(ways.LeftToRight if beside else ways.TopToBottom)
        self.figure.setWordWrap(not beside)

    def say_note(self, note: Text) -> None:
        """Words in place of the bar."""
        self.note.say(note)
        self.note.show()
        self.meter.hide()
        self.legend.hide()

    def show_parts(self, parts: list[tuple[float, str, Text]], *notes: Text) -> None:
        self.meter.set_parts(parts)
        self.legend.show_entries([(colour, words) for _, colour, words in parts] + [("", note) for note in notes])
