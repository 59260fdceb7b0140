"""The contract of a dataset format, and the formats there are."""

from __future__ import annotations

import json
import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from studio.engine.datasets.reasons import chinese
from studio.engine.datasets.source import Broken, Source, cannot_read, open_parquet
from studio.engine.datasets.watch import Watch
from studio.engine.errors import BadParameter, DiskFull
from studio.engine.files import write_json
from studio.engine.params import Params
from studio.engine.registry import Registry
from studio.engine.text import Text

MOST_BAD_LINES = 100  # listed in statistics["bad_lines"]["first"]; all are counted
SLOW = 16 << 20  # bytes from which a copy is made in the background
FIRST_ROWS = 1000  # of a preview


@dataclass(frozen=True)
class Choice:
    """What is read of the files: which table of them, below which folder they lie, and how, where a person decided it."""

    table: str = ""
    root: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


class Format(ABC):
    """How files of one kind become a table. Methods block: the service calls them on worker threads."""

    name: ClassVar[str]
    title: ClassVar[Text]
    suffixes: ClassVar[tuple[str, ...]]
    several_tables: ClassVar[bool] = False  # whether one file can hold more than one
    options: ClassVar[type[Params]] = Params  # what a person may decide; what they leave open is found in the file

    def matches(self, path: Path) -> bool:
        return path.name.lower().endswith(self.suffixes)

    def beside(self, path: Path) -> list[Path]:
        """Other files that belong to the content of this one, such as the log of a database."""
        return []

    def tables(self, path: Path) -> list[str]:
        """The names of the tables that one file holds; none when the file is the table."""
        return []

    @abstractmethod
    def open(self, paths: Sequence[Path], copy: Path, choice: Choice = Choice(), watch: Watch | None = None) -> Source:
        """Open files as one table; the originals are only read.

        `copy` is a folder for a readable copy where the format needs one. It belongs to this content of the files alone,
        and what an earlier call left in it is used again. Raises `Broken` that names the file, and `Stopped` when the
        watch is stopped.
        """

    def slow(self, paths: Sequence[Path], copy: Path) -> bool:
        """Whether opening takes so long that it belongs into the background."""
        return False

    def preview(self, paths: Sequence[Path], copy: Path, choice: Choice = Choice()) -> Source | None:
        """The first rows at once, while the whole is read in the background; None when there is no quick way."""
        return None


class Copied(Format):
    """A format that is read once, from beginning to end, into a Parquet copy in the cache.

    `weight` is how many times as long a byte takes as one of a CSV file.
    """

    weight: ClassVar[int] = 1

    def open(self, paths: Sequence[Path], copy: Path, choice: Choice = Choice(), watch: Watch | None = None) -> Source:
        target, note = copy / "table.parquet", copy / "ready.json"
        if not note.exists():
            copy.mkdir(parents=True, exist_ok=True)
            part = copy / "table.part"
            try:
                statistics = self.convert(paths, part, choice, watch or Watch())
            except Broken as error:
                raise DiskFull(str(copy.parent)) if _is_full(copy) else error from error
            except BaseException:
                part.unlink(missing_ok=True)
                raise
            part.replace(target)
            write_json(note, statistics)
        return open_parquet([target], _read_note(note))

    def slow(self, paths: Sequence[Path], copy: Path) -> bool:
        return not (copy / "ready.json").exists() and sum(map(_work, paths)) * self.weight > SLOW

    def preview(self, paths: Sequence[Path], copy: Path, choice: Choice = Choice()) -> Source | None:
        import pyarrow.parquet

        target, note = copy / "first.parquet", copy / "first.json"
        if not note.exists():
            copy.mkdir(parents=True, exist_ok=True)
            rows, statistics = self.first(paths, copy, choice)
            if rows is None:
                return None
            pyarrow.parquet.write_table(rows, target)
            write_json(note, statistics)
        source = open_parquet([target], _read_note(note))
        return Source(source.files, source.schema, source.starts, source.statistics, preview=True)

    def first(self, paths: Sequence[Path], copy: Path, choice: Choice) -> tuple[Any, dict[str, Any]]:
        """The first rows as an Arrow table without reading the rest, or None; and what is known of the whole."""
        return None, {}

    @abstractmethod
    def convert(self, paths: Sequence[Path], target: Path, choice: Choice, watch: Watch) -> dict[str, Any]:
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


def bad_lines(count: int, first: Sequence[dict[str, Any]], kept: int = 0) -> dict[str, Any]:
    """The statistics of lines that are not as they should be: their count, how many of them are shown as rows all the
    same, and of the first hundred line, reason (in both languages), text and whether it is `kept`."""
    listed = [{**line, "reason_zh": chinese(str(line["reason"]))} for line in first[:MOST_BAD_LINES]]
    return {"bad_lines": {"count": count, "kept": kept, "first": listed}} if count else {}


def not_empty(paths: Sequence[Path], kind: str) -> None:
    """Raise `Broken` for a file of no bytes."""
    for path in paths:
        if path.stat().st_size == 0:
            raise cannot_read(path, kind, "the file is empty")


def chosen_table(path: Path, tables: Sequence[str], table: str) -> str:
    """The table that was asked for, or the only one; `BadParameter` that lists what there is."""
    if table in tables:
        return table
    if not tables:
        raise cannot_read(path, "data", "it holds no table")
    if not table and len(tables) == 1:
        return tables[0]
    named = ", ".join(tables[:20]) + ("…" if len(tables) > 20 else "")
    address = f"{path.name}#{tables[0]}"
    if table:
        message = Text(
            f"“{path.name}” has no table “{table}”; it holds {named}.",
            f"“{path.name}”中没有表“{table}”，其中有：{named}。",
        )
    else:
        message = Text(f"“{path.name}” holds several tables: {named}.", f"“{path.name}”包含多张表：{named}。")
    raise BadParameter(message, Text(f"Name one, as in “{address}”.", f"请指定其中一张，例如“{address}”。"))


def _work(path: Path) -> int:
    """Bytes to read, about; text packs to a fifth."""
    packed = path.suffix.lower() in (".gz", ".bz2", ".zst")
    return path.stat().st_size * (5 if packed else 1)


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
