from __future__ import annotations

from studio.engine.workflows.nodes.rerank import RerankParams, rerank
from tests.contracts.node_contract import NodeContract
from tests.workflows.nodes.scripted import scripted


class TestRerank(NodeContract):
    name = "rerank"

    async def test_the_nearest_chunks_come_first(self) -> None:
        context, _ = scripted()
        chunks = [{"text": "a", "id": 1}, {"text": "aaaa", "id": 2}, {"text": "aa", "id": 3}]
        found = await rerank("aaa", chunks, context, RerankParams(limit=2, threshold=-1))
        assert [(chunk["id"], chunk["number"]) for chunk in found] == [(2, 1), (3, 2)]
        assert await rerank("a", [], context, RerankParams()) == []
