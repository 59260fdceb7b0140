"""Better chat models than the included demo, by what this computer can hold.

Sizes are approximate, from the publishers' pages; the studio does not download them yet, so each comes with its address.
"""

from __future__ import annotations

from pydantic import BaseModel

from studio.engine.models.hardware import Hardware
from studio.engine.text import Text

ROOM = 1_500_000_000  # bytes beside the weights: context, worker, and what else runs


class Recommendation(BaseModel):
    """A model that can be had. `size_bytes` is approximate; `hub` and `file` name it on a Hugging Face-compatible hub."""

    name: str
    parameters: str
    size_bytes: int
    hub: str
    file: str
    licence: str
    fits: bool = False
    best: bool = False
    why: Text

    @property
    def url(self) -> str:
        return f"https://huggingface.co/{self.hub}/resolve/main/{self.file}"


def _qwen(size: str, quantization: str, size_bytes: int, why: Text) -> Recommendation:
    name, hub = f"Qwen3-{size}", f"Qwen/Qwen3-{size}-GGUF"
    file = f"{name}-{quantization}.gguf"
    return Recommendation(
        name=name, parameters=size, size_bytes=size_bytes, hub=hub, file=file, licence="apache-2.0", why=why
    )


TABLE = (
    _qwen(
        "0.6B",
        "Q8_0",
        640_000_000,
        Text("Quick on any computer; simple questions.", "任何电脑都能流畅运行，适合简单问题。"),
    ),
    _qwen("1.7B", "Q8_0", 1_830_000_000, Text("Short answers from your documents.", "可根据文档作简短回答。")),
    _qwen(
        "4B",
        "Q4_K_M",
        2_500_000_000,
        Text("Good answers with sources; fair on a CPU.", "带出处的回答质量良好，CPU 上速度尚可。"),
    ),
    _qwen("8B", "Q4_K_M", 5_030_000_000, Text("Careful answers in English and Chinese.", "中英文回答都较为严谨。")),
    _qwen(
        "14B",
        "Q4_K_M",
        9_000_000_000,
        Text("Harder questions; wants a GPU or patience.", "可应对较难的问题，最好有 GPU。"),
    ),
    _qwen(
        "32B", "Q4_K_M", 19_760_000_000, Text("The best of these; wants a large GPU.", "其中质量最好，需要大显存 GPU。")
    ),
)


def recommend(hardware: Hardware) -> list[Recommendation]:
    """All of them, with what fits; the largest that still answers at a fair speed here is marked best."""
    room = max(hardware.accelerator_free, hardware.ram_free) - ROOM
    fitting = [entry.size_bytes <= room for entry in TABLE]
    swift = hardware.accelerator_free - ROOM if hardware.gpus else _swift_on_cpu(hardware)
    best = max((index for index, entry in enumerate(TABLE) if fitting[index] and entry.size_bytes <= swift), default=0)
    return [
        entry.model_copy(update={"fits": fits, "best": index == best and fits})
        for index, (entry, fits) in enumerate(zip(TABLE, fitting, strict=True))
    ]


def _swift_on_cpu(hardware: Hardware) -> int:
    """The largest weights that a CPU reads several times a second; memory is what limits it, and cores are a fair sign."""
    return 950_000_000 * hardware.cores if hardware.cores < 4 else 650_000_000 * min(hardware.cores, 12)
