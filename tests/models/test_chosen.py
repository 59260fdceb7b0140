"""vLLM where it can, else llama.cpp with the GGUF that lies beside, and the reason is said."""

from __future__ import annotations

import shutil

import pytest

from studio.engine.errors import Unavailable
from studio.engine.models.chosen import choose
from studio.engine.models.model import LoadSettings, Model
from studio.engine.text import Text
from tests.models.tiny_hf import make_tiny_hf

MISSING = Text("Not installed.", "未安装。")


@pytest.fixture
def folder(tmp_path, tiny_file):
    place = make_tiny_hf(tmp_path / "Tiny-HF")
    shutil.copy(tiny_file, place / "tiny-f32.gguf")
    return Model(id="m", name="Tiny-HF", kind="chat", backend="vllm", location=str(place))


@pytest.mark.parametrize(
    ("wanted", "gpu", "missing", "backend", "reason"),
    [
        ("auto", True, None, "vllm", "on the GPU"),
        ("auto", False, None, "llama_cpp", "no CUDA GPU"),
        ("auto", True, MISSING, "llama_cpp", "Not installed"),
        ("llama_cpp", True, None, "llama_cpp", "because it was chosen"),
        ("vllm", False, None, "vllm", None),
    ],
)
def test_the_engine_follows_the_hardware_and_the_settings(folder, wanted, gpu, missing, backend, reason):
    chosen = choose(folder, wanted, gpu, missing)
    assert chosen.backend == backend
    assert reason is None or reason in chosen.why.en


def test_without_a_gguf_there_is_nothing_to_fall_back_on(folder, tmp_path):
    (tmp_path / "Tiny-HF/tiny-f32.gguf").unlink()
    assert choose(folder, "auto", False, MISSING).backend == "vllm"


def test_a_wish_that_cannot_be_met_says_so(folder, tmp_path, tiny_file):
    gguf = folder.model_copy(update={"backend": "llama_cpp", "location": str(tiny_file)})
    chosen = choose(gguf, "vllm", True, None)
    assert chosen.backend == "llama_cpp" and "vLLM takes folders" in chosen.why.en
    (tmp_path / "Tiny-HF/tiny-f32.gguf").unlink()
    chosen = choose(folder, "llama_cpp", True, None)
    assert chosen.backend == "vllm" and "no GGUF file" in chosen.why.en


async def test_a_model_has_an_engine_of_its_own_choice(models, folder, tmp_path, settings):
    await settings.set("models.engine", "vllm")
    added = await models.add(folder.location)
    loaded = await models.load(added.id, LoadSettings(engine="llama_cpp"))
    assert loaded.engine == "llama_cpp" and "because it was chosen" in loaded.why.en
    assert (await models.get(added.id)).load_settings.engine == "llama_cpp"


async def test_a_folder_with_a_gguf_answers_through_llama_cpp_and_says_why(models, folder, monkeypatch):
    monkeypatch.delenv("ONE_DATA_VLLM_PYTHON", raising=False)
    added = await models.add(folder.location)
    assert added.backend == "vllm" and added.engine == ""
    loaded = await models.load(added.id)
    assert loaded.engine == "llama_cpp" and "tiny-f32.gguf" in loaded.why.en and "vLLM" in loaded.why.en
    answer = await models.forward(added.id, "/v1/chat/completions", {"messages": [{"role": "user", "content": "x"}]})
    assert (await answer.whole())["choices"]


async def test_a_folder_without_one_says_that_vllm_is_missing(models, tmp_path, monkeypatch):
    monkeypatch.delenv("ONE_DATA_VLLM_PYTHON", raising=False)
    added = await models.add(make_tiny_hf(tmp_path / "Only-HF"))
    with pytest.raises(Unavailable, match="vLLM cannot run"):
        await models.load(added.id)
