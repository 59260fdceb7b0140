"""Streams of answers that readers leave and come back to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import httpx

from studio.api.answers import Answers
from studio.api.events import Following
from studio.api.server import Server
from studio.engine.chat.message import Answered, Asked, ChatEvent, Message, Piece
from studio.engine.chat.telling import Tellings
from tests.api.reading import Told, data, read, read_as_it_comes
from tests.api.test_conversations import SHORT, asked
from tests.chat.workshop import Workshop

REST = {
    "nodes": [{"id": "in", "type": "start", "params": {"fields": [{"name": "who"}]}},
              {"id": "rest", "type": "wait", "params": {"seconds": 600}}, {"id": "out", "type": "output"}],
    "edges": [{"source": "in", "source_port": "who", "target": "rest", "target_port": "value"},
              {"source": "rest", "source_port": "value", "target": "out", "target_port": "result"}],
}  # fmt: skip


def words(told: list[Told]) -> str:
    return "".join(each["text"] for name, each, _ in told if name == "piece")


def test_a_reader_that_was_cut_off_goes_on_where_it_was(http: httpx.Client) -> None:
    question = {"message": "Tell of storms.", "stream": True, **SHORT, "max_tokens": 200}
    first: list[Told] = []
    with http.stream("POST", "/api/v1/chat", json=question) as answer:
        for told in read(answer):
            first.append(told)
            if told[0] == "piece":
                break
    start, back = first[0][1], {"Last-Event-ID": first[-1][2]}
    thread = f"/api/v1/conversations/{start['conversation_id']}"
    place = f"{thread}/messages/{start['message_id']}/events"
    with http.stream("GET", place, headers=back) as answer, http.stream("GET", place) as other:
        rest, whole = list(read(answer)), list(read(other))
    stored = data(http.get(f"{thread}/messages"))[-1]
    assert words(first) and stored["status"] == "done"
    assert words(first + rest) == words(whole) == stored["content"]
    assert whole[0][0] == "start" and rest[-1] == whole[-1] and rest[-1][0] == "done"

    with http.stream("POST", "/api/v1/chat", json=question, headers=back) as answer:
        assert list(read(answer)) == rest, "the same question with the last id asks nothing anew"
    assert len(data(http.get(f"{thread}/messages"))) == 2
    assert http.get(place, headers={"Last-Event-ID": rest[-1][2]}).status_code == 204

    edited = data(http.put(f"{thread}/messages/{start['message_id']}", json={"content": "Of calm."}))
    with http.stream("GET", f"{thread}/messages/{edited['id']}/events") as answer:
        [(name, kept, _)] = read(answer)
    assert (name, kept["content"]) == ("done", "Of calm."), "what nobody told comes from disk"
    old = asked(http, "Tell of tides.")
    assert http.get(f"{thread}/messages/{old['message_id']}/events").status_code == 404


def test_an_answer_is_stopped_by_whoever_knows_it(http: httpx.Client) -> None:
    made = data(http.post("/api/v1/workflows", json={"name": "Rest", "definition": REST}), 201)
    thread = f"/api/v1/conversations/{data(http.post('/api/v1/conversations', json={}), 201)['id']}"
    body = {"workflow_id": made["id"], "inputs": {"who": "Ada"}, "stream": True}
    with http.stream("POST", f"{thread}/run", json=body) as answer:
        events = read(answer)
        start = next(events)[1]
        name, card, _ = next(events)
        assert (name, card["arguments"]) == ("working", {"who": "Ada"})
        stopped = data(http.post(f"{thread}/messages/{start['message_id']}/stop"))
        assert stopped["status"] == "stopped"
        *_, (name, last, _) = events
    assert (name, last["status"], last["steps"][-1]["title"]["en"]) == ("done", "stopped", "Rest was stopped")
    assert data(http.get("/api/v1/executions"))[0]["status"] == "stopped"


async def test_what_the_window_has_written_is_followed_and_stopped_over_http(workshop: Workshop) -> None:
    """The engine writes with nobody's request; a reader of its thread comes when half of it is there."""
    engine, models = workshop.engine, workshop.models
    models.words, models.stall_after = [f"word {number} " for number in range(40)], 20
    engine.chat = workshop.chat
    thread = (await engine.chat.create(title="Read along")).id
    half = asyncio.Event()
    written: list[ChatEvent] = []

    async def write() -> None:
        async for event in engine.chat.ask(thread, "Count."):
            written.append(event)
            if isinstance(event, Piece):
                half.set()

    server, window = Server(engine, port=0), asyncio.create_task(write())
    await server.start()
    try:
        await half.wait()
        async with httpx.AsyncClient(base_url=server.address, timeout=240) as client:
            place = f"/api/v1/conversations/{thread}/events"
            told = await _followed(client, place, "piece", models.go_on.set)
            whole = "".join(models.words)
            assert told[0][0] == "start" and told[-1][1]["content"] == whole == words(told)
            await window
            assert written[-1] == Answered((await engine.chat.messages(thread))[-1])
            back = told[len(told) // 2]
            assert await _followed(client, place, back=back[2]) == told[told.index(back) + 1 :]

            models.closed, models.stall_after = False, 1
            models.go_on.clear()
            half.clear()
            window = asyncio.create_task(write())
            await half.wait()
            message = (await engine.chat.messages(thread))[-1]
            comes_back = asyncio.create_task(
                _followed(client, place, back=told[-1][2])
            )  # had the answer before to its end
            stopped = await client.post(f"/api/v1/conversations/{thread}/messages/{message.id}/stop")
            assert (data(stopped)["status"], data(stopped)["content"]) == ("stopped", "word 0 ")
            assert not engine.chat.answering(thread), "the next question may come at once"
            await window
            assert isinstance(written[-1], Answered) and written[-1].message.status == "stopped"
            assert [each[1]["status"] for each in ((await _followed(client, place))[-1], (await comes_back)[-1])] == [
                "stopped"
            ] * 2
            assert models.closed
    finally:
        await server.stop()


async def test_a_server_that_is_switched_off_lets_its_readers_go_and_the_window_goes_on(workshop: Workshop) -> None:
    """Each reader has a whole answer that ends early; a stream that a stop has to break off is a `RemoteProtocolError`."""
    engine, models = workshop.engine, workshop.models
    models.words, models.stall_after = [f"word {number} " for number in range(40)], 20
    engine.chat = workshop.chat
    thread = (await engine.chat.create(title="Read along")).id
    reads_answer, reads_run, half = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def write() -> ChatEvent:
        async for event in engine.chat.ask(thread, "Count."):
            if isinstance(event, Piece):
                half.set()
        return event

    server, window = Server(engine, port=0), asyncio.create_task(write())
    await server.start()
    async with httpx.AsyncClient(base_url=server.address, timeout=240) as client:
        await half.wait()
        flow = data(await client.post("/api/v1/workflows", json={"name": "Rest", "definition": REST}), 201)
        run = await engine.workflows.start(flow["id"], {"who": "Ada"})
        answer = asyncio.create_task(
            _followed(client, f"/api/v1/conversations/{thread}/events", "piece", reads_answer.set)
        )
        steps = asyncio.create_task(_followed(client, f"/api/v1/executions/{run.id}/events", "started", reads_run.set))
        async with client.stream("GET", "/api/v1/models/downloads/events") as downloads:
            assert downloads.status_code == 200
            await asyncio.gather(reads_answer.wait(), reads_run.wait())
            await server.stop()
            assert [each async for each in read_as_it_comes(downloads)] == []
        assert (await answer)[-1][0] == "piece" and "started" in [name for name, *_ in await steps]
    models.go_on.set()
    written = await window
    assert isinstance(written, Answered) and written.message.content == "".join(models.words)
    assert (await engine.workflows.execution(run.id)).status == "running"


async def _followed(
    client: httpx.AsyncClient, place: str, first: str = "", then: Callable[[], None] = lambda: None, back: str = ""
) -> list[Told]:
    """All events of a stream; `then` is called at the first event of that name."""
    told: list[Told] = []
    async with client.stream("GET", place, headers={"Last-Event-ID": back} if back else {}) as answer:
        async for each in read_as_it_comes(answer):
            told.append(each)
            if each[0] == first:
                then()
    return told


def _message(id: str, **fields: Any) -> Message:
    return Message(id=id, thread_id="t", role="assistant", created_at=0.0, **fields)


class Spoken:
    """An answer of so many pieces; `endless` rests after its beginning."""

    def __init__(self, id: str, pieces: int = 0, endless: bool = False) -> None:
        self.message = _message(id, status="streaming")
        self.settled = 0
        self._pieces, self._endless = pieces, endless

    async def events(self) -> AsyncGenerator[ChatEvent, None]:
        yield Asked(_message("q"), self.message)
        if self._endless:
            await asyncio.Event().wait()
        for number in range(self._pieces):
            yield Piece(f"{number} ")
        self.message = _message(self.message.id, content="".join(f"{number} " for number in range(self._pieces)))
        yield Answered(self.message)

    async def settle_stopped(self) -> None:
        self.settled += 1
        self.message = self.message.model_copy(update={"status": "stopped"})


async def test_what_is_no_longer_kept_of_a_long_answer_comes_as_one_message() -> None:
    tellings = Tellings(most=10)
    answers = Answers(tellings.get, Following())
    await answers.begin(tellings.told(Spoken("a", 100)), "t")
    assert [name async for name, _, _ in answers.follow("a")][-1] == "done"
    for number in (0, 50, 99):
        told = [each async for each in answers.follow("a", number)]
        names = [name for name, _, _ in told]
        assert (names[0], names.count("message")) == (("message", 1) if number < 90 else ("piece", 0))
        shown = "".join(each.get("content", each.get("text", "")) for name, each, _ in told[:-1])
        before = "" if number < 90 else "".join(f"{each} " for each in range(number - 1))
        assert before + shown == told[-1][1]["content"]
        assert told[-1][2] == "a:102"


async def test_an_answer_that_nobody_reads_any_more_ends_and_makes_way_for_the_next() -> None:
    tellings = Tellings()
    hasty = Answers(tellings.get, Following(), grace=0.05)
    first = Spoken("a", endless=True)
    await hasty.begin(tellings.told(first), "t")
    async with aclosing(hasty.follow("a")) as told:
        assert (await anext(told))[0] == "start"
    telling = tellings.get("a")
    assert telling is not None
    [*_, (number, end)] = [each async for each in telling.follow()]
    assert (number, end, first.settled) == (2, Answered(first.message), 1)
    assert first.message.status == "stopped"

    patient = Answers(tellings.get, Following())
    second, third = Spoken("b", endless=True), Spoken("c", endless=True)
    await patient.begin(tellings.told(second), "t")
    await patient.begin(tellings.told(third), "t")
    assert (second.settled, third.settled) == (1, 0)
    await patient.close()
    assert third.settled == 1
