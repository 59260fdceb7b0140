"""Child processes that end with the studio, see little of its environment and leave a log."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path

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
TIED = Path(__file__).with_name("tied.py")


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
        seen = {**_environment(), **(environment or {})}
        output = _open_log(log)
        try:
            _check_program(command[0], folder, seen.get("PATH"))
            process = await asyncio.create_subprocess_exec(
                *(_tied(command, memory_bytes) if sys.platform == "linux" else command),
                stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if stdout else output,
                stderr=output,
                cwd=folder,
                env=seen,
                start_new_session=True,
                close_fds=True,
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


def _check_program(name: str, folder: Path | None, path: str | None) -> None:
    """`OSError` where it cannot be executed: the child is Python at first, and starts always."""
    place = str(Path(folder or "", name)) if os.sep in name else name
    if shutil.which(place, path=path) is None:
        number = errno.EACCES if Path(place).is_file() else errno.ENOENT
        raise OSError(number, os.strerror(number), name)


def _tied(command: Sequence[str], memory_bytes: int | None) -> list[str]:
    """The command, with what `tied.py` does before it; Python of ours that finds no modules by its folder (-I, -P) does it itself and
    needs no second start."""
    words = [str(TIED), str(os.getpid()), str(memory_bytes or 0)]
    flags = list(takewhile(("-I", "-P", "-S").__contains__, command[1:]))
    if command[0] == sys.executable and {"-I", "-P"} & {*flags}:
        return [sys.executable, *flags, *words, *command[1 + len(flags) :]]
    return [sys.executable, "-I", "-S", *words, "exec", *command]
