"""What other programs keep on this computer, each content once, and what adding it would bring."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel

from studio.engine.models import discovery, parts, places, trust
from studio.engine.models.digest import quick_key
from studio.engine.models.model import Model
from studio.engine.models.places import PROGRAMS, Found
from studio.engine.text import Text

TITLES = {program.name: program.title for program in PROGRAMS}


class OnDisk(BaseModel):
    """One model as a person may add it. `also` are other places that hold the same content; `known` is in the library
    already; `problem` says why it cannot be added as it is."""

    program: str
    title: Text
    name: str
    path: str
    size_bytes: int
    quantization: str = ""
    parts: int = 1
    projector: str = ""
    key: str = ""
    digest: str = ""
    also: list[str] = []
    known: bool = False
    problem: Text | None = None


async def look(library: Sequence[Model], home: Path | None = None) -> list[OnDisk]:
    """Read-only: a folder listing, and both ends of each file."""
    return await asyncio.to_thread(_look, library, home)


def _look(library: Sequence[Model], home: Path | None) -> list[OnDisk]:
    once: dict[str, OnDisk] = {}
    for found in places.find(home=home):
        one = _on_disk(found)
        same = once.get(one.key)
        if same is None:
            once[one.key] = one
        elif one.path not in (same.path, *same.also):
            same.also.append(one.path)
            same.digest = same.digest or one.digest
    keys = {model.key for model in library if model.key}
    locations = {model.location for model in library}
    for one in once.values():
        one.known = one.key in keys or bool(locations & {one.path, *one.also})
    return list(once.values())


def _on_disk(found: Found) -> OnDisk:
    problem = _problem(found)
    folder = found.path.is_dir()
    return OnDisk(
        program=found.program,
        title=TITLES[found.program],
        name=_name(found),
        path=str(found.path),
        size_bytes=found.size,
        quantization=discovery.quantization_in(found.path.name),
        parts=1 if folder else max(1, len(parts.names_of(found.path.name))),
        projector=str(found.projector or ""),
        key=_key(found, folder),
        digest=found.digest,
        problem=problem,
    )


def _key(found: Found, folder: bool) -> str:
    """A folder, and a file that is not there, are only ever the same as themselves."""
    if folder or not found.path.is_file():
        return str(found.path)
    try:
        return quick_key(found.path)
    except OSError:
        return str(found.path)


def _name(found: Found) -> str:
    if found.program in ("ollama", "jan") and not found.name.lower().endswith(".gguf"):
        return found.name
    return discovery.display_name(Path(found.name)) if found.name.lower().endswith(".gguf") else found.name


def _problem(found: Found) -> Text | None:
    if found.missing:
        listed = ", ".join(found.missing[:3])
        return Text(f"Parts are missing: {listed}.", f"缺少分卷：{listed}。")
    dangers = trust.dangers_of(found.path)
    if dangers:
        listed = ", ".join(dangers[: trust.SHOWN])
        return Text(f"Could run code: {listed}.", f"可能运行代码：{listed}。")
    return None
