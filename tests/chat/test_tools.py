"""The model calls tools over real rooms; what changes something waits for a person."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from studio.engine.chat.freshness import as_read, row_as_read
from studio.engine.chat.gather import FAR
from studio.engine.chat.service import Answered, AnswerFailed, ApprovalWanted, Source, SourcesFound, Worked, Working
from studio.engine.errors import NotFound
from studio.engine.text import Text
from tests.chat.workshop import ROWS, Workshop
from tests.workflows.graphs import field, graph, step

TEXT = "The warranty on the K7 pump is 24 months from the date of purchase."


def _steps(events: list[Any]) -> list[Any]:
    return [event.step for event in events if isinstance(event, Worked)]


async def test_a_model_queries_data_and_cites_the_rows(workshop: Workshop) -> None:
    sql = "SELECT sum(amount) AS total FROM orders WHERE region = '华南'"
    workshop.models.calls = [("query_data", json.dumps({"sql": sql}))]
    workshop.models.words = ["The total is 7 [1]."]
    events = await workshop.ask(["query"])
    [card] = _steps(events)
    assert (card.tool, card.sql, card.rows, card.arguments) == ("query", sql, [[7]], {"sql": sql})
    assert card.seconds > 0
    [found] = [event for event in events if isinstance(event, SourcesFound)]
    answer = events[-1].message
    assert answer.content == "The total is 7 [1]."
    assert [(source.kind, source.version, source.flagged) for source in answer.sources] == [("rows", 1, None)]
    assert found.sources[0].sql == sql
    told = workshop.models.asked[-1]["messages"][-1]
    assert (told["role"], told["tool_call_id"]) == ("tool", "call-1")
    assert "[1]" in told["content"]
    assert "orders" in workshop.models.asked[0]["tools"][0]["function"]["description"], (
        "the model is told of the tables"
    )


async def test_a_query_that_does_not_run_is_told_to_the_model_and_shown(workshop: Workshop) -> None:
    workshop.models.calls = [
        ("query_data", json.dumps({"sql": "DROP TABLE orders"})),
        ("query_data", json.dumps({"sql": "SELECT count(*) AS n FROM orders"})),
    ]
    first, second = _steps(await workshop.ask(["query"]))
    assert first.failed
    assert first.attempts[0].sql == "DROP TABLE orders"
    assert second.rows == [[3]]
    assert len(await workshop.engine.datasets.list()) == 1


async def test_a_model_searches_a_collection(workshop: Workshop) -> None:
    collection = await workshop.engine.knowledge.create("Handbook")
    await workshop.engine.knowledge.add_text(collection.id, TEXT, "pump.md")
    workshop.models.calls = [("search_documents", json.dumps({"query": "warranty of the pump"}))]
    events = await workshop.ask(["search"])
    assert events[-1].message.sources[0].quote == TEXT
    assert _steps(events)[0].arguments == {"query": "warranty of the pump"}

    heron = "About the heron: the keys hang behind the third door of the cellar."
    await workshop.engine.knowledge.add_text(collection.id, heron, "keys.md")
    workshop.models.calls = [("search_documents", json.dumps({"query": "What about the heron?"}))]
    [source] = (await workshop.ask(["search"]))[-1].message.sources
    assert source.quote == heron and source.score < FAR, "its one telling word stands there, far as it is by meaning"


async def test_a_workflow_without_side_effects_runs_at_once(workshop: Workshop) -> None:
    made = await workshop.engine.workflows.create(
        "Echo",
        graph(step("in", "start", fields=[field("question")]), step("out", "output"), "in.question > out.result"),
    )
    key = f"workflow:{made.id}"
    assert key not in dict(await workshop.chat.toolbox.choices())
    await workshop.ask([key])
    assert "tools" not in workshop.models.asked[0], "a workflow that is not published is nobody's tool"

    assert (await workshop.engine.workflows.publish(made.id)).published
    assert key in dict(await workshop.chat.toolbox.choices())
    workshop.models.asked.clear()
    workshop.models.calls = [("run_workflow_1", json.dumps({"question": "hello"}))]
    events = await workshop.ask([key])
    [card] = _steps(events)
    assert "hello" in card.text
    assert card.seconds > 0
    assert (await workshop.engine.workflows.get(made.id)).version == made.version, (
        "publishing is no change of the graph"
    )
    assert not card.failed
    assert workshop.models.asked[0]["tools"][0]["function"]["parameters"]["required"] == ["question"]

    workshop.models.calls = [("run_workflow_1", json.dumps({"question": __file__}))]
    [refused] = _steps(await workshop.ask([key]))
    assert refused.failed and "not given" in str(refused), "a model hands over no file of this computer"
    assert len(await workshop.engine.workflows.executions(made.id)) == 1


async def test_a_person_runs_a_workflow_and_asks_about_what_it_brought_or_hears_why_it_failed(
    workshop: Workshop,
) -> None:
    sql = "SELECT region, sum(amount) AS total FROM orders GROUP BY ALL ORDER BY region"
    made = await workshop.engine.workflows.create(
        "Regions",
        graph(
            step("in", "start", fields=[field("least", "number")]),
            step("orders", "dataset", dataset="orders"), step("rows", "sql", sql=sql, tables=["orders"]),
            step("out", "output"), "orders.table > rows.orders", "rows.table > out.result",
        ),
    )  # fmt: skip
    thread = (await workshop.chat.create()).id
    events = [event async for event in workshop.chat.run_workflow(thread, made.id, {"least": 3})]
    answer = events[-1].message
    assert isinstance(events[-1], Answered)
    assert answer.content == "| region | total |\n| --- | --- |\n| 华东 | 5 |\n| 华南 | 7 |"
    [card] = answer.steps
    assert (card.tool, card.arguments, card.failed) == (f"workflow:{made.id}", {"least": 3}, False)
    question = (await workshop.chat.messages(thread))[0]
    assert question.content == "/Regions\nleast: 3"
    assert workshop.models.asked == [], "no model is asked"

    await workshop.ask([], thread=thread)
    assert answer.content in [message["content"] for message in workshop.models.asked[0]["messages"]]
    again = [event async for event in workshop.chat.answer_again(thread, answer.id)]
    assert again[-1].message.content == answer.content
    assert len(await workshop.engine.workflows.executions(made.id)) == 2

    # one that fails says why where the answer would stand
    numbers = graph(
        step("in", "start", fields=[field("n", "number")]),
        step("row", "python", code="return 1 / value"),
        "in.n > row.value",
    )
    made = await workshop.engine.workflows.create("Broken", numbers)
    thread = (await workshop.chat.create()).id
    events = [event async for event in workshop.chat.run_workflow(thread, made.id, {"n": 0})]
    assert isinstance(events[-1], AnswerFailed)
    assert events[-1].message.steps[0].failed
    assert "division by zero" in events[-1].error.message.en
    with pytest.raises(NotFound):
        _ = [event async for event in workshop.chat.run_workflow(thread, "wf-nobody")]


async def test_a_thread_is_kept_as_a_workflow_that_answers_as_it_did(workshop: Workshop) -> None:
    """With the real engine's own chat and the included model."""
    engine = workshop.engine
    collection = await engine.knowledge.create("Handbook")
    await engine.knowledge.add_text(collection.id, TEXT, "pump.md")
    orders = (await engine.datasets.get("orders")).id
    thread = await engine.chat.create("Pumps", knowledge=[collection.id, "kb-gone"], datasets=[orders])
    made = await engine.chat.save_as_workflow(thread.id)
    assert (made.name, [node.type for node in made.definition.nodes]) == (
        "Pumps", ["start", "retriever", "ask_data", "prompt", "llm", "answer"],
    )  # fmt: skip
    assert engine.workflows.problems(made.definition) == []
    question = "How long is the warranty on the K7 pump, and how many orders are there in 华南?"
    done = await engine.workflows.wait((await engine.workflows.start(made.id, {"question": question})).id)
    assert done.status == "completed", done.error
    said = json.dumps(done.outputs, ensure_ascii=False)
    assert "24 months" in said
    assert "pump.md" in said, "the page that it stands on goes out with it"
    assert (await engine.chat.save_as_workflow(thread.id)).name == "Pumps 2"


async def _saving(workshop: Workshop) -> str:
    made = await workshop.engine.workflows.create(
        "Save",
        graph(
            step("rows", "sql", sql="SELECT 1 AS one", tables=[]),
            step("save", "save_dataset", name="kept"),
            "rows.table > save.rows",
        ),
    )
    await workshop.engine.workflows.publish(made.id)
    return f"workflow:{made.id}"


async def test_a_side_effect_asks_first(workshop: Workshop) -> None:
    tool = await _saving(workshop)
    for decision, kept in (("no", False), ("once", True)):
        workshop.models.calls = [("run_workflow_1", "{}")]
        events = await workshop.ask([tool], (decision,))
        [wanted] = [event for event in events if isinstance(event, ApprovalWanted)]
        assert (wanted.tool, wanted.title.en) == (tool, "Save")
        assert ("kept" in [dataset.name for dataset in await workshop.engine.datasets.list()]) is kept
        assert _steps(events)[-1].failed is not kept


async def test_a_small_models_tool_is_found_by_meaning_and_what_it_makes_up_is_not_run(workshop: Workshop) -> None:
    keep = graph(
        step("in", "start", fields=[field("note")]),
        step("row", "python", code="return [{'note': value}]", output="table"), step("save", "save_dataset", name="notes"),
        "in.note > row.value", "row.value > save.rows",
    )  # fmt: skip
    workflow = await workshop.engine.workflows.create("Keep", keep, "Save a note for later.")
    await workshop.engine.workflows.publish(workflow.id)
    workshop.models.demo, workshop.models.embeds = True, True
    workshop.models.words = ["Kept in 1999 places."]
    thread = (await workshop.chat.create(tools=["query", f"workflow:{workflow.id}"])).id

    async def asked(filled: dict[str, str]) -> list[Any]:
        workshop.models.filled = json.dumps(filled)
        events = []
        async for event in workshop.chat.ask(thread, "Save a note for later: the K7 needs a seal"):
            events.append(event)
            if isinstance(event, ApprovalWanted):
                workshop.chat.decide(event.id, "once")
        return events

    events = await asked({"note": "an ode to the endless sea"})
    [card] = [each for each in _steps(events) if each.kind == "tool"]
    assert (card.title.en, card.failed, card.arguments) == (
        "Keep was not run", True, {"note": "an ode to the endless sea"},
    )  # fmt: skip
    assert not any(isinstance(event, ApprovalWanted) for event in events)

    events = await asked({"note": "the K7 needs a seal"})
    [card] = [each for each in _steps(events) if each.kind == "tool"]
    assert (card.title.en, card.failed, card.arguments) == ("Ran Keep", False, {"note": "the K7 needs a seal"})
    assert any(isinstance(event, ApprovalWanted) for event in events)
    assert "notes" in [each.name for each in await workshop.engine.datasets.list()]
    assert "Result of Keep:\n" in workshop.models.asked[-1]["messages"][-1]["content"]
    assert "Not in the sources: 1999" in [each.title.en for each in events[-1].message.steps]


async def test_leave_for_a_thread_holds_there_and_leave_for_always_everywhere(workshop: Workshop) -> None:
    tool = await _saving(workshop)
    thread = (await workshop.chat.create(tools=[tool])).id
    for decisions in (("thread",), ()):
        workshop.models.calls = [("run_workflow_1", "{}")]
        await workshop.ask([tool], decisions, thread)
    workshop.models.calls = [("run_workflow_1", "{}")]
    await workshop.ask([tool], ("always",))
    workshop.models.calls = [("run_workflow_1", "{}")]
    await workshop.ask([tool])
    assert await workshop.chat.toolbox.always() == [tool]
    await workshop.chat.ask_again()
    for there in (thread, ""):
        workshop.models.calls = [("run_workflow_1", "{}")]
        assert any(isinstance(event, ApprovalWanted) for event in await workshop.ask([tool], ("no",), there))


async def test_stopping_while_a_person_is_asked_runs_nothing(workshop: Workshop) -> None:
    tool = await _saving(workshop)
    workshop.models.calls = [("run_workflow_1", "{}")]
    thread = (await workshop.chat.create(tools=[tool])).id
    events = workshop.chat.ask(thread, "Do it.")
    wanted = next_wanted = None
    async for event in events:
        if isinstance(event, ApprovalWanted):
            wanted = next_wanted = event
            break
    await events.aclose()
    assert wanted is next_wanted is not None
    with pytest.raises(NotFound):
        workshop.chat.decide(wanted.id, "once")
    assert [message.status for message in await workshop.chat.messages(thread)] == ["done", "stopped"]
    assert await workshop.engine.workflows.executions() == []


async def test_a_tool_shows_how_far_it_is_and_stops_with_its_answer(workshop: Workshop) -> None:
    long = graph(
        step("in", "start", fields=[field("question")]), step("rest", "wait", seconds=600), step("out", "output"),
        "in.question > rest.value", "rest.value > out.result",
    )  # fmt: skip
    made = await workshop.engine.workflows.create("Long", long)
    await workshop.engine.workflows.publish(made.id)
    workshop.models.calls = [("run_workflow_1", json.dumps({"question": "hello"}))]
    by_model = workshop.chat.ask((await workshop.chat.create(tools=[f"workflow:{made.id}"])).id, "Do it.")
    by_hand = workshop.chat.run_workflow((await workshop.chat.create()).id, made.id, {"question": "hello"})
    for events in (by_model, by_hand):
        cards = []
        async for event in events:
            if isinstance(event, Working):
                cards.append(event.step)
                if event.step.detail is not None:
                    break
        assert (cards[0].title.en, cards[0].arguments, cards[0].detail) == ("Long", {"question": "hello"}, None)
        assert cards[-1].detail.en == "1 of 3 steps"
        await events.aclose()
        [run] = await workshop.engine.workflows.executions(made.id, 1)
        assert run.status == "stopped"
    for thread in await workshop.chat.threads():
        answer = (await workshop.chat.messages(thread.id))[-1]
        assert (answer.status, [each.title.en for each in answer.steps]) == ("stopped", ["Long was stopped"])


async def test_a_tool_that_is_not_there_and_arguments_that_are_no_json_are_told_to_the_model(
    workshop: Workshop,
) -> None:
    workshop.models.calls = [("fly", "{}"), ("query_data", "not json")]
    steps = _steps(await workshop.ask(["query"]))
    assert [step.failed for step in steps] == [True, True]


async def test_a_query_is_edited_and_run_again_in_its_card(workshop: Workshop) -> None:
    workshop.models.calls = [("query_data", json.dumps({"sql": "SELECT count(*) AS n FROM orders"}))]
    answer = (await workshop.ask(["query"]))[-1].message
    changed = await workshop.chat.rerun(
        answer.thread_id, answer.id, 0, "SELECT count(*) AS n FROM orders WHERE region = '华南'"
    )
    assert changed.steps[0].rows == [[2]]
    assert changed.steps[0].edited
    with pytest.raises(Exception, match="nope"):
        await workshop.chat.rerun(answer.thread_id, answer.id, 0, "SELECT nope FROM orders")
    assert (await workshop.chat.messages(answer.thread_id))[-1].steps == changed.steps


async def test_sources_that_changed_since_are_said(workshop: Workshop, tmp_path: Path) -> None:
    workshop.models.calls = [("query_data", json.dumps({"sql": "SELECT count(*) AS n FROM orders"}))]
    sources = (await workshop.ask(["query"]))[-1].message.sources
    assert await workshop.chat.changed(sources) == {}
    (tmp_path / "orders.csv").write_text(ROWS + "华北,9\n")
    said = await workshop.chat.changed(sources)
    assert "at version 2; this answer read version 1" in said[1].en


async def test_the_version_that_an_answer_read_can_be_queried_by_its_number(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "kept.csv").write_text(ROWS)
    kept = await workshop.engine.datasets.register(tmp_path / "kept.csv", "kept")
    (tmp_path / "new.csv").write_text(ROWS + "华北,9\n")
    await workshop.engine.datasets.create_version(kept.id, tmp_path / "new.csv")
    source = Source(number=1, kind="rows", title="kept", dataset_id=kept.id, version=1, sql="SELECT count(*) FROM kept")
    assert as_read(source) == 'SELECT count(*) FROM "kept@1"'
    rows = source.model_copy(update={"rows_sql": 'SELECT *\nFROM "kept"\nLIMIT 5'})
    assert as_read(rows) == 'SELECT *\nFROM "kept@1"', "all that was counted, not the first few"
    counts = [await workshop.engine.sql.query(sql) for sql in (as_read(source), "SELECT count(*) FROM kept")]
    assert [count.table.column(0).to_pylist() for count in counts] == [[3], [4]]


async def test_a_document_that_was_deleted_since_is_said(workshop: Workshop) -> None:
    collection = await workshop.engine.knowledge.create("Handbook")
    document = await workshop.engine.knowledge.add_text(collection.id, TEXT, "pump.md")
    workshop.models.calls = [("search_documents", json.dumps({"query": "warranty of the pump"}))]
    sources = (await workshop.ask(["search"]))[-1].message.sources
    assert await workshop.chat.changed(sources) == {}
    await workshop.engine.knowledge.delete_document(document.id)
    assert "no longer in the collection" in (await workshop.chat.changed(sources))[1].en


async def test_a_row_that_a_collection_holds_is_cited_by_its_number_and_stale_only_when_its_content_is_another(
    workshop: Workshop, tmp_path: Path
) -> None:
    engine, file = workshop.engine, tmp_path / "notes.csv"
    file.write_text("id,note\n1,The seal leaks a little.\n2,The motor hums loudly at night.\n")
    dataset = await engine.datasets.register(file, "notes")
    await engine.datasets.history.settled()
    kb = await engine.knowledge.create("Notes")
    await engine.jobs.wait((await engine.knowledge.add_dataset(kb.id, dataset.id, ["note"])).id)
    workshop.models.calls = [("search_documents", json.dumps({"query": "Which motor hums loudly at night?"}))]
    source = (await workshop.ask(["search"]))[-1].message.sources[0]
    assert (source.row, source.dataset_id, source.version) == (2, dataset.id, 1)
    assert source.place == Text("row 2", "第 2 行")

    os.utime(file, ns=(1, 1))
    await engine.datasets.get(dataset.id)
    assert await workshop.chat.changed([source]) == {}
    file.write_text("id,note\n1,The motor is silent.\n")
    await engine.datasets.get(dataset.id)
    await engine.datasets.history.settled()
    assert list(await workshop.chat.changed([source])) == [source.number]
    seen = await engine.sql.query(row_as_read(source))
    assert seen.table.column("note").to_pylist() == ["The motor hums loudly at night."]
