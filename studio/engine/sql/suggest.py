"""What fits under the caret of a query: columns of its tables, datasets, functions with their signatures, keywords."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal, Protocol

from studio.engine.datasets.dataset import Column, Dataset
from studio.engine.sql.statements import Token, at_caret, tokens

Kind = Literal["column", "dataset", "alias", "function", "keyword"]
PLAIN = re.compile(r"[^\W\d]\w*\Z")
MOST = 60
KEYWORDS = (
    "SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "HAVING", "QUALIFY", "LIMIT", "OFFSET", "WITH", "AS", "DISTINCT",
    "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "INNER JOIN", "CROSS JOIN", "ASOF JOIN", "SEMI JOIN", "ANTI JOIN",
    "ON", "USING", "UNION", "UNION ALL", "INTERSECT", "EXCEPT", "CASE", "WHEN", "THEN", "ELSE", "END", "AND", "OR", "NOT",
    "IN", "IS NULL", "IS NOT NULL", "BETWEEN", "LIKE", "ILIKE", "SIMILAR TO", "EXISTS", "ASC", "DESC", "NULLS LAST",
    "NULLS FIRST", "OVER", "PARTITION BY", "ROWS BETWEEN", "FILTER", "EXPLAIN", "EXPLAIN ANALYZE", "DESCRIBE", "SUMMARIZE",
    "PIVOT", "UNPIVOT", "VALUES", "INTERVAL", "DATE", "TIMESTAMP", "CAST", "TRY_CAST", "EXCLUDE", "REPLACE", "COLUMNS",
    "TRUE", "FALSE", "NULL", "UNNEST", "LATERAL", "RECURSIVE", "SAMPLE", "GROUPING SETS", "ROLLUP", "CUBE",
)  # fmt: skip
ENDS = frozenset(
    {"where", "group", "order", "having", "limit", "on", "using", "select", "qualify", "union", "set", "join"}
)
RESERVED = frozenset(word.lower() for keyword in KEYWORDS for word in keyword.split())
NO_ALIAS = ENDS | {
    "left",
    "right",
    "full",
    "inner",
    "cross",
    "asof",
    "semi",
    "anti",
    "natural",
    "as",
    "lateral",
    "sample",
}
AFTER_TABLE = frozenset({"from", "join", "describe", "summarize", "pivot", "unpivot"})


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`text` is shown, `insert` takes the place of the last `replaces` characters; `type` is a column's, for its icon."""

    kind: Kind
    text: str
    insert: str
    replaces: int
    detail: str = ""
    type: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of DuckDB's as it is called."""

    name: str
    signature: str
    returns: str
    about: str


class Named(Protocol):
    """A table that can be named: a dataset, or what the studio tells of itself."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def row_count(self) -> int | None: ...
    @property
    def columns(self) -> Sequence[Column]: ...


@dataclass(frozen=True, slots=True)
class _View:
    """What the studio tells of itself, as a table."""

    name: str
    columns: list[Column]
    description: str = "what the studio tells of itself"
    row_count: int | None = None

    @property
    def id(self) -> str:
        return self.name


class Suggester:
    """Made anew when the datasets change; asking costs about a millisecond for a statement of some pages."""

    def __init__(self, datasets: Iterable[Dataset], views: Mapping[str, Sequence[str]] | None = None) -> None:
        self._datasets: list[Named] = list(datasets)
        self._datasets += [
            _View(name, [Column(name=each, type="") for each in names]) for name, names in (views or {}).items()
        ]

    def at(self, text: str, position: int, most: int = MOST) -> list[Suggestion]:
        """What fits at a place of the text, best first; nothing inside comments and texts."""
        start, sql = _around(text, position)
        pieces = [token for token in tokens(sql) if token.kind != "space"]
        place = position - start
        if any(_hides(token, place) for token in pieces):
            return []
        before = [token for token in pieces if token.start < place]
        typed, quoted = _typed(before, place, sql)
        if before and before[-1].kind == "number" and before[-1].end == place:
            return []
        before = [token for token in before if token.end <= place - len(typed) - quoted]
        tables = self._tables(pieces)
        found = self._fitting(before, tables, bool(quoted))
        sought = typed.lower()
        good = [(rank, each) for each in found if (rank := _rank(each.text.lower(), sought)) is not None]
        good.sort(key=lambda pair: pair[0])
        return [_replacing(each, len(typed) + quoted) for _, each in good[:most]]

    def function_at(self, text: str, position: int) -> Function | None:
        """The function whose brackets the place stands in."""
        statement = at_caret(text, position)
        if statement is None or not statement.start <= position <= statement.end + 1:
            return None
        before = [token for token in tokens(text[statement.start : position]) if token.kind not in ("space", "comment")]
        depth = 0
        for place in range(len(before) - 1, -1, -1):
            depth += (before[place].text == ")") - (before[place].text == "(")
            if depth < 0:
                name = before[place - 1].text.lower() if place and before[place - 1].kind == "word" else ""
                return functions().get(name)
        return None

    def _fitting(self, before: Sequence[Token], tables: dict[str, Named | None], in_quotes: bool) -> list[Suggestion]:
        last = before[-1].text.lower() if before else ""
        if last == "." and len(before) > 1:
            dataset = tables.get(_bare(before[-2]).lower())
            return [_column(column) for column in dataset.columns] if dataset else []
        if last in AFTER_TABLE or (last == "," and _clause(before) == "from"):
            return [*self._names, *([] if in_quotes else _keywords(["LATERAL", "UNNEST", "VALUES", "SELECT"]))]
        columns = [_column(column, each.name) for each in _distinct(tables.values()) for column in each.columns]
        if in_quotes:
            return [*columns, *self._names]
        aliases = [
            Suggestion("alias", name, quote(name), 0, each.name if each else "") for name, each in tables.items()
        ]
        if not before:
            return [*_keywords(KEYWORDS), *self._names]
        return [*columns, *aliases, *_function_suggestions(), *_keywords(KEYWORDS), *self._names]

    @cached_property
    def _names(self) -> list[Suggestion]:
        return [
            Suggestion("dataset", each.name, quote(each.name), 0, _rows(each), note=each.description)
            for each in self._datasets
        ]

    @cached_property
    def _by_name(self) -> dict[str, Named]:
        return {each.name.lower(): each for each in self._datasets} | {each.id: each for each in self._datasets}

    def _tables(self, pieces: Sequence[Token]) -> dict[str, Named | None]:
        """The tables of a statement by the names they are called there; None for common tables and subqueries."""
        words = [token for token in pieces if token.kind != "comment"]
        found: dict[str, Named | None] = {}
        for place, token in enumerate(words):
            previous = words[place - 1].text.lower() if place else ""
            named = token.kind in ("word", "name") and (
                previous in AFTER_TABLE or (previous == "," and _clause(words[:place]) == "from")
            )
            if named and token.text.lower() not in NO_ALIAS:
                dataset = self._by_name.get(_bare(token).lower())
                alias = _alias(words[place + 1 : place + 3])
                found[(alias or _bare(token)).lower()] = dataset
            elif token.text == ")" and place + 1 < len(words) and _closes_table(words, place):
                alias = _alias(words[place + 1 : place + 3])
                if alias:
                    found.setdefault(alias.lower(), None)
        return found


def quote(name: str) -> str:
    """The name as SQL writes it: in quotes only where it needs them."""
    plain = PLAIN.match(name) and name.lower() not in RESERVED and name.lower() not in reserved()
    return name if plain else '"' + name.replace('"', '""') + '"'


@cache
def reserved() -> frozenset[str]:
    """DuckDB's words that are no names without quotes."""
    import duckdb

    with duckdb.connect(":memory:") as fresh:
        rows = fresh.execute("SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category <> 'unreserved'")
        return frozenset(str(name) for (name,) in rows.fetchall())


@cache
def functions() -> dict[str, Function]:
    """DuckDB's functions by name, as a query may use them."""
    import duckdb

    from studio.engine.datasets.locked import FUNCTIONS, REFUSED

    query = """
        SELECT function_name, function_type, any_value(parameters), any_value(return_type), any_value(description), count(*)
        FROM duckdb_functions() WHERE regexp_matches(function_name, '^[a-z]\\w*$') AND NOT function_name LIKE 'pg_%'
        GROUP BY ALL HAVING function_type IN ('scalar', 'aggregate', 'macro', 'table') ORDER BY function_name"""
    with duckdb.connect(":memory:") as fresh:
        rows = fresh.execute(query.replace("GROUP BY ALL", "GROUP BY function_name, function_type")).fetchall()
    found: dict[str, Function] = {}
    for name, kind, parameters, returns, about, _ in rows:
        if name in REFUSED or (kind == "table" and name not in FUNCTIONS):
            continue
        listed = ", ".join(str(each) for each in parameters or ())
        found.setdefault(name, Function(name, f"{name}({listed})", str(returns or ""), str(about or "")))
    return found


@cache
def _function_suggestions() -> list[Suggestion]:
    return [
        Suggestion("function", each.name, f"{each.name}(", 0, each.signature, note=each.about)
        for each in functions().values()
    ]


def _keywords(words: Iterable[str]) -> list[Suggestion]:
    return [Suggestion("keyword", word, word, 0) for word in words]


def _column(column: Column, table: str = "") -> Suggestion:
    detail = f"{table} · {column.type}" if table else column.type
    return Suggestion("column", column.name, quote(column.name), 0, detail, column.type, column.description)


def _rows(dataset: Named) -> str:
    return "" if dataset.row_count is None else f"{dataset.row_count:,}"


def _replacing(suggestion: Suggestion, count: int) -> Suggestion:
    from dataclasses import replace

    return replace(suggestion, replaces=count)


def _around(text: str, position: int) -> tuple[int, str]:
    """Where the statement around a place begins, and its text, at least to the place; empty behind a semicolon."""
    statement = at_caret(text, position)
    if statement is None or statement.start > position:
        return position, ""
    sql = text[statement.start : max(statement.end, position)]
    over = [token for token in tokens(sql) if token.text == ";" and token.kind == "symbol"]
    return (position, "") if over else (statement.start, sql)


def _hides(token: Token, place: int) -> bool:
    """Whether the place is inside a comment or a text; a comment to the line's end hides its end too."""
    if token.kind == "text":
        return token.start < place < token.end
    return token.kind == "comment" and token.start < place and (place < token.end or token.text.startswith("--"))


def _typed(before: Sequence[Token], place: int, sql: str) -> tuple[str, int]:
    """The word before the caret, and 1 when a quote was opened before it."""
    if not before or before[-1].end < place:
        return "", 0
    last = before[-1]
    if last.kind == "word":
        return sql[last.start : place], 0
    if last.kind == "name":
        return sql[last.start + 1 : place].rstrip('"'), 1
    return "", 0


def _rank(name: str, sought: str) -> tuple[int, int] | None:
    """How well a name fits what was typed: its beginning before a later word before the middle; None not at all."""
    if not sought:
        return (0, 0)
    place = name.find(sought)
    if place < 0:
        return None
    return (0 if place == 0 else 1 if name[place - 1] in "_. -" else 2, len(name) if place == 0 else 0)


def _bare(token: Token) -> str:
    return token.text.strip('"').replace('""', '"') if token.kind == "name" else token.text


def _alias(following: Sequence[Token]) -> str:
    """The name after a table, with or without AS."""
    if following and following[0].text.lower() == "as":
        following = following[1:]
    if not following or following[0].kind not in ("word", "name"):
        return ""
    return "" if following[0].kind == "word" and following[0].text.lower() in NO_ALIAS else _bare(following[0])


def _clause(before: Sequence[Token]) -> str:
    """The keyword of the clause that these words end in, at their own depth of brackets."""
    depth = 0
    for token in reversed(before):
        depth += (token.text == ")") - (token.text == "(")
        if depth < 0:
            return ""
        if depth == 0 and token.kind == "word" and token.text.lower() in (ENDS | AFTER_TABLE):
            return token.text.lower()
    return ""


def _closes_table(words: Sequence[Token], place: int) -> bool:
    """Whether the bracket at this place closes a subquery in FROM."""
    depth = 0
    for at in range(place, -1, -1):
        depth += (words[at].text == ")") - (words[at].text == "(")
        if depth == 0:
            return at > 0 and words[at - 1].text.lower() in ("from", "join", ",")
    return False


def _distinct(datasets: Iterable[Named | None]) -> list[Named]:
    return list({each.id: each for each in datasets if each is not None}.values())
