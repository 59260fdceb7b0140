"""What is removed for good: datasets that were in the trash for thirty days, and copies that nobody shows any more."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import column_marks, dataset_samples, dataset_versions, datasets
from studio.engine.datasets.content import READING
from studio.engine.paths import Paths
from studio.engine.quiet import quietly

log = logging.getLogger(__name__)
DAY = 86_400
KEPT_DAYS = 30  # in the trash
SPARED = DAY  # seconds that a copy is left alone, for whoever is making it or has it open


async def purge(catalog: Catalog, paths: Paths, now: float | None = None) -> list[str]:
    """Remove what is due, behind all other work. The files of a person stay as they are. The answer: the ids that went."""
    moment = time.time() if now is None else now
    gone, versions, marks = await catalog.write(lambda connection: _forget(connection, moment - KEPT_DAYS * DAY))
    await quietly(_clear, paths, versions, marks, moment - SPARED)
    if gone:
        log.info("%s were in the trash for %s days and are gone", ", ".join(gone), KEPT_DAYS)
    return list(gone)


def _forget(connection: Any, before: float) -> tuple[list[str], list[str], set[str]]:
    """Delete the rows that are due: ids of datasets and versions that went, and the contents that are still shown."""
    due = select(datasets.c.id).where(datasets.c.deleted_at < before)
    gone = [row.id for row in connection.execute(due)]
    of_them = dataset_versions.c.dataset_id.in_(gone)
    versions = [row.id for row in connection.execute(select(dataset_versions.c.id).where(of_them))] if gone else []
    for table, column in (
        (dataset_versions, dataset_versions.c.dataset_id), (column_marks, column_marks.c.dataset_id),
        (dataset_samples, dataset_samples.c.dataset_id), (datasets, datasets.c.id),
    ):  # fmt: skip
        if gone:
            connection.execute(delete(table).where(column.in_(gone)))
    shown = [
        *connection.execute(select(datasets.c.fingerprint)),
        *connection.execute(select(dataset_versions.c.fingerprint)),
    ]
    return gone, versions, {str(row.fingerprint).removesuffix(READING) for row in shown}


def _clear(paths: Paths, versions: Iterable[str], marks: set[str], before: float) -> None:
    for version in versions:
        shutil.rmtree(paths.data / "versions" / version, ignore_errors=True)
    copies = [each for each in _in(paths.cache / "datasets", "*") if each.name != "servers"]
    for copy in [*copies, *_in(paths.cache / "browse", "*.duckdb")]:
        if copy.stem.removesuffix(READING) not in marks and copy.stat().st_mtime < before:
            if copy.is_dir():
                shutil.rmtree(copy, ignore_errors=True)
            else:
                copy.unlink(missing_ok=True)


def _in(folder: Path, pattern: str) -> list[Path]:
    return list(folder.glob(pattern)) if folder.is_dir() else []
