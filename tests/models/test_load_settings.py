"""Every load setting reaches llama.cpp and does what it says."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing

import pytest

from studio.engine.errors import Invalid, NotFound
from studio.engine.models import discovery, protocol
from studio.engine.models.backends.llama_cpp import LlamaCpp
from studio.engine.models.model import LoadSettings
from tests.models.tiny_gguf import make_tiny_gguf, make_tiny_lora

SMALL = {"context_length": 512, "slots": 2}
HELLO = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 24, "temperature": 0, "ignore_eos": True}
ROUTE = "/v1/chat/completions"


@pytest.fixture
async def model(tiny_file):
    return await discovery.describe(tiny_file, LoadSettings())


@pytest.fixture
async def start(surroundings, model):
    workers = []

    async def start(*, of=model, **settings):
        workers.append(await LlamaCpp(surroundings).start(of, LoadSettings(**{**SMALL, **settings})))
        return workers[-1]

    yield start
    for worker in workers:
        await worker.stop()


async def ask(worker, model, **more) -> dict:
    return await protocol.post(worker, model, ROUTE, {**HELLO, **more})


def said(answer: dict) -> str:
    return answer["choices"][0]["message"]["content"]


async def test_each_slot_has_the_whole_context(start, model):
    worker = await start(slots=3, context_length=768)
    slots = (await worker.client.get("/slots")).json()
    assert [slot["n_ctx"] for slot in slots] == [768] * 3


@pytest.mark.parametrize("precision", ["q8_0", "q4_0"])
async def test_the_precision_of_the_context_cache_is_used(start, tmp_path, precision):
    file = make_tiny_gguf(tmp_path / "one-head.gguf", heads=1)  # blocks of 32 have to fit a head
    model = await discovery.describe(file, LoadSettings())
    worker = await start(of=model, cache_precision=precision, detailed_log=True)
    assert said(await ask(worker, model))
    log = "\n".join(await asyncio.to_thread(worker.log, 400))
    assert f"K ({precision})" in log and f"V ({precision})" in log


@pytest.mark.parametrize(("flash", "line"), [("on", "= enabled"), ("off", "= disabled")])
async def test_flash_attention_is_switched(start, model, flash, line):
    worker = await start(flash_attention=flash, detailed_log=True)
    assert said(await ask(worker, model))
    log = [one for one in await asyncio.to_thread(worker.log, 400) if "flash_attn" in one]
    assert any(line in one for one in log), log


async def test_threads_and_batches_are_those_of_the_settings(start, model):
    worker = await start(threads=2, prompt_batch=32, detailed_log=True)
    log = "\n".join(await asyncio.to_thread(worker.log, 400))
    assert "n_threads = 2" in log and "n_ubatch" in log
    assert next(line for line in log.splitlines() if "n_ubatch" in line).rstrip().endswith("32")


async def test_a_lora_adapter_changes_what_the_model_says(start, model, tmp_path):
    plain, none = await start(), await start(lora=str(make_tiny_lora(tmp_path / "lora.gguf")), lora_scale=0)
    adapted = await start(lora=str(tmp_path / "lora.gguf"), lora_scale=20)
    assert said(await ask(plain, model)) == said(await ask(none, model))
    assert said(await ask(plain, model)) != said(await ask(adapted, model))


async def test_a_draft_model_guesses_and_the_answer_stays_the_same(start, model, tmp_path):
    draft = make_tiny_gguf(tmp_path / "draft.gguf", seed=7)
    plain, fast = await start(), await start(draft_model=str(draft), draft_tokens=4)
    slow_answer, answer = await ask(plain, model), await ask(fast, model)
    assert said(answer) == said(slow_answer)
    assert answer["timings"]["draft_n"] > 0 and answer["timings"]["draft_n_accepted"] > 0


async def test_an_adapter_or_draft_that_is_gone_is_named(start, tmp_path):
    for name in ("lora", "draft_model"):
        with pytest.raises(NotFound, match=r"gone\.gguf"):
            await start(**{name: str(tmp_path / "gone.gguf")})


async def test_a_prompt_that_was_read_before_is_not_read_again(start, model):
    worker = await start()
    words = " ".join(f"word{number}" for number in range(40))
    first = {"messages": [{"role": "user", "content": words}]}
    began = (await ask(worker, model, **first))["timings"]
    turn = [*first["messages"], {"role": "assistant", "content": "yes"}, {"role": "user", "content": "and now?"}]
    went_on = (await ask(worker, model, messages=turn))["timings"]
    assert began["cache_n"] == 0
    assert went_on["cache_n"] > 0.8 * began["prompt_n"]
    assert went_on["prompt_n"] < 0.5 * began["prompt_n"]


async def test_a_conversation_that_lost_its_slot_comes_back_from_memory(start, model):
    worker = await start(slots=1)
    long = {"messages": [{"role": "user", "content": "word1 " * 60}]}
    read = (await ask(worker, model, **long))["timings"]["prompt_n"]
    for number in range(3):
        await ask(worker, model, messages=[{"role": "user", "content": f"word{number + 20} " * 60}])
    assert (await ask(worker, model, **long))["timings"]["cache_n"] > 0.8 * read


async def test_slots_work_side_by_side(start, tmp_path):
    file = make_tiny_gguf(tmp_path / "long.gguf", context=32_768)
    model = await discovery.describe(file, LoadSettings())
    worker = await start(of=model, slots=4, context_length=16_384)
    body = {**HELLO, "max_tokens": 16_000, "temperature": 1}  # many seconds of writing
    async with AsyncExitStack() as stack:
        for _ in range(4):
            pieces = await stack.enter_async_context(aclosing(protocol.chat(worker, model, body)))
            await anext(pieces)
        slots = (await worker.client.get("/slots")).json()
    assert sum(slot["is_processing"] for slot in slots) >= 2


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"cache_precision": "q8_0"}, "heads have 8 numbers, and Q8 packs 32"),
        ({"cache_precision": "q4_0"}, "Q4 packs 32"),
    ],
)
async def test_a_cache_that_a_models_heads_do_not_allow_is_refused_with_the_way_out(
    models, tiny_file, wanted: dict, words: str
):
    model = await models.add(tiny_file)
    with pytest.raises(Invalid, match=words) as caught:
        await models.load(model.id, LoadSettings(**wanted))
    assert "F16" in caught.value.repair.en
    assert (await models.load(model.id, LoadSettings())).state == "loaded"


async def test_a_packed_cache_needs_flash_attention(models, tmp_path):
    wide = await models.add(make_tiny_gguf(tmp_path / "Wide-F32.gguf", heads=1))
    settings = LoadSettings(cache_precision="q8_0", context_length=256)
    with pytest.raises(Invalid, match="while flash attention is off"):
        await models.load(wide.id, settings.model_copy(update={"flash_attention": "off"}))
    assert (await models.load(wide.id, settings)).state == "loaded"
