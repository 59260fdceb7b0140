"""Which part of a growing Markdown text is finished, and how the rest is read for itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtGui import QTextCursor

from studio.ui.widgets.markdown_code import parts
from studio.ui.widgets.markdown_inline import Token

ROW = 400  # a row of a table takes as long to lay out as so many letters
PORTION = 2_000  # letters that are laid out in some milliseconds
AT_ONCE = 6_000
LISTS = ("bullet_list_open", "ordered_list_open")


def last_block(tokens: list[Token]) -> tuple[int, int]:
    """Where the unfinished rest begins, as (token, line): the last block, or the last item of a list or row of a table.

    (0, 0) when nothing is finished yet. A code of many lines that is closed can grow no more.
    """
    if tokens and "closed" in tokens[-1].meta:
        return len(tokens), tokens[-1].map[1]
    tops = [place for place, token in enumerate(tokens) if token.level == 0 and token.nesting >= 0]
    if not tops:
        return 0, 0
    last = tops[-1]
    parts = _parts(tokens, last)
    if len(parts) > 1:
        return parts[-1], tokens[parts[-1]].map[0]
    return (last, tokens[last].map[0]) if len(tops) > 1 else (0, 0)


def _parts(tokens: list[Token], block: int) -> list[int]:
    """The items of a list, the rows below a table's header."""
    if tokens[block].type in LISTS:
        return [place for place in range(block, len(tokens)) if _opens(tokens[place], "list_item_open", 1)]
    if tokens[block].type == "table_open":
        return [
            place
            for place in range(block, len(tokens))
            if _opens(tokens[place], "tr_open", 2) and _is_body(tokens, place)
        ]
    return []


def _opens(token: Token, kind: str, level: int) -> bool:
    return bool(token.type == kind and token.level == level)


def _is_body(tokens: list[Token], row: int) -> bool:
    return bool(tokens[row + 1].type == "td_open")


def as_block(tokens: list[Token], cut: int) -> list[Token]:
    """What follows a cut; the last item of a list or row of a table with the opening token before it."""
    if not cut or cut == len(tokens) or tokens[cut].level == 0:
        return tokens[cut:]
    opening = max(place for place in range(cut) if tokens[place].level == 0 and tokens[place].nesting == 1)
    return [tokens[opening], *tokens[cut:]]


def head_of(tokens: list[Token], cut: int, text: str) -> str:
    """The lines that make the rest after a cut be read as what it is: a table's header, the opening of a code."""
    if cut == len(tokens):
        return ""
    if "begun" in tokens[cut].meta:
        return str(tokens[cut].meta["begun"])
    return header_lines(tokens, cut, text) if tokens[cut].type == "tr_open" else ""


def header_lines(tokens: list[Token], cut: int, text: str) -> str:
    """The header of the table in which the cut lies, with the line of dashes."""
    opening = max(place for place in range(cut) if tokens[place].type == "table_open")
    first = tokens[opening].map[0]
    return text[offset(text, first) : offset(text, first + 2)]


def without_header(tokens: list[Token]) -> list[Token]:
    """A table whose header has been written."""
    end = next(place for place, token in enumerate(tokens) if token.type == "thead_close")
    return [tokens[0], *tokens[end + 1 :]]


def drop_empty_block(cursor: QTextCursor) -> None:
    """The one at the end that nothing came into; Qt needs the one below a table."""
    above = cursor.block().previous()
    if above.isValid() and cursor.atBlockStart() and QTextCursor(above).currentTable() is None:
        cursor.deletePreviousChar()


def portions(text: str) -> list[str]:
    """A text in parts of whole lines that take some milliseconds each; one that takes not many more in all is one part."""
    parts, weight, whole = [""], 0, 0
    for line in text.splitlines(keepends=True):
        if weight >= PORTION:
            parts.append("")
            weight = 0
        parts[-1] += line
        cost = max(len(line), ROW) if line.lstrip().startswith("|") else len(line)
        weight, whole = weight + cost, whole + cost
    return parts if whole > AT_ONCE else [text]


def offset(text: str, line: int) -> int:
    place = 0
    for _ in range(line):
        place = text.index("\n", place) + 1
    return place


def read(parser: Any, head: str, text: str, final: bool) -> list[Token]:
    """The tokens of a text that goes on what `head` begins, and which is all that there is or still grows."""
    tokens: list[Token] = parser.parse(head + text)
    if head and tokens[0].type == "fence":
        tokens[0].meta["begun"] = head
    elif head:
        tokens = without_header(tokens)
    if not final and tokens and tokens[-1].type == "fence":
        tokens[-1:] = _growing(tokens[-1], head + text)
    return tokens


def _growing(fence: Token, text: str) -> list[Token]:
    """The fence at the end of a text: it is not coloured until it is closed, and has parts that are finished if it is long."""
    lines = text.split("\n")[fence.map[0] : fence.map[1]]
    closing = lines[-1].strip() if len(lines) > 1 else ""
    closed = bool(closing) and set(closing) == {fence.markup[0]} and len(closing) >= len(fence.markup)
    known = "\n".join(fence.content.split("\n")[:-2]).rstrip(
        "\n"
    )  # what follows may be the beginning of the closing line
    finished = parts(known)[:-1]
    long = bool(finished) or "begun" in fence.meta
    if closed and (not long or text.endswith("\n")):
        return [fence] if not long else [replace(fence, meta=fence.meta | {"closed": True})]
    fence.meta["open"] = True
    if not finished or "\r" in text:  # lines could not be counted
        return [fence]
    code = "\n".join(finished)
    count = code.count("\n") + 1
    above = replace(fence, content=code, meta=fence.meta | {"goes_on": True})
    below = replace(
        fence,
        content=fence.content[len(code) + 1 :],
        map=[fence.map[0] + 1 + count, fence.map[1]],
        meta={"open": True, "begun": lines[0] + "\n"},
    )
    return [above, below]
