"""The local server under people who leave, wait, send nonsense or never read."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

import httpx
import psutil
import pytest

from studio.engine.engine import Engine
from studio.engine.models.model import LoadSettings
from studio.engine.paths import Paths
from tests.conftest import Running, serve
from tests.models.tiny_gguf import make_tiny_gguf

HELLO = [{"role": "user", "content": "Hello"}]
ROUTE = "/v1/chat/completions"
LONG = {"model": "qwen", "messages": HELLO, "max_tokens": 1900, "ignore_eos": True}


def test_numbers_beyond_reason_and_unknown_fields_do_no_harm(http):
    body = {"model": "qwen", "messages": HELLO, "max_tokens": 4}
    odd = {"temperature": -1e9, "top_p": 1e308, "top_k": -7, "seed": 2**70, "n_predict": -2, "id_slot": 99, "lora": "x"}
    assert http.post(ROUTE, json={**body, **odd}).status_code == 200
    for value in ("NaN", "Infinity", "-Infinity"):
        sent = json.dumps(body)[:-1] + f', "temperature": {value}}}'
        answer = http.post(ROUTE, content=sent)
        assert answer.status_code == 400 and value.lstrip("-") in answer.json()["error"]["message"]
    answer = http.post(ROUTE, json={**body, "temperature": "hot"})
    assert answer.status_code == 400 and "temperature" in answer.json()["error"]["message"]


@pytest.mark.parametrize("messages", [None, [], "hi", [1], [{"role": "user"}], [{"content": {"a": 1}, "role": 7}]])
def test_messages_that_are_none_are_refused_and_the_next_are_answered(http, messages):
    answer = http.post(ROUTE, json={"model": "qwen", "messages": messages, "max_tokens": 2})
    assert answer.status_code in (400, 422) and answer.json()["error"]["message"]
    assert http.post(ROUTE, json={"model": "qwen", "messages": HELLO, "max_tokens": 2}).status_code == 200


def test_a_prompt_of_ten_megabytes_is_refused_with_a_reason(http):
    long = [{"role": "user", "content": "pump " * 2_100_000}]
    answer = http.post(ROUTE, json={"model": "qwen", "messages": long})
    assert answer.status_code == 400 and "10,000,000" in answer.json()["error"]["message"]


def test_a_body_beyond_all_measure_is_turned_away_before_it_is_read(tiny_studio: Running):
    with socket.create_connection(("127.0.0.1", int(tiny_studio.url.rsplit(":", 1)[1])), timeout=240) as connection:
        head = f"POST {ROUTE} HTTP/1.1\r\nHost: {tiny_studio.host}\r\nContent-Length: 900000000\r\n\r\n{{"
        connection.sendall(head.encode())
        assert b" 413 " in connection.recv(200)


def test_too_many_requests_are_told_when_to_come_back(tiny_studio: Running, http):
    """The worker stands still meanwhile, so of three the one that is refused is answered first, whichever came last."""
    short = {"model": "qwen", "messages": HELLO, "max_tokens": 2}
    http.post(ROUTE, json=short).raise_for_status()
    http.put("/api/v1/settings", json={"key": "server.queue", "value": 0}).raise_for_status()
    workers = workers_of(tiny_studio)
    for worker in workers:
        worker.suspend()
    try:
        with ThreadPoolExecutor(3) as askers:
            asked = [askers.submit(http.post, ROUTE, json=short) for _ in range(3)]
            refused = next(as_completed(asked)).result()
            for worker in workers:
                worker.resume()
        assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
        assert sorted(each.result().status_code for each in asked) == [200, 200, 429]
    finally:
        for worker in workers:
            worker.resume()
        http.put("/api/v1/settings", json={"key": "server.queue", "value": 64})


def workers_of(studio: Running) -> list[psutil.Process]:
    """The processes in which its models run."""
    children = psutil.Process(studio.process.pid).children(recursive=True)
    return [each for each in children if any("llama_worker" in word for word in each.cmdline())]


def test_a_thousand_connections_that_never_read_leave_the_server_answering(tiny_studio: Running, http):
    port = int(tiny_studio.url.rsplit(":", 1)[1])
    body = json.dumps({**LONG, "stream": True, "max_tokens": 64})
    request = f"POST {ROUTE} HTTP/1.1\r\nHost: {tiny_studio.host}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    before = psutil.Process(tiny_studio.process.pid).memory_info().rss
    with contextlib.ExitStack() as stack:
        for _ in range(1000):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=240))
            connection.sendall(request)
        assert http.get("/health").status_code == 200
        deadline = time.monotonic() + 200
        while (
            answer := http.post(ROUTE, json={"model": "qwen", "messages": HELLO, "max_tokens": 2})
        ).status_code == 429:
            assert time.monotonic() < deadline
        assert answer.status_code == 200
    assert psutil.Process(tiny_studio.process.pid).memory_info().rss - before < 300_000_000
    assert http.get("/health").status_code == 200


def test_the_server_takes_as_many_open_files_as_it_may(tiny_studio: Running):
    limits = psutil.Process(tiny_studio.process.pid).rlimit(psutil.RLIMIT_NOFILE)
    assert limits[0] >= min(limits[1], 65_536)


def test_a_port_that_is_taken_is_named_with_the_way_out(tiny_studio: Running, tmp_path):
    port = tiny_studio.url.rsplit(":", 1)[1]
    with pytest.raises(AssertionError, match=f"Port {port} on 127.0.0.1 is taken"):
        serve(tmp_path / "other", "--port", port)


class TestInThisProcess:
    """With the engine at hand, to look at its slots and to break its workers."""

    @pytest.fixture
    async def engine(self, tmp_path, monkeypatch):
        monkeypatch.setenv("ONE_DATA_KEYRING", "file")
        engine = await Engine.open(Paths.under(tmp_path / "home"))
        file = make_tiny_gguf(tmp_path / "Tiny-Random-F32.gguf", context=32_768)
        model = await engine.models.add(file)
        await engine.models.load(model.id, LoadSettings(context_length=16_384))  # room for an answer of seconds
        await engine.models.set_alias("qwen", model.id)
        yield engine
        await engine.close()

    @pytest.fixture
    async def client(self, engine):
        from studio.api.server import Server

        server = Server(engine)
        await server.start()
        async with httpx.AsyncClient(base_url=server.address, timeout=240, trust_env=False) as client:
            yield client
        await server.stop()

    async def worker(self, engine):
        return engine.models._pool.place((await engine.models.get("qwen")).id).worker

    async def idle_after(self, worker) -> float:
        """Seconds until no slot works any more, as the worker itself says."""
        started = time.monotonic()
        while any(slot["is_processing"] for slot in (await worker.client.get("/slots")).json()):
            assert time.monotonic() - started < 120, "it goes on decoding"
            await asyncio.sleep(0.005)
        return time.monotonic() - started

    @pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
    async def test_the_worker_stops_when_the_program_leaves(self, engine, client, stream):
        worker = await self.worker(engine)
        asking = asyncio.create_task(client.post(ROUTE, json={**LONG, "stream": stream, "max_tokens": 16_000}))
        while not any(slot["is_processing"] for slot in (await worker.client.get("/slots")).json()):
            assert not asking.done(), "it was over before it could be left"
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
        await self.idle_after(worker)
        while engine.models.statistics().active:
            await asyncio.sleep(0.01)
        assert engine.models.requests.last(1)[0].status == 499

    async def test_one_who_leaves_while_the_model_is_being_loaded_waits_for_nothing(self, engine, client):
        await engine.models.unload("qwen")
        asking = asyncio.create_task(client.post(ROUTE, json={**LONG, "max_tokens": 2}))
        while engine.models._pool.place((await engine.models.get("qwen")).id).loading.done():
            await asyncio.sleep(0)
        asking.cancel()
        answer = await client.post(ROUTE, json={"model": "qwen", "messages": HELLO, "max_tokens": 2})
        assert answer.status_code == 200

    async def test_requests_that_come_together_wait_for_one_load(self, engine, client):
        await engine.models.unload("qwen")
        body = {"model": "qwen", "messages": HELLO, "max_tokens": 2}
        answers = await asyncio.gather(*(client.post(ROUTE, json=body) for _ in range(6)))
        assert [answer.status_code for answer in answers] == [200] * 6

    async def test_a_worker_killed_in_the_middle_ends_the_stream_with_an_error_and_comes_back(self, engine, client):
        worker = await self.worker(engine)
        heavy = {**LONG, "stream": True, "logprobs": True, "top_logprobs": 20, "max_tokens": 16_000}
        async with client.stream("POST", ROUTE, json=heavy) as response:
            lines = response.aiter_lines()
            await anext(lines)
            os.kill(worker.pid, signal.SIGKILL)
            rest = [line async for line in lines if line]
        assert "error" in json.loads(rest[-1].removeprefix("data: "))
        answer = await client.post(ROUTE, json={"model": "qwen", "messages": HELLO, "max_tokens": 2})
        assert answer.status_code == 200

    async def test_a_worker_without_memory_fails_its_request_and_comes_back(self, engine, client):
        worker = await self.worker(engine)
        process = psutil.Process(worker.pid)
        process.rlimit(psutil.RLIMIT_AS, (process.memory_info().vms, process.memory_info().vms))
        schema = {"type": "object", "properties": {f"p{n}": {"enum": list(range(500))} for n in range(60)}}
        heavy = {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}}
        bodies = [{"model": "qwen", "messages": [{"role": "user", "content": "x " * 900}], **heavy} for _ in range(4)]
        answers = await asyncio.gather(*(client.post(ROUTE, json=body) for body in bodies))
        assert all(answer.status_code in (200, 400, 500, 503) for answer in answers)
        assert any(answer.status_code >= 400 for answer in answers)
        assert all(answer.json()["error"]["message"] for answer in answers if answer.status_code >= 400)
        if worker.running:
            await engine.models.unload("qwen")
        answer = await client.post(ROUTE, json={"model": "qwen", "messages": HELLO, "max_tokens": 2})
        assert answer.status_code == 200

    async def test_a_model_deleted_while_loaded_answers_on_and_is_missed_afterwards(self, engine, client):
        model = await engine.models.get("qwen")
        os.unlink(model.location)
        body = {"model": model.id, "messages": HELLO, "max_tokens": 2}
        assert (await client.post(ROUTE, json=body)).status_code == 200
        await engine.models.unload(model.id)
        answer = await client.post(ROUTE, json=body)
        assert answer.status_code in (404, 503) and "Tiny-Random" in answer.json()["error"]["message"]
        assert (await client.get("/v1/models")).status_code == 200

    async def test_a_chat_template_that_does_not_parse_is_an_error_in_words(
        self, engine, client, tmp_path, monkeypatch
    ):
        monkeypatch.setattr("tests.models.tiny_gguf.CHAT_TEMPLATE", "{% for message in messages %}{{ message.content }")
        broken = await engine.models.add(make_tiny_gguf(tmp_path / "Broken-Template.gguf", seed=9))
        answer = await client.post(ROUTE, json={"model": broken.id, "messages": HELLO, "max_tokens": 2})
        assert answer.status_code == 503
        message = answer.json()["error"]["message"]
        assert "Broken-Template" in message and "chat template cannot be read" in message
        assert (await client.post(ROUTE, json={"model": "qwen", "messages": HELLO, "max_tokens": 2})).status_code == 200
