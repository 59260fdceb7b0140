from __future__ import annotations

from typing import ClassVar

import pytest

from studio.engine.errors import BadParameter
from studio.engine.workflows.context import Context
from studio.engine.workflows.nodes.start import StartField, StartParams, start
from tests.contracts.node_contract import NodeContract


class TestStart(NodeContract):
    name = "start"
    example: ClassVar[dict[str, object]] = {
        "fields": [{"name": "question"}, {"name": "n", "type": "number", "default": 3}]
    }

    async def test_fields_come_out_typed_with_defaults_for_what_was_left_out(self) -> None:
        params = StartParams.model_validate(self.example)
        assert await start(Context(inputs={"question": "why"}), params) == {"question": "why", "n": 3}
        assert (await start(Context(inputs={"question": 7, "n": "12"}), params)) == {"question": "7", "n": 12}

    async def test_a_missing_or_wrong_field_is_named(self) -> None:
        with pytest.raises(BadParameter, match="question"):
            await start(Context(), StartParams())
        with pytest.raises(BadParameter, match="number"):
            await start(Context(inputs={"n": "many"}), StartParams(fields=[StartField(name="n", type="number")]))

    async def test_a_file_is_handed_on_as_an_address_and_never_as_a_path(self) -> None:
        fields = [{"name": "paper", "type": "file"}, {"name": "more", "type": "files", "required": False}]
        params = StartParams.model_validate({"fields": fields})
        given = {"paper": {"url": "s3://run-files/ab/a.pdf"}, "more": ["https://example.org/b.pdf", "s3://papers/c/"]}
        found = await start(Context(inputs=given), params)
        assert found == {"paper": "s3://run-files/ab/a.pdf", "more": given["more"]}
        for path in ("/etc/passwd", "../notes.txt", "file:///etc/passwd", "C:\\a.txt"):
            with pytest.raises(BadParameter, match="can take"):
                await start(Context(inputs={"paper": path}), params)
        with pytest.raises(BadParameter, match="one file, not 2"):
            await start(Context(inputs={"paper": given["more"]}), params)
        with pytest.raises(BadParameter, match="is empty"):
            await start(Context(inputs={"paper": []}), params)

    def test_each_field_is_a_typed_output(self) -> None:
        assert [(port.name, port.type) for port in self.type.ports(self.example).outputs] == [
            ("question", "text"),
            ("n", "number"),
        ]
        several = self.type.ports({"fields": [{"name": "more", "type": "files"}]}).outputs
        assert [port.type for port in several] == ["file"]
