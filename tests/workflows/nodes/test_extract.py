from __future__ import annotations

import pytest

from studio.engine.errors import Invalid
from studio.engine.workflows.nodes.extract import ExtractParams, extract
from tests.contracts.node_contract import NodeContract
from tests.workflows.nodes.scripted import scripted


class TestExtract(NodeContract):
    name = "extract"

    async def test_facts_become_rows(self) -> None:
        context, model = scripted('{"rows": [{"name": "K7", "amount": 2}, {"name": "V2", "amount": null}]}')
        found = await extract("Two K7 and some V2", context, ExtractParams())
        assert found.to_pylist() == [{"name": "K7", "amount": 2}, {"name": "V2", "amount": None}]
        assert model.asked[0][1]["content"] == "<text>\nTwo K7 and some V2\n</text>"

    async def test_a_field_of_no_type_is_named(self) -> None:
        context, _ = scripted()
        with pytest.raises(Invalid, match="colour"):
            await extract("x", context, ExtractParams(fields=["a: colour"]))

    async def test_documents_are_read_as_their_texts(self) -> None:
        context, model = scripted('{"rows": []}')
        await extract([{"text": "Two K7", "page": 1}, {"text": "one V2", "page": 2}], context, ExtractParams())
        assert model.asked[0][1]["content"] == "<text>\nTwo K7\n\none V2\n</text>"
