"""Files that runs are given: kept under their content among the objects, so that a run finds them wherever it goes on."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Connection, String, cast, select
from sqlalchemy import Text as SqlText

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import metadata
from studio.engine.errors import BadParameter, StudioError
from studio.engine.files import reason
from studio.engine.text import Text
from studio.engine.workflows.addressed import addresses

if TYPE_CHECKING:
    from studio.engine.objects.service import Bucket, Objects
    from studio.engine.workflows.node import StartField

BUCKET = "run-files"
FILE_TYPES = ("file", "files")  # of fields
SCHEMES = ("s3://", "https://", "http://")
KEPT_DAYS = 30  # since a file was given last
DAY = 86_400
MENTIONED = re.compile(rf"{BUCKET}/([0-9a-f]{{32}})/")

log = logging.getLogger(__name__)


class RunFiles:
    """A `Path` among the inputs of a run is a file of this computer that a person chose or a trigger saw. JSON holds none, so
    whoever only speaks to the API or is a model cannot name one: it sends the file's content."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._turn = asyncio.Lock()  # nothing is removed while a file that is there is given again

    async def keep(self, file: Path) -> str:
        """The address of a copy, told by content and name: the same file has the same one in every studio.
        `BadParameter` names what cannot be read."""
        try:
            digest = await asyncio.to_thread(_digest, file)
            address = f"s3://{BUCKET}/{digest[:32]}/{_name(file)}"
            if not await self._given_again(address):
                await self._objects.upload(file, address)
        except OSError as error:
            why = reason(error)
            raise BadParameter(
                Text(f"“{file}” cannot be given to the run: {why.en}.", f"无法把“{file}”交给运行：{why.zh}。"),
                Text("Choose a file that can be read.", "请选择可以读取的文件。"),
            ) from error
        return address

    async def taken(self, inputs: dict[str, Any], fields: list[StartField]) -> dict[str, Any]:
        """The inputs as JSON holds them: a file for a field that takes files is kept; any other `Path` is its text."""
        kept = {field.name for field in fields if field.type in FILE_TYPES}
        return {name: await self._taken(value, name in kept) for name, value in inputs.items()}

    async def _taken(self, value: Any, keep: bool) -> Any:
        if isinstance(value, Path):
            return await self.keep(value) if keep else str(value)
        if isinstance(value, list) and any(isinstance(item, Path) for item in value):
            return [await self._taken(item, keep) for item in value]
        return value

    async def purge(self, catalog: Catalog, now: float | None = None) -> list[str]:
        """Remove the files of this computer's bucket that were given 30 days ago or longer and that nothing in the catalog mentions
        any more: no run, version, schedule, dataset, document or message. The answer: the keys that went. A run that begins meanwhile
        is in the catalog before anything is looked up, or finds its file gone. A bucket that a connection holds is left alone: other
        studios give their files to it."""
        before = (time.time() if now is None else now) - KEPT_DAYS * DAY
        async with self._turn:
            bucket = await self._objects.bucket_here(BUCKET)
            due = await asyncio.to_thread(_given_before, bucket, before) if bucket else []
            gone = await catalog.write(lambda connection: _remove(connection, bucket, due)) if bucket and due else []
        if gone:
            log.info("%d files that were given to runs are gone: nothing mentions them any more", len(gone))
        return gone

    async def purge_daily(self, catalog: Catalog) -> None:
        """Beginning now, until it is cancelled."""
        while self._objects is not None:  # a room of its own has none
            try:
                await self.purge(catalog)
            except (StudioError, OSError) as error:
                log.warning("files that were given to runs were not looked through: %s", error)
            await asyncio.sleep(DAY)

    async def _given_again(self, address: str) -> bool:
        """Whether it is there; its 30 days begin anew."""
        async with self._turn:
            try:
                found = await self._objects.list(address)
            except StudioError:  # the bucket is not there yet
                return False
            bucket = await self._objects.bucket_here(BUCKET)
            if found and bucket:
                await asyncio.to_thread(_touch, bucket.store.local(found[0]))
            return bool(found)


def _touch(file: Path) -> None:
    """The file's status changes now; its content and the time of that stay, so that nobody takes it for another one."""
    state = file.stat()
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))


def _given_before(bucket: Bucket, before: float) -> list[str]:
    found = bucket.store.list(bucket.name)
    return [info.key for info in found if bucket.store.local(info).stat().st_ctime < before]


def _remove(connection: Connection, bucket: Bucket, due: list[str]) -> list[str]:
    """In a transaction that writes: there is one at a time, so what begins later sees what is left."""
    mentioned = set(_mentioned(connection))
    gone = [key for key in due if key.partition("/")[0] not in mentioned]
    for key in gone:
        bucket.store.delete(bucket.name, key)
    return gone


def _mentioned(connection: Connection) -> Iterator[str]:
    """The digests of such files in all texts of the catalog."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, String | JSON):
                words = cast(column, SqlText)
                for found in connection.execute(select(words).where(words.contains(f"{BUCKET}/"))).scalars():
                    yield from MENTIONED.findall(found)


def holds_files(inputs: dict[str, Any]) -> bool:
    """Whether there is a `Path` among them."""
    return any(
        isinstance(item, Path) for value in inputs.values() for item in (value if isinstance(value, list) else [value])
    )


def given_files(name: str, value: Any, several: bool) -> str | list[str]:
    """What a run was given for a field that takes one file, or several, as addresses. A path is none: a file of this
    computer is handed over as its content."""
    found = addresses(value)
    for address in found:
        if not address.startswith(SCHEMES):
            raise BadParameter(
                Text(f"“{address}” is no file that the field “{name}” can take.", f"字段“{name}”不能使用“{address}”。"),
                Text(
                    f"Choose it in the window, give it as {name}=@FILE on the command line, or send it to POST /api/v1/workflows/files.",
                    f"请在窗口中选择文件，或在命令行用 {name}=@文件，或先发送到 POST /api/v1/workflows/files。",
                ),
            ).fixed_by("inputs", name)
    if several:
        return found
    if len(found) > 1:
        raise BadParameter(
            Text(
                f"The field “{name}” takes one file, not {len(found)}.",
                f"字段“{name}”只能有一个文件，得到 {len(found)} 个。",
            )
        ).fixed_by("inputs", name)
    return found[0] if found else ""


def _name(file: Path) -> str:
    """Its name as a bucket shows it: one that begins with a dot is hidden there."""
    shown = "".join(sign if sign.isprintable() else "_" for sign in file.name)
    return shown.strip().lstrip(".") or "file"


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
