"""llama.cpp in a child process: xllamacpp by default, llama-cpp-python as the second runtime of the same backend."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from pathlib import Path
from typing import Any, ClassVar

import psutil

from studio.engine.errors import Invalid, Unavailable
from studio.engine.models import gguf, hardware
from studio.engine.models.backend import Backend
from studio.engine.models.child_worker import ChildWorker, new_token, python_module, try_code
from studio.engine.models.model import LoadSettings, Model
from studio.engine.text import Text

RUNTIMES = {"xllamacpp": "xllamacpp", "llama-cpp-python": "llama_cpp"}  # distribution: module
CPU_BATCH, GPU_BATCH = 64, 2048  # prompt tokens between two looks whether somebody still waits for the answer
QUEUE = 64
CACHE_BLOCK = 32  # numbers that Q8 and Q4 pack together
ANSWER_SECONDS = 120  # a loaded model answers at once, on a machine that is busy a little later
SMALL_MODEL = 300_000_000  # bytes; below this a second thread costs more than it gives


class LlamaCpp(Backend):
    """Runs GGUF files."""

    name: ClassVar[str] = "llama_cpp"
    title: ClassVar[Text] = Text.same("llama.cpp")

    def available(self) -> Text | None:
        if self.runtime():
            return None
        return Text(
            "No llama.cpp runtime is installed. Install one: pip install xllamacpp",
            "没有安装 llama.cpp 运行库，请执行：pip install xllamacpp",
        )

    def version(self) -> str:
        runtime = self.runtime()
        return f"{runtime} {importlib.metadata.version(runtime)}" if runtime else ""

    def runtime(self) -> str:
        """The runtime that is used: the one chosen in Settings if it is installed, else the first that is."""
        chosen = self.surroundings.settings().llama_cpp_runtime
        installed = [name for name, module in RUNTIMES.items() if importlib.util.find_spec(module)]
        return chosen if chosen in installed else next(iter(installed), "")

    async def check(self) -> float | None:
        runtime = self.runtime()
        return await try_code(f"import {RUNTIMES[runtime]}") if runtime else None

    def suits(self, model: Model) -> bool:
        return model.location.lower().endswith(".gguf") and not model.remote

    async def start(self, model: Model, settings: LoadSettings) -> ChildWorker:
        """Check the file in a process of its own, then load it in another."""
        reason = self.available()
        if reason:
            raise Unavailable(reason)
        headers = [
            await gguf.read(Path(file)) for file in (model.location, settings.lora, settings.draft_model) if file
        ]
        _check_cache(model.name, headers[0], settings)
        folder = self.surroundings.paths.logs / "models"
        worker = await ChildWorker.start(
            python_module("studio.engine.models.llama_worker"),
            _order(model, settings, self.runtime()),
            label=model.name,
            log=folder / f"{model.id}.log",
        )
        await worker.wait_for_answers(ANSWER_SECONDS)
        return worker


def _check_cache(name: str, header: gguf.GgufHeader, settings: LoadSettings) -> None:
    """The runtime says only that it failed: raise `Invalid` for a context cache that this model cannot have."""
    if settings.cache_precision == "f16":
        return
    wanted = settings.cache_precision.partition("_")[0].upper()
    choose = Text("Choose F16 as its context cache precision.", "请将上下文缓存精度设为 F16。")
    usual = header.width // header.heads if header.width and header.heads else 0
    sizes = (header.key_length or usual, header.value_length or usual)
    odd = next((size for size in sizes if size % CACHE_BLOCK), None)
    if odd:
        raise Invalid(
            Text(
                f"“{name}” cannot keep its context as {wanted}: its heads have {odd} numbers, and {wanted} packs {CACHE_BLOCK}.",
                f"“{name}”的上下文缓存不能使用 {wanted}：其注意力头为 {odd} 维，而 {wanted} 每 {CACHE_BLOCK} 个数打包一次。",
            ),
            choose,
        )
    if settings.flash_attention == "off":
        raise Invalid(
            Text(
                f"“{name}” cannot keep its context as {wanted} while flash attention is off.",
                f"关闭 Flash Attention 时，“{name}”的上下文缓存不能使用 {wanted}。",
            ),
            Text("Set flash attention to automatic, or choose F16.", "请将 Flash Attention 设为自动，或选择 F16。"),
        )


def _order(model: Model, settings: LoadSettings, runtime: str) -> dict[str, Any]:
    cores = psutil.cpu_count(logical=False) or 1
    small = (model.size_bytes or 0) < SMALL_MODEL
    context = min(settings.context_length, model.context_length or settings.context_length)
    return {
        "runtime": runtime,
        "path": model.location,
        "name": model.name,
        "kind": model.kind,
        "token": new_token(),
        "context_length": context,
        "slots": settings.slots,
        "threads": settings.threads or (1 if small else cores),
        "batch_threads": settings.threads or cores,
        "gpu_layers": settings.gpu_layers,
        "cache_precision": settings.cache_precision,
        "flash_attention": settings.flash_attention,
        "prompt_batch": settings.prompt_batch or (GPU_BATCH if hardware.gpus() else CPU_BATCH),
        "prompt_cache_mb": settings.prompt_cache_mb,
        "lora": settings.lora or "",
        "lora_scale": settings.lora_scale,
        "draft_model": settings.draft_model or "",
        "draft_tokens": settings.draft_tokens,
        "queue": QUEUE,
        "detailed_log": settings.detailed_log,
    }
