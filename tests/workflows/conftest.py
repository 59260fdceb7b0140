"""A workflows room on real storage, with a model and a handbook that fit in a few lines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from studio.engine.connections.service import Connections
from studio.engine.datasets.service import Datasets
from studio.engine.egress import Egress
from studio.engine.events import Events
from studio.engine.jobs import Jobs
from studio.engine.objects.service import Objects
from studio.engine.paths import Paths
from studio.engine.secrets import Secrets
from studio.engine.settings import Settings
from studio.engine.sql.service import Sql
from studio.engine.workflows.service import Workflows
from tests.catalogs import catalog_at


class EchoModels:
    """A chat model that says what it was asked, word by word, and cites the first passage."""

    def __init__(self) -> None:
        self.asked: list[list[dict[str, Any]]] = []
        self.budget = SimpleNamespace(holding=lambda name, needed: nullcontext())

    async def get(self, name: str) -> Any:
        return SimpleNamespace(id=name, demo=False)

    async def chat(self, model: str, messages: list[dict[str, Any]], **options: Any) -> AsyncIterator[Any]:
        self.asked.append(messages)
        words = messages[-1]["content"].rpartition("\n\n")[2].split()[:40]
        for word in words:
            await asyncio.sleep(0)
            yield SimpleNamespace(text=word + " ", usage=None)
        yield SimpleNamespace(text="[1]", usage={"completion_tokens": len(words) + 1})


class Handbook:
    """A collection of two pages."""

    PAGES = ("The K7 pump has a warranty of 24 months.", "K7 水泵保修期为 24 个月。")

    async def collection(self, name: str) -> Any:
        return SimpleNamespace(id="col-1", updated_at=1.0, chunk_count=len(self.PAGES))

    async def search(self, query: str, collections: list[str], limit: int = 6, mode: str = "hybrid") -> list[Any]:
        return [_found(number, text) for number, text in enumerate(self.PAGES[:limit], 1)]


def _found(page: int, text: str) -> Any:
    chunk = SimpleNamespace(
        id=f"chunk-{page}",
        document_id="doc-1",
        collection_id="col-1",
        page=page,
        row=None,
        start=0,
        end=len(text),
        heading="",
        text=text,
    )
    document = SimpleNamespace(title="Handbook", file_name="handbook.pdf", unit="page")
    return SimpleNamespace(chunk=chunk, document=document, score=0.9, matched=text)


@pytest.fixture
async def rooms(tmp_path: Path) -> AsyncIterator[SimpleNamespace]:
    """The parts that a workflows room is given; data and SQL are the real ones."""
    paths = Paths.under(tmp_path).make()
    events = Events()
    catalog = catalog_at(paths.catalog)
    await catalog.start()
    settings = Settings(paths.config / "settings.json", events)
    jobs = Jobs(catalog, events)
    connections = Connections(catalog, events, Egress(lambda: True), Secrets(paths.data))
    datasets = Datasets(catalog, Objects(paths, connections), events, paths, settings, jobs)
    sql = Sql(catalog, datasets, settings, paths)
    await datasets.start()
    await sql.start()
    yield SimpleNamespace(
        catalog=catalog,
        events=events,
        paths=paths,
        datasets=datasets,
        sql=sql,
        models=EchoModels(),
        knowledge=Handbook(),
    )
    await jobs.close()
    await sql.close()
    await datasets.close()
    await catalog.close()


@pytest.fixture
async def workflows(rooms: SimpleNamespace) -> AsyncIterator[Workflows]:
    """A workflows room that is open."""
    room = Workflows(rooms)
    await room.open()
    yield room
    await room.close()
