"""What programs ask of the local server stands in its log, and its throughput is known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psutil

from tests.conftest import Running

HELLO = [{"role": "user", "content": "Hello"}]


def newest(http) -> dict:
    return http.get("/api/v1/models/requests").json()["data"][0]


def test_an_answered_request_stands_in_the_log_with_its_slot_and_tokens(http):
    body = {"model": "Tiny-Random", "messages": HELLO, "max_tokens": 9, "ignore_eos": True}
    assert http.post("/v1/chat/completions", json=body).is_success
    entry = newest(http)
    assert (entry["method"], entry["path"], entry["model"]) == ("POST", "/v1/chat/completions", "Tiny-Random")
    assert (entry["status"], entry["slot"], entry["tokens"], entry["streaming"]) == (200, 0, 9, False)
    assert entry["seconds"] > 0


@contextmanager
def stopped_workers(studio: Running) -> Iterator[None]:
    """Their answers end no sooner than the block, however fast the computer is."""
    children = psutil.Process(studio.process.pid).children(recursive=True)
    workers = [child for child in children if any("llama_worker" in word for word in child.cmdline())]
    assert workers
    for worker in workers:
        worker.suspend()
    try:
        yield
    finally:
        for worker in workers:
            worker.resume()


def test_a_stream_is_in_the_log_while_it_runs_and_when_it_was_left(http, tiny_studio):
    body = {"model": "qwen", "messages": HELLO, "max_tokens": 1500, "ignore_eos": True, "stream": True}
    body |= {
        "logprobs": True,
        "top_logprobs": 20,
    }  # a long way for the first words to be read before the last are written
    with ExitStack() as stack, http.stream("POST", "/v1/chat/completions", json=body) as response:
        lines = response.iter_lines()  # kept: httpx ends the connection with it
        next(lines)
        stack.enter_context(stopped_workers(tiny_studio))
        running = next(one for one in http.get("/api/v1/models/requests").json()["data"] if one["streaming"])
        assert running["status"] == 0
    while (left := next(one for one in http.get("/api/v1/models/requests").json()["data"] if one["streaming"]))[
        "status"
    ] == 0:
        pass
    assert left["number"] == running["number"] and left["status"] == 499


def test_a_refused_request_stands_there_with_its_reason(http):
    assert http.post("/v1/chat/completions", json={"model": "no-such", "messages": HELLO}).status_code == 404
    entry = newest(http)
    assert entry["status"] == 404 and "no-such" in entry["error"]


def test_the_throughput_of_the_last_five_minutes_is_known(http):
    body = {"model": "qwen", "messages": HELLO, "max_tokens": 200, "ignore_eos": True, "stream": True}
    lines = http.post("/v1/chat/completions", json=body).text.splitlines()
    assert lines.count("data: [DONE]") == 1
    written = sum(1 for line in lines if line.startswith("data: {") and json.loads(line[6:])["choices"])
    statistics = http.get("/api/v1/stats").json()["data"]
    assert len(statistics["throughput"]) == 299
    assert statistics["slots"] >= 2 and statistics["active"] == statistics["waiting"] == 0
    assert statistics["requests_per_minute"] >= 1 and statistics["tokens"] >= written - 5
