from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.index import IndexParams, index
from tests.contracts.node_contract import NodeContract


class Shelf:
    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    async def add_text(self, collection: str, text: str, file_name: str, title: str = "") -> Any:
        self.texts[f"{collection}/{file_name}"] = text
        return SimpleNamespace(id=f"doc-{len(self.texts)}", file_name=file_name, chunk_count=1)


class TestIndex(NodeContract):
    name = "index"
    example: ClassVar = {"collection": "handbook"}

    async def test_documents_keep_their_names_and_texts_get_one(self) -> None:
        shelf = Shelf()
        context = Context(services=Services(knowledge=shelf))
        given = [{"text": "a", "file_name": "a.md"}, "b"]
        found = await index(given, context, IndexParams(collection="handbook", name="notes"))
        assert shelf.texts == {"handbook/a.md": "a", "handbook/notes-2.md": "b"}
        assert [item["document_id"] for item in found] == ["doc-1", "doc-2"]
