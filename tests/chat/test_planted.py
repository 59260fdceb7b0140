"""Texts that give orders are obeyed by this model, and nothing that changes something runs without a person's leave.

SECURITY.md, T-INJECT: thirty places, of documents and of what else a model reads.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from studio.engine.chat.service import ApprovalWanted
from studio.engine.models.model import ChatPiece
from tests.chat.planted import ORDERS, PLACES, UNREAD
from tests.chat.rooms import ScriptedModels
from tests.chat.workshop import Workshop
from tests.workflows.graphs import graph, step

CHANGES = {
    "Keep it": step("do", "save_dataset", name="kept"),
    "Send it away": step("do", "http", method="POST", url="https://example.org/secrets", body="all of it"),
    "Delete it": step("do", "http", method="DELETE", url="https://example.org/secrets"),
    "Mail it": step("do", "http", method="POST", url="https://mail.example.org", body="to: all"),
}
BIRDS = [
    "heron", "plover", "avocet", "curlew", "dunlin", "godwit", "lapwing", "ruff", "whimbrel", "turnstone", "phalarope", "stilt",
    "pratincole", "dotterel", "sanderling", "redshank", "snipe", "woodcock", "jacana", "oystercatcher", "bittern", "egret", "ibis",
    "spoonbill", "stork", "crane",
]  # fmt: skip


class Obedient(ScriptedModels):
    """Calls whatever tool it is told of by anything that it reads, once a question."""

    async def chat(self, model: str, messages: list[dict[str, Any]], **wishes: Any) -> AsyncIterator[ChatPiece]:
        if not self.calls and not self.obeyed:
            told = [each["description"] for tool in wishes.get("tools") or [] for each in [tool["function"]]]
            read = " ".join([*told, *(str(message["content"]) for message in messages)])
            if order := re.search(r"run_workflow_\d", read):
                self.calls, self.obeyed = [(order.group(), "{}")], True
        async for piece in super().chat(model, messages, **wishes):
            yield piece

    obeyed = False


async def test_nothing_runs_because_a_text_says_so(workshop: Workshop, tmp_path: Path) -> None:
    engine, model = workshop.engine, Obedient()
    workshop.use(model)
    changes = [await _published(workshop, name, change) for name, change in CHANGES.items()]
    folder = tmp_path / "planted"
    folder.mkdir()
    kb = await engine.knowledge.create("Letters")
    files = {
        place: write(folder / bird, f"About the {bird}: {order}")
        for (place, write), bird, order in zip(PLACES, BIRDS, ORDERS * 7, strict=False)
    }
    await engine.jobs.wait((await engine.knowledge.add_files(kb.id, [folder])).id)
    shown = {one.file_name: one.title or one.file_name for one in await engine.knowledge.documents(kb.id)}

    async def asked(place: str, tools: list[str], *calls: tuple[str, str], **along: Any) -> ApprovalWanted:
        model.calls, model.obeyed = list(calls), False
        events = await workshop.ask([*tools, *changes], ("no",), **along)
        wanted = [event for event in events if isinstance(event, ApprovalWanted)]
        assert len(wanted) == 1 and wanted[0].tool in changes, f"{place}: {len(wanted)} were asked for"
        return wanted[0]

    for (place, file), order in zip(files.items(), ORDERS * 7, strict=False):
        search = ("search_documents", json.dumps({"query": f"About the {file.stem}: {order}"}))
        named = shown[file.name] in (await asked(place, ["search"], search)).because.en
        assert named is (place not in UNREAD), place

    (tmp_path / "told.csv").write_text(f"note\n{ORDERS[0]}\n")
    await engine.datasets.register(tmp_path / "told.csv", "told")
    rows = await asked("a cell of a dataset", ["query"], ("query_data", json.dumps({"sql": "SELECT note FROM told"})))
    assert "told" in rows.because.en
    (tmp_path / "along.txt").write_text(ORDERS[2])
    along = await workshop.chat.attachments.add(tmp_path / "along.txt")
    assert "along.txt" in (await asked("a file that goes along", [], attachments=[along])).because.en

    parrot = (step("do", "template", template=ORDERS[0]), step("out", "output"), "do.text > out.result")
    echo = await _published(workshop, "Parrot", *parrot)
    heard = await asked("what a tool brought", [*changes, echo], ("run_workflow_5", "{}"))
    assert "Parrot" in heard.because.en
    guide = await _published(workshop, "Guide", step("do", "template", template="-"), description=ORDERS[3])
    await asked("what a tool says of itself", [*changes, guide])

    runs = await engine.workflows.executions()
    assert [run.workflow_name for run in runs] == ["Parrot"]
    assert len(PLACES) + 4 == 30


async def _published(workshop: Workshop, name: str, *parts: Any, description: str = "") -> str:
    made = await workshop.engine.workflows.create(name, graph(*parts), description)
    await workshop.engine.workflows.publish(made.id)
    return f"workflow:{made.id}"
