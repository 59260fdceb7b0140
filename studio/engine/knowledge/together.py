"""Words of several collections on one scale: BM25 as if all their chunks lay in one index.

SQLite's FTS5 weighs a word by how rare it is within its own table, and a chunk's length against that table's average. From its weight
for one word, which is `idf · tf · (K1 + 1) / (tf + K1 · norm)`, and the chunk's length, how often the word stands there (`tf`) follows;
with it the weight is told anew with the figures of all tables together. Figures and lengths lie in FTS5's own tables `…_data`
and `…_docsize` as varints (https://sqlite.org/fts5.html, and the head of fts5_index.c).
"""

from __future__ import annotations

import math
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

K1, B = 1.2, 0.75  # as in FTS5
LEAST = 1e-6  # FTS5's weight of a word that stands in more than half of all
FIGURES = 1  # the row of `…_data` with the number of rows and their length in all


@dataclass(frozen=True, slots=True)
class Figures:
    """What BM25 wants to know of an index: rows, and their words in all."""

    rows: int
    words: int

    def rarity(self, hits: int) -> float:
        """The weight of a word that stands in so many rows."""
        weight = math.log((self.rows - hits + 0.5) / (hits + 0.5))
        return weight if weight > 0 else LEAST

    def norm(self, length: int) -> float:
        """A row's length against the mean."""
        return K1 * (1 - B + B * length * self.rows / max(self.words, 1))


def weighed_together(connection: sqlite3.Connection, terms: Sequence[str], tables: Sequence[str]) -> dict[int, float]:
    """The weight of each chunk, by number, in which one of these words stands."""
    figures = {table: _figures(connection, table) for table in tables}
    whole = Figures(sum(one.rows for one in figures.values()), sum(one.words for one in figures.values()))
    weights: defaultdict[int, float] = defaultdict(float)
    for term in terms:
        hits = {table: _hits(connection, table, term) for table in tables}
        rarity = whole.rarity(sum(map(len, hits.values())))
        for table, rows in hits.items():
            own = figures[table]
            own_rarity = own.rarity(len(rows))
            for number, rank, size in rows:
                length, share = _varints(size)[0], -rank / own_rarity
                times = round(share * own.norm(length) / (K1 + 1 - share))
                weights[number] += rarity * times * (K1 + 1) / (times + whole.norm(length))
    return weights


def _hits(connection: sqlite3.Connection, table: str, term: str) -> list[tuple[int, float, bytes]]:
    """Number, FTS5's weight and length of each row with this word."""
    query = (
        f"select hits.number, hits.rank, sizes.sz from (select rowid as number, rank from {table} where {table} match ?) as hits"
        f" join {_shadow(table, 'docsize')} as sizes on sizes.id = hits.number"
    )
    return connection.execute(query, (term,)).fetchall()


def _figures(connection: sqlite3.Connection, table: str) -> Figures:
    row = connection.execute(f"select block from {_shadow(table, 'data')} where id = ?", (FIGURES,)).fetchone()
    told = _varints(row[0]) if row and row[0] else []
    return Figures(told[0], sum(told[1:])) if told else Figures(0, 0)


def _shadow(table: str, name: str) -> str:
    return f'"{table.strip(chr(34))}_{name}"'


def _varints(block: bytes) -> list[int]:
    """SQLite's varints of up to eight bytes: seven bits each, the highest says that more follow."""
    values, value = [], 0
    for byte in block:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            values.append(value)
            value = 0
    return values
