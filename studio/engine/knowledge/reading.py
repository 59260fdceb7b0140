"""Reading files in processes of their own, within limits of time and memory: a few workers that are used again."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from studio.engine.errors import StudioError, WorkerFailed
from studio.engine.files import temporary_folder
from studio.engine.knowledge.document import PageImage
from studio.engine.knowledge.picture_text import boxes_of
from studio.engine.knowledge.reader import Page, Unreadable
from studio.engine.knowledge.split import Piece
from studio.engine.process import Child
from studio.engine.text import Text

MODULE = "studio.engine.knowledge.read_worker"
ROOT = Path(__file__).resolve().parents[3]
FILES = 200  # that one worker reads before a fresh one takes its place
IDLE = 30.0  # seconds after which a worker without work ends
PAGES = 32  # taken from a worker's answer at once
Told = Callable[[float], None]  # hears the share of a file's pictures that is read


def _nobody(_: float) -> None:
    """Hears what nobody wants to know."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost, and of one whose pages are pictures each page."""

    seconds: int = 120
    memory_mb: int = 1024


@dataclass(frozen=True, slots=True)
class Rules:
    """How a document is cut, and whether text is looked for in pictures."""

    characters: int = 800
    overlap: int = 80
    ocr: Literal["automatic", "always", "never"] = "automatic"  # "always": also on pages that have text


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page and the pieces it was cut into."""

    page: Page
    pieces: list[Piece]


@dataclass(slots=True)
class Reading:
    """A document that was read: counts, and its pages one after the other from the disk."""

    page_count: int
    piece_count: int
    numbered: int
    file: Path

    async def pages(self) -> AsyncIterator[list[ReadPage]]:
        """A few pages at a time, so that a long document takes little memory."""
        with self.file.open(encoding="utf-8") as lines:
            while part := await asyncio.to_thread(lambda: [_page(line) for line in islice(lines, PAGES)]):
                yield part


def _page(line: str) -> ReadPage:
    told = json.loads(line)
    page = Page.from_dict(told["page"])
    pieces = []
    for piece in told["pieces"]:
        piece["sentences"] = [tuple(span) for span in piece["sentences"]]
        pieces.append(Piece(**piece, text=page.text[piece["start"] : piece["end"]]))
    return ReadPage(page, pieces)


@dataclass(slots=True, eq=False)
class _Worker:
    child: Child
    place: tempfile.TemporaryDirectory[str]
    limits: Limits
    served: int = 0
    idle: asyncio.TimerHandle | None = None

    @property
    def folder(self) -> Path:
        return Path(self.place.name)

    @property
    def log(self) -> list[str]:
        return self.child.log_tail(20)


@dataclass(slots=True)
class Readers:
    """The workers that read documents. One that dies, or takes too long, is replaced; the file is said to be unreadable.

    After `close` none is left, not even one that was reading: whoever waited for it is cancelled, and so is who asks later.
    """

    within: Path | None = None  # where their temporary folders are made
    _resting: list[_Worker] = field(default_factory=list)
    _living: set[_Worker] = field(default_factory=set)
    _ending: set[asyncio.Task[None]] = field(default_factory=set)
    _closed: bool = False

    @asynccontextmanager
    async def read(
        self,
        path: Path,
        reader: str,
        limits: Limits,
        rules: Rules,
        name: str = "",
        whole: bool = False,
        told: Told = _nobody,
    ) -> AsyncIterator[Reading]:
        """The pages and pieces of a file; with `whole` no pieces, but pages with their headings and rows. `told` hears how much of
        the pictures in it is read.

        Raises `Unreadable` with the reason, whatever the file does to its reader.
        """
        request: dict[str, Any] = {"do": "read", "path": str(path), "reader": reader, "whole": whole}
        request |= asdict(rules)
        with temporary_folder(self.within, "studio-read-") as folder:
            file = Path(folder) / "pages.jsonl"
            read = await self._ask({**request, "answer": str(file)}, limits, name or path.name, told)
            yield Reading(read["pages"], read["pieces"], read["numbered"], file)

    async def render(
        self, path: Path, reader: str, page: Page, spans: Sequence[tuple[int, int]], width: int, limits: Limits
    ) -> PageImage:
        """A page as a picture, with rectangles for spans of its text, which is what it was when it was read."""
        request: dict[str, Any] = {
            "do": "render",
            "path": str(path),
            "reader": reader,
            "page": page.number,
            "spans": list(spans),
        }
        request |= {"width": width, "text": page.text, "boxes": boxes_of(page, spans)}
        with temporary_folder(self.within, "studio-read-") as folder:
            file = Path(folder) / "image.json"
            await self._ask({**request, "answer": str(file)}, limits, path.name)
            image = json.loads(await asyncio.to_thread(file.read_bytes))
        return PageImage(**{**image, "png": base64.b64decode(image["png"])})

    async def close(self) -> None:
        self._closed = True
        self._resting.clear()
        for worker in list(self._living):
            await self._end(worker)
        if self._ending:
            await asyncio.wait(self._ending)

    async def _ask(self, request: dict[str, Any], limits: Limits, name: str, told: Told = _nobody) -> dict[str, Any]:
        worker = await self._worker(limits)
        used = worker.served > 0
        try:
            answer = await self._answered(worker, request, limits, name, told)
        except _Died as death:
            if used:  # what earlier files left behind may have been too much: alone it has all the memory
                return await self._ask_afresh(request, limits, name, told)
            raise death.error from None
        if "error" in answer:
            raise _told(answer["error"], name, Path(request["path"]).name)
        return answer

    async def _ask_afresh(self, request: dict[str, Any], limits: Limits, name: str, told: Told) -> dict[str, Any]:
        resting, self._resting = self._resting, []
        for worker in resting:
            await self._end(worker)
        return await self._ask(request, limits, name, told)

    async def _answered(
        self, worker: _Worker, request: dict[str, Any], limits: Limits, name: str, told: Told
    ) -> dict[str, Any]:
        done = False
        try:
            async with asyncio.timeout(limits.seconds) as time:
                await _tell(worker.child, request)
                while (line := await worker.child.stdout.readline()).startswith(b'{"read"'):
                    part = json.loads(line)
                    told(part["read"] / part["of"])
                    time.reschedule(asyncio.get_running_loop().time() + limits.seconds)
            if not line and self._closed:
                raise asyncio.CancelledError
            if not line:
                code = await worker.child.wait()
                raise _Died(_died(name, code, worker.log, limits))
            done = True
            return dict(json.loads(line))
        except TimeoutError:
            raise _too_slow(name, limits) from None
        finally:
            worker.served += 1
            if done and worker.served < FILES and not self._closed:
                self._rest(worker)
            else:
                await self._end(worker)

    async def _worker(self, limits: Limits) -> _Worker:
        """One that rests, or a new one."""
        while self._resting:
            worker = self._resting.pop()
            if worker.idle:
                worker.idle.cancel()
            if worker.limits == limits and worker.child.running:
                return worker
            await self._end(worker)
        if self._closed:
            raise asyncio.CancelledError
        place = temporary_folder(self.within, "studio-reader-")
        folder = Path(place.name)
        child = await Child.start(
            [sys.executable, "-P", "-m", MODULE], folder=folder, log=folder / "log", stdin=True, stdout=True,
            environment={
                "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1", "PYTHONIOENCODING": "utf-8",
            },
            memory_bytes=limits.memory_mb * 1024 * 1024,
        )  # fmt: skip
        worker = _Worker(child, place, limits)
        self._living.add(worker)
        if self._closed:  # while it was started
            await self._end(worker)
            raise asyncio.CancelledError
        return worker

    def _rest(self, worker: _Worker) -> None:
        def end() -> None:
            if worker in self._resting:
                self._resting.remove(worker)
                task = asyncio.ensure_future(self._end(worker))
                self._ending.add(task)
                task.add_done_callback(self._ending.discard)

        worker.idle = asyncio.get_running_loop().call_later(IDLE, end)
        self._resting.append(worker)

    async def _end(self, worker: _Worker) -> None:
        if worker.idle:
            worker.idle.cancel()
        worker.child.stdin.close()
        await worker.child.kill()
        self._living.discard(worker)
        await asyncio.to_thread(worker.place.cleanup)


async def read(path: Path, reader: str, limits: Limits, name: str = "", within: Path | None = None) -> list[Page]:
    """All pages of one file, with their headings and rows."""
    readers = Readers(within)
    try:
        async with readers.read(path, reader, limits, Rules(), name, whole=True) as reading:
            return [one.page async for part in reading.pages() for one in part]
    finally:
        await readers.close()


async def render(
    path: Path,
    reader: str,
    page: Page,
    spans: Sequence[tuple[int, int]],
    width: int,
    limits: Limits,
    within: Path | None = None,
) -> PageImage:
    """As `Readers.render`, of a file that is shown once."""
    readers = Readers(within)
    try:
        return await readers.render(path, reader, page, spans, width, limits)
    finally:
        await readers.close()


class _Died(Exception):
    """A worker ended over a file; `error` says it in words."""

    def __init__(self, error: StudioError) -> None:
        super().__init__(error.message.en)
        self.error = error


async def _tell(child: Child, request: dict[str, Any]) -> None:
    try:
        child.stdin.write(json.dumps(request).encode() + b"\n")
        await child.stdin.drain()
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
