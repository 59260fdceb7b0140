"""What is different between two contents of a dataset: columns, rows by key, values. In DuckDB, with bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from studio.engine.datasets.dataset import Column, columns_of
from studio.engine.datasets.pages import readable
from studio.engine.datasets.reading import connection, literal, quoted
from studio.engine.datasets.source import Source
from studio.engine.errors import BadParameter
from studio.engine.text import Text

NESTED = ("struct", "list", "map", "dict")
NUMBERS = ("int", "uint", "float", "double", "decimal", "halffloat")
KEY_NAMES = ("id", "key", "code", "uuid", "no", "number", "编号", "主键", "代码", "单号")
MOST_LOOKED_AT = 60  # columns whose distinct values are estimated
MOST_TRIED = 8  # columns that are tried as a key
MOST_COUNTED = 400  # columns whose changes are counted one by one
MEMORY = "1GB"


class Retyped(BaseModel):
    """A column whose type is another now."""

    name: str
    before: str
    after: str


class Difference(BaseModel):
    """What happened from one content to another. Without a `key`, whole rows are compared: none counts as changed.

    `changed_columns` counts the changed rows by column. A row whose key is not unique is matched in the order of the file.
    """

    key: list[str]
    added_columns: list[Column] = []
    removed_columns: list[Column] = []
    retyped_columns: list[Retyped] = []
    rows_before: int
    rows_after: int
    added: int = 0
    removed: int = 0
    changed: int = 0
    same: int = 0
    changed_columns: dict[str, int] = {}

    @property
    def total(self) -> int:
        """The number of rows that differ."""
        return self.added + self.removed + self.changed


def compare(before: Source, after: Source, key: Sequence[str], target: Path, spill: Path) -> Difference:
    """Compare and write which rows differ to `target`, a Parquet file of (change, before, after): numbers of rows.

    `key` names the columns that tell rows apart; without one, a unique column is looked for. Blocks: seconds for millions
    of rows; what does not fit into a gigabyte goes to `spill`.
    """
    found = _schema_difference(before, after)
    common = [name for name in after.names if name in set(before.names)]
    unknown = [name for name in key if name not in common]
    if unknown:
        raise BadParameter(
            Text(f"Both versions need a column “{unknown[0]}”.", f"两个版本都必须包含列“{unknown[0]}”。"),
            Text(f"They share: {', '.join(common[:40])}.", f"共有的列：{'、'.join(common[:40])}。"),
        )
    with _working(spill) as database:
        found.key = list(key) or _found_key(database, before, after, common)
        pairs = _comparable(before, after, common)
        for side, (name, source) in enumerate((("before", before), ("after", after))):
            _fingerprints(database, name, source, found.key, [(pair[side], pair[2]) for pair in pairs])
        _match(database, bool(found.key))
        _count(database, found)
        if found.changed:
            _count_columns(database, found, before, after, pairs)
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_suffix(".part")
        database.execute("SET preserve_insertion_order=true")
        rows = "SELECT change, b, a FROM differences ORDER BY place, change DESC"
        database.execute(f"COPY ({rows}) TO {literal(aside)} (FORMAT parquet)")
        aside.replace(target)
    return found


def find_key(source: Source, spill: Path) -> list[str]:
    """A column that tells the rows of one table apart, or none. Blocks; `Broken` or `Unavailable` for what cannot be read."""
    with readable(source.files[0]), _working(spill) as database:
        return _found_key(database, source, source, source.names)


def _schema_difference(before: Source, after: Source) -> Difference:
    old, new = ({column.name: column for column in columns_of(each.schema)} for each in (before, after))
    retyped = [
        Retyped(name=name, before=old[name].type, after=new[name].type)
        for name in new
        if name in old and old[name].type != new[name].type
    ]
    return Difference(
        key=[],
        added_columns=[column for name, column in new.items() if name not in old],
        removed_columns=[column for name, column in old.items() if name not in new],
        retyped_columns=retyped,
        rows_before=before.row_count,
        rows_after=after.row_count,
    )


@contextmanager
def _working(spill: Path) -> Iterator[Any]:
    spill.mkdir(parents=True, exist_ok=True)
    with connection(spill) as database:
        database.execute(f"SET memory_limit='{MEMORY}'")
        database.execute("SET preserve_insertion_order=false")
        yield database


def _found_key(database: Any, before: Source, after: Source, common: Sequence[str]) -> list[str]:
    """The unique column that is most likely meant as a key; checked in both tables, exactly."""
    candidates = [name for name in _by_likelihood(after, common) if _kind(before, name) == _kind(after, name)]
    if not candidates or not after.row_count:
        return candidates[:1] if candidates and _looks_like_key(candidates[0]) else []
    about = ", ".join(f"approx_count_distinct({quoted(name)})" for name in candidates)
    counts = database.execute(f"SELECT {about} FROM {after.scan()}").fetchone()
    likely = [name for name, count in zip(candidates, counts, strict=True) if count > after.row_count * 0.8]
    for name in likely[:MOST_TRIED]:
        if _unique(database, after, name) and (before is after or _unique(database, before, name)):
            return [name]
    return []


def _unique(database: Any, source: Source, name: str) -> bool:
    sql = f"SELECT count(*) = count(DISTINCT {quoted(name)}) FROM {source.scan()}"
    return bool(database.execute(sql).fetchone()[0])


def _by_likelihood(source: Source, names: Sequence[str]) -> list[str]:
    """Names as keys have them first, then whole numbers and texts in their order; no fractions, no nested values."""
    able = [name for name in names if _kind(source, name).startswith(("int", "uint", "string", "fixed", "binary"))]
    return sorted(able, key=lambda name: not _looks_like_key(name))[:MOST_LOOKED_AT]


def _looks_like_key(name: str) -> bool:
    low = name.lower()
    return low in KEY_NAMES or low.endswith(tuple(f"_{each}" for each in KEY_NAMES)) or low.endswith(KEY_NAMES[-4:])


def _kind(source: Source, name: str) -> str:
    return columns_of([source.schema.field(name)])[0].type


def _comparable(before: Source, after: Source, common: Sequence[str]) -> list[tuple[str, str, str]]:
    """For each common column the expression on either side, so that equal values are equal though their type is another."""
    return [_pair(name, _kind(before, name), _kind(after, name)) for name in common]


def _pair(name: str, old: str, new: str) -> tuple[str, str, str]:
    word = quoted(name)
    if old == new:
        return word, word, name
    numbers = old.startswith(NUMBERS) and new.startswith(NUMBERS)
    kind = "DOUBLE" if numbers else "VARCHAR"
    return f"CAST({word} AS {kind})", f"CAST({word} AS {kind})", name


def _fingerprints(
    database: Any, table: str, source: Source, key: Sequence[str], values: Sequence[tuple[str, str]]
) -> None:
    """One row for each row: its number, its key, and a hash of all its values. Rows of one key are counted through."""
    expressions = {name: expression for expression, name in values}
    whole = f"hash({', '.join(expressions.values())})" if expressions else "0"
    keys = [expressions[name] for name in key] or [whole]
    named = ", ".join(f"{each} AS k{place}" for place, each in enumerate(keys))
    group = ", ".join(f"k{place}" for place in range(len(keys)))
    rows = f"SELECT {_number(source)} AS n, {whole} AS h, {named} FROM {source.scan()}"
    database.execute(f"CREATE TABLE {table} AS SELECT *, 1::BIGINT AS nth FROM ({rows})")
    if not database.execute(f"SELECT count(*) = count(DISTINCT ({group})) FROM {table}").fetchone()[0]:
        counted = f"SELECT * EXCLUDE (nth), row_number() OVER (PARTITION BY {group} ORDER BY n) AS nth FROM {table}"
        database.execute(f"CREATE OR REPLACE TABLE {table} AS {counted}")


def _number(source: Source) -> str:
    """The number of a row in the whole table, from its place in its file."""
    if len(source.files) == 1:
        return "file_row_number"
    return f"file_row_number + {list(source.starts[:-1])}[file_index::BIGINT + 1]"


def _match(database: Any, keyed: bool) -> None:
    names = [row[0] for row in database.execute("DESCRIBE after").fetchall() if row[0].startswith("k")]
    same = " AND ".join(f"o.{name} IS NOT DISTINCT FROM w.{name}" for name in names)
    database.execute(
        "CREATE TABLE differences AS SELECT "
        "CASE WHEN o.n IS NULL THEN 'added' WHEN w.n IS NULL THEN 'removed' ELSE 'changed' END AS change, "
        "o.n AS b, w.n AS a, coalesce(w.n, o.n) AS place "
        f"FROM before o FULL OUTER JOIN after w ON {same} AND o.nth = w.nth "
        "WHERE o.n IS NULL OR w.n IS NULL" + (" OR o.h <> w.h" if keyed else "")
    )


def _count(database: Any, found: Difference) -> None:
    counts = dict(database.execute("SELECT change, count(*) FROM differences GROUP BY 1").fetchall())
    found.added, found.removed, found.changed = (counts.get(name, 0) for name in ("added", "removed", "changed"))
    found.same = found.rows_after - found.added - found.changed


def _count_columns(
    database: Any, found: Difference, before: Source, after: Source, pairs: Sequence[tuple[str, str, str]]
) -> None:
    counted = [pair for pair in pairs if pair[2] not in found.key][:MOST_COUNTED]
    if not counted:
        return
    old = ", ".join(f"{pair[0]} AS c{place}" for place, pair in enumerate(counted))
    new = ", ".join(f"{pair[1]} AS c{place}" for place, pair in enumerate(counted))
    sums = ", ".join(f"sum((o.c{place} IS DISTINCT FROM w.c{place})::INT)" for place in range(len(counted)))
    counts = database.execute(
        f"SELECT {sums} FROM differences d "
        f"JOIN (SELECT {_number(before)} AS n, {old} FROM {before.scan()}) o ON o.n = d.b "
        f"JOIN (SELECT {_number(after)} AS n, {new} FROM {after.scan()}) w ON w.n = d.a WHERE d.change = 'changed'"
    ).fetchone()
    found.changed_columns = {pair[2]: count for pair, count in zip(counted, counts, strict=True) if count}
