from __future__ import annotations

from typing import ClassVar

from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.retriever import RetrieverParams, retriever
from tests.contracts.node_contract import NodeContract
from tests.workflows.conftest import Handbook


class TestRetriever(NodeContract):
    name = "retriever"
    example: ClassVar[dict[str, object]] = {"collection": "handbook"}

    async def test_chunks_say_where_they_stand(self) -> None:
        context = Context(services=Services(knowledge=Handbook()))
        found = await retriever("warranty", context, RetrieverParams(collection="handbook", limit=1))
        assert len(found) == 1
        assert {"number": 1, "page": 1, "document_id": "doc-1", "title": "Handbook"}.items() <= found[0].items()
