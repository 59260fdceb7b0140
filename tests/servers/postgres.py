"""A real PostgreSQL server, from Debian's package. It refuses to run as root, so root runs it as the user postgres."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.running import Server, free_ports, started

USER, PASSWORD = "studio", "pass word/with:@'signs"
RUNS_AS = "postgres" if os.geteuid() == 0 else ""


def binaries() -> Path | None:
    """The folder of the newest server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


class Postgres:
    """One server whose superuser is `USER`. `url` has no password in it."""

    def __init__(self, folder: Path) -> None:
        programs = binaries()
        if programs is None:
            pytest.skip("PostgreSQL is missing: apt-get install postgresql")
        self._programs, self._folder = programs, folder
        data, word = folder / "data", folder / "word"
        word.write_text(PASSWORD)
        if RUNS_AS:
            for each in (folder, word):
                shutil.chown(each, RUNS_AS)
        init = [str(programs / "initdb"), "-D", str(data), "-U", USER, "--auth=scram-sha-256", f"--pwfile={word}",
                "-E", "UTF8", "--no-sync", "--locale=C.UTF-8"]  # fmt: skip
        subprocess.run(_as_user(init), check=True, capture_output=True)
        (self.port,) = free_ports(1)
        self.url = f"postgresql://{USER}@127.0.0.1:{self.port}"
        self._server = Server(
            [str(programs / "postgres"), "-D", str(data), "-p", str(self.port), "-h", "127.0.0.1", "-k", str(folder),
             "-c", "shared_buffers=32MB", "-c", "fsync=off"], folder / "log", RUNS_AS,
        )  # fmt: skip

    def start(self) -> None:
        self._server.start(lambda: self.run("SELECT 1"))

    def stop(self) -> None:
        self._server.kill()

    def run(self, sql: str, database: str = "postgres") -> str:
        """Run statements, each by itself; the answer is separated by |."""
        command = [str(self._programs / "psql"), "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-d", database, "-At",
                   "-v", "ON_ERROR_STOP=1"]  # fmt: skip
        environment = {**os.environ, "PGPASSWORD": PASSWORD}
        done = subprocess.run(command, input=sql, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout


def _as_user(command: list[str]) -> list[str]:
    return ["setpriv", f"--reuid={RUNS_AS}", f"--regid={RUNS_AS}", "--clear-groups", *command] if RUNS_AS else command


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for the whole session. A test that stops it starts it again."""
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # for the user that it runs as
        server = started(lambda: Postgres(Path(tempfile.mkdtemp(dir=folder))))
        yield server
        server.stop()
