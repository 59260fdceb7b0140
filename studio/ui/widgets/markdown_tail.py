"""Which part of a growing Markdown text is finished, and how the rest is read for itself."""

from __future__ import annotations

from studio.ui.widgets.markdown_inline import Token

ROW = 400  # a row of a table takes as long to lay out as so many letters
PORTION = 2_000  # letters that are laid out in some milliseconds
AT_ONCE = 6_000
LISTS = ("bullet_list_open", "ordered_list_open")


def last_block(tokens: list[Token]) -> tuple[int, int]:
    """Where the unfinished rest begins, as (token, line): the last block, or the last item of a list or row of a table.

    (0, 0) when nothing is finished yet.
    """
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
    if not cut or tokens[cut].level == 0:
        return tokens[cut:]
    opening = max(place for place in range(cut) if tokens[place].level == 0 and tokens[place].nesting == 1)
    return [tokens[opening], *tokens[cut:]]


def header_lines(tokens: list[Token], cut: int, text: str) -> str:
    """The header of the table in which the cut lies, with the line of dashes."""
    opening = max(place for place in range(cut) if tokens[place].type == "table_open")
    first = tokens[opening].map[0]
    return text[offset(text, first) : offset(text, first + 2)]


def without_header(tokens: list[Token]) -> list[Token]:
    """A table whose header has been written."""
    end = next(place for place, token in enumerate(tokens) if token.type == "thead_close")
    return [tokens[0], *tokens[end + 1 :]]


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


def mark_open_fence(tokens: list[Token], text: str, final: bool) -> None:
    """A fence that is still being written is not coloured yet."""
    if final or not tokens or tokens[-1].type != "fence":
        return
    fence = tokens[-1]
    lines = text.split("\n")[fence.map[0] : fence.map[1]]
    closing = lines[-1].strip() if len(lines) > 1 else ""
    fence.meta["open"] = not (closing and set(closing) == {fence.markup[0]} and len(closing) >= len(fence.markup))
