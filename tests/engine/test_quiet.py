"""Work behind all others."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from studio.engine.quiet import NICE, quietly


async def test_the_answer_comes_back_from_another_thread() -> None:
    here = threading.get_ident()
    assert await quietly(lambda a, b: (a + b, threading.get_ident() != here), 1, 2) == (3, True)


async def test_an_error_comes_back_too() -> None:
    with pytest.raises(ZeroDivisionError):
        await quietly(lambda: 1 / 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities for threads")
async def test_it_is_patient_and_others_are_not() -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)

    def own() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    assert await quietly(own) == max(before, NICE)
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
