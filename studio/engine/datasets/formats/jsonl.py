"""JSON Lines, and JSON files that hold a list of objects or one object."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studio.engine.datasets.encodings import encoding_of, head, is_packed, is_utf8, opened, to_utf8
from studio.engine.datasets.format import FIRST_ROWS, Choice, Copied, bad_lines, not_empty
from studio.engine.datasets.reading import connection, literal
from studio.engine.datasets.source import cannot_read
from studio.engine.datasets.watch import Watch
from studio.engine.text import Text

LONGEST = 32 << 20  # bytes of one object; two of them are what reading needs in memory
PACKED = ("", ".gz", ".bz2", ".zst")


class Jsonl(Copied):
    """Types come from the whole file; a line that is no JSON object is listed, not lost."""

    name = "jsonl"
    title = Text.same("JSON")
    suffixes = tuple(f"{kind}{packed}" for kind in (".jsonl", ".ndjson", ".json") for packed in PACKED)

    def convert(self, paths: Sequence[Path], target: Path, choice: Choice, watch: Watch) -> dict[str, Any]:
        import duckdb

        not_empty(paths, "JSON")
        with _plain(paths, target.parent, watch.part(0, 0.4)) as files:
            try:
                _copy(files, target, watch.part(0.4, 1))
            except duckdb.Error as error:
                if any(_is_document(path) for path in files):
                    raise cannot_read(paths[0], "JSON", _said(error)) from error
                return _without_bad_lines(paths, files, target, watch.part(0.4, 1))
        return {}

    def first(self, paths: Sequence[Path], copy: Path, choice: Choice) -> tuple[Any, dict[str, Any]]:
        """The first whole objects, whether they stand in lines or in a list."""
        content = head(paths[0])
        text = content.decode(encoding_of(paths[0]), "replace") if content else ""
        objects = _first_objects(text)
        if not objects:
            return None, {}
        aside = copy / "first.jsonl"
        aside.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in objects), encoding="utf-8")
        with connection(copy) as database:
            rows = database.execute(f"SELECT * FROM {_read([aside])}").to_arrow_table()
        aside.unlink()
        return rows, {}


@contextmanager
def _plain(paths: Sequence[Path], folder: Path, watch: Watch) -> Iterator[list[Path]]:
    """The files as UTF-8 text that is not packed: themselves, or copies while the block runs."""
    made: list[Path] = []
    files = []
    try:
        for number, path in enumerate(paths):
            encoding = encoding_of(path)
            if encoding == "binary":
                raise cannot_read(path, "JSON", "it holds binary data, not text")
            if is_utf8(encoding) and not is_packed(path):
                files.append(path)
                continue
            made.append(folder / f"plain {number}.json")
            to_utf8(path, encoding, made[-1], watch)
            files.append(made[-1])
        yield files
    finally:
        for copy in made:
            copy.unlink(missing_ok=True)


def _read(files: Sequence[Path]) -> str:
    listed = ", ".join(literal(path) for path in files)
    return f"read_json([{listed}], sample_size=-1, union_by_name=true, maximum_object_size={LONGEST}, records=true)"


def _copy(files: Sequence[Path], target: Path, watch: Watch) -> None:
    with connection(target.parent) as database, watch.over(database):
        database.execute("SET threads=1")  # each thread holds two objects of the greatest size
        database.execute(f"COPY (SELECT * FROM {_read(files)}) TO {literal(target)} (FORMAT parquet)")


def _without_bad_lines(paths: Sequence[Path], files: Sequence[Path], target: Path, watch: Watch) -> dict[str, Any]:
    import duckdb

    good = target.parent / "good.jsonl"
    try:
        bad = [
            line for path, file in zip(paths, files, strict=True) for line in _sort_out(path.name, file, good, watch)
        ]
        if good.stat().st_size == 0:
            raise cannot_read(paths[0], "JSON Lines", bad[0]["reason"] if bad else "no line holds an object")
        _copy([good], target, watch)
    except duckdb.Error as error:
        raise cannot_read(paths[0], "JSON Lines", _said(error)) from error
    finally:
        good.unlink(missing_ok=True)
    return bad_lines(len(bad), bad)


def _sort_out(name: str, file: Path, good: Path, watch: Watch) -> Iterator[dict[str, Any]]:
    """Write the lines that are JSON objects; the answer lists the others."""
    with file.open("rb") as lines, good.open("ab") as out:
        number = 0
        while line := lines.readline(LONGEST):
            number += 1
            if number % 10_000 == 0:
                watch.step(0.5)
            reason = _too_long(lines, line, watch) or _wrong(line)
            if reason is None:
                out.write(line.rstrip(b"\r\n") + b"\n")
            elif reason:
                text = line[:2000].decode(errors="replace").strip()[:500]
                yield {"file": name, "line": number, "reason": reason, "text": text}


def _too_long(lines: Any, line: bytes, watch: Watch) -> str | None:
    """Why a line that is longer than what fits is no row; the rest of it is passed over."""
    if len(line) < LONGEST:
        return None
    while line and not line.endswith(b"\n"):
        watch.step(0.5)
        line = lines.readline(LONGEST)
    return f"longer than {LONGEST >> 20} MB"


def _wrong(line: bytes) -> str | None:
    """Why a line is no row; None for a good one, empty for a blank one."""
    if not line.strip():
        return ""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        return str(error)
    return None if isinstance(found, dict) else "no JSON object"


def _is_document(file: Path) -> bool:
    """Whether it is one JSON value, not one in each line: a list, or an object that goes over several lines."""
    with opened(file) as content:
        begin = content.read(LONGEST if file.stat().st_size < LONGEST else 1 << 20).lstrip()
    line, more, _ = begin.partition(b"\n")
    return begin.startswith(b"[") and (not more or _wrong(line) not in (None, "no JSON object"))


def _first_objects(text: str) -> list[dict[str, Any]]:
    """The whole objects at the beginning of a list or of lines."""
    decoder = json.JSONDecoder()
    found: list[dict[str, Any]] = []
    place = len(text) - len(text.lstrip("\ufeff \t\r\n["))
    while len(found) < FIRST_ROWS:
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        if not isinstance(value, dict):
            break
        found.append(value)
        rest = text[place : place + 100]
        place += len(rest) - len(rest.lstrip(", \t\r\n"))
    return found


def _said(error: Exception) -> str:
    """DuckDB's words, with the limit in words of ours."""
    text = str(error)
    return f"an object in it is longer than {LONGEST >> 20} MB" if "maximum_object_size" in text else text


jsonl = Jsonl()
