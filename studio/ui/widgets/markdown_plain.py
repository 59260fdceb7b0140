"""A written document as plain words: chips as [1], table cells apart by tabs."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtGui import QTextBlock, QTextCharFormat, QTextCursor, QTextDocument

from studio.ui.widgets.markdown_inline import CHIP, DISPLAY, LATEX, LINE, MATH, NUMBER, OBJECT, THIN


def plain_words(document: QTextDocument, start: int, end: int) -> str:
    """What stands between two places."""
    words = "".join(_pieces(document, start, end))
    return words.strip("\n").replace(LINE, "\n").replace(THIN, "")


def _pieces(document: QTextDocument, start: int, end: int) -> Iterator[str]:
    block = document.findBlock(start)
    while block.isValid() and block.position() <= end:
        if block.text() or block.lineCount():
            words = "".join(_words(block, start, end))
            column = _column(block)
            if column is not None:
                yield ("\t" if column else "\n") + words
            elif words:
                yield "\n" + words
        block = block.next()


def _words(block: QTextBlock, start: int, end: int) -> Iterator[str]:
    step = block.begin()
    while not step.atEnd():
        fragment = step.fragment()
        first, last = max(start, fragment.position()), min(end, fragment.position() + fragment.length())
        if first < last:
            text = fragment.text()[first - fragment.position() : last - fragment.position()]
            look = fragment.charFormat()
            yield text.replace(OBJECT, _object(look))
        step += 1


def _object(look: QTextCharFormat) -> str:
    if look.objectType() == CHIP:
        return f"[{look.property(NUMBER)}]"
    if look.objectType() == MATH:
        mark = "$$" if look.property(DISPLAY) else "$"
        return f"{mark}{look.property(LATEX)}{mark}"
    return ""


def _column(block: QTextBlock) -> int | None:
    """The column of the table cell that a block stands in."""
    cursor = QTextCursor(block)
    table = cursor.currentTable()
    return table.cellAt(cursor).column() if table is not None else None
