"""A worker is waited for as long as it lives and has time, whatever its first answer was."""

from __future__ import annotations

import sys

import psutil
import pytest

from studio.engine.errors import WorkerFailed
from studio.engine.models.child_worker import ChildWorker

SERVER = """
import http.server, json, os, sys
json.loads(sys.stdin.readline())
refusals = iter(range({refusals}))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        busy = next(refusals, None) is not None
        if busy and {dies}:
            print("out of luck", file=sys.stderr, flush=True)
            os._exit(3)
        self.send_response(503 if busy else 200)
        self.end_headers()
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(json.dumps(dict(port=server.server_port)), flush=True)
server.serve_forever()
"""


@pytest.fixture
async def start(tmp_path):
    started = []

    async def start(refusals: int, dies: bool = False) -> ChildWorker:
        command = [sys.executable, "-I", "-c", SERVER.format(refusals=refusals, dies=dies)]
        order = {"name": "pump", "token": "secret"}
        started.append(await ChildWorker.start(command, order, label="Pump", log=tmp_path / "pump.log"))
        return started[-1]

    yield start
    for worker in started:
        await worker.stop()


async def test_a_worker_that_is_busy_at_first_is_waited_for(start):
    worker = await start(refusals=3)
    await worker.wait_for_answers(60)
    assert worker.running


async def test_a_worker_that_dies_before_it_answers_is_not_waited_for(start):
    worker = await start(refusals=1, dies=True)
    with pytest.raises(WorkerFailed, match="“Pump” could not be loaded: ended with code 3") as caught:
        await worker.wait_for_answers(600)
    assert "out of luck" in caught.value.details


async def test_a_worker_that_never_answers_is_ended_when_its_time_is_over(start):
    worker = await start(refusals=1_000_000)
    with pytest.raises(WorkerFailed, match="“Pump” could not be loaded: no answer in 1 s"):
        await worker.wait_for_answers(1)
    assert not psutil.pid_exists(worker.pid)


async def test_a_worker_that_refuses_is_let_write_why(tmp_path):
    refuses = """
import json, os, sys, time
print(json.dumps(dict(error="no")), flush=True)
os.close(1)
time.sleep(0.3)
print("its layers are of another kind", file=sys.stderr)
"""
    command, order = [sys.executable, "-I", "-c", refuses], {"name": "pump", "token": "secret"}
    with pytest.raises(WorkerFailed, match="“Pump” could not be loaded: no") as caught:
        await ChildWorker.start(command, order, label="Pump", log=tmp_path / "pump.log")
    assert "its layers are of another kind" in caught.value.details
