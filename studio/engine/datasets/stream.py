"""All rows of a table in its own order, batch by batch: what is sent, exported and read by programs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from studio.engine.datasets.locked import Locked
from studio.engine.datasets.pages import condition
from studio.engine.datasets.reading import chosen
from studio.engine.datasets.remote import Lost, gone, lost
from studio.engine.datasets.source import Source, cannot_read

AHEAD = 4  # batches that are read while earlier ones are used


def whole(source: Source, columns: Sequence[str] | None, size: int) -> Generator[Any, None, None]:
    """Record batches of at most `size` rows straight from the files. Blocks in each step; close it to end the reading."""
    with _explained(source):
        names = None if columns is None else list(columns)
        scanner = source.dataset().scanner(
            columns=names, batch_size=size, batch_readahead=AHEAD, fragment_readahead=1, use_threads=True
        )
        for batch in scanner.to_batches():
            if batch.num_rows:
                yield batch


def filtered(
    locked: Locked, source: Source, columns: Sequence[str] | None, where: str, size: int
) -> Generator[Any, None, None]:
    """The rows that a condition in SQL holds for, by a locked connection that sees the table as `data`."""
    sql = f"SELECT {chosen(columns)} FROM data {condition(where)}"
    try:
        yield from locked.all(locked.reader(sql, (), size))
    except Lost as error:
        raise gone(_place(source), error.details) from error


async def following(rows: Iterator[Any], interrupt: Callable[[], None] = lambda: None) -> Any:
    """The next batch, read on a thread; None at the end. Whoever is cancelled meanwhile waits for the thread to be through."""
    task = asyncio.ensure_future(asyncio.to_thread(next, rows, None))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        interrupt()
        await asyncio.wait([task])
        task.cancelled() or task.exception()
        raise


@contextmanager
def _explained(source: Source) -> Iterator[None]:
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, OSError) as error:
        if lost(None, str(error)):
            raise gone(_place(source), str(error)) from error
        raise cannot_read(source.files[0], "Parquet", str(error)) from error


def _place(source: Source) -> str:
    return str(source.root or source.files[0])
