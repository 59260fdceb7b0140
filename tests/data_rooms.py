"""The rooms of data on a folder of their own, for tests of objects, datasets and sql."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from studio.engine.catalog import Catalog
from studio.engine.connections.service import Connections
from studio.engine.datasets.format import Choice
from studio.engine.datasets.formats.csv import Csv
from studio.engine.datasets.service import Datasets
from studio.engine.datasets.watch import Watch
from studio.engine.egress import Egress
from studio.engine.events import Events
from studio.engine.jobs import Jobs
from studio.engine.objects.service import Objects
from studio.engine.paths import Paths
from studio.engine.secrets import Secrets
from studio.engine.settings import Settings
from studio.engine.sql.service import Sql
from tests.catalogs import catalog_at

SAMPLE = Path(__file__).parents[1] / "resources" / "sample"


@dataclass
class Rooms:
    paths: Paths
    catalog: Catalog
    events: Events
    jobs: Jobs
    settings: Settings
    connections: Connections
    objects: Objects
    datasets: Datasets
    sql: Sql

    async def with_orders(self) -> None:
        """The sample's orders, behind s3://sample/orders/."""
        for file in (SAMPLE / "orders").glob("*.parquet"):
            await self.objects.put(f"s3://sample/orders/{file.name}", file)
        await self.datasets.register("s3://sample/orders/", "orders", dataset_id="ds-001")


@asynccontextmanager
async def open_rooms(folder: Path) -> AsyncIterator[Rooms]:
    paths, events = Paths.under(folder).make(), Events()
    settings, catalog = Settings(paths.config / "settings.json", events), catalog_at(paths.catalog)
    await catalog.start()
    egress = Egress(lambda: settings.privacy.offline)
    connections = Connections(catalog, events, egress, Secrets(paths.data))
    await connections.start()
    objects = Objects(paths, connections)
    jobs = Jobs(catalog, events)
    datasets = Datasets(catalog, objects, events, paths, settings, jobs)
    try:
        yield Rooms(
            paths,
            catalog,
            events,
            jobs,
            settings,
            connections,
            objects,
            datasets,
            Sql(catalog, datasets, settings, paths),
        )
    finally:
        await jobs.close()
        await datasets.close()
        await catalog.close()


def held(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Let readings of CSV files stand at 30 % until the event is set: what is seen meanwhile is no race."""
    gate, convert = Event(), Csv.convert

    def waiting(self: Csv, paths: Sequence[Path], target: Path, choice: Choice, watch: Watch) -> dict[str, Any]:
        while not gate.wait(0.02):
            watch.step(0.3)
        return convert(self, paths, target, choice, watch)

    monkeypatch.setattr(Csv, "convert", waiting)
    return gate
