"""How a model is loaded: declared once for the form, the command line, the API and every backend."""

from __future__ import annotations

from typing import Literal

from studio.engine.params import FileRef, Params, param
from studio.engine.text import Text


class LoadSettings(Params):
    """How a model is loaded. What is not said here follows Settings › Models."""

    engine: Literal["auto", "llama_cpp", "vllm"] = param(
        "auto",
        Text("Engine", "推理引擎"),
        choices={"auto": Text("Automatic", "自动"), "llama_cpp": Text.same("llama.cpp"), "vllm": Text.same("vLLM")},
        advanced=True,
        help=Text(
            "Automatic follows Settings › Models and what this computer has.", "自动：按“设置 › 模型”和本机硬件选择。"
        ),
    )
    context_length: int = param(
        4096,
        Text("Context length", "上下文长度"),
        ge=256,
        le=1_048_576,
        unit="tokens",
        help=Text(
            "For each slot; never more than the model was trained for.",
            "每个并行槽位的长度，不会超过模型训练时的上限。",
        ),
    )
    slots: int = param(
        2,
        Text("Parallel slots", "并行槽位"),
        ge=1,
        le=64,
        help=Text("Requests that are answered at the same time.", "同时处理的请求数。"),
    )
    threads: int = param(
        0, Text("CPU threads", "CPU 线程数"), ge=0, le=256, help=Text("0 chooses by itself.", "0 表示自动选择。")
    )
    cache_precision: Literal["f16", "q8_0", "q4_0"] = param(
        "f16",
        Text("Context cache precision", "上下文缓存精度"),
        choices={"f16": Text.same("F16"), "q8_0": Text.same("Q8"), "q4_0": Text.same("Q4")},
        help=Text(
            "Q8 halves the memory of the context, Q4 quarters it and is less exact.",
            "Q8 可将上下文占用的内存减半；Q4 减至四分之一，但精度较低。",
        ),
    )
    flash_attention: Literal["auto", "on", "off"] = param(
        "auto",
        Text("Flash attention", "Flash Attention"),
        choices={"auto": Text("Automatic", "自动"), "on": Text("On", "开启"), "off": Text("Off", "关闭")},
        advanced=True,
    )
    gpu_layers: int = param(
        -1,
        Text("Layers on the GPU", "GPU 层数"),
        ge=-1,
        le=1000,
        advanced=True,
        help=Text(
            "-1 puts as many there as fit; without a GPU it changes nothing.", "-1 表示尽量多放；没有 GPU 时不起作用。"
        ),
    )
    unload_after_minutes: int = param(
        30,
        Text("Unload when idle", "空闲后卸载"),
        ge=0,
        le=1440,
        unit="min",
        help=Text("0 keeps it loaded.", "0 表示一直保持加载。"),
    )
    prompt_batch: int = param(
        0,
        Text("Prompt tokens at once", "每批提示词元数"),
        ge=0,
        le=8192,
        advanced=True,
        help=Text(
            "0 chooses by itself: few on a CPU, so that an answer that nobody waits for ends soon.",
            "0 表示自动选择：在 CPU 上取较小值，以便无人等待的回答尽快结束。",
        ),
    )
    prompt_cache_mb: int = param(
        256,
        Text("Memory for earlier prompts", "历史提示缓存"),
        ge=0,
        le=65_536,
        unit="MB",
        advanced=True,
        help=Text(
            "Conversations that lost their slot go on without being read again.",
            "被换出槽位的对话可直接继续，无需重读。",
        ),
    )
    lora: FileRef = param(
        "", Text("LoRA adapter", "LoRA 适配器"), advanced=True, help=Text("A GGUF file.", "GGUF 文件。")
    )
    lora_scale: float = param(1.0, Text("Strength of the adapter", "适配器强度"), ge=-100, le=100, advanced=True)
    draft_model: FileRef = param(
        "",
        Text("Draft model for faster decoding", "用于加速的草稿模型"),
        advanced=True,
        help=Text(
            "A small GGUF file with the same vocabulary; its guesses are checked in one go.",
            "词表相同的小型 GGUF 文件；其猜测会被一次性验证。",
        ),
    )
    draft_tokens: int = param(8, Text("Tokens guessed at once", "每次猜测的词元数"), ge=1, le=64, advanced=True)
    tool_parser: str = param(
        "",
        Text("Tool call parser of vLLM", "vLLM 的工具调用解析器"),
        advanced=True,
        help=Text("Empty chooses by the model's family; “none” leaves it off.", "留空按模型系列选择；填“none”则关闭。"),
    )
    gpu_memory_percent: int = param(
        90, Text("GPU memory for vLLM", "vLLM 可用显存"), ge=10, le=98, unit="%", advanced=True
    )
    detailed_log: bool = param(False, Text("Detailed log", "详细日志"), advanced=True)
