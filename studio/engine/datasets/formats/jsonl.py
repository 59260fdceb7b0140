"""JSON Lines, and JSON files that hold a list of objects."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio.engine.datasets.format import Copied, bad_lines, not_empty
from studio.engine.datasets.reading import connection, literal
from studio.engine.datasets.source import cannot_read
from studio.engine.text import Text


class Jsonl(Copied):
    """Types come from the whole file; a line that is no JSON object is listed, not lost."""

    name = "jsonl"
    title = Text.same("JSON Lines")
    suffixes = (".jsonl", ".ndjson", ".json")

    def convert(self, paths: Sequence[Path], target: Path) -> dict[str, Any]:
        import duckdb

        not_empty(paths, "JSON")
        try:
            _copy(paths, target)
        except duckdb.Error as error:
            if any(path.suffix.lower() == ".json" for path in paths):
                raise cannot_read(paths[0], "JSON", str(error)) from error
            return self._without_bad_lines(paths, target)
        return {}

    def _without_bad_lines(self, paths: Sequence[Path], target: Path) -> dict[str, Any]:
        import duckdb

        good = target.parent / "good.jsonl"
        try:
            bad = _sort_out(paths, good)
            if good.stat().st_size == 0:
                raise cannot_read(paths[0], "JSON Lines", bad[0]["reason"] if bad else "no line holds an object")
            _copy([good], target)
        except duckdb.Error as error:
            raise cannot_read(paths[0], "JSON Lines", str(error)) from error
        finally:
            good.unlink(missing_ok=True)
        return bad_lines(len(bad), bad)


def _copy(paths: Sequence[Path], target: Path) -> None:
    files = ", ".join(literal(path) for path in paths)
    read = f"read_json([{files}], sample_size=-1, union_by_name=true, maximum_object_size=67108864, records=true)"
    with connection() as database:
        database.execute(f"COPY (SELECT * FROM {read}) TO {literal(target)} (FORMAT parquet)")


def _sort_out(paths: Sequence[Path], good: Path) -> list[dict[str, Any]]:
    """Write the lines that are JSON objects; the answer lists the others."""
    bad: list[dict[str, Any]] = []
    with good.open("wb") as out:
        for path in paths:
            with path.open("rb") as lines:
                for number, line in enumerate(lines, 1):
                    reason = _wrong(line)
                    if reason is None:
                        out.write(line.rstrip(b"\r\n") + b"\n")
                    elif reason:
                        text = line.decode(errors="replace").strip()[:500]
                        bad.append({"file": path.name, "line": number, "reason": reason, "text": text})
    return bad


def _wrong(line: bytes) -> str | None:
    """Why a line is no row; None for a good one, empty for a blank one."""
    if not line.strip():
        return ""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        return str(error)
    return None if isinstance(found, dict) else "no JSON object"


jsonl = Jsonl()
