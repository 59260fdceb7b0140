"""Searching by words: BM25 over each collection's own index, common words left out where rarer ones are asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from studio.engine.knowledge.chunks import FOUND, words_table
from studio.engine.knowledge.words import keyword_terms, tokens

COMMON = frozenset(
    tokens(
        "a about an and any are as at be been but by can could did do does for from had has have he her his how i if in into is it"
        " its may me more my no not of on one or our s she should so some such than that the their them there these they this to"
        " up us was we were what when where which who why will with would you your"
    )
)
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
    found: list[tuple[str, float]] = []
    for collection in collections if terms else ():
        found += _in_collection(connection, terms, collection, limit, only, values)
    return sorted(found, key=lambda item: -item[1])[:limit]


def _in_collection(
    connection: sqlite3.Connection, terms: list[str], collection: str, limit: int, only: str, values: Sequence[object]
) -> list[tuple[str, float]]:
    table = words_table(collection)
    if not connection.execute("select 1 from sqlite_master where name = ?", (table.strip('"'),)).fetchone():
        return []
    expression = " OR ".join(_rarest(connection, table, terms))
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


def _rarest(connection: sqlite3.Connection, table: str, terms: list[str]) -> list[str]:
    """All words, or where they stand in very many chunks the rarest ones: the others tell next to nothing."""
    query = f"select count(*) from {table} where {table} match ?"
    counts = {term: int(connection.execute(query, (term,)).fetchone()[0]) for term in terms}
    if sum(counts.values()) <= MATCHES:
        return terms
    kept: list[str] = []
    total = 0
    for term in sorted((term for term in terms if counts[term]), key=lambda term: counts[term]):
        if total > MATCHES / 4 and total + counts[term] > MATCHES:
            break
        kept.append(term)
        total += counts[term]
    return kept
