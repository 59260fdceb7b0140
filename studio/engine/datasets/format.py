"""The contract of a dataset format, and the formats there are."""

from __future__ import annotations

import json
import shutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from studio.engine.datasets.source import Broken, Source, cannot_read, open_parquet
from studio.engine.errors import BadParameter, DiskFull
from studio.engine.files import write_json
from studio.engine.registry import Registry
from studio.engine.text import Text

MOST_BAD_LINES = 100  # listed in statistics["bad_lines"]["first"]; all are counted


class Format(ABC):
    """How files of one kind become a table. Methods block: the service calls them on worker threads."""

    name: ClassVar[str]
    title: ClassVar[Text]
    suffixes: ClassVar[tuple[str, ...]]

    def matches(self, path: Path) -> bool:
        return path.name.lower().endswith(self.suffixes)

    @abstractmethod
    def open(self, paths: Sequence[Path], copy: Path) -> Source:
        """Open files as one table; the originals are only read.

        `copy` is a folder for a readable copy where the format needs one. It belongs to this content of the files alone,
        and what an earlier call left in it is used again. Raises `Broken` that names the file.
        """


class Copied(Format):
    """A format that is read once, from beginning to end, into a Parquet copy in the cache."""

    def open(self, paths: Sequence[Path], copy: Path) -> Source:
        table, note = copy / "table.parquet", copy / "ready.json"
        if not note.exists():
            copy.mkdir(parents=True, exist_ok=True)
            part = copy / "table.part"
            try:
                statistics = self.convert(paths, part)
            except Broken as error:
                raise DiskFull(str(copy.parent)) if _is_full(copy) else error from error
            part.replace(table)
            write_json(note, statistics)
        return open_parquet([table], _read_note(note))

    @abstractmethod
    def convert(self, paths: Sequence[Path], target: Path) -> dict[str, Any]:
        """Write one Parquet file; the answer is the dataset's statistics. Nothing is left out without being counted."""


formats: Registry[Format] = Registry(
    "dataset format",
    "studio.engine.datasets.formats",
    lambda value: isinstance(value, Format),
    lambda found: found.name,
)


def format_of(path: Path) -> Format:
    """The format that a file's name says; `BadParameter` with the formats there are."""
    found = next((each for each in formats if each.matches(path)), None)
    if found is None:
        known = ", ".join(suffix for each in formats for suffix in each.suffixes)
        raise BadParameter(
            Text(f"“{path.name}” has no format that is known here.", f"无法识别“{path.name}”的格式。"),
            Text(f"Known endings: {known}.", f"支持的扩展名：{known}。"),
        )
    return found


def bad_lines(count: int, first: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The statistics of lines that could not be read: their count, and of the first hundred line, reason and text."""
    return {"bad_lines": {"count": count, "first": list(first[:MOST_BAD_LINES])}}


def not_empty(paths: Sequence[Path], kind: str) -> None:
    """Raise `Broken` for a file of no bytes."""
    for path in paths:
        if path.stat().st_size == 0:
            raise cannot_read(path, kind, "the file is empty")


def _is_full(folder: Path) -> bool:
    return shutil.disk_usage(folder).free < 1 << 20


def _read_note(note: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(note.read_text()))
    except ValueError as error:
        note.unlink()
        raise Broken(
            Text("A cached copy was damaged and has been removed.", "缓存副本已损坏并被删除。"),
            Text("Open it again.", "请重新打开。"),
        ) from error
