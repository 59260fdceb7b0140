"""What a canvas saves by itself is a draft; versions are what ran and what somebody kept."""

from __future__ import annotations

from studio.engine.workflows.graph import Graph
from studio.engine.workflows.service import Workflows
from tests.workflows.graphs import graph, step


def saying(word: str) -> Graph:
    return graph(step("p", "prompt", template=word), step("o", "output"), "p.text > o.result", name="w")


async def test_a_draft_is_on_disk_but_no_version_until_it_runs(workflows: Workflows) -> None:
    made = await workflows.create("w", saying("one"))
    for word in ("tw", "two"):
        drafted = await workflows.update(made.id, definition=saying(word), draft=True)
    assert drafted.version == 1 and drafted.updated_at > made.updated_at
    assert (await workflows.get(made.id)).definition.node("p").params["template"] == "two"
    assert [item.number for item in await workflows.versions(made.id)] == [1] and await workflows.is_draft(made.id)
    (changed,) = await workflows.compare(made.id, 1)
    assert (changed.node_id, changed.before, changed.after) == ("p", "one", "two")
    for _ in range(2):
        done = await workflows.wait((await workflows.start(made.id)).id)
        assert done.outputs == {"result": "two"}
    assert [item.number for item in await workflows.versions(made.id)] == [2, 1]
    assert not await workflows.is_draft(made.id)
    earlier = await workflows.wait((await workflows.start(made.id, version=1)).id)
    assert earlier.outputs == {"result": "one"}


async def test_a_draft_is_kept_under_a_name_and_nothing_that_replaces_it_loses_it(workflows: Workflows) -> None:
    made = await workflows.create("w", saying("one"))
    await workflows.update(made.id, definition=saying("two"), draft=True)
    assert (await workflows.save_version(made.id, " good ")).version == 2
    assert (await workflows.save_version(made.id, "better")).version == 2, "an unchanged one only gets the name"
    await workflows.update(made.id, definition=saying("three"), draft=True)
    restored = await workflows.restore_version(made.id, 1)
    assert restored.definition.node("p").params["template"] == "one"
    await workflows.update(made.id, definition=saying("four"), draft=True)
    await workflows.update(made.id, definition=saying("five"))
    said = {
        item.number: (item.definition.node("p").params["template"], item.name)
        for item in await workflows.versions(made.id)
    }
    assert said == {
        1: ("one", ""),
        2: ("two", "better"),
        3: ("three", ""),
        4: ("one", ""),
        5: ("four", ""),
        6: ("five", ""),
    }
