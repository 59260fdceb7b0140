"""What models hold of the GPU's memory; the driver is real where there is one, the arithmetic everywhere."""

from __future__ import annotations

import os
import subprocess
import sys

from studio.engine.models.gpu_memory import by_model, by_process


def test_a_worker_counts_with_the_processes_that_it_started():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        held = {os.getpid(): 5, child.pid: 7, 1: 100}
        assert by_model({"vllm": os.getpid(), "alone": child.pid, "none": 2**22}, held) == {"vllm": 12, "alone": 7}
    finally:
        child.kill()
        child.wait()


def test_without_a_driver_nothing_is_told():
    assert all(size >= 0 for size in by_process().values())
