from __future__ import annotations

from studio.engine.workflows.nodes.embed import EmbedParams, embed
from studio.engine.workflows.outside import Models, Outside
from studio.engine.workflows.store import Store
from tests.contracts.node_contract import NodeContract
from tests.workflows.nodes.scripted import scripted


class TestEmbed(NodeContract):
    name = "embed"

    async def test_texts_become_vectors_that_are_plain_lists(self, tmp_path: object) -> None:
        context, model = scripted()
        store = Store(tmp_path)  # type: ignore[arg-type]
        context.services = context.services.__class__(models=Models(model, Outside(lambda *_: None, store), ("x", ())))
        assert await embed([{"text": "abc"}, "de"], context, EmbedParams()) == [[3.0, 1.0], [2.0, 1.0]]
