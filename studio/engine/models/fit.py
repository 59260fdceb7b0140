"""Whether a model fits this computer: an estimate from its header, said as one."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from studio.engine.models.hardware import Hardware
from studio.engine.models.model import LoadSettings, Model
from studio.engine.text import Text

OVERHEAD = 220_000_000  # a worker without a model, with its buffers
CACHE_BYTES = {"f16": 2.0, "q8_0": 1.0625, "q4_0": 0.5625}
TIGHT = 0.85  # of the free memory


class Fit(BaseModel):
    """Bytes. `free` is the memory it would go to: the GPU's where it fits whole, else the computer's."""

    level: Literal["gpu", "cpu", "tight", "short", "remote"]
    weights: int
    context: int
    overhead: int
    free: int
    text: Text

    @property
    def needed(self) -> int:
        return self.weights + self.context + self.overhead

    @property
    def fits(self) -> bool:
        return self.level != "short"


def estimate(model: Model, settings: LoadSettings, hardware: Hardware, held: int = 0) -> Fit:
    """`held` are bytes that the model occupies already because it is loaded."""
    if model.remote:
        return Fit(level="remote", weights=0, context=0, overhead=0, free=0, text=Text("Runs elsewhere", "在远程运行"))
    weights, context = model.size_bytes or 0, context_bytes(model, settings)
    needed = weights + context + OVERHEAD
    on_gpu = hardware.engine == "vllm" and needed <= hardware.accelerator_free
    free = hardware.accelerator_free if on_gpu else hardware.ram_free + held
    level, text = _judge(needed, free, on_gpu)
    return Fit(level=level, weights=weights, context=context, overhead=OVERHEAD, free=free, text=text)


def estimate_size(size_bytes: int, hardware: Hardware) -> Fit:
    """Of a model of which only the size of its files is known: the usual context takes about an eighth of the weights."""
    context = size_bytes // 8
    needed = size_bytes + context + OVERHEAD
    on_gpu = needed <= hardware.accelerator_free
    free = hardware.accelerator_free if on_gpu else hardware.ram_free
    level, text = _judge(needed, free, on_gpu)
    return Fit(level=level, weights=size_bytes, context=context, overhead=OVERHEAD, free=free, text=text)


def context_bytes(model: Model, settings: LoadSettings) -> int:
    """Keys and values of every layer for every token of every slot."""
    shape = model.shape
    heads = shape.get("heads") or 1
    head = shape.get("key_length") or shape.get("width", 0) // heads
    value = shape.get("value_length") or head
    tokens = min(settings.context_length, model.context_length or settings.context_length) * settings.slots
    per_token = shape.get("layers", 0) * (shape.get("kv_heads") or heads) * (head + value)
    return int(per_token * tokens * CACHE_BYTES[settings.cache_precision])


def _judge(needed: int, free: int, on_gpu: bool) -> tuple[Literal["gpu", "cpu", "tight", "short"], Text]:
    if on_gpu:
        return "gpu", Text("Fits the GPU", "GPU 可容纳")
    if needed > free:
        short = (needed - free) / 1e9
        return "short", Text(f"{short:.1f} GB short", f"缺 {short:.1f} GB")
    if needed > free * TIGHT:
        return "tight", Text("Fits, barely", "勉强可容纳")
    return "cpu", Text("Runs on CPU", "在 CPU 上运行")
