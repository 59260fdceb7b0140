"""What stands in a line of Markdown: words, emphasis, code, links, and citations as chips."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtGui import QFont, QTextCharFormat, QTextCursor, QTextFormat

from studio.engine.text import Text
from studio.ui.language import tr
from studio.ui.theme import theme

CHIP = QTextFormat.ObjectTypes.UserObject + 1
MATH = QTextFormat.ObjectTypes.UserObject + 3
LATEX = QTextFormat.Property.UserProperty + 5  # of a formula
DISPLAY = QTextFormat.Property.UserProperty + 6
NUMBER = QTextFormat.Property.UserProperty + 1  # of a chip
INLINE_CODE = QTextFormat.Property.UserProperty + 2
OBJECT = "\ufffc"
LINE = "\u2028"
THIN = "\u2009"
CITATION = re.compile(r"\[(\d{1,3})\]|【(\d{1,3})】")
CJK = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
SAFE_LINK = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
Token = Any


class InlineWriter:
    """Writes at the cursor, over the look of the block's text."""

    def __init__(self, cursor: QTextCursor, base: QTextCharFormat, is_chip: Callable[[int], bool]) -> None:
        self._cursor, self._base, self._is_chip = cursor, base, is_chip
        self._look = [base]

    def write(self, token: Token) -> None:
        self._look = [self._base]
        children = token.children or []
        for place, child in enumerate(children):
            if child.type == "softbreak":
                self._cursor.insertText(_joint(children, place), self._look[-1])
            elif child.type == "image":
                self._image(child)
            else:
                act = getattr(self, f"_in_{child.type}", None)
                if act is not None:
                    act(child)

    def _push(self) -> QTextCharFormat:
        look = QTextCharFormat(self._look[-1])
        self._look.append(look)
        return look

    def _pop(self, _token: Token) -> None:
        if len(self._look) > 1:
            self._look.pop()

    _in_strong_close = _in_em_close = _in_s_close = _in_link_close = _pop

    def _in_strong_open(self, _token: Token) -> None:
        self._push().setFontWeight(QFont.Weight.DemiBold)

    def _in_em_open(self, _token: Token) -> None:
        self._push().setFontItalic(True)

    def _in_s_open(self, _token: Token) -> None:
        self._push().setFontStrikeOut(True)

    def _in_link_open(self, token: Token) -> None:
        self._link(self._push(), token.attrGet("href") or "")

    def _link(self, look: QTextCharFormat, address: str) -> None:
        if SAFE_LINK.match(address):
            look.setAnchor(True)
            look.setAnchorHref(address)
            look.setForeground(theme.colour("accent.text"))

    def _image(self, token: Token) -> None:
        """Never loaded: an image would tell its server who reads."""
        look = QTextCharFormat(self._look[-1])
        self._link(look, token.attrGet("src") or "")
        words = Text("image: {alt}", "图片：{alt}").format(alt=token.content or token.attrGet("src") or "")
        self._cursor.insertText(tr(words), look)

    def _in_hardbreak(self, _token: Token) -> None:
        self._cursor.insertText(LINE, self._look[-1])

    def _in_html_inline(self, token: Token) -> None:
        self._cursor.insertText(token.content, self._look[-1])

    def _in_code_inline(self, token: Token) -> None:
        look = QTextCharFormat(self._look[-1])
        look.setFont(theme.font("mono"))
        look.setForeground(theme.colour("text.primary"))
        look.setProperty(INLINE_CODE, True)
        self._cursor.insertText(THIN + token.content + THIN, look)

    def _in_math_inline(self, token: Token) -> None:
        insert_formula(self._cursor, self._look[-1], token.content.strip(), display=False)

    def _in_math_inline_double(self, token: Token) -> None:
        insert_formula(self._cursor, self._look[-1], token.content.strip(), display=True)

    def _in_text(self, token: Token) -> None:
        """Plain words, with chips where a number in brackets is a known source."""
        done = 0
        text = token.content
        for match in CITATION.finditer(text):
            number = int(match[1] or match[2])
            if self._is_chip(number):
                self._words(text[done : match.start()])
                self._chip(number)
                done = match.end()
        self._words(text[done:])

    def _words(self, text: str) -> None:
        """Chinese has no italics: those words are set bold instead."""
        look = self._look[-1]
        if not look.fontItalic() or not CJK.search(text):
            self._cursor.insertText(text, look)
            return
        upright = QTextCharFormat(look)
        upright.setFontItalic(False)
        upright.setFontWeight(QFont.Weight.DemiBold)
        for part in re.split(f"({CJK.pattern}+)", text):
            self._cursor.insertText(part, upright if CJK.match(part) else look)

    def _chip(self, number: int) -> None:
        look = QTextCharFormat(self._base)
        look.setObjectType(CHIP)
        look.setProperty(NUMBER, number)
        look.setAnchor(True)
        look.setAnchorHref(f"chip:{number}")
        look.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignMiddle)
        self._cursor.insertText(OBJECT, look)


def insert_formula(cursor: QTextCursor, base: QTextCharFormat, latex: str, display: bool) -> None:
    """One object in the text, drawn by `FormulaObject`."""
    look = QTextCharFormat(base)
    look.setObjectType(MATH)
    look.setProperty(LATEX, latex)
    look.setProperty(DISPLAY, display)
    cursor.insertText(OBJECT, look)


def _joint(children: Sequence[Token], place: int) -> str:
    """A line break inside a paragraph is a space, but nothing between Chinese characters."""
    before = children[place - 1].content[-1:] if place else ""
    after = children[place + 1].content[:1] if place + 1 < len(children) else ""
    return "" if CJK.match(before) and CJK.match(after) else " "
