"""What the studio did, as tables for SQL: runs, their steps and tokens, chats, messages and what they cite. Read only.

The views are made when a query names them, from the catalog and the journal; a dataset of the same name is seen instead.
"""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import select

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import executions, messages, threads
from studio.engine.workflows.journal import RunEvent
from studio.engine.workflows.values import table_of

RUNS = ["id", "workflow_id", "workflow", "status", "started_at", "completed_at", "seconds", "source"]
STEPS = ["run_id", "step", "status", "at", "seconds", "cached", "tokens", "rows", "error"]
MESSAGES = ["id", "chat_id", "chat", "role", "content", "status", "model", "created_at"]
CITATIONS = ["message_id", "chat_id", "kind", "document_id", "file_name", "page", "text"]
MOST = 200_000  # rows of one view, the newest


class Tells(Protocol):
    """What is needed of the workflows."""

    async def ends_of_steps(self, limit: int) -> list[tuple[str, RunEvent]]: ...


class Activity:
    """The views by name: `studio_runs`, `studio_steps`, `studio_messages`, `studio_citations`."""

    def __init__(self, catalog: Catalog, workflows: Tells) -> None:
        self._catalog = catalog
        self._workflows = workflows
        self.views = {
            "studio_runs": self.runs,
            "studio_steps": self.steps,
            "studio_messages": self.messages,
            "studio_citations": self.citations,
        }

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
    text = source.get("quote") or source.get("text")
    return {**known, "message_id": row["id"], "chat_id": row["thread_id"], "text": text}
