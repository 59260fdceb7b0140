from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from studio.engine.paths import Paths
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.index import IndexParams, index
from studio.engine.workflows.nodes.retriever import RetrieverParams, retriever
from tests.contracts.node_contract import NodeContract
from tests.knowledge.conftest import opened
from tests.workflows.conftest import Handbook


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Any]:
    """A real knowledge room."""
    async with opened(Paths.under(tmp_path).make()) as found:
        yield found.knowledge


class TestRetriever(NodeContract):
    name = "retriever"
    example: ClassVar[dict[str, object]] = {"collection": "handbook"}

    async def test_chunks_say_where_they_stand(self) -> None:
        context = Context(services=Services(knowledge=Handbook()))
        found = await retriever("warranty", context, RetrieverParams(collection="handbook", limit=1))
        assert len(found) == 1
        assert {"number": 1, "page": 1, "document_id": "doc-1", "title": "Handbook"}.items() <= found[0].items()

    async def test_tags_documents_and_further_collections_narrow_and_widen_what_is_found(self, room: Any) -> None:
        for name, texts in (("pumps", ["The K7 pump has a warranty."]), ("valves", ["The V2 valve has a warranty."])):
            await room.create(name)
            for number, text in enumerate(texts):
                made = await room.add_text(name, text, f"{name}-{number}.md")
                await room.tag(made.id, [name])
        context = Context(services=Services(knowledge=room))

        async def names(**params: Any) -> set[str]:
            return {
                one["file_name"]
                for one in await retriever("warranty", context, RetrieverParams(collection="pumps", **params))
            }

        assert await names() == {"pumps-0.md"}
        assert await names(more=["valves"]) == {"pumps-0.md", "valves-0.md"}
        assert await names(more=["valves"], tags=["valves"]) == {"valves-0.md"}
        assert await names(more=["valves"], files=["pumps-0.md"]) == {"pumps-0.md"}

    async def test_a_document_of_the_same_name_gives_way_once_the_new_one_is_found(self, room: Any) -> None:
        await room.create("pumps")
        context = Context(services=Services(knowledge=room))
        for text, same in (("The K7 is red.", "keep"), ("The K7 is blue.", "keep"), ("The K7 is green.", "replace")):
            given = {"text": text, "file_name": "k7.md"}
            await index([given], context, IndexParams(collection="pumps", same_name=same))  # type: ignore[arg-type]
        assert [(one.file_name, one.chunk_count) for one in await room.documents("pumps")] == [("k7.md", 1)]
        found = await retriever("K7", context, RetrieverParams(collection="pumps"))
        assert [one["text"] for one in found] == ["The K7 is green."]
