from __future__ import annotations

from studio.engine.workflows.context import Context
from studio.engine.workflows.nodes.split import SplitParams, split
from tests.contracts.node_contract import NodeContract

TEXT = "水泵保修二十四个月。请保留发票。The pump is guaranteed for two years. Keep the bill."


class TestSplit(NodeContract):
    name = "split"

    async def test_chunks_know_where_they_stand(self) -> None:
        found = await split([{"text": TEXT, "title": "Handbook"}], Context(), SplitParams(characters=40, overlap=0))
        assert len(found) >= 2 and all(TEXT[c["start"] : c["end"]] == c["text"] for c in found)
        assert found[0]["title"] == "Handbook" and [c["number"] for c in found] == list(range(1, len(found) + 1))
        assert all(len(chunk["text"]) <= 40 for chunk in found)
