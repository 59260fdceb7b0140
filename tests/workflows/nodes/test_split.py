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

    async def test_markdown_is_cut_at_its_headings(self) -> None:
        text = "# Pumps\n\nThe K7 is good.\n\n# Valves\n\nThe V2 is better."
        found = await split(text, Context(), SplitParams(characters=30, overlap=0, strategy="markdown"))
        assert [chunk["text"] for chunk in found] == ["# Pumps\n\nThe K7 is good.", "# Valves\n\nThe V2 is better."]

    async def test_a_chunk_brings_the_part_that_it_stands_in(self) -> None:
        params = SplitParams(characters=20, overlap=0, parent_characters=60)
        found = await split([{"text": TEXT}], Context(), params)
        assert all(TEXT[c["start"] : c["end"]] == c["text"] and c["text"] in c["context"] for c in found)
        assert max(len(c["context"]) for c in found) <= 60 and len({c["parent"] for c in found}) > 1
        assert all("parent" not in c for c in await split(TEXT, Context(), SplitParams(characters=20)))
