"""How a model is loaded, as sliders and switches: what moves the memory stands first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.models.model import LoadSettings
from studio.engine.text import Text
from studio.ui.forms import ParamsForm
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.models_parts.snapshot import EngineState, Snapshot
from studio.ui.widgets import figures
from studio.ui.widgets.buttons import Segmented
from studio.ui.widgets.inputs import Choice, NumberField
from studio.ui.widgets.labels import Label
from studio.ui.widgets.slider import Slider

if TYPE_CHECKING:
    from studio.engine.models.model import Model

STEP = 256
UNKNOWN_CONTEXT = 32_768  # the slider's end where a model does not say what it was trained for
IDLE = (5, 15, 30, 60, 240, 0)
HERE = (
    "engine",
    "context_length",
    "gpu_layers",
    "slots",
    "threads",
    "cache_precision",
    "unload_after_minutes",
    "flash_attention",
    "draft_model",
)


class LoadForm(QWidget):
    """`changed` comes for every move. Values as `LoadSettings` takes them."""

    changed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self._values: dict[str, Any] = LoadSettings().model_dump()

    def steps(self) -> Iterator[object]:
        """The parts; they take some turns of the event loop."""
        self.context = _Sliding(Text("Context length", "上下文长度"), STEP, UNKNOWN_CONTEXT, STEP)
        self.layers = _Sliding(Text("Layers on the GPU", "GPU 层数"), 0, 1, 1)
        yield
        self.slots = NumberField(1, 1, 64, name=Text("Parallel slots", "并行槽位"))
        self.threads = NumberField(0, 0, 256, name=Text("CPU threads", "CPU 线程数"))
        self.cache = Segmented([("f16", "F16"), ("q8_0", "Q8"), ("q4_0", "Q4")], stretch=True)
        yield
        self.idle = Choice([(minutes, _idle(minutes)) for minutes in IDLE], name=Text("Unload when idle", "空闲后卸载"))
        flash = [("auto", Text("Auto", "自动")), ("on", Text("On", "开")), ("off", Text("Off", "关"))]
        self.flash = Segmented(flash, stretch=True)
        self.engine = Choice([], name=Text("Engine", "推理引擎"))
        self.draft = Choice([], name=Text("Draft model for faster decoding", "用于加速的草稿模型"))
        yield
        self.rest = ParamsForm(LoadSettings, self._values, self.studio, without=HERE)
        yield
        self._lay_out()
        self._connect()

    def show_model(self, model: Model, snapshot: Snapshot) -> None:
        """The settings of a model, within what it and the computer can do."""
        trained, layers = model.context_length or UNKNOWN_CONTEXT, model.shape.get("layers", 0)
        computer = snapshot.computer
        on_gpu = computer is not None and bool(computer.gpus) and computer.llama_gpu and layers > 0
        self.context.slider.maximum = max(STEP * 2, trained)
        self.context.say_ends(
            Text.same(figures.short(STEP)),
            Text(f"{figures.short(trained)} trained", f"训练长度 {figures.short(trained)}"),
        )
        self.layers.slider.maximum = max(1, layers)
        self.layers.setVisible(on_gpu)
        self.engine.set_choices(_engines(model, snapshot))
        self.draft.set_choices(_drafts(model, snapshot))
        self._values = model.load_settings.model_dump()
        self.rest.set_values(self._values)
        self._show()

    def values(self) -> dict[str, Any]:
        return {**self.rest.values(), **self._values}

    def set_values(self, values: dict[str, Any]) -> None:
        """Other values, as if a person had set them."""
        self._values = {name: values[name] for name in HERE if name in values}
        self.rest.set_values(values)
        self._show()
        self.changed.emit()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.size("space.3"))
        column.addWidget(self.context)
        column.addWidget(self.layers)
        pair = QHBoxLayout()
        pair.setSpacing(theme.size("space.3"))
        pair.addLayout(_named(Text("Parallel slots", "并行槽位"), self.slots))
        pair.addLayout(_named(Text("CPU threads (0: auto)", "CPU 线程数（0 为自动）"), self.threads))
        column.addLayout(pair)
        column.addLayout(_named(Text("Context cache precision", "上下文缓存精度"), self.cache))
        column.addLayout(_named(Text("Engine", "推理引擎"), self.engine))
        column.addLayout(_named(Text("Unload when idle", "空闲后卸载"), self.idle))
        column.addLayout(_named(Text("Flash attention", "Flash Attention"), self.flash))
        column.addLayout(_named(Text("Draft model for faster decoding", "用于加速的草稿模型"), self.draft))
        column.addWidget(self.rest)

    def _connect(self) -> None:
        fields = {
            "engine": self.engine.changed, "context_length": self.context.changed, "gpu_layers": self.layers.changed, "slots": self.slots.changed,
            "threads": self.threads.changed, "cache_precision": self.cache.changed,
            "unload_after_minutes": self.idle.changed, "flash_attention": self.flash.changed, "draft_model": self.draft.changed,
        }  # fmt: skip
        for name, signal in fields.items():
            signal.connect(lambda value, name=name: self._take(name, value))
        self.rest.changed.connect(lambda *_: self.changed.emit())

    def _take(self, name: str, value: object) -> None:
        whole = name == "gpu_layers" and value == self.layers.slider.maximum
        self._values[name] = -1 if whole else value
        self._show_words()
        self.changed.emit()

    def _show(self) -> None:
        values = LoadSettings.model_validate({**self.rest.values(), **self._values})
        self._values = {name: getattr(values, name) for name in HERE}
        self.engine.set_value(values.engine)
        self.context.slider.set_value(values.context_length)
        self.layers.slider.set_value(self.layers.slider.maximum if values.gpu_layers < 0 else values.gpu_layers)
        self.slots.set_value(values.slots)
        self.threads.set_value(values.threads)
        self.cache.set_value(values.cache_precision)
        if values.unload_after_minutes not in IDLE:
            choices = sorted({*IDLE, values.unload_after_minutes} - {0})
            self.idle.set_choices([(minutes, _idle(minutes)) for minutes in [*choices, 0]])
        self.idle.set_value(values.unload_after_minutes)
        self.flash.set_value(values.flash_attention)
        self.draft.set_value(values.draft_model)
        self._show_words()

    def _show_words(self) -> None:
        tokens = self._values["context_length"]
        self.context.say_value(Text(f"{tokens:,} tokens", f"{tokens:,} 词元"))
        layers, most = self._values["gpu_layers"], int(self.layers.slider.maximum)
        self.layers.say_value(Text(f"All {most}", f"全部 {most}") if layers < 0 else Text.same(f"{layers}"))


class _Sliding(QWidget):
    """A slider with its name and value above and its ends below."""

    changed = Signal(object)

    def __init__(self, title: Text, minimum: int, maximum: int, step: int) -> None:
        super().__init__()
        self.slider = Slider(minimum, minimum, maximum, step, name=title)
        self.slider.changed.connect(self.changed)
        self.value = Label("", "denseStrong")
        self.low, self.high = Label("", "caption", "text.secondary"), Label("", "caption", "text.secondary")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(_ends(Label(title, "dense", "text.secondary"), self.value))
        column.addWidget(self.slider)
        column.addLayout(_ends(self.low, self.high))

    def say_value(self, words: Text) -> None:
        self.value.say(words)

    def say_ends(self, low: Text, high: Text) -> None:
        self.low.say(low)
        self.high.say(high)


def _ends(left: QWidget, right: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(left)
    row.addStretch(1)
    row.addWidget(right)
    return row


def _named(title: Text, field: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(theme.size("space.1"))
    name = Label(title, "dense", "text.secondary")
    name.setBuddy(field)
    column.addWidget(name)
    column.addWidget(field)
    return column


def _idle(minutes: int) -> Text:
    if not minutes:
        return Text("Never: keep it loaded", "从不，保持加载")
    if minutes % 60 == 0:
        hours = minutes // 60
        return Text(f"After {hours} h", f"{hours} 小时后")
    return Text(f"After {minutes} minutes", f"{minutes} 分钟后")


def _engines(model: Model, snapshot: Snapshot) -> list[tuple[str, Text | str]]:
    """Those that could run it, with their versions; one that cannot run here says so."""
    suited = ("llama_cpp", "vllm") if model.backend == "vllm" else ("llama_cpp",)
    found: list[tuple[str, Text | str]] = [("auto", Text("Automatic", "自动"))]
    for state in snapshot.engines:
        if state.name in (*suited, model.load_settings.engine):
            missing = Text(f"{state.title.en}, not available", f"{state.title.zh}，不可用")
            found.append((state.name, missing if state.reason else _with_version(state)))
    return found


def _with_version(state: EngineState) -> Text:
    version = state.version.partition(" ")[2] or state.version
    return Text(f"{state.title.en} {version}".strip(), f"{state.title.zh} {version}".strip())


def _drafts(model: Model, snapshot: Snapshot) -> list[tuple[str, Text | str]]:
    """Smaller models of the same vocabulary; others cannot guess for it."""
    vocabulary = model.shape.get("vocabulary")
    fitting = [
        other
        for other in snapshot.models
        if other.id != model.id
        and other.backend == "llama_cpp"
        and vocabulary
        and other.shape.get("vocabulary") == vocabulary
        and (other.size_bytes or 0) < (model.size_bytes or 0)
    ]
    chosen = model.load_settings.draft_model
    found: list[tuple[str, Text | str]] = [("", Text("None", "无"))]
    found += [(other.location, other.name) for other in fitting]
    return found if chosen in [value for value, _ in found] else [*found, (chosen, chosen.rpartition("/")[2])]
