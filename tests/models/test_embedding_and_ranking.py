"""GGUF files that embed or rank, on the real runtime and through the same routes."""

from __future__ import annotations

import gguf
import pytest

from studio.engine.errors import BadParameter
from tests.models.tiny_gguf import make_tiny_gguf


@pytest.fixture
async def embedder(models, tmp_path):
    return await models.add(make_tiny_gguf(tmp_path / "Tiny-Embed.gguf", pooling=gguf.PoolingType.MEAN))


@pytest.fixture
async def ranker(models, tmp_path):
    return await models.add(make_tiny_gguf(tmp_path / "Tiny-Rank.gguf", pooling=gguf.PoolingType.RANK))


async def test_a_gguf_embedder_gives_vectors_of_length_one_in_their_order(models, embedder):
    assert embedder.kind == "embedding"
    vectors = await models.embed(embedder.id, ["pump", "水泵", "pump"])
    assert vectors.shape == (3, 32)
    assert (vectors**2).sum(axis=1) == pytest.approx([1, 1, 1], abs=1e-4)
    assert vectors[0] == pytest.approx(vectors[2], abs=1e-3) and abs(vectors[0] @ vectors[1]) < 0.999


async def test_its_route_answers_in_the_shape_of_openai(models, embedder):
    answer = await models.answer("Tiny-Embed", "/v1/embeddings", {"input": ["a", "b"], "user": "me"})
    assert answer["object"] == "list" and answer["model"] == "Tiny-Embed"
    assert [len(row["embedding"]) for row in answer["data"]] == [32, 32]


async def test_a_gguf_reranker_scores_every_text(models, ranker):
    assert ranker.kind == "rerank"
    documents = ["the pump leaks", "noodles", "the valve"]
    answer = await models.answer("Tiny-Rank", "/v1/rerank", {"query": "pump", "documents": documents, "top_n": 2})
    scores = [row["relevance_score"] for row in answer["results"]]
    assert len(scores) == 2 and scores == sorted(scores, reverse=True)
    assert {row["index"] for row in answer["results"]} <= {0, 1, 2}


async def test_each_kind_is_only_asked_for_what_it_does(models, embedder, ranker):
    with pytest.raises(BadParameter, match="no chat model"):
        await models.forward(ranker.id, "/v1/chat/completions", {"messages": [{"role": "user", "content": "x"}]})
    with pytest.raises(BadParameter, match="no rerank model"):
        await models.answer(embedder.id, "/v1/rerank", {"query": "x", "documents": ["y"]})
