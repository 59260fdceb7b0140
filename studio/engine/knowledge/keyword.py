"""Searching by words: BM25, common words left out where rarer ones are asked for. Each collection has an index of its own; how
rare a word is, and how long a chunk, counts among all that are searched, so that their weights can be compared."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from studio.engine.knowledge.chunks import FOUND, marks, parts_of, words_table
from studio.engine.knowledge.together import weighed_together
from studio.engine.knowledge.words import keyword_terms, tokens

COMMON = frozenset(
    tokens(
        "a about an and any are as at be been but by can could did do does for from had has have he her his how i if in into is it"
        " its may me more my no not of on one or our s she should so some such than that the their them there these they this to"
        " up us was we were what when where which who why will with would you your"
    )
)
ALL = 4_000_000  # chunks of a collection, more than there are
MATCHES = 4000  # chunks that are weighed for one query, about: each costs 2 µs


def telling(query: str) -> str:
    """The query without English words that stand in nearly every text; as it is when nothing else is left."""
    words = tokens(query)
    rare = [word for word in words if word not in COMMON]
    return " ".join(rare) if rare else " ".join(words)


def keyword_search(
    connection: sqlite3.Connection, query: str, collections: Sequence[str], limit: int, only: str = "", values: Sequence[object] = ()
) -> list[tuple[str, float]]:  # fmt: skip
    """Chunk ids with their BM25 weight (higher is better), best first. `only` is a condition on `chunks`, with its values."""
    terms = keyword_terms(telling(query))
    tables = [table for one in dict.fromkeys(collections) if _is_there(connection, table := words_table(one))]
    if not terms or not tables:
        return []
    told = _rarest(connection, tables, terms)
    if len(tables) == 1:
        return _in_one(connection, told, tables[0], limit, only, values)
    weights = weighed_together(connection, told, tables)
    return _first(connection, weights, limit, only, values)


def _is_there(connection: sqlite3.Connection, table: str) -> bool:
    query = "select 1 from sqlite_master where name = ?"
    return connection.execute(query, (table.strip('"'),)).fetchone() is not None


def _first(
    connection: sqlite3.Connection, weights: dict[int, float], limit: int, only: str, values: Sequence[object]
) -> list[tuple[str, float]]:
    """The best of chunks by number that can be found."""
    found: list[tuple[str, float]] = []
    for part in parts_of(sorted(weights, key=lambda number: -weights[number])):
        query = f"select chunks.number, chunks.id from chunks {FOUND} where excluded = 0 and {only or 1}"
        rows = connection.execute(f"{query} and chunks.number in ({marks(part)})", [*values, *part]).fetchall()
        found += sorted(((id, weights[number]) for number, id in rows), key=lambda item: -item[1])
        if len(found) >= limit:
            break
    return found[:limit]


def _in_one(
    connection: sqlite3.Connection, terms: list[str], table: str, limit: int, only: str, values: Sequence[object]
) -> list[tuple[str, float]]:
    expression = " OR ".join(terms)
    inside = ""
    if only:
        inside = f"and rowid in (select chunks.number from chunks {FOUND} where excluded = 0 and {only})"
    many = limit
    while True:  # more again where chunks of another version, or left out, took places
        query = (
            "select chunks.id, -best.rank from (select rowid as number, rank from"
            f" {table} where {table} match ? {inside} order by rank limit ?) as best"
            f" join chunks on chunks.number = best.number {FOUND} where excluded = 0 order by best.rank limit ?"
        )
        rows: list[tuple[str, float]] = connection.execute(query, (expression, *values, many, limit)).fetchall()
        if len(rows) >= limit or many >= 16 * limit:
            return rows
        there = connection.execute(
            f"select count(*) from (select 1 from {table} where {table} match ? limit ?)", (expression, many + 1)
        ).fetchone()[0]
        if there <= many:
            return rows
        many *= 4


def _rarest(connection: sqlite3.Connection, tables: list[str], terms: list[str]) -> list[str]:
    """All words, or where they stand in very many chunks the rarest ones: the others tell next to nothing."""
    counts = _counts(connection, tables, terms, MATCHES + 1)
    if sum(counts.values()) <= MATCHES:
        return terms
    kept: list[str] = []
    total = 0
    for term in sorted((term for term in terms if 0 < counts[term] <= MATCHES), key=lambda term: counts[term]):
        if total > MATCHES / 4 and total + counts[term] > MATCHES:
            break
        kept.append(term)
        total += counts[term]
    common = [term for term in terms if counts[term] > MATCHES]
    return [*kept, _rarest_of(connection, tables, common)] if common and total <= MATCHES / 4 else kept


def _rarest_of(connection: sqlite3.Connection, tables: list[str], terms: list[str]) -> str:
    """The rarest of words that all stand in very many chunks, counted only as far as tells them apart."""
    most = 4 * MATCHES
    while True:
        counts = _counts(connection, tables, terms, most)
        rarest = min(counts, key=lambda term: counts[term])
        if len(terms) == 1 or counts[rarest] < most or most > ALL:
            return rarest
        most *= 4


def _counts(connection: sqlite3.Connection, tables: list[str], terms: list[str], most: int) -> dict[str, int]:
    """In how many chunks each word stands, counted up to `most`: a word that stands everywhere is not worth the walk."""
    inside = " union all ".join(f"select 1 from {table} where {table} match ?1" for table in tables)
    query = f"select count(*) from (select 1 from ({inside}) limit ?2)"
    return {term: int(connection.execute(query, (term, most)).fetchone()[0]) for term in terms}
