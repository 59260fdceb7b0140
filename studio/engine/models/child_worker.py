"""A worker that is a child process of the studio: started with a secret token, watched, and gone when it is stopped."""

from __future__ import annotations

import asyncio
import json
import secrets
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.engine.errors import WorkerFailed
from studio.engine.models import wire
from studio.engine.models.backend import Worker
from studio.engine.process import Child
from studio.engine.text import Text

if TYPE_CHECKING:
    import httpx

START_SECONDS = 600  # a large model on a slow disk
STOP_SECONDS = 3
LOOK_EVERY = 0.2  # seconds between two looks whether a worker that starts answers yet
IDLE_SECONDS = 2  # of a connection without a request: llama.cpp closes it after five
REASONS = {  # in llama.cpp's log: what stands before the reason, and what we say before it
    "error loading model: ": "",
    "llama_init_from_model: ": "",
    "common_chat_templates_init: error: ": "its chat template cannot be read: ",
}
READ_SECONDS = 1800  # silence that is believed: reading a long prompt on a CPU takes minutes
QUIET = {  # for every library that might run in the child, before it is imported
    "OMP_WAIT_POLICY": "passive",
    "OPENBLAS_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONUNBUFFERED": "1",
    "HF_HUB_OFFLINE": "1",
}


def python_module(module: str) -> list[str]:
    """The command for one of our modules in a child, isolated from the user's Python settings and folder."""
    return [sys.executable, "-I", "-m", module]


async def try_code(code: str, seconds: float = 30) -> float:
    """Run a line of Python in a child process, isolated: the seconds it took. Raises `WorkerFailed` with its last words."""
    started = time.perf_counter()
    child = await Child.start(
        [sys.executable, "-I", "-c", f"import sys; sys.stderr = sys.stdout\n{code}"], environment=QUIET, stdout=True
    )
    try:
        async with asyncio.timeout(seconds):
            words = (await child.stdout.read()).decode(errors="replace").strip().splitlines()
            status = await child.wait()
    except TimeoutError:
        words, status = [f"no answer in {seconds:.0f} s"], 1
    finally:
        await child.kill()
    if status:
        last = words[-1] if words else how_it_ended(status).en
        raise WorkerFailed(Text(f"It does not run here: {last}", f"无法在此运行：{last}"), details="\n".join(words))
    return time.perf_counter() - started


def new_token() -> str:
    return secrets.token_urlsafe(32)


class ChildWorker(Worker):
    """Speaks the OpenAI protocol on a loopback port."""

    def __init__(self, child: Child, model: str, port: int, key: str, label: str) -> None:
        self.base_url = f"http://127.0.0.1:{port}"
        self._port = port
        self.key = key
        self.model = model
        self._label = label
        self._child = child
        self._client: httpx.AsyncClient | None = None

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        order: dict[str, Any],
        *,
        label: str,
        log: Path,
        environment: Mapping[str, str] = {},
    ) -> ChildWorker:
        """Start `command`, hand it `order` (with its token) on stdin, and wait until it says on which port it serves.

        Raises `WorkerFailed` with the last lines of its log when it ends or refuses instead.
        """
        log.unlink(missing_ok=True)
        child = await Child.start(
            command, environment={**QUIET, **environment}, folder=log.parent, log=log, stdin=True, stdout=True
        )
        try:
            async with asyncio.timeout(START_SECONDS):
                answer = await _hand_over(child, order)
        except TimeoutError as error:
            await child.kill()
            raise _did_not_start(label, f"no answer in {START_SECONDS} s", child) from error
        except BaseException:
            await child.kill()
            raise
        if "port" not in answer:
            with suppress(TimeoutError):  # until it has written why: its engine's log is on a thread of its own
                await asyncio.wait_for(child.wait(), STOP_SECONDS)
            await child.kill()
            raise _did_not_start(label, str(answer.get("error", "")), child)
        return cls(child, order["name"], answer["port"], order["token"], label)

    @classmethod
    async def start_server(
        cls,
        command: Sequence[str],
        order: dict[str, Any],
        *,
        label: str,
        log: Path,
        environment: Mapping[str, str] = {},
    ) -> ChildWorker:
        """Start a server of another project on the port and with the token of `order`, and wait until it answers."""
        log.unlink(missing_ok=True)
        child = await Child.start(command, environment={**QUIET, **environment}, folder=log.parent, log=log)
        worker = cls(child, order["name"], order["port"], order["token"], label)
        await worker.wait_for_answers(START_SECONDS)
        return worker

    async def wait_for_answers(self, seconds: float) -> None:
        """Return when it says that it is well. Ends it and raises `WorkerFailed` when it does not within `seconds`, or dies."""
        reason = ""
        try:
            async with asyncio.timeout(seconds):
                while self.running and not await self.health():  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_EVERY)
        except TimeoutError:
            reason = f"no answer in {seconds:.0f} s"
        except BaseException:
            await self.stop(0)
            raise
        if reason or not self.running:
            reason = reason or how_it_ended(self._child.returncode).en
            await self.stop(0)
            raise _did_not_start(self._label, reason, self._child)

    @property
    def client(self) -> httpx.AsyncClient:
        if self._client is None:
            import httpx

            limits = httpx.Limits(max_keepalive_connections=16, keepalive_expiry=IDLE_SECONDS)
            timeout = httpx.Timeout(READ_SECONDS, connect=5)
            self._client = httpx.AsyncClient(
                base_url=self.base_url, headers=self.headers(), timeout=timeout, limits=limits, trust_env=False
            )
        return self._client

    def stream(self, route: str, body: dict[str, Any]) -> AbstractAsyncContextManager[Any]:
        return wire.post(self._port, route, self.headers(), body, READ_SECONDS)

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child.running

    async def health(self) -> bool:
        import httpx

        try:
            return self.running and (await self.client.get("/health", timeout=2)).is_success
        except httpx.HTTPError:
            return False

    def log(self, lines: int = 200) -> list[str]:
        return self._child.log_tail(lines)

    async def wait(self) -> int:
        return await self._child.wait()

    async def stop(self, seconds: float = STOP_SECONDS) -> None:
        await self._child.stop(seconds)
        if self._client is not None:
            await self._client.aclose()


async def _hand_over(child: Child, order: dict[str, Any]) -> dict[str, Any]:
    """Give the child its order and read its one answer; {} with nothing in it when it ended."""
    try:
        child.stdin.write(json.dumps(order).encode() + b"\n")
        await child.stdin.drain()
    except (BrokenPipeError, ConnectionResetError):
        pass
    line = await child.stdout.readline()
    try:
        answer = json.loads(line or b"{}")
    except ValueError:
        answer = {"error": line[:200].decode(errors="replace")}
    if not line:
        answer = {"error": how_it_ended(await child.wait()).en}
    return dict(answer)


def how_it_ended(code: int | None) -> Text:
    """Words for an exit code; a negative one is a signal."""
    if code is not None and code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        if name == "SIGKILL":
            return Text("killed, perhaps because memory ran out", "被强制结束，可能是内存不足")
        return Text(f"ended by {name}", f"被 {name} 终止")
    return Text(f"ended with code {code}", f"以代码 {code} 退出")


def _did_not_start(label: str, reason: str, child: Child) -> WorkerFailed:
    lines = child.log_tail(40)
    reason = (_reason(lines) or reason or "its engine ended").rstrip(". ")
    return WorkerFailed(
        Text(f"“{label}” could not be loaded: {reason}.", f"无法加载“{label}”：{reason}。"),
        Text("Its log is under Models.", "日志可在“模型”中查看。"),
        details="\n".join(lines),
    )


def _reason(lines: Sequence[str]) -> str:
    """What llama.cpp said about why, without its time and place: it says more than the exception does."""
    for mark, words in REASONS.items():
        found = [line.partition(mark)[2].strip() for line in lines if mark in line]
        if found:
            return f"{words}{found[-1]}"[:200]
    return ""
