"""Code of the user's own runs, and can reach nothing."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import psutil
import pytest

from studio.engine.errors import StudioError, Unavailable
from studio.engine.workflows.sandbox import CodeFailed, Limits, isolation, run_code


async def why_not(code: str, **limits: float) -> StudioError:
    with pytest.raises(StudioError) as caught:
        await run_code(code, {}, Limits(**limits))  # type: ignore[arg-type]
    assert caught.value.message.zh
    return caught.value


async def test_code_gets_its_values_and_gives_its_answer_and_its_prints() -> None:
    said: list[str] = []
    answer = await run_code(
        "import re\nprint('hello')\nreturn re.sub(r'\\d', '#', text)", {"text": "手机 139"}, on_log=said.append
    )
    assert (answer, said) == ("手机 ###", ["hello"])


async def test_this_machine_can_isolate() -> None:
    assert await isolation() is None


@pytest.mark.parametrize(
    "code",
    [
        "return open('/etc/passwd').read()",
        "import os\nreturn os.listdir('/')",
        "open('/tmp/one-data-escape', 'w').write('x')",
        "import os\nos.chmod('/etc/hostname', 0o777)",
        "return open('/proc/self/environ').read()",
        "import os\nos.symlink('/etc/passwd', 'p')\nreturn open('p').read()",
    ],
)
async def test_files_outside_its_folder_are_out_of_reach(code: str) -> None:
    assert "PermissionError" in (await why_not(code)).message.en


@pytest.mark.parametrize(
    "code",
    [
        "import socket\nsocket.socket()",
        "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "import socket\nsocket.socket(socket.AF_UNIX)",
        "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:1/')",
    ],
)
async def test_there_is_no_network(code: str) -> None:
    assert "Operation not permitted" in (await why_not(code)).message.en


async def test_a_raw_system_call_does_not_get_out_either() -> None:
    assert await run_code("import ctypes\nreturn ctypes.CDLL(None).syscall(41, 2, 1, 0)", {}) == -1


@pytest.mark.parametrize(
    "code",
    [
        "import os\nwhile True: os.fork()",
        "import subprocess\nsubprocess.run(['true'])",
        "import os\nos.kill(os.getppid(), 9)",
    ],
)
async def test_it_can_neither_start_nor_signal_processes(code: str) -> None:
    assert "PermissionError" in (await why_not(code)).message.en


async def test_too_much_memory_says_so() -> None:
    error = await why_not("x = []\nwhile True: x.append('y' * 1_000_000)", memory_mb=128)
    assert isinstance(error, Unavailable) and "128 MB" in error.message.en


async def test_a_loop_without_end_is_stopped() -> None:
    assert "0.5 seconds" in (await why_not("while True: pass", seconds=0.5)).message.en


async def test_an_error_names_its_line_and_carries_the_traceback() -> None:
    error = await why_not("x = 1\nreturn x / 0")
    assert isinstance(error, CodeFailed)
    assert error.line == 2 and "ZeroDivisionError" in error.message.en and "第 2 行" in error.message.zh
    assert "sandbox_child" not in error.details
    assert (await why_not("return (")).message.en.startswith("The code failed, line 1: SyntaxError")


async def test_none_of_our_environment_is_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hush")
    names = await run_code("import os\nreturn list(os.environ)", {})
    assert "SECRET_TOKEN" not in names and "HOME" not in names


async def test_cancelling_ends_the_process_at_once() -> None:
    task = asyncio.create_task(run_code("while True: pass", {}, Limits(60)))
    child = await _child()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not psutil.pid_exists(child)


async def _child() -> int:
    while True:  # the time limit of the test ends it, where it never starts
        for child in psutil.Process().children():
            with suppress(psutil.Error):  # one that ends in this moment
                if any("sandbox_child" in part for part in child.cmdline()):
                    return child.pid
        await asyncio.sleep(0.01)
