"""What lies at addresses: objects of buckets, pages of the web, files of this computer that a run was given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from studio.engine.errors import BadParameter, Forbidden
from studio.engine.files import temporary_folder
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.values import is_table, rows_of

COLUMNS = ("url", "path", "file", "value")  # of rows that name what is to be read


@dataclass(frozen=True)
class Place:
    """One thing to read: where it is, and the name by which its reader is found."""

    address: str
    name: str
    file: Path | None = None  # None for a page of the web


def addresses(files: Any) -> list[str]:
    """The addresses in a value: texts, a list of them, or rows with one of `COLUMNS`."""
    items = rows_of(files) if is_table(files) else files if isinstance(files, list) else [files]
    found = []
    for item in items:
        said = [item[key] for key in COLUMNS if item.get(key)][:1] if isinstance(item, dict) else [item]
        found += [str(one).strip() for one in said if one is not None]
    return [address for address in found if address]


async def places_of(
    context: Context, address: str, fits: Callable[[str], bool] | None = None, most: int | None = None
) -> list[Place]:
    """What lies at an address: objects of a bucket, a page, or files of this computer that the run was given. Of what is
    in a folder that whose names `fits` takes; without it, what can be read as documents. Nothing after the first `most` is fetched."""
    if address.startswith("s3://"):
        wanted = fits or _readable()
        found = await context.objects.list(address)
        infos = [info for info in found if wanted(info.key) or address.endswith(info.key)][:most]
        files = await context.objects.fetched(address, infos)
        return [Place(info.url, Path(info.key).name, file) for info, file in zip(infos, files, strict=True)]
    if urlsplit(address).scheme in ("http", "https"):
        return [Place(address, "")]
    if "://" in address:
        raise BadParameter(
            Text(f"“{address}” cannot be read.", f"无法读取“{address}”。"),
            Text(
                "Use s3://…, https://… or a file that the run is given.",
                "请使用 s3://…、https://… 或运行时传入的文件。",
            ),
        )
    return await asyncio.to_thread(_local, address, context.inputs, fits, most)


def _local(address: str, inputs: dict[str, Any], fits: Callable[[str], bool] | None, most: int | None) -> list[Place]:
    from studio.engine.knowledge.originals import files_under

    wanted = Path(address).resolve()
    if not any(wanted.is_relative_to(granted) for granted in _named(inputs)):
        raise _not_given(address)
    if not wanted.exists():
        raise BadParameter(Text(f"There is nothing at “{address}”.", f"“{address}”不存在。"))
    return [Place(str(file), file.name, file) for file in files_under([wanted], fits)[:most]]


def check_handed_on(inputs: dict[str, Any], given: dict[str, Any]) -> None:
    """`Forbidden` where inputs that no person gave name a file of this computer beyond what is in `given`: a run may read what
    its inputs name, so a workflow, a model or a caller from outside must not put it there. Blocks."""
    granted = _named(given)
    for path in _named(inputs):
        if path.exists() and not any(path.is_relative_to(one) for one in granted):
            raise _not_given(str(path))


def _named(inputs: dict[str, Any]) -> list[Path]:
    """The places of this computer that texts among inputs name."""
    return [Path(text).resolve() for text in _texts(inputs) if Path(text).is_absolute()]


def _not_given(address: str) -> Forbidden:
    return Forbidden(
        Text(f"“{address}” was not given to this run.", f"此次运行未获得“{address}”。"),
        Text(
            "Hand it over in a field of the start node, or put it into a bucket.",
            "请通过开始节点的字段传入，或放入存储桶。",
        ),
    )


def _texts(value: Any) -> Iterator[str]:
    """Every text in what a run was given."""
    if isinstance(value, str):
        if len(value) < 4_096 and "\0" not in value:
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _readable() -> Callable[[str], bool]:
    """Whether a name is of something that can be read as a document."""
    from studio.engine.knowledge.reader import suffixes

    known = suffixes()
    return lambda name: Path(name).suffix.lower() in known


@asynccontextmanager
async def fetched(context: Context, place: Place) -> AsyncIterator[tuple[Path, str, str]]:
    """A local file with what lies at a place, its name, and the title of a web page."""
    if place.file is not None:
        yield place.file, place.name, ""
        return
    from studio.engine.knowledge.web_page import fetch

    page = await fetch(context.egress, place.address, "workflow")
    with temporary_folder(context.services.temporary, "studio-page-") as folder:
        file = Path(folder) / f"page{Path(page.name).suffix}"
        await asyncio.to_thread(file.write_bytes, page.content)
        yield file, page.name, page.title
