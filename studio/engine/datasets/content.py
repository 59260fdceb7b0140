"""What lies at a dataset's address now, and how it is opened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.engine import ids
from studio.engine.datasets import opening
from studio.engine.datasets.format import Choice, Format, format_of
from studio.engine.datasets.in_buckets import InBuckets
from studio.engine.datasets.on_servers import OnServers
from studio.engine.datasets.on_web import OnWeb
from studio.engine.datasets.places import SERVERS, Place, place_of
from studio.engine.datasets.remote import RemotePath
from studio.engine.datasets.source import Source
from studio.engine.datasets.watch import Watch
from studio.engine.params import check

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset
    from studio.engine.jobs import Jobs
    from studio.engine.objects.service import Objects
    from studio.engine.paths import Paths

READING = "~"  # ends the fingerprint of a preview


@dataclass(frozen=True)
class Content:
    """Looked at, not yet read. `mark` changes whenever the content does; the three functions block.

    `slow` says whether `open` takes so long that it belongs into the background; `preview` has the first rows then.
    """

    format: str
    mark: str
    size: int | None
    files: tuple[Path, ...]
    open: Callable[[Watch], Source]
    slow: Callable[[], bool]
    preview: Callable[[], Source | None]


class Contents:
    """Finds the content of datasets, wherever they are kept. One method for each kind of place."""

    def __init__(self, objects: Objects, paths: Paths, jobs: Jobs) -> None:
        self._objects = objects
        self._web = OnWeb(objects.connections.egress, jobs, paths.cache / "web")
        self._cache = paths.cache / "datasets"
        self._buckets = InBuckets(objects)
        self._servers = OnServers(objects.connections, self._cache)

    async def look(self, dataset: Dataset, *, anew: bool = False) -> Content:
        """Look at a dataset's address; `anew` asks again what is asked rarely. Raises `Unavailable` with the way out."""
        place = self.place(dataset.storage_path)
        kinds = {
            "local": self._local, "s3": self._in_objects, "web": self._on_web,
            "mysql": self._on_server, "postgresql": self._on_server,
        }  # fmt: skip
        return await kinds[place.kind](dataset, place, anew)

    def place(self, path: str | Path) -> Place:
        return place_of(path, self._objects.parse)

    def moved(self, dataset: Dataset, path: str | Path) -> Place:
        """The new place of a dataset; of a table in a file it is the table of that name, unless another one is said."""
        before, now = self.place(dataset.storage_path), self.place(path)
        if not before.table or before.kind in SERVERS.values() or now.table:
            return now
        inside = self.place(f"{path}#{before.table}")
        return inside if inside.table else now

    async def tables(self, place: Place) -> list[str]:
        """The tables at a place that holds several; none where the place itself is the table."""
        if place.table:
            return []
        file = await self._web.file(place) if place.kind == "web" else Path(place.base)
        if place.kind not in ("local", "web") or not await asyncio.to_thread(file.is_file):
            return []
        return await asyncio.to_thread(lambda: format_of(file).tables(file))

    async def prepare(self, place: Place) -> None:
        """Before a place is registered: a database server that is new becomes a connection, its password is kept."""
        if place.kind in SERVERS.values():
            await self._servers.remember(place)

    async def files(self, dataset: Dataset) -> list[Path]:
        """The files of this computer that hold a dataset's content; those of a remote store are brought here first."""
        place = self.place(dataset.storage_path)
        content = await self.look(dataset)
        if place.kind == "s3" and any(isinstance(file, RemotePath) for file in content.files):
            return (await self._buckets.local(place, dataset.format))[0]
        return list(content.files)

    def copy(self, mark: str) -> Path:
        """The folder of what is made readable of one content."""
        return self._cache / mark

    async def _local(self, dataset: Dataset, place: Place, anew: bool) -> Content:
        path = Path(place.base)
        files = await asyncio.to_thread(opening.local_files, path)
        root = path if await asyncio.to_thread(path.is_dir) else None
        return await asyncio.to_thread(self.of_files, files, dataset, place, root)

    async def _on_web(self, dataset: Dataset, place: Place, anew: bool) -> Content:
        file = await self._web.file(place, anew=anew)
        return await asyncio.to_thread(self.of_files, [file], dataset, place, None)

    async def _in_objects(self, dataset: Dataset, place: Place, anew: bool) -> Content:
        found = await self._buckets.parquet(place, dataset.format)
        if found is not None:
            return Content(
                "parquet",
                found.mark,
                found.size,
                tuple(found.files),
                lambda _watch: found.open(),
                lambda: False,
                lambda: None,
            )
        files, others = await self._buckets.local(place, dataset.format)
        root = opening.common_folder(files) if place.base.endswith("/") or len(files) > 1 else None
        content = await asyncio.to_thread(self.of_files, files, dataset, place, root)
        return replace(content, open=lambda watch: _with_others(content.open(watch), others)) if others else content

    async def _on_server(self, dataset: Dataset, place: Place, anew: bool) -> Content:
        found = await self._servers.look(place, anew=anew or dataset.status == "unreachable")
        return Content(place.kind, found.mark, found.size, (), found.open, found.slow, found.preview)

    def of_files(self, found: Sequence[Path], dataset: Dataset, place: Place, root: Path | None) -> Content:
        """Files on this computer, in the dataset's format or the one that most of them have. Blocks."""
        files, chosen = opening.usable(found, place.base, dataset.format)
        check(chosen.options, dataset.options)
        choice = Choice(place.table, root, dataset.options)
        mark = opening.fingerprint(files, chosen, choice) if dataset.id else ids.new("glimpse")  # shares no copy
        told = {"files": len(files), **({"other_files": len(found) - len(files)} if len(found) > len(files) else {})}
        copy = self.copy(mark)
        return Content(
            chosen.name, mark, opening.size(files), tuple(files),
            partial(_opened, chosen, files, copy, choice, mark, told),
            partial(chosen.slow, files, copy), partial(_preview, chosen, files, copy, choice, mark, told),
        )  # fmt: skip


def _opened(
    chosen: Format, files: Sequence[Path], copy: Path, choice: Choice, mark: str, told: dict[str, Any], watch: Watch
) -> Source:
    source = chosen.open(files, copy, choice, watch)
    return replace(source, fingerprint=mark, statistics={**source.statistics, **told})


def _preview(
    chosen: Format, files: Sequence[Path], copy: Path, choice: Choice, mark: str, told: dict[str, Any]
) -> Source | None:
    source = chosen.preview(files, copy, choice)
    statistics = {**source.statistics, **told} if source else {}
    return source and replace(source, fingerprint=mark + READING, statistics=statistics, preview=True)


def _with_others(source: Source, others: int) -> Source:
    return replace(source, statistics={**source.statistics, "other_files": others})
