"""What the real servers of the tests have in common: free ports, waiting for a real operation, ending the process tree."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

LOWEST, HIGHEST = (
    10_000,
    30_000,
)  # below those that Linux gives to whoever connects: a server that is down keeps its ports


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, all different."""
    found: list[int] = []
    for port in random.sample(range(LOWEST, HIGHEST), HIGHEST - LOWEST):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("no port is free")


S = TypeVar("S", bound="Startable")


class Startable(Protocol):
    def start(self) -> None: ...


def started(make: Callable[[], S]) -> S:
    """A server that runs. A port that somebody else took in between is a reason to try others."""
    for _ in range(2):
        server = make()
        with contextlib.suppress(AssertionError):
            server.start()
            return server
    server = make()
    server.start()
    return server


class Server:
    """A process of another project with its own session, so that its whole tree ends with `kill`."""

    def __init__(self, command: list[str], log: Path, user: str = "") -> None:
        self._command = (
            ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command] if user else command
        )
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, works: Callable[[], object], seconds: float = 150) -> None:
        """Start it and wait until an operation works. Raises with the log's end when it does not."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, start_new_session=True)
        until = time.monotonic() + seconds
        while True:
            try:
                works()
                return
            except Exception as error:
                if self._process.poll() is not None or time.monotonic() > until:
                    self.kill()
                    tail = self._log.read_text(errors="replace")[-3000:]
                    raise AssertionError(f"{self._command[0]} does not work: {error}\n{tail}") from error
            time.sleep(0.05)

    def kill(self) -> None:
        """End the whole tree at once."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
