"""Rows of a view into a file, as a job with progress that can be stopped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from studio.engine.datasets import writing
from studio.engine.datasets.browsing import Browsing, told
from studio.engine.datasets.pages import Pages
from studio.engine.datasets.source import Source
from studio.engine.datasets.view import View
from studio.engine.datasets.watch import Watch
from studio.engine.jobs import Job, Jobs, JobState
from studio.engine.text import Text

KIND = "export_dataset"
CHUNK = 20_000  # rows that are written at a time
Ranges = Sequence[tuple[int, int]]  # first and last row of the view, both included


async def export(
    browsing: Browsing, jobs: Jobs, source: Source, view: View, path: Path, kind: str,
    columns: Sequence[str] | None, ranges: Ranges,
) -> JobState:  # fmt: skip
    """Begin to write; the job's result is the number of rows. Without `ranges`, all rows of the view are written."""
    wanted = sum(last - first + 1 for first, last in ranges) if ranges else await browsing.count(source, view)
    writing.check(kind, wanted)
    title = Text(f"Exporting to {path.name}", f"正在导出到 {path.name}")

    async def work(job: Job) -> int:
        numbers = await browsing.numbers(source, view) if _scattered(view, ranges) else None

        def write(watch: Watch) -> int:
            names = source.names if columns is None else list(columns)
            schema = browsing.pages.schema(source, names)
            rows = (batch.cast(schema) for batch in _rows(browsing.pages, source, view, numbers, ranges, names))
            return writing.write(path, kind, schema, rows, lambda done: watch.step(done / max(1, wanted)))

        return await browsing.watched(told(job), write)

    return (await jobs.start(KIND, title, work)).state


def _scattered(view: View, ranges: Ranges) -> bool:
    """Whether the rows' numbers have to be known; one query gives all rows of a view without raw conditions."""
    return bool(view.raw) or (bool(ranges) and not view.plain)


def _rows(
    pages: Pages, source: Source, view: View, numbers: Any, ranges: Ranges, columns: Sequence[str]
) -> Iterator[Any]:
    """Record batches of the wanted rows, in their order."""
    if numbers is None and not ranges:
        yield from pages.stream(source, view, columns, CHUNK)
        return
    for first, last in ranges or [(0, len(numbers) - 1)]:
        for start in range(first, last + 1, CHUNK):
            end = min(start + CHUNK, last + 1)
            if numbers is None:
                part = pages.window(source, start, end - start, columns)
            else:
                part = pages.rows(source, numbers[start:end], columns)
            yield from part.combine_chunks().to_batches()
