"""What each process holds of the GPUs' memory, as the driver counts it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def by_process() -> dict[int, int]:
    """Bytes on all NVIDIA GPUs by process id; empty without one, or where the driver does not tell (in some containers)."""
    import pynvml

    found: dict[int, int] = {}
    try:
        pynvml.nvmlInit()
        for index in range(pynvml.nvmlDeviceGetCount()):
            for process in pynvml.nvmlDeviceGetComputeRunningProcesses(pynvml.nvmlDeviceGetHandleByIndex(index)):
                found[process.pid] = found.get(process.pid, 0) + _bytes(process)
    except pynvml.NVMLError:
        return {}
    return found


def by_model(workers: Mapping[str, int], held: Mapping[int, int]) -> dict[str, int]:
    """What each worker and the processes that it started hold: bytes by model id, without those that hold none."""
    sums = {model_id: sum(held.get(pid, 0) for pid in _family(worker)) for model_id, worker in workers.items()}
    return {model_id: size for model_id, size in sums.items() if size}


def _bytes(process: Any) -> int:
    return int(process.usedGpuMemory or 0)


def _family(pid: int) -> Iterable[int]:
    import psutil

    try:
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.Error:
        return [pid]
