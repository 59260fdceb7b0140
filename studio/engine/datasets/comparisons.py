"""Differences of versions to look through: made once, kept in the cache, paged from there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from studio.engine.datasets.difference import Difference, compare
from studio.engine.datasets.pages import Pages
from studio.engine.datasets.reading import connection, literal
from studio.engine.datasets.source import Source
from studio.engine.files import write_json

KEPT = 20  # differences in the cache
CHANGES = ("added", "removed", "changed")


class RowChange(BaseModel):
    """One row that differs: what it was (None for a new one), what it is (None for a removed one), and where it changed."""

    change: str
    key: dict[str, Any]
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    columns: list[str] = []


class Comparisons:
    """Compares contents and shows the rows that differ, a page at a time. Methods block."""

    def __init__(self, folder: Path, pages: Pages) -> None:
        self._folder = folder
        self._pages = pages

    def compare(self, before: Source, after: Source, key: Sequence[str] = ()) -> Difference:
        """What is different; the same two contents are compared once."""
        note, target = self._files(before, after, key)
        if note.exists() and target.exists():
            return Difference.model_validate(json.loads(note.read_text()))
        found = compare(before, after, key, target, self._folder / "spill")
        write_json(note, found.model_dump(mode="json"))
        self._trim()
        return found

    def rows(
        self, before: Source, after: Source, key: Sequence[str] = (), *, offset: int = 0, limit: int = 100,
        change: str = "",
    ) -> list[RowChange]:  # fmt: skip
        """Rows that differ, in the order of the newer content; only added, removed or changed ones with `change`."""
        found = self.compare(before, after, key)
        _, target = self._files(before, after, key)
        kind = f"WHERE change = {literal(change)}" if change in CHANGES else ""
        with connection() as database:
            sql = f"SELECT change, b, a FROM read_parquet({literal(target)}) {kind} LIMIT {int(limit)} OFFSET {int(offset)}"
            places = database.execute(sql).fetchall()
        old = self._taken(before, [b for _, b, _ in places if b is not None])
        new = self._taken(after, [a for _, _, a in places if a is not None])
        return [_row(kind, old.get(b), new.get(a), found.key) for kind, b, a in places]

    def _taken(self, source: Source, numbers: list[int]) -> dict[int | None, dict[str, Any]]:
        import numpy

        if not numbers:
            return {}
        rows = self._pages.rows(source, numpy.array(numbers, dtype="int64")).to_pylist()
        return dict(zip(numbers, rows, strict=True))

    def _files(self, before: Source, after: Source, key: Sequence[str]) -> tuple[Path, Path]:
        told = json.dumps([before.fingerprint, after.fingerprint, list(key)])
        name = hashlib.sha256(told.encode()).hexdigest()[:32]
        return self._folder / f"{name}.json", self._folder / f"{name}.parquet"

    def _trim(self) -> None:
        notes = sorted(self._folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
        for old in notes[KEPT:]:
            old.unlink(missing_ok=True)
            old.with_suffix(".parquet").unlink(missing_ok=True)


def _row(change: str, before: dict[str, Any] | None, after: dict[str, Any] | None, key: Sequence[str]) -> RowChange:
    shown = after or before or {}
    changed = []
    if before is not None and after is not None:
        changed = [name for name in after if name in before and after[name] != before[name]]
    return RowChange(
        change=change, key={name: shown.get(name) for name in key}, before=before, after=after, columns=changed
    )
