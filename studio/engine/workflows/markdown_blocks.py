"""A Markdown text as blocks, for whoever writes it into a document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # what XML cannot hold


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table; `right` says that its column stands to the right."""

    words: Any
    right: bool


@dataclass(frozen=True, slots=True)
class Block:
    """One block. `words` are markdown-it's inline token, `text` is a program's; `bullet` is the sign or number of an item,
    at its first paragraph."""

    kind: Literal["heading", "words", "code", "rule", "table"]
    words: Any = None
    text: str = ""
    level: int = 0
    bullet: str = ""
    lists: tuple[Literal["bullet", "ordered"], ...] = ()
    quotes: int = 0
    rows: list[list[Cell]] = field(default_factory=list)


def blocks_of(markdown: str) -> Iterator[Block]:
    """Its blocks in their order, without what XML cannot hold."""
    from markdown_it import MarkdownIt

    reading = _Reading()
    for token in MarkdownIt("commonmark").enable("table").parse(UNFIT.sub("", markdown)):
        yield from reading.blocks(token)


class _Reading:
    """Takes the tokens in their order; remembers the lists and the table that it is in."""

    def __init__(self) -> None:
        self._lists: list[int | None] = []  # the next number of each, None for points
        self._quotes = 0
        self._level = 0
        self._bullet = ""
        self._rows: list[list[Cell]] = []
        self._cell: bool | None = None  # within one: whether it stands to the right

    def blocks(self, token: Any) -> Iterator[Block]:
        """The block that ends with this token, if one does."""
        if token.type in ("fence", "code_block"):
            yield Block("code", text=token.content.rstrip("\n"))
        elif token.type == "hr":
            yield Block("rule")
        elif token.type == "table_close":
            yield Block("table", rows=self._rows)
        elif token.type == "inline" and self._cell is not None:
            self._rows[-1].append(Cell(token, self._cell))
        elif token.type == "inline":
            yield self._words(token)
        else:
            self._note(token)

    def _words(self, token: Any) -> Block:
        level, self._level = self._level, 0
        if level:
            return Block("heading", token, level=level)
        bullet, self._bullet = self._bullet, ""
        lists = tuple("bullet" if number is None else "ordered" for number in self._lists)
        return Block("words", token, bullet=bullet, lists=lists, quotes=self._quotes)  # type: ignore[arg-type]

    def _note(self, token: Any) -> None:
        kind = token.type
        if kind == "heading_open":
            self._level = int(token.tag[1])
        elif kind in ("bullet_list_open", "ordered_list_open"):
            self._lists.append(int(token.attrGet("start") or 1) if kind.startswith("ordered") else None)
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self._lists.pop()
        elif kind == "list_item_open":
            self._bullet = self._next_bullet()
        elif kind in ("blockquote_open", "blockquote_close"):
            self._quotes += 1 if kind == "blockquote_open" else -1
        elif kind == "table_open":
            self._rows = []
        elif kind == "tr_open":
            self._rows.append([])
        elif kind in ("th_open", "td_open"):
            self._cell = "right" in str(token.attrGet("style") or "")
        elif kind in ("th_close", "td_close"):
            self._cell = None

    def _next_bullet(self) -> str:
        number = self._lists[-1]
        if number is None:
            return "•"
        self._lists[-1] = number + 1
        return f"{number}."
