"""Models that are more than one file: split GGUFs (-00001-of-00003) and the projector beside a vision model (mmproj)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PART = re.compile(r"-(\d{5})-of-(\d{5})$")
SHARD = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$", re.IGNORECASE)
MOST_PARTS = 1000


@dataclass(frozen=True, slots=True)
class Set:
    """The files of one model. `missing` are names of parts that are not there."""

    first: Path
    parts: tuple[Path, ...]
    missing: tuple[str, ...]

    @property
    def size(self) -> int:
        return sum(part.stat().st_size for part in self.parts)


def is_projector(name: str) -> bool:
    return "mmproj" in name.lower()


def first_name(name: str) -> str:
    """The name of the first part of the set that a file belongs to; its own when it stands alone."""
    return SHARD.sub(lambda match: f"-00001-of-{match[2]}{name[-5:]}", name)


def names_of(name: str) -> list[str]:
    """The names of all parts of the set that a file belongs to."""
    match = SHARD.search(name)
    if match is None:
        return [name]
    count = min(int(match[2]), MOST_PARTS)
    return [f"{name[: match.start()]}-{number:05d}-of-{match[2]}{name[-5:]}" for number in range(1, count + 1)]


def whole(path: Path) -> Set:
    """The set that a file belongs to, whichever of its parts it is. Blocking: looks which are there."""
    paths = [path.with_name(name) for name in names_of(path.name)]
    there = tuple(part for part in paths if part.is_file())
    missing = tuple(part.name for part in paths if part not in there)
    return Set(paths[0], there, missing)


def sets(files: Iterable[Path]) -> list[Set]:
    """Each model once, however many parts of it are among the files; projectors are left out."""
    firsts = dict.fromkeys(path.with_name(first_name(path.name)) for path in files if not is_projector(path.name))
    return [whole(first) for first in firsts]


def projector_of(path: Path) -> Path | None:
    """The projector that lies beside a model: the one that shares most of its name, else the first."""
    beside = sorted(file for file in path.parent.glob("*.gguf") if is_projector(file.name) and file.is_file())
    return max(
        beside, key=lambda file: _shared(file.name.lower().replace("mmproj-", ""), path.name.lower()), default=None
    )


def _shared(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
