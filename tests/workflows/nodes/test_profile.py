from __future__ import annotations

import pytest

from studio.engine.errors import Invalid
from studio.engine.workflows.context import Context
from studio.engine.workflows.nodes.profile import ProfileParams, profile
from studio.engine.workflows.values import table_of
from tests.contracts.node_contract import NodeContract
from tests.workflows.nodes.data_rows import ROWS


class TestProfile(NodeContract):
    name = "profile"

    async def test_each_column_says_what_is_in_it(self) -> None:
        found = await profile(table_of(ROWS), Context(), ProfileParams())
        told = {row["name"]: row for row in found.columns.to_pylist()}
        assert (told["n"]["rows"], told["n"]["nulls"], told["n"]["distinct"], told["n"]["mean"]) == (4, 2, 2, 4.0)
        assert (told["region"]["low"], told["region"]["high"], told["region"]["mean"]) == ("北", "南", None)
        frequent = next(column for column in found.profile if column["name"] == "region")["top"]
        assert (frequent[0]["label"], frequent[0]["count"]) == ("南", 3)

    async def test_some_columns_are_enough_and_a_wrong_one_is_named(self) -> None:
        found = await profile(table_of(ROWS), Context(), ProfileParams(columns=["id"]))
        assert [row["name"] for row in found.columns.to_pylist()] == ["id"]
        assert (await profile(table_of([]), Context(), ProfileParams())).profile == []
        with pytest.raises(Invalid, match="nothing"):
            await profile(table_of(ROWS), Context(), ProfileParams(columns=["nothing"]))
