"""What a file is by its content: a quick key for finding doubles, and the whole SHA-256. Blocking functions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

EDGE = 65_536  # bytes of the head and of the tail that the quick key reads
CHUNK = 4 * 1024 * 1024
Progress = Callable[[int], object]


def quick_key(path: Path) -> str:
    """Size and a hash of both ends: the same for two copies, in a millisecond. Raises OSError."""
    size = path.stat().st_size
    with path.open("rb") as file:
        edges = hashlib.sha256(file.read(EDGE))
        if size > EDGE:
            file.seek(max(EDGE, size - EDGE))
            edges.update(file.read(EDGE))
    return f"{size}-{edges.hexdigest()[:32]}"


def sha256(path: Path, progress: Progress | None = None) -> str:
    """Over the whole content, a second for about a gigabyte. `progress` hears the bytes read so far and may raise to stop."""
    return _whole(path, hashlib.sha256(), progress)


def git_blob(path: Path, progress: Progress | None = None) -> str:
    """The SHA-1 by which git, and so a hub, knows a small file."""
    start = hashlib.sha1(usedforsecurity=False)
    start.update(f"blob {path.stat().st_size}\0".encode())
    return _whole(path, start, progress)


def _whole(path: Path, hashing: hashlib._Hash, progress: Progress | None) -> str:
    done = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            hashing.update(chunk)
            done += len(chunk)
            if progress is not None:
                progress(done)
    return hashing.hexdigest()
