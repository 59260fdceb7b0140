from __future__ import annotations

from typing import Any

import pytest

from studio.engine.errors import BadParameter
from studio.engine.workflows.context import Context
from studio.engine.workflows.nodes.parse import ParseParams, parse
from tests.contracts.node_contract import NodeContract

OBJECT = {"items": [{"name": "a", "n": 1}, {"name": "b", "n": 2}]}


class TestParse(NodeContract):
    name = "parse"

    @pytest.mark.parametrize(
        ("mode", "path", "value", "wanted"),
        [
            ("json", "", '{"a": [1]}', {"a": [1]}),
            ("json", "", 'Here it is:\n```json\n{"a": 1}\n```\nGood luck', {"a": 1}),
            ("json", "", 'I say {"a": {"b": 2}} and more {', {"a": {"b": 2}}),
            ("path", "items[1].name", OBJECT, "b"),
            ("path", "items[*].n", OBJECT, [1, 2]),
            ("path", "items[-1].n", OBJECT, 2),
            ("lines", "", "a\n\nb\n", ["a", "b"]),
            ("number", "", " 12 ", 12),
            ("text", "", {"a": "汉"}, '{"a": "汉"}'),
        ],
    )
    async def test_values_are_read_as_what_they_should_be(self, mode: Any, path: str, value: Any, wanted: Any) -> None:
        assert (await parse(Context(), ParseParams(mode=mode, path=path), value=value)) == {"value": wanted}

    async def test_csv_becomes_a_table(self) -> None:
        found: Any = await parse(Context(), ParseParams(mode="csv"), value='a,b\n1,"x, y"\n')
        assert found["value"].to_pylist() == [{"a": "1", "b": "x, y"}]

    @pytest.mark.parametrize(
        ("mode", "path", "value"), [("json", "", "no"), ("path", "items[7].n", OBJECT), ("path", "x.y", OBJECT)]
    )
    async def test_what_cannot_be_read_is_shown(self, mode: Any, path: str, value: Any) -> None:
        with pytest.raises(BadParameter, match=r"no JSON|leads nowhere"):
            await parse(Context(), ParseParams(mode=mode, path=path), value=value)
