"""Children end with us and see little; nobody is reached who should not be."""

from __future__ import annotations

import asyncio
import colorsys
import contextlib
import importlib
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from studio.engine.egress import Egress
from studio.engine.errors import BadParameter, Forbidden, Unavailable
from studio.engine.process import Child


async def test_a_child_sees_only_what_is_allowed_and_leaves_a_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "abc")
    code = "import os; print(sorted(os.environ)); print(os.environ['EXTRA'])"
    child = await Child.start([sys.executable, "-c", code], environment={"EXTRA": "1"}, log=tmp_path / "child.log")
    assert await child.wait() == 0
    assert "SECRET_TOKEN" not in child.log_tail()[0] and child.log_tail()[1] == "1"
    assert (tmp_path / "child.log").stat().st_mode & 0o077 == 0


async def test_stop_ends_a_child_that_does_not_listen_and_what_it_started(tmp_path: Path) -> None:
    code = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "grandchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)'])\n"
        "print(grandchild.pid, flush=True); time.sleep(1000)"
    )
    child = await Child.start([sys.executable, "-c", code], stdout=True)
    grandchild = int(await child.stdout.readline())
    assert await child.stop(seconds=0.3) == -9
    assert gone(grandchild)


PARENT = """
import asyncio, sys
from studio.engine.process import Child
async def main():
    child = await Child.start(sys.argv[1:], stdout=True)
    await child.stdout.readline()
    print(child.pid, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


SLEEPERS = {
    "our Python": [sys.executable, "-c", "import time; print(1, flush=True); time.sleep(1000)"],
    "another program": ["sh", "-c", "echo 1; exec sleep 1000"],
}


@pytest.mark.parametrize("command", SLEEPERS.values(), ids=SLEEPERS)
def test_a_child_dies_with_a_parent_that_was_killed(command: list[str]) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, *command], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    assert gone(child)


async def test_a_child_over_its_memory_ends_alone() -> None:
    child = await Child.start([sys.executable, "-c", "x = bytearray(500_000_000)"], memory_bytes=200_000_000)
    assert await child.wait() == 1


async def test_another_program_keeps_to_its_memory_and_leaves_no_core_file() -> None:
    child = await Child.start(["sh", "-c", "ulimit -v; ulimit -c"], stdout=True, memory_bytes=512_000_000)
    assert (await child.stdout.read()).split() == [b"500000", b"0"] and await child.wait() == 0


async def test_our_python_sees_the_words_it_was_given_and_none_of_our_rooms(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import secrets, sys\nif __name__ == '__main__':\n    print(sys.argv, __file__, secrets.__file__)\n"
    )
    library = Path(os.__file__).with_name("secrets.py")
    for flags in ([], ["-P"], ["-I", "-S"], ["-u", "-S"]):
        child = await Child.start([sys.executable, *flags, str(script), "a", "-m"], stdout=True)
        assert (await child.stdout.read()).decode().strip() == f"{[str(script), 'a', '-m']} {script} {library}"
    child = await Child.start([sys.executable, "-I", "-m", "json.tool", "-h"], stdout=True)
    assert b"json.tool" in await child.stdout.read() and await child.wait() == 0


async def test_children_start_while_threads_of_ours_hold_the_locks_of_the_allocator_and_of_imports() -> None:
    """Nothing of Python runs between fork and exec, where a lock that another thread held would stay locked for ever."""
    enough = threading.Event()

    def busy() -> None:
        while not enough.is_set():
            importlib.reload(colorsys)
            logging.getLogger("busy").debug(bytearray(100_000))

    threads = [threading.Thread(target=busy) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        ends = [(await Child.start([sys.executable, "-I", "-S", "-c", ""])).wait() for _ in range(20)]
        assert await asyncio.gather(*ends) == [0] * 20
    finally:
        enough.set()
        for thread in threads:
            thread.join()


async def test_a_program_that_cannot_be_started_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no-such-program"):
        await Child.start(["no-such-program"])
    (tmp_path / "notes.txt").write_text("no program")
    with pytest.raises(Unavailable, match=r"notes\.txt could not be started"):
        await Child.start(["./notes.txt"], folder=tmp_path)
    with pytest.raises(Unavailable, match="could not be started"):
        await Child.start(["true"], folder=tmp_path / "nowhere")
    (tmp_path / "broken").write_text("#!/no/such/interpreter\n")
    (tmp_path / "broken").chmod(0o700)
    child = await Child.start(["./broken"], folder=tmp_path, log=tmp_path / "log")
    assert await child.wait() == 127 and "./broken could not be started" in child.log_tail()[-1]


def gone(pid: int) -> bool:
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.02)  # the time limit of the test ends it, where it never goes
    return True


REFUSED = [
    "http://169.254.169.254/latest/meta-data",
    "http://[fd00:ec2::254]/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://[::ffff:127.0.0.1]/",
    "http://localhost/",
    "http://10.0.0.1/",
    "http://0.0.0.0/",
]


@pytest.mark.parametrize("url", REFUSED)
async def test_an_inner_address_is_refused_however_it_is_written(url: str) -> None:
    egress = Egress()
    with pytest.raises((Forbidden, Unavailable)):
        await egress.judge(url, purpose="test")
    assert all(not passage.allowed for passage in egress.ledger)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "gopher://x/", "http://user:secret@example.org/", "http://", "x"]
)
async def test_what_is_no_plain_web_address_is_refused_without_telling_its_password(url: str) -> None:
    with pytest.raises(BadParameter) as caught:
        await Egress().judge(url, purpose="test")
    assert "secret" not in str(caught.value.whole())


async def test_a_name_that_turns_inward_is_connected_where_it_was_judged() -> None:
    answers = [["93.184.216.34"], ["127.0.0.1"]]

    async def resolve(host: str, port: int) -> list[str]:
        return answers.pop(0)

    egress = Egress(resolve=resolve)
    assert await egress.judge("http://turning.example/", purpose="test") == ["93.184.216.34"]
    with pytest.raises(Forbidden):
        await egress.judge("http://turning.example/", purpose="test")


async def test_a_redirect_to_an_inner_address_is_refused() -> None:
    async with listening(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n") as (
        port,
        _,
    ):
        egress = Egress()
        egress.grant(f"http://127.0.0.1:{port}")
        async with egress.client(purpose="test") as client:
            with pytest.raises(Forbidden):
                await client.get(f"http://127.0.0.1:{port}/", follow_redirects=True)
    assert [passage.allowed for passage in egress.ledger] == [True, False]


async def test_a_granted_host_is_reached_and_noted_and_nobody_else_hears_of_it() -> None:
    async with listening(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") as (port, connections):
        egress = Egress()
        with pytest.raises(Forbidden):
            async with egress.client(purpose="test") as client:
                await client.get(f"http://127.0.0.1:{port}/")
        assert connections == []
        egress.grant(f"http://127.0.0.1:{port}/v1")
        async with egress.client(purpose="test") as client:
            assert (await client.get(f"http://127.0.0.1:{port}/")).text == "ok"
    assert len(connections) == 1


async def test_offline_refuses_granted_hosts_beyond_this_computer() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["93.184.216.34"]

    egress = Egress(offline=lambda: True, resolve=resolve)
    egress.grant("https://models.example")
    with pytest.raises(Forbidden, match="stays offline"):
        await egress.judge("https://models.example/v1", purpose="models")


@contextlib.asynccontextmanager
async def listening(answer: bytes) -> AsyncIterator[tuple[int, list[int]]]:
    connections: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], connections
    finally:
        server.close()


def test_numpy_keeps_to_one_thread_so_that_starting_a_child_waits_for_none() -> None:
    """With more, OpenBLAS ends its threads at every fork and may wait for ever for one that is at work."""
    show = "import studio, numpy, pathlib; numpy.ones((500, 500)) @ numpy.ones((500, 500)); print(len(list(pathlib.Path('/proc/self/task').iterdir())))"
    plain = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True, env=plain)
    assert done.stdout.strip() == "1"
