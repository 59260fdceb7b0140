"""Datasets as files of this computer."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def linked(place: Path | None, folder: Path) -> Path | None:
    """A link in `folder` to a file or folder that lies on this computer; None where it does not or no link can be made."""
    if place is None or not place.exists():
        return None
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / place.name
    try:
        if link.is_symlink():
            link.unlink()
        link.symlink_to(place.resolve(), target_is_directory=place.is_dir())
    except OSError:
        return None
    return link


def written(batches: Iterator[pa.RecordBatch], folder: Path, name: str) -> Path:
    """Rows as one Parquet file; one batch is in memory at a time."""
    import pyarrow.parquet

    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{file_name(name)}.parquet"
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    writer = None
    try:
        for batch in batches:
            writer = writer or pyarrow.parquet.ParquetWriter(aside, batch.schema)
            writer.write_batch(batch)
        if writer is None:
            pyarrow.parquet.write_table(pyarrow.table({}), aside)
        else:
            writer.close()
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    return target


def file_name(name: str) -> str:
    """A name that every file system takes."""
    return re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", name).strip(". ") or "dataset"
