"""Markdown tokens written into a QTextDocument with our own sizes, borders and chips. No HTML on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QFont,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextFormat,
    QTextOption,
)

from studio.ui.theme import theme
from studio.ui.widgets.formulas import Formula, as_svg
from studio.ui.widgets.highlight import spans
from studio.ui.widgets.markdown_code import CONTINUES, Codes, Fence, parts
from studio.ui.widgets.markdown_inline import LINE, OBJECT, InlineWriter, Token, insert_formula
from studio.ui.widgets.markdown_table import Tables

CARET = QTextFormat.ObjectTypes.UserObject + 2
ROLE = QTextFormat.Property.UserProperty + 3  # of a block: "code", "quote", "rule"
INDENT = 22
NUMBERED_INDENT = 28
CODE_PAD = 12


@cache
def parser() -> Any:
    """CommonMark with tables and LaTeX ($…$, $$…$$, \\(…\\), \\[…\\]); raw HTML stays text."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin
    from mdit_py_plugins.texmath import texmath_plugin

    made = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    made.use(dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False, double_inline=True)
    return made.use(texmath_plugin, delimiters="brackets")


def prepare() -> None:
    """Import what the first answer needs (some 70 ms); run it off the window's thread: `asyncio.to_thread(prepare)`."""
    parser()
    as_svg(Formula("x", False, 15, "#000000"))  # reads its font
    for name in ("sql", "python", "json", "bash"):
        list(spans("1", name))


@dataclass
class Place:
    """Where the writer is: how deep, and what the next block begins with."""

    indents: list[int] = field(default_factory=list)
    quotes: int = 0
    marker: str = ""
    tight: bool = False
    bullets: list[bool] = field(default_factory=list)


class Writer:
    """Writes at a cursor. The first block fills the empty one that the cursor stands in.

    `open`: what is written may still grow, and is written again.
    """

    def __init__(
        self, cursor: QTextCursor, is_chip: Callable[[int], bool], tables: Tables, codes: Codes, open: bool = False
    ) -> None:
        self._cursor = cursor
        self._is_chip = is_chip
        self._tables = tables
        self._codes = codes
        self._open = open
        self.fresh = True
        self._place = Place()
        self._base = QTextCharFormat()

    def write(self, tokens: Sequence[Token]) -> None:
        place = 0
        while place < len(tokens):
            token = tokens[place]
            if token.type == "table_open":
                end = _closing(tokens, place)
                self._table(tokens[place:end])
                place = end
                continue
            act = getattr(self, f"_{token.type}", None)
            if act is not None:
                act(token)
            place += 1

    # Blocks

    def _block(self, font: str = "reading", line: int = 0, above: int = 0, below: int = 8, role: str = "") -> None:
        shape = QTextBlockFormat()
        shape.setTopMargin(above)
        shape.setBottomMargin(2 if self._place.tight and not role else below)
        shape.setLeftMargin(self._indent())
        if line:
            shape.setLineHeight(line, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        if role or self._place.quotes:
            shape.setProperty(ROLE, role or "quote")
        if self._place.marker:
            indent = self._place.indents[-1]
            shape.setTextIndent(-indent)
            shape.setTabPositions([QTextOption.Tab(indent, QTextOption.TabType.LeftTab)])
        self._base = self._text_look(font)
        if self.fresh:
            self._cursor.setBlockFormat(shape)
            self._cursor.setBlockCharFormat(self._base)
            self.fresh = False
        else:
            self._cursor.insertBlock(shape, self._base)
        if self._place.marker:
            marker = QTextCharFormat(self._base)
            marker.setForeground(theme.colour("text.tertiary"))
            self._cursor.insertText(self._place.marker + "\t", marker)
            self._place.marker = ""

    def _indent(self) -> float:
        return sum(self._place.indents) + self._place.quotes * 16

    def _text_look(self, font: str) -> QTextCharFormat:
        look = QTextCharFormat()
        look.setFont(theme.font(font))
        look.setForeground(theme.colour("text.secondary" if self._place.quotes else "text.primary"))
        return look

    def _paragraph_open(self, token: Token) -> None:
        self._place.tight = bool(token.hidden)
        self._block(line=theme.line("reading"))

    def _heading_open(self, token: Token) -> None:
        level = int(token.tag[1])
        self._place.tight = False
        font = "title" if level == 1 else "reading"
        self._block(font, line=theme.line("title"), above=10, below=4)
        if level > 1:
            self._base.setFontWeight(QFont.Weight.DemiBold)

    def _bullet_list_open(self, _token: Token) -> None:
        self._open_list(bullet=True)

    def _ordered_list_open(self, _token: Token) -> None:
        self._open_list(bullet=False)

    def _open_list(self, bullet: bool) -> None:
        self._place.indents.append(INDENT if bullet else NUMBERED_INDENT)
        self._place.bullets.append(bullet)

    def _bullet_list_close(self, _token: Token) -> None:
        self._place.indents.pop()
        self._place.bullets.pop()
        if not self._place.indents:
            self._place.tight = False
            self._space_below()

    _ordered_list_close = _bullet_list_close

    def _space_below(self) -> None:
        shape = self._cursor.blockFormat()
        shape.setBottomMargin(max(8.0, shape.bottomMargin()))
        self._cursor.setBlockFormat(shape)

    def _list_item_open(self, token: Token) -> None:
        bullet = self._place.bullets[-1]
        self._place.marker = ("•" if len(self._place.indents) % 2 else "◦") if bullet else f"{token.info}."

    def _list_item_close(self, _token: Token) -> None:
        if self._place.marker:  # an item with nothing in it
            self._block(line=theme.line("reading"))

    def _blockquote_open(self, _token: Token) -> None:
        self._place.quotes += 1

    def _blockquote_close(self, _token: Token) -> None:
        self._place.quotes -= 1

    def _hr(self, _token: Token) -> None:
        self._block("caption", line=9, above=4, below=8, role="rule")

    def _fence(self, token: Token) -> None:
        """Highlighted once its fence is closed; a growing one stays plain."""
        begun, whole = "begun" in token.meta, "goes_on" not in token.meta
        code = token.content.rstrip("\n") if whole else token.content
        fence = Fence((token.info.split() or [""])[0])
        self._place.tight = False
        pieces = parts(code)
        for number, piece in enumerate(pieces):
            first, last = number == 0 and not begun, number == len(pieces) - 1 and whole
            self._part_of_code(piece.replace("\t", "    "), first, last)
            fence.parts.append(self._cursor.block())
        if not self._open:
            self._codes.written(fence, begun, whole)
        elif not token.meta.get("open"):
            list(fence.colour())

    _code_block = _fence

    def _part_of_code(self, code: str, first: bool, last: bool) -> None:
        above, below = 8 + CODE_PAD if first else 0, 10 + CODE_PAD if last else 0
        self._block("mono", above=above, below=below, role="code")
        shape = self._cursor.blockFormat()
        shape.setLeftMargin(shape.leftMargin() + CODE_PAD)
        shape.setRightMargin(CODE_PAD)
        if not first:
            shape.setProperty(CONTINUES, True)
        shape.setLineHeight(theme.line("mono"), QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        self._cursor.setBlockFormat(shape)
        self._cursor.insertText(code.replace("\n", LINE), self._base)

    def _math_block(self, token: Token) -> None:
        """A formula on a line of its own, in the middle."""
        self._block(above=4, below=12)
        shape = self._cursor.blockFormat()
        shape.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._cursor.setBlockFormat(shape)
        insert_formula(self._cursor, self._base, token.content.strip(), display=True)

    _math_block_eqno = _math_block

    def _html_block(self, token: Token) -> None:
        self._block(line=theme.line("reading"))
        self._cursor.insertText(token.content.strip().replace("\n", LINE), self._base)

    # Tables

    def _table(self, tokens: Sequence[Token]) -> None:
        """Each row for itself; the rows of a table that has begun before come without their header."""
        rows = _rows(tokens)
        for number, (header, cells) in enumerate(rows):
            if header:
                self._tables.begin(len(cells), self._indent())
            last = number == len(rows) - 1 and tokens[-1].type == "table_close"
            self._row(header, cells, last, finished=header or not (last and self._open))

    def _row(self, header: bool, cells: list[tuple[str, Token]], last: bool, finished: bool) -> None:
        if not self.fresh:
            self._cursor.insertBlock()
        self._shrink()
        row = self._tables.row(self._cursor, header, last)
        for column, (alignment, inline) in enumerate(cells):
            self._table_cell(row.cellAt(0, column).firstCursorPosition(), header, alignment, inline)
        self._tables.written(row, finished)
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        self.fresh = True
        self._shrink()

    def _table_cell(self, cursor: QTextCursor, header: bool, alignment: str, inline: Token) -> None:
        inside = Writer(cursor, self._is_chip, self._tables, self._codes)
        inside._block("body", line=theme.line("body"), below=0)
        if header:
            inside._base.setFontWeight(QFont.Weight.DemiBold)
        shape = cursor.blockFormat()
        shape.setAlignment(Qt.AlignmentFlag.AlignRight if alignment == "right" else Qt.AlignmentFlag.AlignLeft)
        cursor.setBlockFormat(shape)
        inside._inline(inline)

    def _shrink(self) -> None:
        """Qt keeps an empty block on both sides of a table: make it a pixel high."""
        shape = QTextBlockFormat()
        shape.setLineHeight(1, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        self._cursor.setBlockFormat(shape)

    def _inline(self, token: Token) -> None:
        InlineWriter(self._cursor, self._base, self._is_chip).write(token)

    def caret(self) -> None:
        """The block that stands at the end while words arrive."""
        if self.fresh:
            self._block(line=theme.line("reading"))
        look = QTextCharFormat(self._base)
        look.setObjectType(CARET)
        look.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignMiddle)
        self._cursor.insertText(OBJECT, look)


def _closing(tokens: Sequence[Token], start: int) -> int:
    """The place after the token that closes the one at `start`."""
    depth = 0
    for place in range(start, len(tokens)):
        depth += tokens[place].nesting
        if depth == 0:
            return place + 1
    return len(tokens)


def _rows(tokens: Sequence[Token]) -> list[tuple[bool, list[tuple[str, Token]]]]:
    """A table's rows as (is header, cells), a cell as (alignment, inline token)."""
    rows: list[tuple[bool, list[tuple[str, Token]]]] = []
    for place, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append((tokens[place + 1].type == "th_open", []))
        elif token.type in ("th_open", "td_open"):
            right = "right" in (token.attrGet("style") or "")
            rows[-1][1].append(("right" if right else "left", tokens[place + 1]))
    return rows
