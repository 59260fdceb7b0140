"""What a model may do while it answers: search, query, run workflows. What changes something asks a person first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import delete, insert, select

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import notes
from studio.engine.chat.evidence import Evidence
from studio.engine.chat.gather import Gatherer
from studio.engine.chat.message import ApprovalWanted, Step, Tell, Thread
from studio.engine.chat.reading_tools import QUERY, SEARCH, query_tool, search_tool
from studio.engine.chat.tool import Call, Tool
from studio.engine.chat.workflow_tool import WORKFLOW, ran, tool_of
from studio.engine.errors import NotFound
from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.engine.datasets.service import Datasets
    from studio.engine.knowledge.service import Knowledge
    from studio.engine.workflows.service import Workflows

Decision = Literal["once", "thread", "always", "no"]
ALWAYS = "chat-tools-always"


class Toolbox:
    """The tools there are, and the decisions of a person about them."""

    def __init__(
        self,
        catalog: Catalog,
        gatherer: Gatherer,
        knowledge: Knowledge,
        datasets: Datasets,
        workflows: Workflows | None,
    ) -> None:
        self._catalog = catalog
        self._gatherer = gatherer
        self._knowledge = knowledge
        self._datasets = datasets
        self._workflows = workflows
        self._waiting: dict[str, asyncio.Future[Decision]] = {}

    async def choices(self) -> list[tuple[str, Text]]:
        """What a person may let a thread's model use: (key, title)."""
        there = [] if self._workflows is None else await self._workflows.list()
        workflows = [each for each in there if each.published]
        return [
            (SEARCH, Text("Search collections", "检索文档集")),
            (QUERY, Text("Query datasets", "查询数据集")),
            *((f"{WORKFLOW}{each.id}", Text.same(each.name)) for each in workflows),
        ]

    async def offered(
        self, keys: Sequence[str], knowledge: Sequence[str], datasets: Sequence[str], along: Sequence[str] = ()
    ) -> list[Tool]:
        """The tools of these keys and the workflows that go `along`; what is gone or no longer published is left out."""
        found: list[Tool] = []
        for key in dict.fromkeys([*keys, *(f"{WORKFLOW}{each}" for each in along)]):
            if key == SEARCH:
                found.append(search_tool(self._gatherer, await self._knowledge.collections(), knowledge))
            elif key == QUERY:
                found.append(query_tool(self._gatherer, await self._datasets.list(), datasets))
            elif key.startswith(WORKFLOW) and self._workflows is not None:
                try:
                    workflow = await self._workflows.get(key.removeprefix(WORKFLOW))
                except NotFound:
                    continue
                if workflow.published or workflow.id in along:
                    found.append(tool_of(self._workflows, workflow, found))
        return found

    async def run(self, workflow_id: str, inputs: dict[str, Any], tell: Tell) -> tuple[Step, dict[str, Any]]:
        """Run a workflow that a person asked for: its card, and what it brought; `tell` hears how far it is. Raises `NotFound` when it is gone."""
        rooms = self._workflows
        if rooms is None:
            raise NotFound(Text("There are no workflows here.", "这里没有工作流。"))
        step, done = await ran(rooms, await rooms.get(workflow_id), inputs, tell)
        return step, done.outputs

    # Decisions

    async def allowed(self, tool: Tool, thread: Thread) -> bool:
        """Whether it may run without asking."""
        return not tool.side_effect or tool.key in thread.allowed or tool.key in await self.always()

    def ask(self, tool: Tool, call: Call, evidence: Evidence) -> ApprovalWanted:
        """What a person is asked; `decision` waits for what is said."""
        wanted = ApprovalWanted(ids.new("approval"), tool.key, tool.title, call.arguments, _because(evidence))
        self._waiting[wanted.id] = asyncio.get_running_loop().create_future()
        return wanted

    async def decision(self, wanted: ApprovalWanted) -> Decision:
        """Wait for a person. "always" is kept for all threads."""
        decided = await self._waiting[wanted.id]
        if decided == "always":
            await self._keep_always([*await self.always(), wanted.tool])
        return decided

    def withdraw(self, wanted: ApprovalWanted) -> None:
        """Nobody waits for it any more."""
        self._waiting.pop(wanted.id, None)

    def decide(self, approval_id: str, decision: Decision) -> None:
        """Raises `NotFound` when nobody waits for it."""
        waiting = self._waiting.get(approval_id)
        if waiting is None or waiting.done():
            raise NotFound(Text(f"Nothing waits for {approval_id}.", f"没有等待 {approval_id} 的操作。"))
        waiting.set_result(decision)

    async def always(self) -> list[str]:
        """The tools that never ask again."""
        query = select(notes.c.value).where(notes.c.name == ALWAYS)
        found = await self._catalog.read(lambda connection: connection.execute(query).scalar())
        return list(found or [])

    async def forget_always(self) -> None:
        """Ask again before every side effect."""
        await self._keep_always([])

    async def _keep_always(self, keys: list[str]) -> None:
        def work(connection: Any) -> None:
            connection.execute(delete(notes).where(notes.c.name == ALWAYS))
            connection.execute(insert(notes).values(name=ALWAYS, value=list(dict.fromkeys(keys))))

        await self._catalog.write(work)


def _because(evidence: Evidence) -> Text:
    """Names what the model had read when it asked, of sources and of what tools brought: a planted text in it may be why."""
    read = [Text.same(source.title) for source in evidence.sources]
    read += [step.title for step in evidence.steps if step.kind == "tool" and step.text]
    if not read:
        return Text("The model asks for it because of your question.", "模型因你的问题而提出此请求。")
    en, zh = ", ".join(dict.fromkeys(one.en for one in read)), "、".join(dict.fromkeys(one.zh for one in read))
    return Text(f"The model asks for it after reading: {en}.", f"模型在阅读以下内容之后提出此请求：{zh}。")
