"""What this computer has, which engine that speaks for, and whether a model fits."""

from __future__ import annotations

import psutil

from studio.engine.models.fit import context_bytes, estimate
from studio.engine.models.hardware import choose
from studio.engine.models.model import LoadSettings, Model
from studio.engine.models.recommend import recommend
from studio.engine.status import Gpu
from studio.engine.text import Text

GPU = Gpu(name="NVIDIA RTX 4090", used=0, total=24 * 10**9, percent=0)
MISSING = Text("Not installed.", "未安装。")
SMALL = Model(
    id="m",
    name="m",
    kind="chat",
    backend="llama_cpp",
    location="/m.gguf",
    size_bytes=10**9,
    context_length=8192,
    shape={"layers": 32, "width": 4096, "heads": 32, "kv_heads": 8},
)


async def test_the_figures_are_those_of_this_computer(models):
    computer = await models.hardware()
    assert computer.ram_total == psutil.virtual_memory().total
    assert computer.cores == psutil.cpu_count(logical=False)
    assert computer.cpu and computer.disk_free > 0


def test_vllm_is_chosen_on_a_gpu_where_it_is_installed_and_else_the_reason_is_said():
    assert choose("auto", [GPU], None)[0] == "vllm"
    engine, why = choose("auto", [GPU], MISSING)
    assert engine == "llama_cpp"
    assert "RTX 4090" in why.en and "Not installed" in why.en
    engine, why = choose("auto", [], None)
    assert engine == "llama_cpp"
    assert "No CUDA GPU" in why.en
    assert choose("llama_cpp", [GPU], None)[0] == "llama_cpp"
    assert choose("vllm", [], None)[0] == "vllm"


async def test_the_estimate_grows_with_context_and_slots_and_says_what_is_short(models):
    computer = (await models.hardware()).model_copy(update={"ram_free": 8 * 10**9, "gpus": []})
    one = estimate(SMALL, LoadSettings(context_length=4096, slots=1), computer)
    two = estimate(SMALL, LoadSettings(context_length=4096, slots=2), computer)
    assert one.context == 2 * 32 * 8 * 128 * 2 * 4096
    assert two.context == 2 * one.context
    assert one.fits and one.level == "cpu"
    large = SMALL.model_copy(update={"size_bytes": 12 * 10**9})
    short = estimate(large, LoadSettings(), computer)
    assert not short.fits
    assert "GB short" in short.text.en
    assert context_bytes(SMALL, LoadSettings(cache_precision="q8_0")) < context_bytes(SMALL, LoadSettings())


async def test_better_models_are_offered_by_what_fits(models):
    computer = await models.hardware()
    small = recommend(computer.model_copy(update={"ram_free": 5 * 10**9, "cores": 4, "gpus": []}))
    assert [entry.name for entry in small if entry.fits] == ["Qwen3-0.6B", "Qwen3-1.7B", "Qwen3-4B"]
    assert [entry.name for entry in small if entry.best] == ["Qwen3-4B"]
    large = recommend(computer.model_copy(update={"ram_free": 64 * 10**9, "cores": 16, "gpus": [GPU]}))
    assert [entry.name for entry in large if entry.best] == ["Qwen3-32B"]
    none = recommend(computer.model_copy(update={"ram_free": 10**9, "gpus": []}))
    assert not any(entry.best for entry in none)
