"""CSV and TSV, in the encodings that turn up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio.engine.datasets.encodings import encoding_of, is_utf8, to_utf8
from studio.engine.datasets.format import MOST_BAD_LINES, Copied, bad_lines, not_empty
from studio.engine.datasets.reading import connection, literal, quoted
from studio.engine.datasets.source import cannot_read
from studio.engine.text import Text

READ = "read_csv([{files}], sample_size=-1, {errors}, union_by_name={union}{types})"
KEEP, SKIP = "store_rejects=true, rejects_limit=0", "ignore_errors=true"
REJECTED = """
SELECT s.file_path, e.line, any_value(e.error_message), any_value(e.csv_line)
FROM reject_errors e JOIN reject_scans s USING (scan_id, file_id) GROUP BY ALL ORDER BY ALL
"""


class Csv(Copied):
    """Separator, quotes, header and types come from the whole file; a line that does not fit is listed, not lost."""

    name = "csv"
    title = Text.same("CSV")
    suffixes = (".csv", ".tsv", ".tab")

    def convert(self, paths: Sequence[Path], target: Path) -> dict[str, Any]:
        import duckdb

        not_empty(paths, "CSV")
        files, encodings, bad = _as_utf8(paths, target.parent)
        try:
            with connection() as database:
                types = _exact(database, files)
                database.execute(f"COPY (FROM {_read(files, types, KEEP)}) TO {literal(target)} (FORMAT parquet)")
                rejected = database.execute(REJECTED).fetchall()
        except duckdb.Error as error:
            raise cannot_read(paths[0], "CSV", str(error)) from error
        finally:
            for file in set(files) - set(paths):
                file.unlink(missing_ok=True)
        names = dict(zip(map(str, files), paths, strict=True))
        bad += [
            {"file": names[file].name, "line": line, "reason": reason, "text": text[:500]}
            for file, line, reason, text in rejected[:MOST_BAD_LINES]
        ]
        found = len(rejected) - min(len(rejected), MOST_BAD_LINES) + len(bad)
        return {"encoding": ", ".join(sorted(set(encodings))), **(bad_lines(found, bad) if bad else {})}


def _as_utf8(paths: Sequence[Path], folder: Path) -> tuple[list[Path], list[str], list[dict[str, Any]]]:
    files, encodings, bad = [], [], []
    for number, path in enumerate(paths):
        encoding = encoding_of(path)
        encodings.append(encoding)
        if is_utf8(encoding):
            files.append(path)
            continue
        files.append(folder / f"{number}.utf8.csv")
        bad += [{"file": path.name, **each} for each in to_utf8(path, encoding, files[-1])]
    return files, encodings, bad


def _read(files: Sequence[Path], types: dict[str, str], errors: str = SKIP) -> str:
    given = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in types.items())
    return READ.format(
        files=", ".join(literal(file) for file in files),
        errors=errors,
        union=str(len(files) > 1).lower(),
        types=f", types={{{given}}}" if given else "",
    )


def _exact(database: Any, files: Sequence[Path]) -> dict[str, str]:
    """The types, where a number with more digits than a float keeps stays text."""
    described = database.execute(f"DESCRIBE SELECT * FROM {_read(files, {})}").fetchall()
    types = {name: kind for name, kind, *_ in described}
    floats = [name for name, kind in types.items() if kind == "DOUBLE"]
    if not floats:
        return {}
    as_text = _read(files, dict.fromkeys(floats, "VARCHAR"))
    tests = ", ".join(f"bool_or(length(regexp_replace({quoted(name)}, '[^0-9]', '', 'g')) > 17)" for name in floats)
    long = database.execute(f"SELECT {tests} FROM {as_text}").fetchone()
    return {name: "VARCHAR" for name, too_long in zip(floats, long, strict=True) if too_long}


csv = Csv()
