"""The longest row of a prompt, told before anything ran."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from studio.engine.workflows import longest
from studio.engine.workflows.graph import Edge, Graph, Node
from studio.engine.workflows.service import Workflows

TICKETS = "id,body,lang\n1,short,en\n2,quite a bit longer than the others,en\n3,middling words,zh\n"


def drafts(dataset: str, where: str = "") -> Graph:
    """Rows of a dataset through SQL into a frame; a step that rewrites, a prompt, a model, in it."""
    return Graph(
        nodes=[
            Node(id="data", type="dataset", params={"dataset": dataset, "where": where}),
            Node(id="sql", type="sql", params={"sql": "SELECT * FROM rows"}),
            Node(id="each", type="map", params={"fields": ["body"]}),
            Node(id="mask", type="python", params={"code": "return text", "inputs": ["text"]}, parent="each"),
            Node(id="ask", type="prompt", params={"template": "Answer: {{ ticket }}"}, parent="each"),
            Node(id="llm", type="llm", parent="each"),
            Node(id="column", type="llm_column", params={"prompt": "Translate {{ body }} from {{ lang }}"}),
        ],
        edges=[
            Edge(source="data", source_port="table", target="sql", target_port="rows"),
            Edge(source="sql", source_port="table", target="each", target_port="rows"),
            Edge(source="each", source_port="body", target="mask", target_port="text"),
            Edge(source="mask", source_port="value", target="ask", target_port="ticket"),
            Edge(source="ask", source_port="text", target="llm", target_port="prompt"),
            Edge(source="sql", source_port="table", target="column", target_port="rows"),
        ],
    )


async def test_the_longest_value_of_a_column_is_followed_to_the_prompt(
    rooms: SimpleNamespace, workflows: Workflows, tmp_path: Path
) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(TICKETS)
    made = await rooms.datasets.register(file)
    found = await workflows.longest(drafts(made.id), "llm")
    assert found["prompt"].words == "Answer: quite a bit longer than the others"
    assert (found["prompt"].rows, found["prompt"].of, found["prompt"].as_is) == (3, "tickets", False)
    assert (await workflows.longest(drafts(made.id), "ask"))["ticket"].words == "quite a bit longer than the others"
    assert (await workflows.longest(drafts(made.id, "lang = 'zh'"), "ask"))["ticket"].words == "middling words"


async def test_a_prompt_over_columns_has_the_longest_of_each_and_what_cannot_be_told_is_left_out(
    rooms: SimpleNamespace, workflows: Workflows, tmp_path: Path
) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(TICKETS)
    made = await rooms.datasets.register(file)
    found = await workflows.longest(drafts(made.id), "column")
    assert {name: one.words for name, one in found.items()} == {
        "body": "quite a bit longer than the others",
        "lang": "en",
    }
    assert await workflows.longest(drafts("gone"), "llm") == {}
    no_such_column = drafts(made.id)
    no_such_column.nodes[2].params = {"fields": ["subject"]}
    no_such_column.edges[2].source_port = "subject"
    assert await workflows.longest(no_such_column, "llm") == {}


async def test_all_rows_are_claimed_only_where_the_scan_came_to_their_end(
    rooms: SimpleNamespace, workflows: Workflows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(TICKETS)
    made = await rooms.datasets.register(file)
    get = rooms.datasets.get

    async def uncounted(name: str) -> Any:
        return (await get(name)).model_copy(update={"row_count": None})

    monkeypatch.setattr(rooms.datasets, "get", uncounted)
    assert (await workflows.longest(drafts(made.id), "llm"))["prompt"].whole
    monkeypatch.setattr(longest, "SCANNED", 2)
    assert not (await workflows.longest(drafts(made.id), "llm"))["prompt"].whole


async def test_a_step_that_many_paths_lead_to_is_looked_at_once(
    rooms: SimpleNamespace, workflows: Workflows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(TICKETS)
    sheet = drafts((await rooms.datasets.register(file)).id)
    before, port = "each", "body"
    for number in range(8):
        name = f"p{number}"
        sheet.nodes.append(Node(id=name, type="prompt", params={"template": "{{ a }}"}, parent="each"))
        sheet.edges += [Edge(source=before, source_port=port, target=name, target_port=to) for to in ("a", "b")]
        before, port = name, "text"
    sheet.edges = [edge for edge in sheet.edges if edge.target != "llm"]
    sheet.edges.append(Edge(source=before, source_port=port, target="llm", target_port="prompt"))
    filled: list[str] = []

    async def fill(template: str, values: dict[str, Any]) -> str:
        filled.append(template)
        return str(values["a"])

    monkeypatch.setattr(longest, "fill", fill)
    assert (await workflows.longest(sheet, "llm"))["prompt"].words == "quite a bit longer than the others"
    assert len(filled) == 8
