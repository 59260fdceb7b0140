"""What a SQL statement reads: tables and columns, and what each column of its result is made of."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlglot.expressions import Expr as Expression

log = logging.getLogger(__name__)
DIALECT = "duckdb"
MOST_COLUMNS = 300  # of a result that are traced
LONGEST = 100_000  # characters of a statement that is parsed


@dataclass(frozen=True, order=True)
class Source:
    """A column of a table, both in small letters."""

    table: str
    column: str


@dataclass(frozen=True)
class Statement:
    """`columns` tells for each column of the result which ones it is made of; none for a count of all rows.

    `used` are all columns that it reads by table, those of its conditions too. `parsed` is False where the statement was
    not understood: then only tables are known, by their names in the text. All names are in small letters.
    """

    tables: tuple[str, ...] = ()
    columns: dict[str, tuple[Source, ...]] = field(default_factory=dict)
    used: dict[str, tuple[str, ...]] = field(default_factory=dict)
    parsed: bool = True


@lru_cache(maxsize=4096)
def tables_of(sql: str) -> frozenset[str] | None:
    """The tables that a text of SQL names, in small letters, without those it makes itself; None if it is not understood."""
    found: set[str] = set()
    for tree in _parsed(sql) or [None]:
        if tree is None:
            return None
        found |= _tables(tree)
    return frozenset(found)


def mentions(sql: str, names: Sequence[str]) -> bool:
    """Whether a text of SQL reads one of these tables."""
    low = sql.lower()
    if not any(name.lower() in low for name in names):
        return False
    tables = tables_of(sql)
    if tables is not None:
        return any(name.lower() in tables for name in names)
    return any(re.search(rf"(?<![\w]){re.escape(name.lower())}(?![\w])", low) for name in names)


def read(sql: str, tables: Mapping[str, Sequence[str]]) -> Statement:
    """What one statement reads, given the columns of each table by name. Blocks: some milliseconds a column."""
    from sqlglot import exp
    from sqlglot.errors import SqlglotError
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    trees = _parsed(sql)
    named = {name.lower(): [column.lower() for column in columns] for name, columns in tables.items()}
    if not trees or trees[-1] is None:
        return Statement(tuple(name for name in named if mentions(sql, [name])), parsed=False)
    tree = trees[-1]
    reads = tuple(sorted(_tables(tree) & set(named)))
    try:
        whole = qualify(
            _lowered(tree.copy()), schema=_schema(named), dialect=DIALECT, validate_qualify_columns=False, identify=True
        )
    except (SqlglotError, AttributeError, KeyError, ValueError) as error:
        log.debug("not qualified: %s", error)
        return Statement(reads, parsed=False)
    used: dict[str, set[str]] = {}
    if isinstance(whole, exp.Query):
        scope = build_scope(whole)
        columns = {name: _made_of(name, whole, scope) for name in whole.named_selects[:MOST_COLUMNS]}
        _note_used(whole, used, named)
    else:
        columns = {}
    return Statement(reads, columns, {name: tuple(sorted(each)) for name, each in used.items()})


def _parsed(sql: str) -> list[Expression | None]:
    import sqlglot
    from sqlglot.errors import SqlglotError

    if len(sql) > LONGEST:
        return []
    try:
        return list(sqlglot.parse(sql, dialect=DIALECT))
    except (SqlglotError, RecursionError):
        return []


def _tables(tree: Expression) -> set[str]:
    from sqlglot import exp

    made = {each.alias_or_name.lower() for each in tree.find_all(exp.CTE)}
    names = {each.name.lower() for each in tree.find_all(exp.Table) if each.name}
    return names - made


def _lowered(tree: Expression) -> Expression:
    """All names in small letters, as DuckDB does not tell capitals apart."""
    from sqlglot import exp

    for name in tree.find_all(exp.Identifier):
        name.set("this", name.name.lower())
        name.set("quoted", True)
    return tree


def _schema(tables: Mapping[str, Sequence[str]]) -> Any:
    """Names as they are: sqlglot would take a name with a dot for a table in a database."""
    from sqlglot import exp
    from sqlglot.schema import MappingSchema

    made = MappingSchema(dialect=DIALECT, normalize=False)
    for table, columns in tables.items():
        made.add_table(exp.Table(this=exp.to_identifier(table, quoted=True)), dict.fromkeys(columns, "TEXT"))
    return made


def _made_of(name: str, whole: Expression, scope: Any) -> tuple[Source, ...]:
    from sqlglot import exp
    from sqlglot.errors import SqlglotError
    from sqlglot.lineage import lineage

    try:
        node = lineage(exp.column(name, quoted=True), whole, {}, dialect=DIALECT, scope=scope, trim_selects=False)
    except (SqlglotError, ValueError, KeyError, AttributeError) as error:
        log.debug("%s is not traced: %s", name, error)
        return ()
    found = (
        Source(leaf.source.name, exp.maybe_parse(leaf.name, dialect=DIALECT).name)
        for leaf in node.walk()
        if not leaf.downstream and isinstance(leaf.source, exp.Table)
    )
    return tuple(sorted(set(found)))


def _note_used(whole: Expression, used: dict[str, set[str]], named: Mapping[str, Sequence[str]]) -> None:
    from sqlglot import exp
    from sqlglot.optimizer.scope import traverse_scope

    for scope in traverse_scope(whole):
        for column in scope.columns:
            source = scope.sources.get(column.table)
            if isinstance(source, exp.Table) and source.name in named:
                used.setdefault(source.name, set()).add(column.name)
