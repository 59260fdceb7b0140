"""What the studio did and knows, as tables for SQL: runs, their steps and tokens, chats, messages and what they cite, documents
and their chunks. Read only.

The views are made when a query names them, from the catalog and the journal; a dataset of the same name is seen instead.
"""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import select

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import collections, documents, executions, messages, threads
from studio.engine.knowledge.chunks import LISTED
from studio.engine.knowledge.records import DELETING
from studio.engine.workflows.run_event import RunEvent
from studio.engine.workflows.values import table_of

RUNS = ["id", "workflow_id", "workflow", "status", "started_at", "completed_at", "seconds", "source"]
STEPS = ["run_id", "step", "status", "at", "seconds", "cached", "tokens", "rows", "error"]
MESSAGES = ["id", "chat_id", "chat", "role", "content", "status", "model", "feedback", "created_at"]
CITATIONS = [
    "message_id", "chat_id", "number", "kind", "document_id", "dataset_id", "title", "page", "row", "text", "cited", "flagged",
]  # fmt: skip
DOCUMENTS = [
    "id", "collection_id", "collection", "file_name", "title", "format", "status", "page_count", "chunk_count", "size_bytes",
    "source_path", "added_at", "indexed_at",
]  # fmt: skip
MOST = 200_000  # rows of one view, the newest


class Tells(Protocol):
    """What is needed of the workflows."""

    async def ends_of_steps(self, limit: int) -> list[tuple[str, RunEvent]]: ...


class Holds(Protocol):
    """What is needed of the knowledge."""

    async def chunks_table(self, limit: int) -> Any: ...


class Activity:
    """The views by name, and the columns of each."""

    def __init__(self, catalog: Catalog, workflows: Tells, knowledge: Holds) -> None:
        self._catalog = catalog
        self._workflows = workflows
        self._knowledge = knowledge
        self.views = {
            "studio_runs": self.runs,
            "studio_steps": self.steps,
            "studio_messages": self.messages,
            "studio_citations": self.citations,
            "studio_documents": self.documents,
            "studio_chunks": self.chunks,
        }
        names = (RUNS, STEPS, MESSAGES, CITATIONS, DOCUMENTS, LISTED)
        self.columns = dict(zip(self.views, names, strict=True))

    async def runs(self) -> Any:
        query = select(executions).order_by(executions.c.created_at.desc()).limit(MOST)
        return table_of([_run(row) for row in await self._rows(query)], RUNS)

    async def steps(self) -> Any:
        return table_of([_step(run, event) for run, event in await self._workflows.ends_of_steps(MOST)], STEPS)

    async def messages(self) -> Any:
        return table_of([{name: row[name] for name in MESSAGES} for row in await self._messages()], MESSAGES)

    async def citations(self) -> Any:
        found = [_citation(row, source) for row in await self._messages() for source in row["sources"] or ()]
        return table_of(found, CITATIONS)

    async def documents(self) -> Any:
        query = (
            select(documents, collections.c.name.label("collection"))
            .join(collections, collections.c.id == documents.c.collection_id)
            .where(documents.c.status != DELETING)
            .order_by(documents.c.added_at.desc())
            .limit(MOST)
        )
        return table_of([{name: row[name] for name in DOCUMENTS} for row in await self._rows(query)], DOCUMENTS)

    async def chunks(self) -> Any:
        return await self._knowledge.chunks_table(MOST)

    async def _messages(self) -> list[dict[str, Any]]:
        query = (
            select(messages, threads.c.title.label("chat"))
            .join(threads, threads.c.id == messages.c.thread_id)
            .order_by(messages.c.created_at.desc())
            .limit(MOST)
        )
        return [{**row, "chat_id": row["thread_id"]} for row in await self._rows(query)]

    async def _rows(self, query: Any) -> list[dict[str, Any]]:
        found = await self._catalog.read(lambda connection: connection.execute(query).mappings().all())
        return [dict(row) for row in found]


def _run(row: dict[str, Any]) -> dict[str, Any]:
    ended, began = row["completed_at"], row["started_at"]
    seconds = round(ended - began, 3) if ended and began else None
    return {**{name: row.get(name) for name in RUNS}, "workflow": row["workflow_name"], "seconds": seconds}


def _step(run: str, event: RunEvent) -> dict[str, Any]:
    data = event.data
    error = (data.get("error") or {}).get("message", {}).get("en")
    known = {name: data.get(name) for name in ("seconds", "cached", "tokens", "rows")}
    return {"run_id": run, "step": event.step, "status": event.kind, "at": event.at, **known, "error": error}


def _citation(row: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
    known = {name: source.get(name) for name in CITATIONS}
    flagged = (source.get("flagged") or {}).get("en")
    mine = {"message_id": row["id"], "chat_id": row["thread_id"], "text": source.get("quote"), "flagged": flagged}
    return {**known, **mine}
