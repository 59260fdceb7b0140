"""What the status bar and `studio doctor` show: real figures of this process and this computer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
from pydantic import BaseModel

from studio.engine.jobs import JobState


class Gpu(BaseModel):
    """One GPU. Memory in bytes, `percent` is its load."""

    name: str
    used: int
    total: int
    percent: float


class Status(BaseModel):
    """Memory and disk in bytes, percentages 0 to 100, `tokens_per_second` None when no model is answering."""

    version: str
    jobs_running: int
    jobs: list[JobState]
    problems: int
    runs_running: int
    models_loaded: int
    tokens_per_second: float | None
    cpu_percent: float
    ram_used: int
    ram_total: int
    process_ram: int
    disk_free: int
    gpus: list[Gpu]


class Machine:
    """Reads the computer's gauges. CPU load is since the last reading."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = psutil.Process()
        self._gpus_work = True
        psutil.cpu_percent()

    async def read(self) -> dict[str, object]:
        return await asyncio.to_thread(self._read)

    def _read(self) -> dict[str, object]:
        memory = psutil.virtual_memory()
        return {
            "cpu_percent": psutil.cpu_percent(),
            "ram_used": memory.total - memory.available,
            "ram_total": memory.total,
            "process_ram": self._process.memory_info().rss,
            "disk_free": psutil.disk_usage(str(self._folder)).free,
            "gpus": self._read_gpus(),
        }

    def _read_gpus(self) -> list[Gpu]:
        if not self._gpus_work:
            return []
        import pynvml

        try:
            pynvml.nvmlInit()
            return [_gpu(pynvml, index) for index in range(pynvml.nvmlDeviceGetCount())]
        except pynvml.NVMLError:
            self._gpus_work = False
            return []


def _gpu(pynvml: object, index: int) -> Gpu:
    library: object = pynvml
    handle = library.nvmlDeviceGetHandleByIndex(index)  # type: ignore[attr-defined]
    memory = library.nvmlDeviceGetMemoryInfo(handle)  # type: ignore[attr-defined]
    name = library.nvmlDeviceGetName(handle)  # type: ignore[attr-defined]
    load = library.nvmlDeviceGetUtilizationRates(handle).gpu  # type: ignore[attr-defined]
    return Gpu(
        name=name if isinstance(name, str) else name.decode(), used=memory.used, total=memory.total, percent=load
    )
