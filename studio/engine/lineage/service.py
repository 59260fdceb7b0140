"""Where data comes from and what uses it: asks the rooms that know."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from studio.engine.chat.service import Chat
from studio.engine.datasets.dataset import Dataset
from studio.engine.datasets.service import Datasets
from studio.engine.datasets.version import Version
from studio.engine.errors import StudioError
from studio.engine.knowledge.service import Knowledge
from studio.engine.lineage.lineage import Lineage, Use
from studio.engine.lineage.origins import columns_of, proper, steps_of
from studio.engine.lineage.statement import mentions, read
from studio.engine.sql.service import Sql
from studio.engine.text import Text, plural
from studio.engine.workflows.service import Workflows

HISTORY = 500  # queries that are looked through
SHOWN = 20  # of them


class Lineages:
    """Nothing is kept: every answer is made of what the rooms hold now."""

    def __init__(self, datasets: Datasets, sql: Sql, knowledge: Knowledge, workflows: Workflows, chat: Chat) -> None:
        self._datasets = datasets
        self._sql = sql
        self._knowledge = knowledge
        self._workflows = workflows
        self._chat = chat

    async def of(self, id_or_name: str) -> Lineage:
        """Where a dataset comes from, down to columns, and what uses it; the latest uses first within each kind."""
        dataset = await self._datasets.known(id_or_name)
        datasets = {each.id: each for each in await self._datasets.list()}
        versions = await self._datasets.versions(dataset.id)
        dataset = await self._with_workflow(dataset, versions)
        uses = await asyncio.gather(
            self._workflow_uses(dataset), self._collection_uses(dataset), self._thread_uses(dataset),
            self._query_uses(dataset), self._derived(dataset, datasets),
        )  # fmt: skip
        columns = await asyncio.to_thread(columns_of, dataset, datasets)
        return Lineage(
            dataset_id=dataset.id, name=dataset.name, steps=steps_of(dataset, versions, datasets), columns=columns,
            uses=[use for each in uses for use in each],
        )  # fmt: skip

    async def _with_workflow(self, dataset: Dataset, versions: Sequence[Version]) -> Dataset:
        """A dataset that runs make tells of the run that made its current version, by the workflow's name."""
        made = next((each.origin for each in versions if each.number == dataset.version), {})
        origin = made if made.get("kind") in ("workflow", "query") else dataset.statistics.get("origin") or {}
        if origin.get("kind") == "workflow":
            with suppress(StudioError):
                run = await self._workflows.execution(str(origin.get("execution_id")))
                origin = {**origin, "workflow": run.workflow_name}
                origin["datasets"] = await self._read_by(run.workflow_id)
        return dataset.model_copy(update={"statistics": {**dataset.statistics, "origin": origin}})

    async def _read_by(self, workflow_id: str) -> list[str]:
        """The ids of the datasets that a workflow reads, as it is now."""
        nodes = (await self._workflows.get(workflow_id)).definition.nodes
        named = {str(node.params.get("dataset") or "").lower() for node in nodes}
        listed = await self._datasets.list()
        return [each.id for each in listed if each.id.lower() in named or each.name.lower() in named]

    async def _workflow_uses(self, dataset: Dataset) -> list[Use]:
        found = []
        for workflow in await self._workflows.list():
            steps = [node for node in workflow.definition.nodes if _named(node.params, dataset)]
            if not steps:
                continue
            columns = {name for node in steps for name in node.params.get("columns") or [] if isinstance(name, str)}
            latest = next(iter(await self._workflows.executions(workflow.id, 1)), None)
            ran = latest.started_at if latest else None
            found.append(
                Use(
                    kind="workflow", id=workflow.id, title=workflow.name, columns=sorted(columns), at=ran,
                    detail=Text(plural(len(steps), "step", "steps"), f"{len(steps)} 个节点"),
                )
            )  # fmt: skip
        return found

    async def _collection_uses(self, dataset: Dataset) -> list[Use]:
        """Collections with documents that were made of the dataset's own files."""
        counts: dict[str, int] = {}
        for document in await self._knowledge.documents():
            if _below(document.source_path, dataset.storage_path):
                counts[document.collection_id] = counts.get(document.collection_id, 0) + 1
        names = {each.id: each.name for each in await self._knowledge.collections()} if counts else {}
        return [
            Use(kind="collection", id=each, title=names.get(each, each),
                detail=Text(plural(count, "document", "documents"), f"{count} 个文档"))
            for each, count in counts.items()
        ]  # fmt: skip

    async def _thread_uses(self, dataset: Dataset) -> list[Use]:
        threads = await self._chat.threads_about(dataset.id)
        return [
            Use(kind="thread", id=each.id, title=each.title or each.id, detail=Text("Chat", "对话"), at=each.updated_at)
            for each in threads
        ]

    async def _query_uses(self, dataset: Dataset) -> list[Use]:
        saved = await self._sql.saved.all()
        history = await self._sql.history.list(HISTORY)
        return await asyncio.to_thread(
            lambda: [
                *(_use("query", each.name, each.name, Text("Query", "查询"), each.sql, each.updated_at, dataset)
                  for each in saved if _reads(each.sql, dataset)),
                *_ran(history, {" ".join(each.sql.split()) for each in saved}, dataset),
            ]
        )  # fmt: skip

    async def _derived(self, dataset: Dataset, datasets: dict[str, Dataset]) -> list[Use]:
        found = []
        for other in datasets.values():
            origin = other.statistics.get("origin") or {}
            if dataset.id in (origin.get("datasets") or []):
                made = await asyncio.to_thread(columns_of, other, {dataset.id: dataset})
                columns = {each.column for origins in made.values() for each in origins}
                found.append(
                    Use(kind="dataset", id=other.id, title=other.name, detail=Text("Dataset made of it", "由此生成的数据集"),
                        columns=sorted(columns), at=other.created_at)
                )  # fmt: skip
        return found


def _ran(history: Sequence[Any], saved: set[str], dataset: Dataset) -> Iterator[Use]:
    """Queries that were run and are not saved, each text once."""
    seen: set[str] = set(saved)
    shown = 0
    for query in history:
        text = " ".join(query.sql.split())
        if text in seen or query.status != "done" or shown == SHOWN:
            continue
        seen.add(text)
        if _reads(query.sql, dataset):
            shown += 1
            yield _use(
                "history",
                query.id,
                text[:120],
                Text("Query that was run", "运行过的查询"),
                query.sql,
                query.started_at,
                dataset,
            )


def _use(kind: Any, use_id: str, title: str, detail: Text, sql: str, at: float, dataset: Dataset) -> Use:
    names = [column.name for column in dataset.columns]
    used = read(sql, {dataset.name: names, dataset.id: names}).used
    columns = {proper(dataset, column) for each in used.values() for column in each}
    return Use(kind=kind, id=use_id, title=title, detail=detail, sql=sql, at=at, columns=sorted(columns))


def _reads(sql: str, dataset: Dataset) -> bool:
    return mentions(sql, (dataset.name, dataset.id))


def _named(value: Any, dataset: Dataset) -> bool:
    """Whether a step's parameters name the dataset, however deep."""
    if isinstance(value, str):
        return value.lower() in (dataset.id.lower(), dataset.name.lower())
    if isinstance(value, dict):
        return any(_named(each, dataset) for each in value.values())
    return isinstance(value, list) and any(_named(each, dataset) for each in value)


def _below(path: str, place: str) -> bool:
    if not path or not place:
        return False
    if "://" in place:
        return path.startswith(place.rstrip("/"))
    return Path(path) == Path(place) or Path(place) in Path(path).parents
