"""What every model backend must do. A test of a backend inherits this and says how to make it a model."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Any

import psutil
import pytest

from studio.engine.errors import BadParameter, NotFound, Unavailable
from studio.engine.models import protocol
from studio.engine.models.backend import Backend, backends
from studio.engine.models.model import LoadSettings, Model
from studio.engine.text import Text

TURN = 0.02
HELLO = [{"role": "user", "content": "Hello 你好"}]


async def turns_of(work: Coroutine[Any, Any, Any]) -> float:
    """The seconds that some work takes by the turns of this loop: those that a busy machine keeps from it do not count."""
    turns, task = 0, asyncio.create_task(work)
    while not task.done():
        await asyncio.wait([task], timeout=TURN)
        turns += 1
    await task
    return turns * TURN


class BackendContract:
    kind: type[Backend]
    settings = LoadSettings(context_length=512, slots=2)
    chats = True
    embeds = False

    @pytest.fixture
    async def backend(self, surroundings) -> Backend:
        return self.kind(surroundings)

    @pytest.fixture
    async def model(self, tmp_path: Path) -> Model:
        raise NotImplementedError

    @pytest.fixture
    async def worker(self, backend, model):
        worker = await backend.start(model, self.settings)
        yield worker
        await worker.stop()

    def test_the_registry_finds_it_by_its_name(self):
        assert backends.get(self.kind.name) is self.kind

    async def test_it_has_a_title_and_can_run_here_or_says_why_not(self, backend):
        assert backend.title.en and backend.title.zh
        reason = backend.available()
        assert reason is None or (isinstance(reason, Text) and reason.en and reason.zh)

    async def test_it_suits_its_own_models_and_no_others(self, backend, model):
        assert backend.suits(model)
        assert not backend.suits(model.model_copy(update={"location": "/nowhere/file.txt", "backend": "another"}))

    async def test_a_worker_is_healthy_until_it_is_stopped(self, worker):
        async with asyncio.timeout(200):  # on a busy machine one question may take longer than it waits for
            while not await worker.health():
                await asyncio.sleep(0.1)
        await worker.stop()
        assert not worker.running
        assert not await worker.health()

    async def test_a_stopped_worker_is_gone_within_five_seconds(self, worker):
        if worker.pid is None:
            pytest.skip("nothing runs here")
        assert await turns_of(worker.stop()) < 5
        assert not psutil.pid_exists(worker.pid)

    async def test_nobody_reads_the_token_from_the_process_list(self, worker):
        if worker.pid is None:
            pytest.skip("nothing runs here")
        assert worker.key
        assert all(worker.key not in argument for argument in psutil.Process(worker.pid).cmdline())

    async def test_a_request_without_the_token_is_refused(self, worker, model):
        token, worker.key = worker.key, "wrong"
        worker.client.headers.pop("Authorization", None)
        with pytest.raises(Unavailable, match="key"):
            await self.ask(worker, model)
        worker.key = token
        await self.ask(worker, model)

    async def test_an_answer_comes_in_pieces_and_ends_with_its_usage(self, worker, model):
        if not self.chats:
            pytest.skip("no chat model")
        pieces = [
            piece async for piece in protocol.chat(worker, model, {"messages": HELLO, "max_tokens": 12, "seed": 1})
        ]
        assert len([piece for piece in pieces if piece.text]) > 1
        assert [piece.finish_reason for piece in pieces if piece.finish_reason] in (["length"], ["stop"])
        usage = pieces[-1].usage
        assert usage.prompt_tokens > 0
        assert 0 < usage.completion_tokens <= 12
        assert usage.first_token_seconds > 0

    async def test_a_closed_answer_leaves_the_worker_free(self, worker, model):
        if not self.chats:
            pytest.skip("no chat model")
        body = {"messages": HELLO, "max_tokens": 400}
        async with aclosing(protocol.chat(worker, model, body)) as pieces:
            await anext(pieces)
        answer = await asyncio.wait_for(self.ask(worker, model), 60)
        assert answer["choices"]

    async def test_requests_at_the_same_time_all_get_their_answer(self, worker, model):
        answers = await asyncio.gather(*(self.ask(worker, model) for _ in range(6)))
        assert len(answers) == 6

    async def test_a_prompt_longer_than_the_context_is_refused_with_both_numbers(self, worker, model):
        if not self.chats:
            pytest.skip("no chat model")
        long = [{"role": "user", "content": "pump " * 2000}]
        with pytest.raises(BadParameter) as caught:
            _ = [piece async for piece in protocol.chat(worker, model, {"messages": long})]
        numbers = [word for word in caught.value.message.en.replace(",", "").split() if word.strip(".").isdigit()]
        assert len(numbers) == 2

    async def test_an_answer_keeps_to_a_json_schema(self, worker, model):
        if not self.chats:
            pytest.skip("no chat model")
        schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
        wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
        body = {"messages": HELLO, "max_tokens": 60, "response_format": wanted}
        answer = await protocol.post(worker, model, "/v1/chat/completions", body)
        assert '"ok"' in answer["choices"][0]["message"]["content"]

    async def test_texts_become_vectors_of_length_one_in_their_order(self, worker, model):
        if not self.embeds:
            pytest.skip("no embedding model")
        texts = ["The pump leaks.", "水泵漏水。", "", "The pump leaks."]
        answer = await protocol.post(worker, model, "/v1/embeddings", {"input": texts, "encoding_format": "base64"})
        vectors = protocol.embeddings(answer)
        assert vectors.shape[0] == 4
        assert (vectors**2).sum(axis=1) == pytest.approx([1, 1, 1, 1], abs=1e-4)
        assert vectors[0] == pytest.approx(vectors[3], abs=1e-4)  # batches of other lengths round otherwise
        assert vectors[0] @ vectors[1] < 0.99

    async def test_a_model_whose_file_is_gone_is_named(self, backend, model):
        if model.remote or model.included:
            pytest.skip("has no file of its own")
        gone = model.model_copy(update={"location": model.location + ".gone.gguf"})
        with pytest.raises(NotFound, match=r"gone\.gguf"):
            await backend.start(gone, self.settings)

    async def ask(self, worker, model):
        if self.chats:
            return await protocol.post(worker, model, "/v1/chat/completions", {"messages": HELLO, "max_tokens": 8})
        return await protocol.post(worker, model, "/v1/embeddings", {"input": "hello"})
