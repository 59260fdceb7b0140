"""The memory of a worker with everything that it started."""

from __future__ import annotations

from pathlib import Path

import psutil


def peak_memory(pid: int) -> int | None:
    """The most bytes that were resident at once, summed over the process and its children; None when it is gone. Where the
    system does not tell the peak, what is resident now."""
    try:
        process = psutil.Process(pid)
        return sum(_peak(one) for one in (process, *process.children(recursive=True)))
    except psutil.Error:
        return None


def _peak(process: psutil.Process) -> int:
    try:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return int(process.memory_info().rss)
