"""Workflow files: our own form, and the plain "1.0" form of other programs, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest

from studio.engine.errors import BadParameter, Invalid
from studio.engine.paths import resource
from studio.engine.workflows import file, library
from studio.engine.workflows.graph import Graph
from tests.workflows.graphs import graph, step

PLAIN = {
    "version": "1.0",
    "nodes": [
        {"id": "input", "type": "input", "config": {"key": "query"}},
        {"id": "retriever", "type": "retriever", "config": {"collection": "documents", "top_k": 5, "query_from": "input"}},
        {
            "id": "llm", "type": "llm",
            "config": {"model": "qwen", "system_prompt": "Be brief.", "input_from": "retriever.documents", "vendor_option": 7},
        },
        {"id": "output", "type": "output", "config": {"output_key": "result", "input_from": "llm.output"}},
    ],
    "edges": [{"source": "input", "target": "retriever"}, {"source": "retriever", "target": "llm"}, {"source": "llm", "target": "output"}],
}  # fmt: skip


def links(sheet: Graph) -> set[str]:
    return {f"{e.source}.{e.source_port} > {e.target}.{e.target_port}" for e in sheet.edges}


def test_a_plain_file_becomes_a_graph_that_can_run() -> None:
    sheet = file.read(PLAIN)
    assert library.problems(sheet) == []
    assert links(sheet) == {
        "input.query > retriever.query", "retriever.chunks > llm.passages", "input.query > llm.prompt", "llm.text > output.result",
    }  # fmt: skip
    assert sheet.node("retriever").params == {"collection": "documents", "limit": 5}
    assert sheet.node("llm").params == {"model": "qwen", "system": "Be brief."}


def test_a_plain_file_is_written_back_as_it_was_with_what_changed() -> None:
    assert json.loads(json.dumps(file.write_plain(file.read(PLAIN)))) == {**PLAIN, "name": ""}
    sheet = file.read(PLAIN)
    sheet.node("retriever").params["limit"] = 9
    written = file.write_plain(sheet)
    assert written["nodes"][1]["config"] == {"collection": "documents", "top_k": 9, "query_from": "input"}
    assert written["nodes"][2]["config"]["vendor_option"] == 7


def test_an_editors_file_with_positions_labels_and_handles_is_read() -> None:
    data = {
        "version": "1.0",
        "nodes": [
            {
                "id": "a",
                "type": "input",
                "position": {"x": 10, "y": 20},
                "data": {"label": "Ask", "config": {"key": "n"}},
            },
            {
                "id": "c",
                "type": "condition",
                "position": {"x": 200, "y": 20},
                "data": {"label": "?", "config": {"expression": "len(value) > 3"}},
            },
            {"id": "o", "type": "output", "data": {"config": {"output_key": "long"}}},
        ],
        "edges": [{"source": "a", "target": "c"}, {"source": "c", "target": "o", "sourceHandle": "true"}],
    }
    sheet = file.read(json.dumps(data))
    assert (sheet.node("a").title, sheet.node("a").position) == ("Ask", (10, 20))
    assert links(sheet) == {"a.n > c.value", "c.true > o.long"}
    assert json.loads(json.dumps(file.write_plain(sheet)))["nodes"] == data["nodes"]


def test_references_in_a_models_prompt_become_wires_and_come_back_as_they_were() -> None:
    data = json.loads(json.dumps(PLAIN))
    data["nodes"][2]["config"] |= {"prompt": "{{ retriever.documents }}\n\nQ: {{ inputs.query }}"}
    del data["nodes"][2]["config"]["input_from"]
    sheet = file.read(data)
    assert library.problems(sheet) == []
    assert sheet.node("llm_prompt").params["template"] == "{{ retriever_documents }}\n\nQ: {{ query }}"
    assert {
        "retriever.chunks > llm_prompt.retriever_documents", "input.query > llm_prompt.query", "llm_prompt.text > llm.prompt",
    } <= links(sheet)  # fmt: skip
    assert file.write_plain(sheet)["nodes"] == data["nodes"] and file.write_plain(sheet)["edges"] == data["edges"]


def test_a_step_of_an_unknown_type_is_kept_and_says_so() -> None:
    raw = {"id": "x", "type": "think", "config": {"tools": ["a"], "deep": {"er": [1]}}}
    data = {
        "version": "1.0",
        "nodes": [raw, {"id": "o", "type": "output", "config": {}}],
        "edges": [{"source": "x", "target": "o", "label": "?"}],
    }
    sheet = file.read(data)
    assert "no node “think”" in library.problems(sheet)[0].message.en
    written = file.write_plain(sheet)
    assert written["nodes"] == data["nodes"] and written["edges"] == data["edges"]
    own = file.read(file.write(sheet))
    assert file.write_plain(own)["nodes"] == data["nodes"]


@pytest.mark.parametrize(
    ("kind", "config", "params"),
    [
        ("agent", {"system_prompt": "Help.", "max_iterations": 3, "more": [1]}, {"instruction": "Help.", "steps": 3}),
        ("http", {"url": "https://example.org", "auth": "x"}, {"url": "https://example.org"}),
        ("loop", {"until": "number > 2", "times": 4}, {"until": "number > 2"}),
        (
            "tool_call",
            {"tool_name": "search:pumps", "arguments": {"query": "泵"}},
            {"tool": "search:pumps", "inputs": [], "values": '{"query": "泵"}'},
        ),
    ],
)
def test_what_another_program_says_of_a_step_we_know_is_read_and_kept(kind: str, config: Any, params: Any) -> None:
    data = {"version": "1.0", "nodes": [{"id": "x", "type": kind, "config": config}], "edges": []}
    sheet = file.read(data)
    assert sheet.node("x").params == params
    assert file.write_plain(sheet)["nodes"] == data["nodes"]


@pytest.mark.parametrize("name", ["1-product-q-and-a", "2-returns-by-region", "3-ticket-drafts"])
def test_a_sample_is_sound_and_comes_through_both_forms_unchanged(name: str) -> None:
    sheet = file.read(resource(f"sample/workflows/{name}.json").read_text())
    assert library.problems(sheet) == []
    assert file.read(file.write(sheet)) == sheet
    assert file.read(json.loads(json.dumps(file.write_plain(sheet)))) == sheet


@pytest.mark.parametrize("name", ["1-product-q-and-a", "2-returns-by-region", "3-ticket-drafts"])
def test_the_steps_of_a_sample_stand_on_the_grid_and_apart(name: str) -> None:
    sheet = file.read(resource(f"sample/workflows/{name}.json").read_text())
    for node in sheet.nodes:
        assert all(value % 8 == 0 for value in node.position), node.id
        for other in sheet.nodes:
            near = abs(node.position[0] - other.position[0]) < 216 and abs(node.position[1] - other.position[1]) < 96
            assert node is other or other.parent == node.id or node.parent == other.id or not near, (node.id, other.id)


def test_files_keep_their_order_so_that_versions_compare_well() -> None:
    sheet = graph(step("b", "start"), step("a", "answer"), "b.question > a.text")
    text = file.write(sheet)
    assert text.index('"b"') < text.index('"a"') and file.write(file.read(text)) == text


def test_what_is_no_workflow_is_refused_with_the_reason() -> None:
    with pytest.raises(BadParameter, match="not JSON"):
        file.read("{")
    with pytest.raises(BadParameter, match="not a JSON object"):
        file.read("[]")
    with pytest.raises(Invalid, match="not a workflow"):
        file.read({"version": "1.0", "nodes": [{"type": "llm"}]})
    with pytest.raises(Invalid, match="not a workflow"):
        file.read({"nodes": "many"})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nodes: [a\n", "not YAML"),
        ("nodes: []\nnodes: []\n", "a key comes twice"),
        ("x: &a [1]\nnodes: [*a]\n", "aliases are not allowed"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "aliases are not allowed"),
        ("nodes: !!python/object/apply:os.system ['true']\n", "not YAML"),
        ("nodes: !!python/name:os.system\n", "not YAML"),
        ('{"nodes": [], "nodes": []}', "a key comes twice"),
        ('{"nodes": [], "x": NaN}', "NaN is not JSON"),
        ("[" * 100_000, "not JSON"),
        ("- " * 5_000 + "x", "not YAML|not a JSON object"),
        ("just words", "not a JSON object"),
        ("x: " + "y" * 10_000_001, "larger than 10 MB"),
    ],
    ids=["open", "twice", "alias", "bomb", "object", "name", "json twice", "nan", "deep json", "deep yaml", "words", "large"],
)  # fmt: skip
def test_a_file_that_would_do_more_than_say_a_graph_is_refused(text: str, reason: str) -> None:
    with pytest.raises(BadParameter, match=reason) as caught:
        file.read(text)
    assert caught.value.message.zh


def test_yaml_says_the_same_graph_with_prompts_as_blocks() -> None:
    sheet = graph(step("p", "prompt", template="一\ntwo: {{v}}\n"), step("o", "output"), "p.text > o.result", name="w")
    text = file.as_text(sheet, "yaml")
    assert "template: |\n" in text and "一" in text and file.read(text) == sheet
    changed = sheet.model_copy(deep=True)
    changed.node("p").params["template"] = "一\nthree\n"
    before, after = text.splitlines(), file.as_text(changed, "yaml").splitlines()
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1, "one changed line is a difference of one line"
