"""What the Models view shows of the traffic: a ring of requests, lanes, and a pulse."""

from __future__ import annotations

from studio.engine.models.meter import Meter
from studio.engine.models.model import ThroughputChanged
from studio.engine.models.request_log import LENGTH, RequestChanged, RequestLog


def test_only_the_last_five_hundred_requests_are_kept(events):
    log = RequestLog(events)
    for number in range(LENGTH + 20):
        log.end(log.begin("GET", f"/v1/{number}"), 200)
    assert len(log.last()) == LENGTH
    assert [request.path for request in log.last(2)] == ["/v1/519", "/v1/518"]
    assert log.per_minute() == LENGTH


def test_a_request_is_told_when_it_begins_and_once_when_it_ends(events):
    told = []
    events.subscribe(RequestChanged, lambda event: told.append(event.request.status))
    log = RequestLog(events)
    entry = log.begin("POST", "/v1/chat/completions")
    log.end(entry, 200)
    log.end(entry, 499)
    assert told == [0, 200]


def test_answers_take_the_lowest_free_slot_and_the_rest_wait():
    meter = Meter()
    first, second, third = (meter.begin("m") for _ in range(3))
    assert [one.slot for one in (first, second, third)] == [0, 1, 2]
    assert (meter.read({"m": 2}).active, meter.read({"m": 2}).waiting) == (3, 1)
    meter.end("m", first)
    assert meter.begin("m").slot == 0
    assert meter.begin("other").slot == 0


def test_tokens_of_this_second_are_counted_when_it_is_over(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    meter = Meter()
    answering = meter.begin("m")
    answering.count(7)
    now[0] = 1001.2
    answering.count(5)
    assert meter.read({}).throughput[-1] == 7
    now[0] = 1003.0
    assert meter.read({}).throughput[-3:] == [7, 5, 0]


async def test_the_throughput_is_told_while_answers_are_written_and_once_after(models, tiny_file, events):
    told = []
    events.subscribe(ThroughputChanged, lambda event: told.append(event.statistics.active))
    await models.add(tiny_file)
    async for _ in models.chat("qwen", [{"role": "user", "content": "x"}], max_tokens=8):
        pass
    await models._pulse
    assert told[-1] == 0
