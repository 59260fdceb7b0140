"""The hash of a dataset's content, whatever its files are called and when they were written."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from studio.engine.datasets.opening import common_folder
from studio.engine.datasets.watch import Watch

BLOCK = 1 << 20


def checksum(files: Sequence[Path], watch: Watch | None = None) -> str:
    """SHA-256 of one file as `sha256sum` tells it; of several, of their relative names and hashes. Blocks; about 1 GB/s.

    Raises `OSError` for a file that went away, and `Stopped`.
    """
    watch = watch or Watch()
    total, done = sum(file.stat().st_size for file in files) or 1, 0
    parts = []
    for file in sorted(files):
        parts.append(_of(file, watch, done, total))
        done += file.stat().st_size
    if len(files) == 1:
        return parts[0]
    folder = common_folder(files) or Path("/")
    lines = [f"{part}  {file.relative_to(folder)}\n" for part, file in zip(parts, sorted(files), strict=True)]
    return hashlib.sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()


def _of(file: Path, watch: Watch, done: int, total: int) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while block := opened.read(BLOCK):
            digest.update(block)
            done += len(block)
            watch.step(done / total)
    return digest.hexdigest()
