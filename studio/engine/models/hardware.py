"""What this computer has for running models, and which engine that speaks for."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
from functools import cache
from pathlib import Path
from typing import Literal

import psutil
from pydantic import BaseModel

from studio.engine.status import Gpu
from studio.engine.text import Text

FEATURES = {"amx_tile": "AMX", "avx512f": "AVX-512", "avx2": "AVX2", "avx": "AVX", "asimd": "NEON", "sse4_2": "SSE4.2"}
Engine = Literal["vllm", "llama_cpp"]


class Hardware(BaseModel):
    """Memory and disk in bytes. `engine` is what new models run on and `why` says what speaks for it; `llama_gpu` whether
    the llama.cpp that is installed was built for GPUs."""

    cpu: str
    features: list[str]
    cores: int
    threads: int
    cpu_percent: float
    ram_total: int
    ram_free: int
    disk_free: int
    disk_total: int
    gpus: list[Gpu]
    driver: str = ""
    llama_gpu: bool = False
    engine: Engine
    why: Text

    @property
    def accelerator_free(self) -> int:
        """The free memory of the largest GPU; 0 without one."""
        return max((gpu.total - gpu.used for gpu in self.gpus), default=0)


def read(folder: Path, wanted: str, vllm_missing: Text | None) -> Hardware:
    """Blocking, a few milliseconds. `wanted` is the engine of the settings, `vllm_missing` why vLLM cannot run."""
    memory, found = ram(), gpus()
    disk = psutil.disk_usage(str(folder))
    engine, why = choose(wanted, found, vllm_missing)
    return Hardware(
        cpu=cpu_name(),
        features=cpu_features(),
        cores=psutil.cpu_count(logical=False) or os.cpu_count() or 1,
        threads=os.cpu_count() or 1,
        cpu_percent=psutil.cpu_percent(),
        ram_total=memory[0],
        ram_free=memory[1],
        disk_free=disk.free,
        disk_total=disk.total,
        gpus=found,
        driver=_driver() if found else "",
        llama_gpu=bool(found) and llama_has_gpu(),
        engine=engine,
        why=why,
    )


def ram(groups: Path = Path("/sys/fs/cgroup")) -> tuple[int, int]:
    """Total and free memory; in a container with a limit, of what the limit leaves."""
    memory = psutil.virtual_memory()
    limits = [(groups / "memory.max", groups / "memory.current")]
    limits.append((groups / "memory/memory.limit_in_bytes", groups / "memory/memory.usage_in_bytes"))
    for limit_file, used_file in limits:
        limit, used = _number(limit_file), _number(used_file)
        if limit is not None and used is not None and limit < memory.total:
            return limit, min(memory.available, max(0, limit - used))
    return memory.total, memory.available


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):  # "max" is no limit
        return None


@cache
def llama_has_gpu() -> bool:
    """Whether a library for GPUs came with the llama.cpp runtimes that are installed."""
    for package in ("xllamacpp", "llama-cpp-python"):
        try:
            files = importlib.metadata.files(package) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        if any(re.search(r"(cuda|cublas|vulkan|hipblas|metal)[^/]*\.(so|dll|dylib)", str(file)) for file in files):
            return True
    return False


def choose(wanted: str, found: list[Gpu], vllm_missing: Text | None) -> tuple[Engine, Text]:
    """vLLM on a CUDA GPU where it is installed, else llama.cpp, with the reason in words."""
    if wanted == "llama_cpp":
        return "llama_cpp", Text("Chosen in Settings.", "在“设置”中指定。")
    if vllm_missing is None and (found or wanted == "vllm"):
        chosen = Text("Chosen in Settings.", "在“设置”中指定。")
        return "vllm", chosen if not found else Text(f"vLLM on {found[0].name}.", f"在 {found[0].name} 上使用 vLLM。")
    if not found:
        return "llama_cpp", Text(
            "No CUDA GPU was found, so llama.cpp runs models on the CPU.",
            "未发现 CUDA GPU，由 llama.cpp 在 CPU 上运行模型。",
        )
    assert vllm_missing is not None or found
    reason = vllm_missing or Text("vLLM is not chosen.", "未选择 vLLM。")
    return "llama_cpp", Text(
        f"{found[0].name} could use vLLM, but llama.cpp is used. {reason.en}",
        f"{found[0].name} 可以使用 vLLM，但目前由 llama.cpp 运行。{reason.zh}",
    )


def gpus() -> list[Gpu]:
    """The NVIDIA GPUs; none when there is no driver."""
    import pynvml

    try:
        pynvml.nvmlInit()
        handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
        return [_gpu(pynvml, handle) for handle in handles]
    except pynvml.NVMLError:
        return []


def _gpu(pynvml: object, handle: object) -> Gpu:
    library: object = pynvml
    memory = library.nvmlDeviceGetMemoryInfo(handle)  # type: ignore[attr-defined]
    name = library.nvmlDeviceGetName(handle)  # type: ignore[attr-defined]
    load = library.nvmlDeviceGetUtilizationRates(handle).gpu  # type: ignore[attr-defined]
    return Gpu(
        name=name if isinstance(name, str) else name.decode(), used=memory.used, total=memory.total, percent=load
    )


def _driver() -> str:
    import pynvml

    try:
        version = pynvml.nvmlSystemGetDriverVersion()
    except pynvml.NVMLError:
        return ""
    return version if isinstance(version, str) else str(version.decode())


@cache
def cpu_name() -> str:
    match = re.search(r"^model name\s*:\s*(.+)$", _cpuinfo(), re.MULTILINE)
    return match[1].strip() if match else platform.processor() or platform.machine()


@cache
def cpu_features() -> list[str]:
    """The instruction sets that matter for models, the best first."""
    match = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", _cpuinfo(), re.MULTILINE)
    flags = set(match[1].split()) if match else set()
    return [title for flag, title in FEATURES.items() if flag in flags]


@cache
def _cpuinfo() -> str:
    try:
        return Path("/proc/cpuinfo").read_text()
    except OSError:
        return ""
