"""Asking models: pieces, cancelling, errors, death of the worker, many at once."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import aclosing

import psutil
import pytest

from studio.engine.errors import BadParameter, NotFound, RateLimited, WorkerFailed
from studio.engine.models.model import LoadSettings
from tests.contracts.backend_contract import turns_of

HELLO = [{"role": "user", "content": "Hello 你好"}]
ROUTE = "/v1/chat/completions"


@pytest.fixture
async def tiny(models, tiny_file):
    return await models.add(tiny_file)


async def until(condition, seconds: float = 120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


async def answer(models, name="qwen", **options) -> str:
    """Of a model with random weights: what it says of its own accord may be no letter at all, its likeliest words are."""
    options = options if "seed" in options else {"temperature": 0, **options}
    return "".join([piece.text async for piece in models.chat(name, HELLO, **options)])


async def test_a_question_loads_the_model_and_says_so(models, tiny, states):
    assert tiny.state == "available"
    assert await answer(models, max_tokens=12, seed=3)
    assert (await models.get(tiny.id)).state == "loaded"
    assert [state for model_id, state in states if model_id == tiny.id][:2] == ["loading", "loaded"]


async def test_the_same_seed_gives_the_same_answer(models, tiny):
    first = await answer(models, max_tokens=16, seed=5)
    assert first == await answer(models, max_tokens=16, seed=5)
    assert first != await answer(models, max_tokens=16, seed=6)


async def test_many_questions_at_once_share_one_worker_and_all_are_answered(models, tiny):
    answers = await asyncio.gather(*(answer(models, max_tokens=16, seed=number) for number in range(12)))
    assert all(answers)
    assert len(models._pool.loaded()) == 1
    statistics = models.statistics()
    assert (statistics.requests, statistics.loaded) == (12, 1)
    assert statistics.tokens >= 12


async def test_a_stopped_answer_stops_the_worker_decoding(models, tiny):
    async with aclosing(models.chat(tiny.id, HELLO, max_tokens=1900, ignore_eos=True)) as pieces:
        await anext(pieces)
    place = models._pool.place(tiny.id)
    assert place.busy == 0
    deadline = time.monotonic() + 60
    while True:
        slots = (await place.worker.client.get("/slots")).json()
        if not any(slot["is_processing"] for slot in slots):
            break
        assert time.monotonic() < deadline, "the worker went on decoding"


async def test_a_cancelled_question_gives_the_model_free(models, tiny):
    task = asyncio.create_task(answer(models, max_tokens=1900, ignore_eos=True))
    await until(lambda: models._pool.place(tiny.id).worker is not None)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert models._pool.place(tiny.id).busy == 0
    assert await answer(models, max_tokens=4)


async def test_a_load_goes_on_when_the_one_who_asked_first_leaves(models, tiny):
    first, second = (asyncio.create_task(answer(models, max_tokens=4)) for _ in range(2))
    await until(lambda: models._pool.place(tiny.id).loading is not None)
    first.cancel()
    assert await second
    assert first.cancelled()


async def test_unloading_ends_a_load_and_says_so_to_those_who_wait(models, tiny):
    waiting = asyncio.create_task(models.load(tiny.id))
    await until(lambda: models._pool.place(tiny.id).loading is not None)
    await models.unload(tiny.id)
    with pytest.raises(WorkerFailed, match="unloaded while"):
        await waiting
    assert (await models.get(tiny.id)).state == "available"
    assert await answer(models, max_tokens=4)


async def test_more_requests_than_may_wait_are_told_to_come_back(models, tiny, settings):
    await settings.set("server.queue", 1)
    running = [await models.forward(tiny.id, ROUTE, {"messages": HELLO, "max_tokens": 4}) for _ in range(3)]
    with pytest.raises(RateLimited, match="3 requests run or wait already"):
        await models.forward(tiny.id, ROUTE, {"messages": HELLO})
    for one in running:
        await one.close()
    assert (await (await models.forward(tiny.id, ROUTE, {"messages": HELLO, "max_tokens": 4})).whole())["choices"]


async def test_a_prompt_that_is_too_long_is_refused_with_both_numbers(models, tiny):
    with pytest.raises(BadParameter, match=r"[\d,]+ tokens and “Tiny-Random” was loaded for 2,048"):
        _ = [piece async for piece in models.chat("qwen", [{"role": "user", "content": "泵" * 4000}])]


async def test_a_killed_worker_is_noticed_and_the_next_question_starts_it_again(models, tiny, states):
    await answer(models, max_tokens=4)
    killed = models.process_id(tiny.id)
    os.kill(killed, 9)
    await until(lambda: (tiny.id, "failed") in states)
    failed = await models.get(tiny.id)
    assert "killed" in failed.error.en and "starts it again" in failed.error.en
    assert await answer(models, max_tokens=4)
    assert models.process_id(tiny.id) not in (None, killed)
    assert (await models.get(tiny.id)).state == "loaded"


async def test_an_answer_whose_worker_is_killed_fails_in_words_and_nothing_hangs(models, tiny):
    await answer(models, max_tokens=4)
    worker = models.process_id(tiny.id)
    psutil.Process(worker).suspend()
    waiting = [asyncio.create_task(answer(models, max_tokens=4)) for _ in range(3)]
    await until(lambda: models._pool.place(tiny.id).busy == 3)
    os.kill(worker, 9)
    for task in waiting:
        with pytest.raises(WorkerFailed, match="Tiny-Random"):
            await asyncio.wait_for(task, 60)
    assert await answer(models, max_tokens=4)


async def test_unloading_gives_the_memory_back_within_five_seconds(models, tiny):
    loaded = await models.load(tiny.id)
    process = psutil.Process(models.process_id(loaded.id))
    assert await turns_of(models.unload(loaded.id)) < 5
    assert (await models.get(loaded.id)).state == "available"
    assert not process.is_running()


async def test_the_memory_of_a_worker_is_known_while_it_runs(models, tiny):
    assert await models.memory() == {}
    await models.load(tiny.id)
    assert (await models.memory())[tiny.id] > 5_000_000
    assert 0 < await models.backend("llama_cpp").check() < 30


async def test_settings_that_are_loaded_with_are_kept_and_change_the_worker(models, make_models, tiny):
    await models.load(tiny.id)
    before = models.process_id(tiny.id)
    await models.load(tiny.id, LoadSettings(context_length=512, slots=1))
    assert models.process_id(tiny.id) != before
    slots = (await models._pool.place(tiny.id).worker.client.get("/slots")).json()
    assert [slot["n_ctx"] for slot in slots] == [512]
    assert (await (await make_models()).get(tiny.id)).load_settings.slots == 1


async def test_a_model_that_nobody_asks_is_unloaded_after_its_time(models, tiny):
    await models.load(tiny.id, LoadSettings(context_length=512, unload_after_minutes=5))
    pool = models._pool
    used = pool.place(tiny.id).used
    assert pool.idle(used + 299) == []
    assert pool.idle(used + 301) == [tiny.id]
    await models.load(tiny.id, LoadSettings(context_length=512, unload_after_minutes=0))
    assert pool.idle(used + 10**9) == []


async def test_a_model_that_never_loads_fails_with_the_reason_and_its_log(models, tmp_path, tiny_file):
    odd = tmp_path / "odd.gguf"
    odd.write_bytes(tiny_file.read_bytes().replace(b"llama", b"lxxma"))
    model = await models.add(odd)
    with pytest.raises(WorkerFailed, match="odd"):
        await models.load(model.id)
    assert (await models.get(model.id)).state == "failed"
    assert any("lxxma" in line for line in models.log(model.id))


async def test_a_forwarded_answer_has_the_shape_of_openai_the_name_that_was_asked_for_and_timings(models, tiny):
    passed = await models.forward("qwen", "/v1/chat/completions", {"model": "qwen", "messages": HELLO, "max_tokens": 4})
    content = await passed.whole()
    assert content["object"] == "chat.completion"
    assert content["model"] == "qwen"
    assert content["choices"][0]["message"]["role"] == "assistant"
    assert content["timings"]["predicted_n"] <= 4


async def test_a_forwarded_stream_ends_with_done_and_can_be_closed_early(models, tiny):
    body = {"messages": HELLO, "max_tokens": 6, "stream": True}
    passed = await models.forward(tiny.id, "/v1/chat/completions", body)
    stream = b"".join([block async for block in passed.blocks()])
    assert stream.rstrip().endswith(b"data: [DONE]") and b"prompt_progress" not in stream
    early = await models.forward(tiny.id, "/v1/chat/completions", {**body, "max_tokens": 1900, "ignore_eos": True})
    await early.close()
    assert models._pool.place(tiny.id).busy == 0


async def test_a_forwarded_request_to_an_unknown_model_or_with_too_much_is_refused(models, tiny):
    with pytest.raises(NotFound, match="gpt-99"):
        await models.forward("gpt-99", "/v1/chat/completions", {"messages": HELLO})
    with pytest.raises(BadParameter, match="was loaded for"):
        await models.forward("qwen", "/v1/chat/completions", {"messages": [{"role": "user", "content": "泵" * 4000}]})
    assert models._pool.place(tiny.id).busy == 0


async def test_a_model_of_another_kind_is_refused_by_name(models, tiny):
    with pytest.raises(BadParameter, match="use-multilingual-3” is no chat model"):
        await answer(models, "usem3")
    with pytest.raises(BadParameter, match="no embedding model"):
        await models.answer(tiny.id, "/v1/embeddings", {"input": "x"})


async def test_texts_are_embedded_in_any_number(models):
    vectors = await models.embed("", [f"text {number}" for number in range(150)])
    assert vectors.shape == (150, 512)
    assert (await models.embed("", [])).shape == (0, 512)
    assert (await models.embedder()).dimensions == 512
    with pytest.raises(BadParameter, match="no embedding model"):
        await models.embed("demo-smollm2", ["x"])


async def test_tokens_are_counted_exactly_when_loaded_and_estimated_when_not(models, tiny):
    estimated = await models.count_tokens(tiny.id, "你好 world")
    await models.load(tiny.id)
    assert await models.count_tokens(tiny.id, "你好 world") == 13
    assert estimated >= 4


async def test_a_measured_speed_is_kept_with_the_model(models, tiny):
    speed = await models.measure(tiny.id)
    assert speed > 0
    assert (await models.get(tiny.id)).tokens_per_second == pytest.approx(speed, rel=0.11)


async def test_a_remote_model_answers_and_its_key_is_in_no_table(models, tiny, paths):
    await models.load(tiny.id)
    server = models._pool.place(tiny.id).worker
    assert list(await models.remote_models(server.base_url + "/v1", server.key)) == ["Tiny-Random"]
    remote = await models.add_remote("Elsewhere", server.base_url + "/v1/", server.key)
    assert remote.remote and remote.remote_name == "Tiny-Random"
    assert await answer(models, "Elsewhere", max_tokens=6)
    assert all(server.key.encode() not in file.read_bytes() for file in paths.data.glob("catalog.db*"))
    with pytest.raises(BadParameter, match="Tiny-Random"):
        await models.add_remote("Wrong", server.base_url, server.key, model="gpt-99")


@pytest.mark.slow
async def test_the_demo_model_greets_in_english(models):
    text = "".join(
        [
            piece.text
            async for piece in models.chat(
                "demo-smollm2", [{"role": "user", "content": "Say hello."}], max_tokens=24, temperature=0
            )
        ]
    )
    assert "hello" in text.lower() or "hi" in text.lower()
