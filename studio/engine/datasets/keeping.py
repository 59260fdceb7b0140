"""What is kept of a content that its own place is about to lose, without copying a person's files where that can be."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio.engine.datasets.opening import common_folder
from studio.engine.datasets.source import Source, open_parquet
from studio.engine.datasets.version import Kept

FICLONE = 0x40049409  # linux/fs.h: share the blocks of a file until one of them is written
REFUSED = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EACCES)


def keep_readable(copy: Path, folder: Path, statistics: dict[str, Any]) -> Kept | None:
    """The studio's own readable copy of a CSV, Excel … goes on as what is kept. Blocks."""
    table = copy / "table.parquet"
    if not table.exists():
        return None
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "table.parquet"
    if not _link(table, target):
        shutil.copy2(table, target)
    return Kept(folder=str(folder), files=[_state(target, folder)], statistics=statistics)


def keep_files(source: Source, folder: Path) -> Kept | None:
    """A person's Parquet files under a second name that costs no room; None where the disk cannot give one. Blocks.

    Blocks that are shared (btrfs, XFS) survive every kind of overwriting. A second name of the same file survives that
    the file is replaced, as most programs do, and not that it is written over in place: then its size or time differs.
    """
    root = source.root or common_folder(source.files)
    if root is None:
        return None
    linked = False
    for file in source.files:
        target = folder / file.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        if _share_blocks(file, target):
            continue
        if not _link(file, target):
            shutil.rmtree(folder, ignore_errors=True)
            return None
        linked = True
    files = [_state(folder / file.relative_to(root), folder) for file in source.files]
    return Kept(folder=str(folder), files=files, partitions=bool(source.partitions), linked=linked)


def intact(kept: Kept) -> bool:
    """Whether what was kept is still what it was. Blocks."""
    folder = Path(kept.folder)
    try:
        return bool(kept.files) and all(
            _state(folder / name, folder) == (name, size, at) for name, size, at in kept.files
        )
    except OSError:
        return False


def open_kept(kept: Kept, mark: str) -> Source:
    """The table of what was kept. Blocks."""
    folder = Path(kept.folder)
    files = [folder / name for name, _, _ in kept.files]
    source = open_parquet(files, dict(kept.statistics), folder if kept.partitions else None)
    return Source(source.files, source.schema, source.starts, source.statistics, mark, source.root, source.partitions)


def drop(folder: str | Path) -> None:
    """Let go of what was kept; a person's own files lose only their second name. Blocks."""
    shutil.rmtree(folder, ignore_errors=True)


def too_many(kept: Sequence[tuple[str, Kept]], per_dataset: int, most_bytes: int) -> list[int]:
    """Which of the kept ones, given newest first with the id of their dataset, are beyond the limits."""
    counts: dict[str, int] = {}
    used, beyond = 0, []
    for place, (dataset_id, each) in enumerate(kept):
        counts[dataset_id] = counts.get(dataset_id, 0) + 1
        if counts[dataset_id] > per_dataset or used + each.size_bytes > most_bytes:
            beyond.append(place)
        else:
            used += each.size_bytes
    return beyond


def _state(file: Path, folder: Path) -> tuple[str, int, int]:
    state = file.stat()
    return str(file.relative_to(folder)), state.st_size, state.st_mtime_ns


def _link(file: Path, target: Path) -> bool:
    """A second name for a file; False where the disk or the system refuses."""
    target.unlink(missing_ok=True)
    try:
        os.link(file, target)
    except OSError as error:
        if error.errno in REFUSED:
            return False
        raise
    return True


def _share_blocks(file: Path, target: Path) -> bool:
    if sys.platform != "linux":
        return False
    import fcntl

    target.unlink(missing_ok=True)
    with file.open("rb") as old, target.open("wb") as new:
        try:
            fcntl.ioctl(new.fileno(), FICLONE, old.fileno())
        except OSError:
            new.close()
            target.unlink()
            return False
    shutil.copystat(file, target)
    return True
