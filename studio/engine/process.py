"""Child processes that end with the studio, see little of its environment and leave a log."""

from __future__ import annotations

import asyncio
import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from studio.engine.errors import Unavailable
from studio.engine.text import Text

ALLOWED = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "SYSTEMROOT",
    "LD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES",
)
LOG_LIMIT = 1_000_000  # bytes of log that are read back
PR_SET_PDEATHSIG = 1


class Child:
    """A running child process. Make one with `await Child.start(…)`."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path | None) -> None:
        self._process = process
        self._log = log

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        log: Path | None = None,
        stdin: bool = False,
        stdout: bool = False,
        memory_bytes: int | None = None,
    ) -> Child:
        """Start `command` in a session of its own, to be killed when the studio's process ends.

        The child sees only allowed variables of ours and those of `environment`. Its output goes to `log` (mode 0600);
        with `stdin`/`stdout` those are pipes (`.stdin`, `.stdout`) instead. `memory_bytes` limits its address space.
        Raises `Unavailable` when it cannot be started.
        """
        output = _open_log(log)
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if stdout else output,
                stderr=output,
                cwd=folder,
                env={**_environment(), **(environment or {})},
                start_new_session=True,
                close_fds=True,
                preexec_fn=_prepare(memory_bytes) if sys.platform == "linux" else None,
                limit=64 * 1024 * 1024,
            )
        except OSError as error:
            raise Unavailable(
                Text(
                    f"{command[0]} could not be started: {error.strerror}.",
                    f"无法启动 {command[0]}：{error.strerror}。",
                )
            ) from error
        finally:
            if output > 0:
                os.close(output)
        return cls(process, log)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    @property
    def returncode(self) -> int | None:
        return self._process.returncode

    @property
    def stdin(self) -> asyncio.StreamWriter:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def stdout(self) -> asyncio.StreamReader:
        assert self._process.stdout is not None
        return self._process.stdout

    def log_tail(self, lines: int = 100) -> list[str]:
        """The last lines the child wrote."""
        return tail(self._log, lines) if self._log else []

    async def wait(self) -> int:
        """The exit code: negative is the signal that ended it."""
        return await self._process.wait()

    async def stop(self, seconds: float = 5) -> int:
        """Ask it to end, then kill it and everything it started; it is gone when this returns."""
        if self.running:
            self._signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._process.wait(), seconds)
            except TimeoutError:
                pass
        self._signal(signal.SIGKILL)
        return await self._process.wait()

    async def kill(self) -> int:
        """End it and everything it started at once."""
        self._signal(signal.SIGKILL)
        return await self._process.wait()

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):
            pass


def tail(log: Path, lines: int = 100) -> list[str]:
    """The last lines of a log file; empty when there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - LOG_LIMIT))
            return file.read().decode(errors="replace").splitlines()[-lines:]
    except OSError:
        return []


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in ALLOWED if name in os.environ}


def _open_log(log: Path | None) -> int:
    if log is None:
        return asyncio.subprocess.DEVNULL
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


_libc: Any = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _prepare(memory_bytes: int | None) -> Callable[[], None]:
    """What the child does between fork and exec: only calls that are safe there."""
    parent = os.getpid()

    def prepare() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if memory_bytes:
            resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))

    return prepare
