"""The JSON schema of workflow files holds what the studio reads, and nothing else; older steps become what they are today."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from studio.engine.params import Params, param
from studio.engine.paths import resource
from studio.engine.text import Text
from studio.engine.workflows import file, library, schema
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import node
from tests.workflows.conformance import graphs
from tests.workflows.graphs import graph, step

SCHEMA = schema.of_files()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def problems(data: dict[str, Any]) -> list[str]:
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in VALIDATOR.iter_errors(data)]


def test_every_file_that_the_studio_writes_holds_to_the_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    samples = [json.loads(path.read_text()) for path in sorted(resource("sample/workflows").glob("*.json"))]
    assert len(samples) >= 3
    for data in [*samples, *(json.loads(file.write(sheet)) for sheet in graphs().values())]:
        assert problems(data) == [], data.get("name")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"params": {"limit": "many"}}, "nodes.0.params.limit"),
        ({"params": {"limit": 5, "wrong": 1}}, "nodes.0.params"),
        ({"retry": {"times": -1}}, "nodes.0.retry.times"),
        ({"on_error": "explode"}, "nodes.0.on_error"),
    ],
)
def test_what_does_not_hold_is_named_by_its_place(change: dict[str, Any], place: str) -> None:
    data = json.loads(file.write(graph(step("f", "filter_rows", where="n > 1"))))
    assert problems(data) == []
    data["nodes"][0] |= change
    assert [problem.partition(":")[0] for problem in problems(data)] == [place]


def test_a_step_of_an_unknown_type_may_have_any_parameters() -> None:
    assert problems(json.loads(file.write(graph(step("x", "from_elsewhere", deep={"er": [1]}))))) == []


class RenamedParams(Params):
    limit: int = param(5, Text("Limit", "上限"))
    order: str = param("up", Text("Order", "顺序"))


@pytest.fixture
def renamed() -> Iterator[None]:
    """A node that is at its third version: `top` became `limit`, then `down` became `order`."""

    @node(
        title=Text("Renamed", "改名"), category="transform", icon="pen", doc=Text("Has a past.", "有历史版本。"), version=3,
        migrators={
            1: lambda params: {("limit" if name == "top" else name): value for name, value in params.items()},
            2: lambda params: {"order": "down" if params.pop("down", False) else "up", **params},
        },
    )  # fmt: skip
    async def renamed_step(context: Context, params: RenamedParams) -> str:
        """Say what the parameters are today."""
        return f"{params.limit} {params.order}"

    library.nodes.all()["renamed"] = renamed_step
    yield
    del library.nodes.all()["renamed"]


def test_an_older_step_is_read_as_its_type_is_today_whatever_its_version(renamed: None) -> None:
    old = {"version": "2", "nodes": [{"id": "r", "type": "renamed", "params": {"top": 9, "down": True}}], "edges": []}
    read = file.read(old)
    assert (read.node("r").params, read.node("r").version) == ({"limit": 9, "order": "down"}, 3)
    assert library.problems(read) == []
    second = {**old, "nodes": [{"id": "r", "type": "renamed", "version": 2, "params": {"limit": 1}}]}
    assert file.read(second).node("r").params == {"limit": 1, "order": "up"}
    written = file.write(read)
    assert json.loads(written)["nodes"][0]["version"] == 3 and file.read(written) == read
    newer = {**old, "nodes": [{"id": "r", "type": "renamed", "version": 4, "params": {"limit": 2}}]}
    assert file.read(newer).node("r").version == 4, "a step of a newer studio stays as it is"
