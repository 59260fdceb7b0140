"""What is marked in code: the current line, a pair of brackets, errors."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QTextCharFormat, QTextCursor, QTextFormat
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit

from studio.engine.text import Text
from studio.ui.theme import theme

PAIRS = {"(": ")", "[": "]", "{": "}"}
CLOSING = {closes: opens for opens, closes in PAIRS.items()}
SEARCHED = 20_000  # characters looked through for a bracket's partner


@dataclass(frozen=True)
class Mark:
    """An error at a place in the text, counted from 1 as parsers do."""

    line: int
    column: int
    words: Text
    length: int = 0


class Marks:
    """Makes the editor's extra selections anew from where the cursor is and what is wrong."""

    def __init__(self, editor: QPlainTextEdit, current_line: bool = True) -> None:
        self._editor, self._marks_line = editor, current_line
        self.errors: list[Mark] = []

    def show(self) -> None:
        here = [] if self._editor.isReadOnly() else self._brackets()
        if self._marks_line and not self._editor.isReadOnly():
            here.insert(0, self._current_line())
        self._editor.setExtraSelections(here + [self._squiggle(mark) for mark in self.errors])

    def _current_line(self) -> QTextEdit.ExtraSelection:
        mark = QTextEdit.ExtraSelection()
        mark.format.setBackground(theme.colour("surface.hover"))
        mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
        mark.cursor = self._editor.textCursor()
        mark.cursor.clearSelection()
        return mark

    def _squiggle(self, error: Mark) -> QTextEdit.ExtraSelection:
        mark = QTextEdit.ExtraSelection()
        mark.format.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        mark.format.setUnderlineColor(theme.colour("danger.text"))
        mark.cursor = self._range_of(error)
        return mark

    def _brackets(self) -> list[QTextEdit.ExtraSelection]:
        pair = find_pair(self._editor.toPlainText(), self._editor.textCursor().position()) if self._is_short() else None
        return [self._bracket(place) for place in pair or ()]

    def _is_short(self) -> bool:
        return self._editor.document().characterCount() < SEARCHED

    def _bracket(self, place: int) -> QTextEdit.ExtraSelection:
        mark = QTextEdit.ExtraSelection()
        mark.format.setBackground(theme.colour("surface.active"))
        mark.format.setForeground(theme.colour("accent.text"))
        mark.cursor = QTextCursor(self._editor.document())
        mark.cursor.setPosition(place)
        mark.cursor.movePosition(QTextCursor.MoveOperation.Right, QTextCursor.MoveMode.KeepAnchor)
        return mark

    def _range_of(self, mark: Mark) -> QTextCursor:
        block = self._editor.document().findBlockByNumber(max(0, mark.line - 1))
        cursor = QTextCursor(block if block.isValid() else self._editor.document().lastBlock())
        cursor.setPosition(min(cursor.block().position() + max(0, mark.column - 1), self._end_of(cursor)))
        move, keep = QTextCursor.MoveOperation, QTextCursor.MoveMode.KeepAnchor
        if mark.length:
            cursor.movePosition(move.Right, keep, mark.length)
        else:
            cursor.movePosition(move.EndOfWord, keep)
        if not cursor.hasSelection():
            cursor.movePosition(move.Right if not cursor.atBlockEnd() else move.Left, keep)
        return cursor

    @staticmethod
    def _end_of(cursor: QTextCursor) -> int:
        return cursor.block().position() + cursor.block().length() - 1


def find_pair(text: str, cursor: int) -> tuple[int, int] | None:
    """The bracket beside the cursor and its partner, if they match."""
    for place in (cursor, cursor - 1):
        if not 0 <= place < len(text):
            continue
        letter = text[place]
        if letter in PAIRS:
            other = _partner(text, place, 1, letter, PAIRS[letter])
        elif letter in CLOSING:
            other = _partner(text, place, -1, letter, CLOSING[letter])
        else:
            continue
        if other is not None:
            return place, other
    return None


def _partner(text: str, place: int, step: int, same: str, other: str) -> int | None:
    depth = 0
    while 0 <= place < len(text):
        depth += (text[place] == same) - (text[place] == other)
        if depth == 0:
            return place
        place += step
    return None
