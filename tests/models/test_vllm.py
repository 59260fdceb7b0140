"""A real vLLM, with the CPU build: set ONE_DATA_VLLM_PYTHON to an interpreter that has it (docs/vllm.md says how to get one)."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from studio.engine.errors import Unavailable, WorkerFailed
from studio.engine.models.backends.vllm import Vllm
from studio.engine.models.model import LoadSettings, Model
from studio.engine.models.vllm_environment import FLOOR, VllmEnvironment
from tests.conftest import serve, stop
from tests.models.tiny_hf import make_tiny_hf

PYTHON = os.environ.get("ONE_DATA_VLLM_PYTHON", "")
HELLO = [{"role": "user", "content": "Hello"}]
real = pytest.mark.skipif(not PYTHON, reason="ONE_DATA_VLLM_PYTHON names no environment with vLLM; see docs/vllm.md")


@pytest.fixture
def environment(paths, monkeypatch) -> VllmEnvironment:
    monkeypatch.delenv("ONE_DATA_VLLM_PYTHON", raising=False)
    return VllmEnvironment(paths.data, paths.logs)


def pretend(environment: VllmEnvironment, version: str) -> None:
    """An environment as an install leaves it, without what is in it."""
    python = environment.folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to("/bin/false")
    (environment.folder / f"lib/python3.11/site-packages/vllm-{version}.dist-info").mkdir(parents=True)
    (environment.folder / "installed").write_text(version)


@pytest.fixture
def folder(tmp_path) -> Model:
    (tmp_path / "Qwen").mkdir()
    (tmp_path / "Qwen/config.json").write_text("{}")
    location = str(tmp_path / "Qwen")
    return Model(id="m", name="Qwen", kind="chat", backend="vllm", location=location, context_length=2048)


def test_nothing_is_installed_at_first_and_the_way_to_get_it_is_said(environment):
    assert environment.python() == environment.version() == ""
    assert "Not installed" in environment.problem().en


def test_what_was_installed_half_counts_as_nothing(environment):
    pretend(environment, "0.32.0")
    assert environment.version() == "0.32.0" and environment.problem() is None
    (environment.folder / "installed").unlink()
    assert environment.python() == ""


def test_a_version_below_the_floor_is_refused_with_both_numbers(environment):
    pretend(environment, "0.9.2")
    assert "0.9.2" in environment.problem().en and ".".join(map(str, FLOOR)) in environment.problem().en


async def test_an_install_that_fails_says_what_pip_said_and_leaves_nothing_that_counts(environment, monkeypatch):
    monkeypatch.setattr("studio.engine.models.vllm_environment.PACKAGES", {"cpu": ["/nowhere/no-such-package.whl"]})
    told = []
    with pytest.raises(WorkerFailed, match="pip says"):
        await environment.install("cpu", lambda fraction, words: told.append(fraction))
    assert environment.python() == "" and told[0] > 0
    await environment.remove()
    assert not environment.folder.exists()


FETCHING = """
import pathlib, tempfile, time
pathlib.Path(tempfile.mkdtemp(prefix="pip-unpack-"), "torch.whl").write_bytes(bytes(1_000_000))
print("Collecting torch", flush=True)
time.sleep(600)
"""


async def test_what_was_fetched_before_a_cancel_is_taken_away(environment, monkeypatch, tmp_path):
    """The child writes as pip does: into the folder for temporary files."""
    monkeypatch.setattr("studio.engine.models.vllm_environment._base_python", lambda: "/bin/true")
    monkeypatch.setattr(environment, "_pip_command", lambda *_: [sys.executable, "-c", FETCHING])
    fetching = asyncio.Event()
    installing = asyncio.create_task(
        environment.install("cpu", lambda _, words: fetching.set() if "torch" in words.en else None)
    )
    async with asyncio.timeout(200):
        await fetching.wait()
    assert list(environment.folder.rglob("torch.whl"))
    installing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await installing
    assert not list(environment.folder.rglob("*"))


async def test_without_room_on_the_disk_nothing_is_begun(environment, monkeypatch):
    monkeypatch.setattr("studio.engine.models.vllm_environment.ROOM", {"cpu": 10**15})
    with pytest.raises(Unavailable, match="GB of disk"):
        await environment.install("cpu", lambda *_: None)
    assert not environment.folder.exists()


def test_its_command_has_our_settings_and_nothing_secret(surroundings, folder):
    settings = LoadSettings(context_length=8192, slots=6)
    command = Vllm(surroundings).command(folder, settings, 4000)
    assert command[command.index("--max-model-len") + 1] == "2048"
    assert command[command.index("--max-num-seqs") + 1] == "6"
    assert command[command.index("--tool-call-parser") + 1] == "hermes"
    assert "--api-key" not in command
    assert "--tool-call-parser" not in Vllm(surroundings).command(folder, LoadSettings(tool_parser="none"), 4000)


@pytest.fixture(scope="module")
def vllm_studio(tmp_path_factory):
    """A studio with a tiny Llama that vLLM has loaded; a minute and more on two cores."""
    home = tmp_path_factory.mktemp("vllm")
    model = make_tiny_hf(home / "Tiny-HF")
    running = serve(home / "home")
    with httpx.Client(base_url=running.url, timeout=600) as client:
        added = client.post("/api/v1/models", json={"path": str(model)}).json()["data"]
        assert added["backend"] == "vllm"
        loaded = client.post(f"/api/v1/models/{added['id']}/load").json()
        assert loaded["code"] == 0, loaded
        yield client, added["id"]
    stop(running)


def runs(pid: int) -> bool:
    """A process that only waits to be reaped holds no memory."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.vllm
@pytest.mark.slow
@pytest.mark.server
@pytest.mark.timeout(900)
@real
class TestRealVllm:
    def ask(self, vllm_studio, **more) -> dict:
        client, model = vllm_studio
        answer = client.post("/v1/chat/completions", json={"model": model, "messages": HELLO, **more}).json()
        assert "choices" in answer, answer
        return answer

    def test_a_whole_answer_has_its_usage_and_timings(self, vllm_studio):
        answer = self.ask(vllm_studio, max_tokens=8, ignore_eos=True)
        assert answer["model"] == vllm_studio[1]
        assert answer["usage"]["completion_tokens"] == answer["timings"]["predicted_n"] == 8

    def test_an_answer_is_streamed_and_its_usage_comes_only_when_asked_for(self, vllm_studio):
        client, model = vllm_studio
        body = {"model": model, "messages": HELLO, "max_tokens": 6, "ignore_eos": True, "stream": True}
        for asked in (False, True):
            more = {"stream_options": {"include_usage": True}} if asked else {}
            lines = client.post("/v1/chat/completions", json={**body, **more}).text.splitlines()
            chunks = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
            assert lines[-2] == "data: [DONE]" or lines[-1] == "data: [DONE]"
            assert {chunk["model"] for chunk in chunks} == {model}
            assert any(chunk.get("usage") for chunk in chunks) is asked

    def test_an_answer_keeps_to_a_json_schema(self, vllm_studio):
        schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
        wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
        answer = self.ask(vllm_studio, max_tokens=120, response_format=wanted)
        assert isinstance(json.loads(answer["choices"][0]["message"]["content"])["ok"], bool)

    def test_a_required_tool_call_is_made(self, vllm_studio):
        parameters = {"type": "object", "properties": {"city": {"enum": ["Paris", "Rome"]}}, "required": ["city"]}
        tool = {"type": "function", "function": {"name": "weather", "parameters": parameters}}
        answer = self.ask(vllm_studio, max_tokens=300, tools=[tool], tool_choice="required")
        call = answer["choices"][0]["message"]["tool_calls"][0]["function"]
        assert call["name"] == "weather" and json.loads(call["arguments"])["city"] in ("Paris", "Rome")

    def test_a_prompt_longer_than_the_context_is_refused_with_its_numbers(self, vllm_studio):
        client, model = vllm_studio
        long = [{"role": "user", "content": "pump " * 3000}]
        answer = client.post("/v1/chat/completions", json={"model": model, "messages": long})
        assert answer.status_code == 400 and "2048" in answer.json()["error"]["message"].replace(",", "")

    def test_unloading_takes_every_process_of_it_away(self, vllm_studio):
        client, model = vllm_studio
        before = [
            one.pid
            for one in psutil.process_iter(["cmdline"])
            if "vllm.entrypoints" in " ".join(one.info["cmdline"] or ())
        ]
        family = [child.pid for pid in before for child in psutil.Process(pid).children(recursive=True)] + before
        assert before
        client.post(f"/api/v1/models/{model}/unload").raise_for_status()
        assert not any(runs(pid) for pid in family)
        assert Path(PYTHON).exists()
