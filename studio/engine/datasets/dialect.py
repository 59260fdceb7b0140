"""How a text file separates its values: found once in a sample, then held to for the whole file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from studio.engine.datasets.reading import literal

LINES = 100_000  # of the sample; its memory does not grow with the file
WIDER = {"BOOLEAN": "VARCHAR", "BIGINT": "DOUBLE"}
NOTHING = "(empty)"  # how DuckDB says that there is no such sign


@dataclass(frozen=True)
class Dialect:
    """Separator, quotes, header and the columns with DuckDB's types."""

    delimiter: str
    quote: str
    escape: str
    skip: int
    header: bool
    columns: tuple[tuple[str, str], ...]
    date_format: str | None = None
    time_format: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """What a person wants to know of it."""
        return {"delimiter": self.delimiter, "quote": self.quote, "header": self.header, "skipped_lines": self.skip}

    def typed(self, names: Sequence[str], kind: str) -> Dialect:
        """The same with these columns of one type."""
        columns = tuple((name, kind if name in names else known) for name, known in self.columns)
        return replace(self, columns=columns)

    def wider(self, names: Sequence[str]) -> Dialect:
        """The same with types for these columns that more values fit: whole numbers, numbers, text."""
        columns = tuple((name, WIDER.get(kind, "VARCHAR") if name in names else kind) for name, kind in self.columns)
        return replace(self, columns=columns)

    def read(self, file: Path, errors: str) -> str:
        """DuckDB's table function over a file in this dialect."""
        columns = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in self.columns)
        options = [
            "auto_detect=false", f"delim={literal(self.delimiter)}", f"quote={literal(self.quote)}",
            f"escape={literal(self.escape)}", f"skip={self.skip}", f"header={str(self.header).lower()}",
            f"columns={{{columns}}}", errors,
        ]  # fmt: skip
        if self.date_format:
            options.append(f"dateformat={literal(self.date_format)}")
        if self.time_format:
            options.append(f"timestampformat={literal(self.time_format)}")
        return f"read_csv({literal(file)}, {', '.join(options)})"


def sniff(
    database: Any, file: Path, *, delimiter: str = "", header: bool | None = None, skip: int | None = None
) -> Dialect:
    """The dialect that the beginning of a file shows, but for what is known. Quotes that the sample does not need may
    stand further down."""
    known = [
        *([f"delim={literal(delimiter)}"] if delimiter else []),
        *([f"header={str(header).lower()}"] if header is not None else []),
        *([f"skip={skip}"] if skip is not None else []),
    ]
    options = ", ".join([literal(file), f"sample_size={LINES}", "ignore_errors=true", *known])
    found = database.execute(f"SELECT * FROM sniff_csv({options})").to_arrow_table()
    told = found.to_pylist()[0]
    quote = _sign(told["Quote"], '"')
    return Dialect(
        delimiter=_sign(told["Delimiter"], ","), quote=quote, escape=_sign(told["Escape"], quote),
        skip=int(told["SkipRows"]), header=bool(told["HasHeader"]),
        columns=_unique([(each["name"], each["type"]) for each in told["Columns"]]),
        date_format=told["DateFormat"], time_format=told["TimestampFormat"],
    )  # fmt: skip


def _sign(told: str | None, otherwise: str) -> str:
    return otherwise if told in (None, "", NOTHING) else str(told)


def _unique(columns: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """No name twice, whatever its capitals: DuckDB tells columns apart without them."""
    seen: dict[str, int] = {}
    named = []
    for name, kind in columns:
        seen[name.lower()] = seen.get(name.lower(), 0) + 1
        named.append((name if seen[name.lower()] == 1 else f"{name}_{seen[name.lower()] - 1}", kind))
    return tuple(named)
