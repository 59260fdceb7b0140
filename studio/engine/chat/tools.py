"""What a model may do while it answers: search, query, run workflows. What changes something asks a person first."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import delete, insert, select

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import notes
from studio.engine.chat.gather import Evidence, Gatherer
from studio.engine.chat.message import ApprovalWanted, Source, Step, Thread
from studio.engine.errors import NotFound, StudioError
from studio.engine.sql.ask import describe
from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.engine.datasets.service import Datasets
    from studio.engine.knowledge.service import Knowledge
    from studio.engine.workflows.execution import Workflow
    from studio.engine.workflows.service import Workflows

Decision = Literal["once", "thread", "always", "no"]
SEARCH, QUERY, WORKFLOW = "search", "query", "workflow:"
ALWAYS = "chat-tools-always"
RESULT = 6_000  # characters of a result that a model reads; the rest is said to be there
TYPES = {"text": "string", "number": "number", "boolean": "boolean"}


@dataclass(frozen=True)
class Call:
    """A tool that a model asked for, with its arguments as they came."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Tool:
    """Something a model may call. `key` is its name in a thread's `tools`, `name` the one that the model writes."""

    key: str
    name: str
    title: Text
    description: str
    parameters: dict[str, Any]
    run: Callable[[dict[str, Any], Evidence], Awaitable[tuple[Step, str]]]
    side_effect: bool = False

    def schema(self) -> dict[str, Any]:
        """As the model is told of it."""
        function = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": function}


@dataclass
class Calls:
    """Puts the deltas of a stream's tool calls together."""

    _parts: dict[int, dict[str, str]] = field(default_factory=dict)

    def take(self, deltas: Sequence[dict[str, Any]]) -> None:
        for delta in deltas:
            part = self._parts.setdefault(int(delta.get("index", 0)), {"id": "", "name": "", "arguments": ""})
            function = delta.get("function") or {}
            part["id"] = delta.get("id") or part["id"]
            part["name"] += function.get("name") or ""
            part["arguments"] += function.get("arguments") or ""

    def all(self) -> list[Call]:
        return [
            Call(part["id"] or ids.new("call"), part["name"], _arguments(part["arguments"]))
            for _, part in sorted(self._parts.items())
        ]


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
        workflows = [] if self._workflows is None else await self._workflows.list()
        return [
            (SEARCH, Text("Search collections", "检索文档集")),
            (QUERY, Text("Query datasets", "查询数据集")),
            *((f"{WORKFLOW}{each.id}", Text.same(each.name)) for each in workflows),
        ]

    async def offered(self, keys: Sequence[str], knowledge: Sequence[str], datasets: Sequence[str]) -> list[Tool]:
        """The tools of these keys; those that are gone are left out."""
        found: list[Tool] = []
        for key in dict.fromkeys(keys):
            if key == SEARCH:
                found.append(await self._search(list(knowledge)))
            elif key == QUERY:
                found.append(await self._query(list(datasets)))
            elif key.startswith(WORKFLOW) and self._workflows is not None:
                try:
                    found.append(self._workflow(await self._workflows.get(key.removeprefix(WORKFLOW)), found))
                except NotFound:
                    continue
        return found

    # Decisions

    async def allowed(self, tool: Tool, thread: Thread) -> bool:
        """Whether it may run without asking."""
        return not tool.side_effect or tool.key in thread.allowed or tool.key in await self.always()

    def ask(self, tool: Tool, call: Call, sources: Sequence[Source]) -> ApprovalWanted:
        """What a person is asked; `decision` waits for what is said."""
        wanted = ApprovalWanted(ids.new("approval"), tool.key, tool.title, call.arguments, _because(sources))
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

    # The tools

    async def _search(self, knowledge: list[str]) -> Tool:
        there = {each.name: each.id for each in await self._knowledge.collections()}
        wanted = [name for name, id in there.items() if id in knowledge or name in knowledge] or list(there)

        async def run(arguments: dict[str, Any], evidence: Evidence) -> tuple[Step, str]:
            asked = str(arguments.get("collection") or "")
            collections = [there[asked]] if asked in there else [there[name] for name in wanted]
            before = len(evidence.sources)
            step = await self._gatherer.search(str(arguments.get("query") or ""), collections, evidence)
            found = evidence.sources[before:]
            words = "\n\n".join(f"[{source.number}] ({source.title}) {source.quote}" for source in found)
            return step, words or "Nothing was found."

        properties = {"query": {"type": "string"}, "collection": {"type": "string", "enum": wanted}}
        return Tool(
            SEARCH, "search_documents", Text("Search collections", "检索文档集"),
            "Search the documents. Cite what you use by its number in square brackets.", _object(properties, ["query"]), run,
        )  # fmt: skip

    async def _query(self, datasets: list[str]) -> Tool:
        known = [each for each in await self._datasets.list() if not datasets or each.id in datasets]
        tables = "\n".join(describe(each, {}) for each in known)

        async def run(arguments: dict[str, Any], evidence: Evidence) -> tuple[Step, str]:
            before = len(evidence.sources)
            step = await self._gatherer.run_sql(str(arguments.get("sql") or ""), [each.id for each in known], evidence)
            if step.failed:
                return (
                    step,
                    f"Error: {step.attempts[-1].error.en if step.attempts else ''} Mend the query and try again.",
                )
            number = evidence.sources[before].number
            rows = json.dumps({"columns": step.columns, "rows": step.rows}, ensure_ascii=False, default=str)
            return step, f"[{number}] {rows}"

        return Tool(
            QUERY, "query_data", Text("Query datasets", "查询数据集"),
            f"Run one DuckDB SELECT over these tables. Cite the result by its number in square brackets.\n{tables}",
            _object({"sql": {"type": "string"}}, ["sql"]), run,
        )  # fmt: skip

    def _workflow(self, workflow: Workflow, others: Sequence[Tool]) -> Tool:
        rooms = self._workflows
        assert rooms is not None
        types = {each.name: each for each in rooms.node_types()}
        changes = any(types[node.type].side_effect for node in workflow.definition.nodes if node.type in types)

        async def run(arguments: dict[str, Any], _evidence: Evidence) -> tuple[Step, str]:
            began = time.monotonic()
            started = await rooms.start(workflow.id, arguments)
            try:
                done = await rooms.wait(started.id)
            except asyncio.CancelledError:
                await asyncio.shield(rooms.stop(started.id))
                raise
            said = json.dumps(
                done.outputs if done.status == "completed" else done.error, ensure_ascii=False, default=str
            )
            step = Step(
                kind="tool", title=Text(f"Ran {workflow.name}", f"运行了 {workflow.name}"),
                seconds=time.monotonic() - began, text=said, failed=done.status != "completed",
            )  # fmt: skip
            return step, said

        taken = sum(each.key.startswith(WORKFLOW) for each in others)
        fields = [each for node in workflow.definition.nodes if node.type == "start" for each in _fields(node.params)]
        properties = {name: {"type": kind} if kind else {} for name, kind, _ in fields}
        return Tool(
            f"{WORKFLOW}{workflow.id}", f"run_workflow_{taken + 1}", Text.same(workflow.name),
            f"Run the workflow “{workflow.name}”. {workflow.description}".strip(),
            _object(properties, [name for name, _, required in fields if required]), run, changes,
        )  # fmt: skip


def failed(tool: Tool | None, call: Call, error: StudioError) -> tuple[Step, str]:
    """A call that did not work, for the reader and for the model."""
    title = tool.title if tool else Text.same(call.name)
    step = Step(
        kind="tool", title=Text(f"{title.en} failed", f"{title.zh} 失败"), detail=error.whole(), failed=True,
        arguments=call.arguments,
    )  # fmt: skip
    return step, f"Error: {error.message.en}"


def refused(tool: Tool, call: Call) -> tuple[Step, str]:
    """A person said no."""
    title = Text(f"{tool.title.en} was not allowed", f"未允许 {tool.title.zh}")
    step = Step(kind="tool", title=title, failed=True, tool=tool.key, arguments=call.arguments)
    return step, "The person did not allow this. Answer without it."


def shortened(result: str) -> str:
    """A result as a model reads it; what is left out is said to it."""
    left = len(result) - RESULT
    return result if left <= 0 else f"{result[:RESULT]}\n… {left} more characters are left out."


def _fields(params: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """A start step's fields as (name, JSON type, required)."""
    given = params.get("fields", [{"name": "question"}])
    fields = [each if isinstance(each, dict) else each.model_dump() for each in given]
    return [
        (
            each["name"],
            TYPES.get(each.get("type", "text"), ""),
            each.get("required", True) and each.get("default") is None,
        )
        for each in fields
    ]


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required}


def _arguments(written: str) -> dict[str, Any]:
    """The arguments of a call; what is no JSON object stays as it was written, under one name."""
    try:
        found = json.loads(written or "{}")
    except ValueError:
        return {"arguments": written}
    return found if isinstance(found, dict) else {"arguments": found}


def _because(sources: Sequence[Source]) -> Text:
    """Names what the model had read when it asked: a planted text in a source may be why."""
    names = list(dict.fromkeys(source.title for source in sources))
    if not names:
        return Text("The model asks for it because of your question.", "模型因你的问题而提出此请求。")
    return Text(
        f"The model asks for it after reading {', '.join(names)}.", f"模型在阅读 {'、'.join(names)} 之后提出此请求。"
    )
