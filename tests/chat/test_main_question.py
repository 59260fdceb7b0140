"""The question that the studio is for, on the sample project, with the model that is included."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from studio.engine.chat.service import Answered, Message
from studio.engine.engine import Engine
from studio.engine.paths import Paths
from tests.chat.conftest import QUESTION

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(sample_home, tmp_path_factory.mktemp("chat") / "home"))


async def test_the_main_question_is_answered_from_the_handbook_page_and_the_orders(home: Path) -> None:
    message = await _answer(home, QUESTION)
    page = next(source for source in message.sources if source.page == 13)
    rows = next(source for source in message.sources if source.kind == "rows")
    assert "24 months" in message.content
    assert "47" in message.content
    assert page.cited
    assert rows.cited
    assert "24 months" in page.quote
    assert (rows.dataset_id, rows.rows) == ("ds-001", [{"count": 47}])
    assert f"[{page.number}]" in message.content
    assert f"[{rows.number}]" in message.content


async def test_a_chinese_question_finds_its_page_whatever_the_demo_model_makes_of_it(home: Path) -> None:
    message = await _answer(home, "K7 水泵保修多久？华南退了多少台 K7？")
    assert 13 in [source.page for source in message.sources]
    assert [source.rows for source in message.sources if source.kind == "rows"] == [[{"count": 47}]]


async def _answer(home: Path, question: str) -> Message:
    engine = await Engine.open(Paths.under(home))
    try:
        collections = [collection.id for collection in await engine.knowledge.collections()]
        datasets = [dataset.id for dataset in await engine.datasets.list()]
        thread = await engine.chat.create(knowledge=collections, datasets=datasets)
        last = [event async for event in engine.chat.ask(thread.id, question)][-1]
    finally:
        await engine.close()
    assert isinstance(last, Answered), last
    return last.message
