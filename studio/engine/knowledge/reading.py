"""Reading a file in a process of its own, within limits of time and memory."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.engine.errors import StudioError, WorkerFailed
from studio.engine.knowledge.document import PageImage
from studio.engine.knowledge.reader import Page, Unreadable
from studio.engine.process import Child
from studio.engine.text import Text

MODULE = "studio.engine.knowledge.read_worker"
ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost."""

    seconds: int = 120
    memory_mb: int = 1024


async def read(path: Path, reader: str, limits: Limits, name: str = "") -> list[Page]:
    """The pages of a file. Raises `Unreadable` with the reason, whatever the file does to its reader."""
    answer = await _ask({"do": "read", "path": str(path), "reader": reader}, limits, name or path.name)
    return [Page.from_dict(page) for page in answer["pages"]]


async def render(
    path: Path, page: int, spans: list[tuple[int, int]], width: int, text: str, limits: Limits
) -> PageImage:
    """A page of a PDF as a picture, with rectangles for spans of `text`, the page's text when it was indexed."""
    request = {"do": "render", "path": str(path), "page": page, "spans": spans, "width": width, "text": text}
    answer = await _ask(request, limits, path.name)
    return PageImage(**{**answer, "png": base64.b64decode(answer["png"])})


async def _ask(request: dict[str, Any], limits: Limits, name: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="studio-read-") as folder:
        file, log = Path(folder) / "answer.json", Path(folder) / "log"
        child = await Child.start(
            [sys.executable, "-m", MODULE], folder=Path(folder), log=log, stdin=True,
            environment={"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"},
            memory_bytes=limits.memory_mb * 1024 * 1024,
        )  # fmt: skip
        try:
            await _tell(child, {**request, "answer": str(file), "seconds": limits.seconds})
            code = await asyncio.wait_for(child.wait(), limits.seconds)
        except TimeoutError:
            raise _too_slow(name, limits) from None
        finally:
            await child.kill()
        if code != 0 or not file.exists():
            raise _died(name, code, child.log_tail(20), limits)
        answer: dict[str, Any] = await asyncio.to_thread(lambda: json.loads(file.read_bytes()))
    if "error" in answer:
        raise _told(answer["error"], name, Path(request["path"]).name)
    return answer


async def _tell(child: Child, request: dict[str, Any]) -> None:
    try:
        child.stdin.write(json.dumps(request).encode())
        await child.stdin.drain()
        child.stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        pass  # it died already; its exit code says why


def _told(error: dict[str, Any], name: str, stored: str) -> StudioError:
    """The worker's own error; the stored copy's name becomes the name that the person knows."""

    def known(words: dict[str, str]) -> Text:
        return Text(words["en"].replace(stored, name), words["zh"].replace(stored, name))

    repair = known(error["repair"]) if error["repair"] else None
    return Unreadable(known(error["message"]), repair, details=error["details"])


def _too_slow(name: str, limits: Limits) -> StudioError:
    return Unreadable(
        Text(
            f"Reading {name} took longer than {limits.seconds} s and was stopped.",
            f"读取 {name} 超过 {limits.seconds} 秒，已停止。",
        ),
        Text("Raise the time limit under Settings › Knowledge and retry.", "可在“设置 › 知识库”中提高时限后重试。"),
    )


def _died(name: str, code: int, log: list[str], limits: Limits) -> StudioError:
    words = "\n".join(log)
    if code == -signal.SIGXCPU:
        return _too_slow(name, limits)
    if "MemoryError" in words or code in (-signal.SIGKILL, -signal.SIGABRT) or "bad_alloc" in words:
        return Unreadable(
            Text(
                f"Reading {name} needs more than {limits.memory_mb:,} MB of memory and was stopped.",
                f"读取 {name} 需要的内存超过 {limits.memory_mb:,} MB，已停止。",
            ),
            Text(
                "Raise the memory limit under Settings › Knowledge and retry.",
                "可在“设置 › 知识库”中提高内存上限后重试。",
            ),
            details=words,
        )
    if code < 0:
        return Unreadable(
            Text(f"{name} crashed its reader ({_signal(code)}).", f"{name} 使读取程序崩溃（{_signal(code)}）。"),
            Text("The file is damaged; save it again in another program.", "文件可能已损坏，请用其他程序重新保存。"),
            details=words,
        )
    if "Error" not in words:
        return WorkerFailed(Text(f"The reader of {name} did not start.", f"{name} 的读取程序未能启动。"), details=words)
    return Unreadable(
        Text(f"{name} could not be read.", f"无法读取 {name}。"),
        Text("The file is damaged or not what its name says.", "文件已损坏，或内容与扩展名不符。"),
        details=words,
    )


def _signal(code: int) -> str:
    try:
        return signal.Signals(-code).name
    except ValueError:
        return str(os.WTERMSIG(-code))
