"""CSV and TSV, in the encodings that turn up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studio.engine.datasets.encodings import encoding_of, is_utf8, to_utf8
from studio.engine.datasets.format import MOST_BAD_LINES, Copied, bad_lines, not_empty
from studio.engine.datasets.reading import connection, literal, quoted
from studio.engine.datasets.source import cannot_read
from studio.engine.text import Text

KEEP, SKIP = "store_rejects=true, rejects_limit=0", "ignore_errors=true"
REJECTED = "SELECT line, any_value(error_message), any_value(csv_line) FROM reject_errors GROUP BY line ORDER BY line"
MOST_DIGITS = 17  # that a float keeps


class Csv(Copied):
    """Separator, quotes, header and types come from the whole file; a line that does not fit is listed, not lost."""

    name = "csv"
    title = Text.same("CSV")
    suffixes = (".csv", ".tsv", ".tab")

    def convert(self, paths: Sequence[Path], target: Path) -> dict[str, Any]:
        not_empty(paths, "CSV")
        parts = [target.with_name(f"{number}.part") for number in range(len(paths))]
        notes = [_convert(path, part) for path, part in zip(paths, parts, strict=True)]
        _join(parts, target)
        encodings = sorted({encoding for encoding, _, _ in notes})
        count, bad = sum(count for _, count, _ in notes), [line for _, _, lines in notes for line in lines]
        return {"encoding": ", ".join(encodings), **(bad_lines(count, bad) if count else {})}


def _convert(path: Path, target: Path) -> tuple[str, int, list[dict[str, Any]]]:
    """Write one file as Parquet; the answer is its encoding, the number of bad lines and the first of them."""
    import duckdb

    encoding = encoding_of(path)
    if encoding == "binary":
        raise cannot_read(path, "CSV", "it holds binary data, not text")
    with _as_utf8(path, encoding, target.with_suffix(".utf8.csv")) as (file, unclear), connection() as database:
        try:
            types = _exact(database, file)
            database.execute(f"COPY (FROM {_read(file, types, KEEP)}) TO {literal(target)} (FORMAT parquet)")
            rejected = database.execute(REJECTED).fetchall()
        except duckdb.Error as error:
            raise cannot_read(path, "CSV", str(error)) from error
    lines = [{"line": line, "reason": reason, "text": text[:500]} for line, reason, text in rejected[:MOST_BAD_LINES]]
    return encoding, len(unclear) + len(rejected), [{"file": path.name, **line} for line in [*unclear, *lines]]


@contextmanager
def _as_utf8(path: Path, encoding: str, aside: Path) -> Iterator[tuple[Path, list[dict[str, Any]]]]:
    """The file itself, or a copy in UTF-8 while the block runs; and the lines that are no text in its encoding."""
    if is_utf8(encoding):
        yield path, []
        return
    try:
        yield aside, to_utf8(path, encoding, aside)
    finally:
        aside.unlink(missing_ok=True)


def _read(file: Path, types: dict[str, str], errors: str = SKIP) -> str:
    given = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in types.items())
    return f"read_csv({literal(file)}, sample_size=-1, {errors}{f', types={{{given}}}' if given else ''})"


def _exact(database: Any, file: Path) -> dict[str, str]:
    """The types to insist on: a number with more digits than a float keeps stays text."""
    described = database.execute(f"DESCRIBE SELECT * FROM {_read(file, {})}").fetchall()
    floats = [name for name, kind, *_ in described if kind == "DOUBLE"]
    if not floats:
        return {}
    tests = ", ".join(
        f"bool_or(length(regexp_replace({quoted(name)}, '[^0-9]', '', 'g')) > {MOST_DIGITS})" for name in floats
    )
    long = database.execute(f"SELECT {tests} FROM {_read(file, dict.fromkeys(floats, 'VARCHAR'))}").fetchone()
    return {name: "VARCHAR" for name, too_long in zip(floats, long, strict=True) if too_long}


def _join(parts: Sequence[Path], target: Path) -> None:
    """One Parquet file of several, by the names of their columns; numbers here and words there become text."""
    if len(parts) == 1:
        parts[0].replace(target)
        return
    files = ", ".join(map(literal, parts))
    with connection() as database:
        database.execute(
            f"COPY (FROM read_parquet([{files}], union_by_name=true)) TO {literal(target)} (FORMAT parquet)"
        )
    for part in parts:
        part.unlink()


csv = Csv()
