"""A text of SQL as its statements and words, also while it is half written. No parser: that is DuckDB's work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["comment", "text", "name", "parameter", "number", "word", "space", "symbol"]
PATTERN = re.compile(
    r"""(?P<comment>--[^\n]*)|(?P<block>/\*)
      |(?P<dollar>\$(?P<tag>[^\W\d]\w*)\$.*?(?:\$(?P=tag)\$|\Z))|(?P<plain>\$\$.*?(?:\$\$|\Z))
      |(?P<text>[eE]?'(?:[^']|'')*'?)|(?P<name>"(?:[^"]|"")*"?)
      |(?P<parameter>\$\w+|\?)|(?P<number>\d[\w.]*)|(?P<word>[^\W\d]\w*)|(?P<space>\s+)|(?P<symbol>.)""",
    re.DOTALL | re.VERBOSE,
)
TURNED = {"dollar": "text", "plain": "text", "block": "comment"}
BLOCK = re.compile(r"/\*|\*/")
EXPLAINS = re.compile(r"\s*EXPLAIN(\s+ANALYZE)?\b\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of SQL. `start` counts characters."""

    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a text: without the semicolon, and where it begins. `line` counts from 0."""

    sql: str
    start: int
    line: int
    column: int

    @property
    def end(self) -> int:
        return self.start + len(self.sql)

    @property
    def explains(self) -> Literal["", "plan", "analyze"]:
        """Whether it asks for a plan, and of a query that is run."""
        found = EXPLAINS.match(self.sql)
        return "" if not found else "analyze" if found[1] else "plan"

    def explained(self) -> Statement:
        """The statement whose plan is asked for."""
        found = EXPLAINS.match(self.sql)
        if not found:
            return self
        lines = found[0].count("\n")
        column = len(found[0]) - found[0].rfind("\n") - 1 if lines else self.column + len(found[0])
        return Statement(self.sql[found.end() :], self.start + found.end(), self.line + lines, column)


def tokens(sql: str) -> Iterator[Token]:
    """The text in pieces, with nothing left out; what is not closed reaches to the end."""
    at = 0
    while at < len(sql):
        match = PATTERN.match(sql, at)
        assert match is not None and match.lastgroup
        kind = "dollar" if match["dollar"] is not None else match.lastgroup
        end = _block_end(sql, at) if kind == "block" else match.end()
        yield Token(TURNED.get(kind, kind), sql[at:end], at)  # type: ignore[arg-type]
        at = end


def split(text: str) -> list[Statement]:
    """The statements of a text, each from its first word on; comments alone are none."""
    found: list[Statement] = []
    first = last = -1
    for token in tokens(text):
        if token.kind == "symbol" and token.text == ";":
            found += _statement(text, first, last)
            first = last = -1
        elif token.kind not in ("space", "comment"):
            first = token.start if first < 0 else first
            last = token.end
    return found + _statement(text, first, last)


def at_caret(text: str, position: int) -> Statement | None:
    """The statement that the caret is in, or right after; else the next one, else the last."""
    statements = split(text)
    after = [each for each in statements if position <= each.end + 1]
    return after[0] if after else statements[-1] if statements else None


def parameters_of(sql: str) -> list[str]:
    """The names of `$name`, in order, each once."""
    names = (token.text[1:] for token in tokens(sql) if token.kind == "parameter" and token.text != "?")
    return list(dict.fromkeys(names))


def names_in(sql: str) -> frozenset[str]:
    """Everything in the text that may be the name of a table, in small letters; more than are tables."""
    found = set()
    for token in tokens(sql):
        if token.kind in ("name", "text") and len(token.text) > 1:
            quote = token.text[-1]
            found.add(token.text[1:-1].replace(quote * 2, quote).lower())
        elif token.kind == "word":
            found.add(token.text.lower())
    return frozenset(found)


def order_of(sql: str) -> str:
    """The column that the last ORDER BY names first, as it is written without quotes; empty when it is no plain column."""
    words = [token for token in tokens(sql) if token.kind not in ("space", "comment")]
    places = [
        place
        for place, token in enumerate(words[:-2])
        if token.text.upper() == "ORDER" and words[place + 1].text.upper() == "BY"
    ]
    if not places:
        return ""
    named = words[places[-1] + 2]
    return named.text.strip('"').replace('""', '"') if named.kind in ("word", "name") else ""


def _statement(text: str, first: int, last: int) -> list[Statement]:
    if first < 0:
        return []
    line = text.count("\n", 0, first)
    return [Statement(text[first:last], first, line, first - (text.rfind("\n", 0, first) + 1))]


def _block_end(sql: str, start: int) -> int:
    """Where a block comment ends; they may hold others."""
    depth, at = 1, start + 2
    while depth:
        match = BLOCK.search(sql, at)
        if match is None:
            return len(sql)
        depth += 1 if match[0] == "/*" else -1
        at = match.end()
    return at
