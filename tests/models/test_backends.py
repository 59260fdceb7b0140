"""Every backend keeps the contract, on real workers."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal

import pytest

from studio.engine.errors import Unavailable, WorkerFailed
from studio.engine.models import discovery, protocol
from studio.engine.models.backends.llama_cpp import LlamaCpp
from studio.engine.models.backends.openai_api import OpenAiApi, secret_name
from studio.engine.models.backends.usem3 import Usem3
from studio.engine.models.backends.vllm import Vllm
from studio.engine.models.gguf import BrokenModelFile
from studio.engine.models.model import LoadSettings, Model
from tests.contracts.backend_contract import HELLO, BackendContract


class TestLlamaCpp(BackendContract):
    kind = LlamaCpp
    runtime = "xllamacpp"

    @pytest.fixture
    async def model(self, tiny_file) -> Model:
        return await discovery.describe(tiny_file, LoadSettings())

    @pytest.fixture(autouse=True)
    async def choose_runtime(self, settings):
        await settings.set("models.llama_cpp_runtime", self.runtime)

    async def test_it_uses_the_runtime_of_the_settings(self, backend):
        assert backend.version().startswith(self.runtime)

    async def test_a_worker_that_is_killed_while_it_answers_fails_the_answer_in_words(self, worker, model):
        os.kill(worker.pid, signal.SIGSTOP)
        answer = asyncio.create_task(anext(protocol.chat(worker, model, {"messages": HELLO})))
        await asyncio.wait([answer], timeout=0.1)
        os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(WorkerFailed, match="Tiny-Random") as caught:
            await answer
        assert caught.value.repair.en

    async def test_a_web_page_gets_no_leave_and_no_page_from_a_worker(self, worker):
        page = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
        for method, path in (("GET", "/health"), ("GET", "/"), ("OPTIONS", "/v1/chat/completions"), ("GET", "/slots")):
            answer = await worker.client.request(method, path, headers=page)
            assert not answer.headers.get("access-control-allow-origin")
            assert answer.headers.get("access-control-allow-credentials", "false") == "false"
        assert (await worker.client.get("/")).status_code == 404

    async def test_a_broken_file_never_reaches_the_runtime(self, backend, model, tmp_path, tiny_file):
        broken = tmp_path / "half.gguf"
        broken.write_bytes(tiny_file.read_bytes()[:90_000])
        with pytest.raises(BrokenModelFile, match=r"half\.gguf is cut short"):
            await backend.start(model.model_copy(update={"location": str(broken)}), LoadSettings())

    async def test_a_file_that_only_the_runtime_refuses_fails_with_its_log(self, backend, model, tmp_path, tiny_file):
        odd = tmp_path / "odd.gguf"
        odd.write_bytes(tiny_file.read_bytes().replace(b"llama", b"lxxma"))
        with pytest.raises(WorkerFailed, match="could not be loaded"):
            await backend.start(model.model_copy(update={"location": str(odd), "name": "odd"}), LoadSettings())


@pytest.mark.skipif(not importlib.util.find_spec("llama_cpp"), reason="llama-cpp-python is not installed")
class TestLlamaCppPython(TestLlamaCpp):
    runtime = "llama-cpp-python"


class TestUsem3(BackendContract):
    kind = Usem3
    chats = False
    embeds = True

    @pytest.fixture
    async def model(self) -> Model:
        return discovery.embedder()

    async def test_it_gives_512_numbers_and_knows_both_languages(self, worker, model):
        texts = ["How long is the warranty?", "保修期是多久？", "The canteen serves noodles."]
        vectors = protocol.embeddings(await protocol.post(worker, model, "/v1/embeddings", {"input": texts}))
        assert vectors.shape == (3, 512)
        assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


class TestOpenAiApi(BackendContract):
    """The server elsewhere is a real llama.cpp worker on this computer."""

    kind = OpenAiApi

    @pytest.fixture
    async def server(self, surroundings, tiny_file):
        local = await discovery.describe(tiny_file, LoadSettings())
        worker = await LlamaCpp(surroundings).start(local, self.settings)
        yield worker
        await worker.stop()

    @pytest.fixture
    async def model(self, server, surroundings) -> Model:
        surroundings.secrets.set(secret_name("remote"), server.key)
        return Model(
            id="remote",
            name="Remote",
            kind="chat",
            backend="openai_api",
            location=server.base_url,
            remote_name=server.model,
        )

    async def test_a_server_that_is_away_is_named_with_its_address(self, worker, server, model):
        await server.stop()
        with pytest.raises(Unavailable, match=model.location):
            await self.ask(worker, model)

    async def test_every_request_is_in_the_ledger(self, worker, model, surroundings):
        await self.ask(worker, model)
        passage = surroundings.egress.ledger[-1]
        assert (passage.purpose, passage.host, passage.allowed) == ("models", "127.0.0.1", True)


class TestVllm:
    async def test_it_suits_folders_and_says_why_it_is_not_used(self, surroundings, tmp_path):
        backend = Vllm(surroundings)
        (tmp_path / "config.json").write_text("{}")
        folder = Model(id="m", name="m", kind="chat", backend="vllm", location=str(tmp_path))
        assert backend.suits(folder)
        assert not backend.suits(folder.model_copy(update={"location": "/x/y.gguf"}))
        if not backend.python():
            assert "Not installed" in backend.available().en
            with pytest.raises(Unavailable, match="vLLM cannot run"):
                await backend.start(folder, LoadSettings())

    async def test_its_command_says_nothing_secret(self, surroundings, tmp_path):
        folder = Model(id="m", name="Qwen", kind="chat", backend="vllm", location=str(tmp_path), context_length=2048)
        command = Vllm(surroundings).command(folder, LoadSettings(context_length=8192), 4000)
        assert command[command.index("--max-model-len") + 1] == "2048"
        assert command[command.index("--port") + 1] == "4000"
        assert "--api-key" not in command
