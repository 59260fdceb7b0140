"""CSV and TSV, in the encodings and dialects that turn up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from studio.engine.datasets.dialect import Dialect, sniff
from studio.engine.datasets.encodings import encoding_of, head, is_packed, is_utf8, lines_with_nul, to_utf8
from studio.engine.datasets.format import FIRST_ROWS, MOST_BAD_LINES, Choice, Copied, bad_lines, not_empty
from studio.engine.datasets.reading import connection, literal, quoted
from studio.engine.datasets.source import cannot_read
from studio.engine.datasets.watch import Watch
from studio.engine.params import Params, param
from studio.engine.text import Text

REJECTED = "SELECT line, any_value(error_message), any_value(csv_line) FROM reject_errors GROUP BY line ORDER BY line"
MISFITS = "SELECT DISTINCT column_name FROM reject_errors WHERE error_type = 'CAST'"
MOST_DIGITS = 17  # that a float keeps
FOUND = Text("Found in the file", "自动识别")


@dataclass(frozen=True)
class _Read:
    """What reading one file told."""

    encoding: str
    dialect: Dialect
    count: int
    kept: int
    first: list[dict[str, Any]]


class CsvOptions(Params):
    """What the studio finds by itself, unless it is said here."""

    encoding: Literal[
        "", "utf-8", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "big5", "shift_jis", "euc_kr", "cp1252", "latin-1"
    ] = param(
        "",
        Text("Encoding", "编码"),
        choices={
            "": FOUND, "utf-8": Text.same("UTF-8"), "gb18030": Text("GB18030 (Chinese)", "GB18030（简体中文）"),
            "utf-16": Text.same("UTF-16"), "utf-16-le": Text.same("UTF-16 LE"), "utf-16-be": Text.same("UTF-16 BE"),
            "big5": Text("Big5 (Chinese)", "Big5（繁体中文）"), "shift_jis": Text("Shift JIS (Japanese)", "Shift JIS（日文）"),
            "euc_kr": Text("EUC-KR (Korean)", "EUC-KR（韩文）"), "cp1252": Text("Windows-1252 (Western)", "Windows-1252（西文）"),
            "latin-1": Text("Latin-1 (Western)", "Latin-1（西文）"),
        },
    )  # fmt: skip
    delimiter: Literal["", ",", ";", "\t", "|"] = param(
        "",
        Text("Separator", "分隔符"),
        choices={
            "": FOUND, ",": Text("Comma", "逗号"), ";": Text("Semicolon", "分号"), "\t": Text("Tab", "制表符"),
            "|": Text("Vertical bar", "竖线"),
        },
    )  # fmt: skip
    header: Literal["", "yes", "no"] = param(
        "",
        Text("First line", "首行"),
        choices={"": FOUND, "yes": Text("Names of columns", "列名"), "no": Text("Values", "数据")},
    )
    skip: int | None = param(None, Text("Lines to leave out before", "跳过前几行"), ge=0, le=100_000, advanced=True)


class Csv(Copied):
    """Separator, quotes, header and types come from the file; a line that does not fit is listed, not lost."""

    name = "csv"
    title = Text.same("CSV")
    options = CsvOptions
    suffixes = tuple(
        f"{kind}{packed}" for kind in (".csv", ".tsv", ".tab", ".txt") for packed in ("", ".gz", ".bz2", ".zst")
    )

    def convert(self, paths: Sequence[Path], target: Path, choice: Choice, watch: Watch) -> dict[str, Any]:
        not_empty(paths, "CSV")
        options = CsvOptions.model_validate(choice.options)
        parts = [target.with_name(f"{number}.part") for number in range(len(paths))]
        try:
            notes = [
                _convert(path, part, options, watch.part(place / len(paths), (place + 1) / len(paths)))
                for place, (path, part) in enumerate(zip(paths, parts, strict=True))
            ]
            _join(parts, target)
        finally:
            for part in parts:
                part.unlink(missing_ok=True)
        return _statistics(notes)

    def first(self, paths: Sequence[Path], copy: Path, choice: Choice) -> tuple[Any, dict[str, Any]]:
        """What the beginning of the first file gives; its types may be wider once all is read."""
        not_empty(paths, "CSV")
        options = CsvOptions.model_validate(choice.options)
        path, encoding = paths[0], _text_encoding(paths[0], options)
        aside = copy / "first.csv"
        content = head(path)
        aside.write_bytes(content if is_utf8(encoding) else content.decode(encoding, "replace").encode())
        with connection(copy) as database, _explained(path):
            dialect = _sniffed(database, aside, options)
            rows = database.execute(
                f"FROM {dialect.read(aside, 'ignore_errors=true')} LIMIT {FIRST_ROWS}"
            ).to_arrow_table()
        aside.unlink()
        return rows, {"encoding": encoding, "dialect": dialect.as_dict()}


def _statistics(notes: Sequence[_Read]) -> dict[str, Any]:
    encodings = ", ".join(sorted({note.encoding for note in notes}))
    first = [line for note in notes for line in note.first]
    count, kept = sum(note.count for note in notes), sum(note.kept for note in notes)
    return {"encoding": encodings, "dialect": notes[0].dialect.as_dict(), **bad_lines(count, first, kept)}


def _sniffed(database: Any, file: Path, options: CsvOptions) -> Dialect:
    header = {"yes": True, "no": False}.get(options.header)
    return sniff(database, file, delimiter=options.delimiter, header=header, skip=options.skip)


def _text_encoding(path: Path, options: CsvOptions) -> str:
    encoding = options.encoding or encoding_of(path)
    if encoding == "binary":
        raise cannot_read(path, "CSV", "it holds binary data, not text")
    return encoding


def _convert(path: Path, target: Path, options: CsvOptions, watch: Watch) -> _Read:
    """Write one file as Parquet. Numbers that a sample took for narrower than they are make their column wider."""
    encoding = _text_encoding(path, options)
    aside = target.with_suffix(".utf8.csv")
    with (
        _as_utf8(path, encoding, aside, watch.part(0, 0.4)) as (file, unclear),
        connection(target.parent) as database,
        _explained(path),
    ):
        dialect, misfits = _sniffed(database, file, options), [""]
        while misfits:
            dialect = _exact(database, file, dialect.wider(misfits), watch.part(0.4, 0.5))
            misfits = _copy(database, file, dialect, target, watch.part(0.5, 1))
        rejected = database.execute(f"{REJECTED} LIMIT {MOST_BAD_LINES}").fetchall()
        count = database.execute("SELECT count(DISTINCT line) FROM reject_errors").fetchone()[0]
    lines = [{"line": line, "reason": reason, "text": (text or "")[:500]} for line, reason, text in rejected]
    first = [{"file": path.name, **line} for line in sorted([*unclear, *lines], key=lambda each: int(each["line"]))]
    return _Read(encoding, dialect, len(unclear) + count, len(unclear), first)


@contextmanager
def _as_utf8(path: Path, encoding: str, aside: Path, watch: Watch) -> Iterator[tuple[Path, list[dict[str, Any]]]]:
    """The file itself, or a copy in UTF-8 while the block runs; and the lines that hold what is no text."""
    if is_utf8(encoding) and not is_packed(path):
        yield path, lines_with_nul(path, MOST_BAD_LINES)
        return
    try:
        unclear = to_utf8(path, encoding, aside, watch)
        yield aside, [*unclear, *lines_with_nul(aside, MOST_BAD_LINES)]
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise cannot_read(path, "CSV", str(error)) from error


def _copy(database: Any, file: Path, dialect: Dialect, target: Path, watch: Watch) -> list[str]:
    """Write the file as Parquet; the answer names the columns whose type did not hold for all values."""
    for table in ("reject_errors", "reject_scans"):
        database.execute(f"DROP TABLE IF EXISTS {table}")
    read = dialect.read(file, "store_rejects=true, rejects_limit=0")
    with watch.over(database):
        database.execute(f"COPY (FROM {read}) TO {literal(target)} (FORMAT parquet)")
    return [name for (name,) in database.execute(MISFITS).fetchall()]


def _exact(database: Any, file: Path, dialect: Dialect, watch: Watch) -> Dialect:
    """A number with more digits than a float keeps stays text."""
    floats = [name for name, kind in dialect.columns if kind == "DOUBLE"]
    if not floats:
        return dialect
    tests = ", ".join(
        f"bool_or(length({name}) > {MOST_DIGITS} AND length(regexp_replace({name}, '[^0-9]', '', 'g')) > {MOST_DIGITS})"
        for name in map(quoted, floats)
    )
    read = dialect.typed(floats, "VARCHAR").read(file, "ignore_errors=true")
    with watch.over(database):
        long = database.execute(f"SELECT {tests} FROM {read}").fetchone()
    return dialect.typed([name for name, too_long in zip(floats, long, strict=True) if too_long], "VARCHAR")


def _join(parts: Sequence[Path], target: Path) -> None:
    """One Parquet file of several, by the names of their columns; numbers here and words there become text."""
    if len(parts) == 1:
        parts[0].replace(target)
        return
    files = ", ".join(map(literal, parts))
    with connection(target.parent) as database:
        database.execute(
            f"COPY (FROM read_parquet([{files}], union_by_name=true)) TO {literal(target)} (FORMAT parquet)"
        )


csv = Csv()
