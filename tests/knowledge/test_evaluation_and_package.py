"""Labelled queries that are measured over time, and a collection that travels in one file."""

import random

import pytest

from studio.engine.errors import BadParameter, BadState, Conflict, Invalid, NotFound
from studio.engine.knowledge.evaluation import Judged, Target, figures_of
from tests.knowledge.conftest import opened

WORDS = ["pump", "valve", "seal", "motor", "lamp", "door", "belt", "wheel", "fan", "filter"]
PLACES = ["Wuhan", "Foshan", "Chengdu", "Ningbo", "Harbin", "Xiamen", "Lanzhou", "Dalian", "Suzhou", "Hefei"]


@pytest.fixture
def catalogue(tmp_path):
    path = tmp_path / "catalogue.csv"
    lines = [
        f"{n},The {word} number {n} is stored in {place}. 编号 {n} 的零件存放于{place}。"
        for n, (word, place) in enumerate(((w, p) for w in WORDS for p in PLACES), 1)
    ]
    path.write_text("id,text\n" + "\n".join(lines))
    return path


async def test_labelled_queries_are_measured_for_each_way_of_searching_and_kept(room, kb, catalogue):
    await room.add(kb, catalogue)
    evaluations = room.knowledge.evaluations
    with pytest.raises(BadState):
        await evaluations.run(kb)
    queries = [
        {"query": "Where is the valve number 13?", "relevant": [{"document": "catalogue.csv", "row": 13}]},
        {"query": "编号 77 的零件在哪里", "relevant": [{"row": 77}]},
        {"query": "nothing of the kind", "relevant": [{"document": "other.pdf", "page": 2}]},
    ]
    kept = await evaluations.add(kb, queries)
    assert len(await evaluations.add(kb, queries[:1])) == 3
    measured = await evaluations.run(kb, 5)
    assert [one.mode for one in measured] == ["hybrid", "dense", "keyword"]
    hybrid = measured[0]
    assert (hybrid.queries, hybrid.ranks[kept[0].id], hybrid.ranks[kept[2].id]) == (3, 1, None)
    assert hybrid.recall == pytest.approx(2 / 3, abs=0.001)
    await evaluations.run(kb, 5, ["keyword"])
    assert [one.mode for one in await evaluations.history(kb)] == ["keyword", "keyword", "dense", "hybrid"]
    await evaluations.remove(kb, kept[2].id)
    assert len(await evaluations.queries(kb)) == 2
    with pytest.raises(BadParameter):
        await evaluations.add(kb, [{"query": "x", "relevant": []}])


def test_the_figures_are_those_of_the_textbook():
    class Hit:
        def __init__(self, name):
            self.document = type("D", (), {"id": name, "file_name": name, "title": ""})
            self.chunk = type("C", (), {"page": None, "row": None, "text": ""})

    judged = [
        Judged(id="a", query="a", relevant=[Target(document="x"), Target(document="y")]),
        Judged(id="b", query="b", relevant=[Target(document="z")]),
    ]
    answers = {"a": [Hit("n"), Hit("x"), Hit("y")], "b": [Hit("n")]}
    figures = figures_of(judged, answers, 3)
    assert (figures["recall"], figures["mrr"]) == (0.5, 0.25)
    assert figures["ndcg"] == pytest.approx((1 / 1.58496 + 1 / 2) / (1 + 1 / 1.58496) / 2, abs=1e-4)
    assert figures["ranks"] == {"a": 2, "b": None}


async def exported(room, kb, path):
    return await room.done(await room.knowledge.packages.export(kb, path))


async def top(room, kb, queries):
    found = [await room.knowledge.search(query, [kb], 10) for query in queries]
    return [[(one.chunk.text, one.chunk.row, one.score, one.dense, one.keyword) for one in many] for many in found]


async def test_a_collection_in_one_file_finds_the_same_without_embedding_anything(room, kb, paths, tmp_path, catalogue):
    await room.add(kb, catalogue)
    document = (await room.knowledge.documents(kb))[0]
    await room.knowledge.tag(document.id, ["stock"])
    await room.knowledge.editing.exclude((await room.knowledge.chunks(document.id))[3].id)
    await room.knowledge.evaluations.add(kb, [{"query": "valve 13", "relevant": [{"row": 13}]}])
    queries = [f"Where is the {word} kept in {place}?" for word in WORDS for place in PLACES]
    before = await top(room, kb, queries)
    told = await exported(room, kb, tmp_path / "one.knowledge")
    assert told["chunks"] == 100
    with pytest.raises(Conflict):
        await room.knowledge.packages.take(tmp_path / "one.knowledge")
    from studio.engine.paths import Paths

    async with opened(Paths.under(tmp_path / "elsewhere").make()) as other:
        made = await other.knowledge.packages.take(tmp_path / "one.knowledge", "Taken along")
        assert other.embeds.texts == 0
        assert await top(other, made.id, queries) == before
        assert other.embeds.texts == len(queries) + 1  # the questions, and once what tells the model
        assert (made.name, made.document_count, made.chunk_count) == ("Taken along", 1, 100)
        (there,) = await other.knowledge.documents(made.id)
        assert there.tags == ["stock"] and (await other.knowledge.chunks(there.id))[3].excluded
        assert len(await other.knowledge.evaluations.queries(made.id)) == 1
        other.embeds.texts = 0
        await other.done(await other.knowledge.reindex(made.id))
        assert other.embeds.texts == 0
        await other.knowledge.delete(made.id)


async def test_one_flipped_byte_is_refused_and_nothing_is_taken(room, kb, tmp_path, catalogue):
    await room.add(kb, catalogue)
    path = tmp_path / "one.knowledge"
    await exported(room, kb, path)
    content = path.read_bytes()
    chance = random.Random(5)
    for place in [0, len(content) - 1, len(content) - 40, *(chance.randrange(len(content)) for _ in range(20))]:
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(Invalid, match="not as it was written"):
            await room.knowledge.packages.take(path, "Other")
    path.write_bytes(content[:-10])
    with pytest.raises(Invalid):
        await room.knowledge.packages.take(path, "Other")
    assert len(await room.knowledge.collections()) == 1
    with pytest.raises(NotFound):
        await room.knowledge.packages.take(tmp_path / "nothing")
