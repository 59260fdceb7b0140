"""Python of the user's own, in a process that can reach nothing.

The process has no network, no file but those of its own empty folder, no way to start or signal another process, limits on memory
and time, and none of our environment. It ends with the studio. Landlock and seccomp do that; where the kernel has neither, no code
is run, and the error says so. A run costs 20 to 70 ms.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.engine.errors import BadParameter, StudioError, Unavailable, WorkerFailed
from studio.engine.files import temporary_folder
from studio.engine.process import Child
from studio.engine.text import Text

ANSWER_BYTES = 256 * 1024 * 1024
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # each more takes address space, which is limited
CHILD = Path(__file__).with_name("sandbox_child.py")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run of code may use: wall-clock seconds and megabytes of memory."""

    seconds: float = 10.0
    memory_mb: int = 256


class CodeFailed(BadParameter):
    """The user's code raised. `details` has its traceback, `line` where in the code it was."""

    def __init__(self, message: Text, details: str, line: int | None) -> None:
        super().__init__(message, Text("Mend the code and run again.", "请修改代码后重新运行。"), details)
        self.line = line


async def run_code(
    code: str,
    values: dict[str, Any],
    limits: Limits | None = None,
    on_log: Callable[[str], None] | None = None,
    libraries: Sequence[str] = (),
    within: Path | None = None,
) -> Any:
    """Run `code` as the body of a function of `values` (plain JSON), and give what it returns. It may import from the folders
    `libraries` too, and read what is in them. Its own empty folder is made `within` another.

    Raises `CodeFailed` with the code's own traceback, `Unavailable` when a limit is reached or isolation is not to be had.
    Cancelling ends the process at once.
    """
    limits = limits or Limits()
    place = temporary_folder(within, "one-data-code-")
    folder = Path(place.name)
    try:
        task = {
            "code": code,
            "values": values,
            "folder": str(folder),
            "seconds": limits.seconds,
            "memory_mb": limits.memory_mb,
            "libraries": list(libraries),
        }
        answer = await _exchange(json.dumps(task, ensure_ascii=False).encode("utf-8", "surrogatepass"), folder, limits)
    finally:
        await asyncio.shield(asyncio.to_thread(place.cleanup))
    for line in str(answer.get("log", "")).splitlines():
        if on_log:
            on_log(line)
    return _read(answer, limits)


async def isolation() -> Text | None:
    """None where code can be locked up; otherwise why it cannot, for the window to say."""
    try:
        await run_code("return 1", {})
    except StudioError as error:
        return error.whole()
    return None


async def _exchange(task: bytes, folder: Path, limits: Limits) -> dict[str, Any]:
    child = await Child.start(
        [sys.executable, "-I", "-S", str(CHILD)], environment={"LD_LIBRARY_PATH": "", "PATH": "/nowhere", "LC_ALL": "C.UTF-8", **ONE_THREAD},
        folder=folder, stdin=True, stdout=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(limits.seconds):
            sending = asyncio.ensure_future(_send(child, task))
            content = await _receive(child)
            await sending
            code = await child.wait()
    except TimeoutError as error:
        raise _too_long(limits) from error
    finally:
        child_ended = asyncio.ensure_future(child.kill())
        await asyncio.shield(child_ended)
    return _decoded(content, code, limits)


async def _send(child: Child, task: bytes) -> None:
    try:
        child.stdin.write(task)
        await child.stdin.drain()
        child.stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        pass  # it ended early; its answer or its end says why


async def _receive(child: Child) -> bytes:
    pieces, size = [], 0
    while piece := await child.stdout.read(1 << 20):
        size += len(piece)
        if size > ANSWER_BYTES:
            raise Unavailable(Text("The code returned more than 256 MB.", "代码返回的数据超过 256 MB。"))
        pieces.append(piece)
    return b"".join(pieces)


def _decoded(content: bytes, code: int, limits: Limits) -> dict[str, Any]:
    try:
        answer = json.loads(content.decode("utf-8", "surrogatepass"))
    except ValueError:
        if code == -24:
            raise _too_long(limits) from None
        raise WorkerFailed(
            Text(
                f"The code's process ended without an answer (code {code}).",
                f"代码进程未返回结果就结束了（代码 {code}）。",
            ),
            Text("It may need more memory; raise its limit.", "可能是内存不足，请提高内存上限。"),
        ).fixed_by("edit", "memory_mb") from None
    return answer if isinstance(answer, dict) else {}


def _too_long(limits: Limits) -> StudioError:
    return Unavailable(
        Text(
            f"The code took longer than {limits.seconds:g} seconds and was stopped.",
            f"代码运行超过 {limits.seconds:g} 秒，已停止。",
        ),
        Text("Raise its time limit or give it less to do.", "请提高时限或减少数据量。"),
    ).fixed_by("edit", "seconds")


def _read(answer: dict[str, Any], limits: Limits) -> Any:
    if "unlocked" in answer:
        raise Unavailable(
            Text(
                f"This computer cannot isolate code ({answer['unlocked']}), so it was not run.",
                f"本机无法隔离代码（{answer['unlocked']}），因此没有运行。",
            ),
            Text(
                "Linux 5.13 or newer with Landlock and seccomp is needed.",
                "需要支持 Landlock 与 seccomp 的 Linux 5.13 或更高版本。",
            ),
        )
    if answer.get("memory"):
        raise Unavailable(
            Text(
                f"The code needs more than {limits.memory_mb} MB of memory.",
                f"代码需要的内存超过 {limits.memory_mb} MB。",
            ),
            Text("Raise its memory limit or give it less to do.", "请提高内存上限或减少数据量。"),
        ).fixed_by("edit", "memory_mb")
    if "error" in answer:
        line = answer.get("line")
        where = Text(f", line {line}", f"第 {line} 行") if line else Text("", "")
        raise CodeFailed(
            Text(f"The code failed{where.en}: {answer['error']}.", f"代码{where.zh}出错：{answer['error']}。"),
            str(answer.get("trace", "")),
            line,
        ).fixed_by("edit", "code")
    return answer.get("value")
