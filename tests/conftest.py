"""What all tests share: a sample project prepared once, and a real studio that serves it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest

from tests.servers.mariadb import mariadb
from tests.servers.postgres import postgres
from tests.servers.seaweed import seaweed

__all__ = ["mariadb", "postgres", "seaweed"]  # real servers, for any room

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as studio/__init__.py does, before numpy is imported
os.environ.setdefault("ONE_DATA_KEYRING", "file")  # a test never writes into the keychain of whoever runs it
KEPT = ("ONE_DATA_KEYRING", "ONE_DATA_VLLM_PYTHON")
for name in [name for name in os.environ if name.startswith("ONE_DATA_") and name not in KEPT]:
    del os.environ[name]


# No example is judged by its time, and every run of the suite looks at the same ones.
hypothesis.settings.register_profile(
    "steady", deadline=None, derandomize=True, database=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("steady")


@dataclass(frozen=True)
class Running:
    """A studio that serves in a process of its own."""

    url: str
    token: str
    home: Path
    process: subprocess.Popen[str]

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the sample project in it. Read it, or copy it with `copy_of_sample`."""
    from studio.engine.engine import Engine
    from studio.engine.paths import Paths

    home = tmp_path_factory.mktemp("sample")

    async def prepare() -> None:
        engine = await Engine.open(Paths.under(home))
        try:
            await (await engine.sample.prepare()).wait()
        finally:
            await engine.close()

    asyncio.run(prepare())
    return home


@pytest.fixture
def copy_of_sample(sample_home: Path, tmp_path: Path) -> Path:
    """A home of one's own with the sample project in it."""
    home = tmp_path / "home"
    shutil.copytree(sample_home, home)
    return home


def serve(home: Path, *arguments: str) -> Running:
    """Start `studio serve` on a free port and wait until it answers."""
    command = [sys.executable, "-m", "studio", "--home", str(home), "serve", "--json", "--port", "0", *arguments]
    errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (a pipe that nobody reads would hold it up once it is full)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.wait()
        errors.seek(0)
        raise AssertionError(errors.read() or "studio serve ended")
    return Running(json.loads(line)["url"], (home / "data/token").read_text().strip(), home, process)


def stop(running: Running) -> None:
    running.process.terminate()
    try:
        running.process.wait(20)
    except subprocess.TimeoutExpired:
        running.process.kill()
        running.process.wait()


@pytest.fixture(scope="session")
def studio(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A studio that serves a copy of the sample project on loopback."""
    home = tmp_path_factory.mktemp("serving") / "home"
    shutil.copytree(sample_home, home)
    running = serve(home)
    yield running
    stop(running)


@pytest.fixture(scope="session")
def bare_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A studio that serves an empty home on loopback; each test keeps to things of its own name."""
    running = serve(tmp_path_factory.mktemp("bare") / "home")
    yield running
    stop(running)


class SmallDisk:
    """A disk of its own that can be filled to the last byte and freed again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        with self._ballast.open("ab", buffering=0) as file:
            for size in (65536, 512):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    continue

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """Needs the right to mount; where there is none, the test is skipped."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=48m,mode=700", "none", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield SmallDisk(folder)
    subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)
