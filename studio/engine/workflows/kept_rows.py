"""What was recorded of steps, rows and items, by step and place, without their memory: few stay here, many lie on disk."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from studio.engine.workflows.store import Ref

FEW = 2_000

Where = tuple[str, tuple[int, ...]]
Refs = dict[str, Ref]


class KeptRows:
    """A table of references. Over `FEW` it moves into a file of SQLite's own that is gone with it; a look takes some ten
    microseconds then."""

    def __init__(self) -> None:
        self._here: dict[Where, Refs] = {}
        self._file: sqlite3.Connection | None = None

    def __len__(self) -> int:
        if self._file is None:
            return len(self._here)
        return len(self._here) + int(self._file.execute("SELECT count(*) FROM kept").fetchone()[0])

    def __bool__(self) -> bool:
        return bool(self._here) or self._file is not None

    def __setitem__(self, where: Where, refs: Refs) -> None:
        self._here[where] = refs
        if len(self._here) > FEW:
            self._move()

    def __contains__(self, where: Where) -> bool:
        return self.get(where) is not None

    def get(self, where: Where) -> Refs | None:
        found = self._here.get(where)
        if found is not None or self._file is None:
            return found
        row = self._file.execute("SELECT outputs FROM kept WHERE step = ? AND place = ?", _key(where)).fetchone()
        return _read(row[0]) if row else None

    def items(self) -> Iterator[tuple[Where, Refs]]:
        """All of them; one that was set twice comes as it was set last."""
        if self._file is not None:
            self._move()
            with closing(self._file.execute("SELECT step, place, outputs FROM kept")) as rows:
                for step, place, written in rows:
                    yield (step, tuple(json.loads(f"[{place}]"))), _read(written)
        yield from self._here.items()

    def without(self, steps: set[str]) -> KeptRows:
        """A copy that lacks those steps."""
        found = KeptRows()
        for where, refs in self.items():
            if where[0] not in steps:
                found[where] = refs
        return found

    def _move(self) -> None:
        if self._file is None:
            self._file = sqlite3.connect("", check_same_thread=False, isolation_level=None)
            self._file.execute("CREATE TABLE kept (step, place, outputs, PRIMARY KEY (step, place)) WITHOUT ROWID")
        said = [(*_key(where), _written(refs)) for where, refs in self._here.items()]
        self._file.execute("BEGIN")
        self._file.executemany("INSERT OR REPLACE INTO kept VALUES (?,?,?)", said)
        self._file.execute("COMMIT")
        self._here.clear()


def _key(where: Where) -> tuple[str, str]:
    return where[0], ",".join(map(str, where[1]))


def _written(refs: Refs) -> str:
    return json.dumps(said_of(refs), default=str)


def _read(written: str) -> Refs:
    return refs_of(json.loads(written))


def said_of(refs: Refs) -> dict[str, Any]:
    """As the journal keeps them."""
    return {name: ref.as_dict() for name, ref in refs.items()}


def refs_of(outputs: dict[str, Any]) -> Refs:
    """Of a step, by port, as the journal keeps them."""
    return {name: Ref.read(ref) for name, ref in outputs.items()}
