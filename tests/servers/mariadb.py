"""A real MySQL server: MariaDB, from Debian's package."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.running import Server, free_ports, started

USER, PASSWORD = "studio", "pass word/with:@signs"


class MariaDb:
    """One server with a user that may do everything. `url` has no password in it."""

    def __init__(self, folder: Path) -> None:
        if not (shutil.which("mariadbd") and shutil.which("mariadb-install-db")):
            pytest.skip("MariaDB is missing: apt-get install mariadb-server")
        data, self._socket = folder / "data", folder / "socket"
        install = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--user=root",
                   "--auth-root-authentication-method=normal", "--skip-test-db"]  # fmt: skip
        subprocess.run(install, check=True, capture_output=True)
        (self.port,) = free_ports(1)
        self.url = f"mysql://{USER}@127.0.0.1:{self.port}"
        self._server = Server(
            ["mariadbd", "--no-defaults", f"--datadir={data}", "--user=root", f"--port={self.port}", "--bind-address=127.0.0.1",
             f"--socket={self._socket}", f"--pid-file={folder / 'pid'}", "--innodb-buffer-pool-size=64M",
             "--performance-schema=OFF", "--skip-name-resolve", "--character-set-server=utf8mb4"], folder / "log",
        )  # fmt: skip

    def start(self) -> None:
        self._server.start(lambda: self.run("SELECT 1"))

    def stop(self) -> None:
        self._server.kill()

    def run(self, sql: str) -> str:
        """Run statements as root; the answer is tab separated."""
        command = [
            "mariadb",
            "--no-defaults",
            f"--socket={self._socket}",
            "-uroot",
            "-N",
            "--default-character-set=utf8mb4",
        ]
        return subprocess.run([*command, "-e", sql], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDb]:
    """A MySQL server for the whole session. A test that stops it starts it again."""
    server = started(lambda: MariaDb(tmp_path_factory.mktemp("mariadb")))
    server.run(f"CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON *.* TO '{USER}'@'%'")
    yield server
    server.stop()
