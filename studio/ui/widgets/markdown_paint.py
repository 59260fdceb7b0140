"""What a Markdown document cannot draw by itself: chips, the caret, and the boxes behind code, quotes and rules."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QPainter,
    QPen,
    QPyTextObject,
    QTextBlock,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextTable,
)

from studio.ui.theme import theme
from studio.ui.widgets.formulas import Formula, formulas
from studio.ui.widgets.markdown_code import CONTINUES
from studio.ui.widgets.markdown_inline import DISPLAY, INLINE_CODE, LATEX, MATH, NUMBER, THIN
from studio.ui.widgets.markdown_table import GridPainter
from studio.ui.widgets.markdown_writer import CODE_PAD, ROLE


class ChipObject(QPyTextObject):
    """A source's number in a small box: blue, solid when selected, in warning colours when flagged, dashed when stale."""

    def __init__(self, parent: QTextDocument) -> None:
        super().__init__(parent)
        self.selected: int | None = None
        self.flagged: frozenset[int] = frozenset()
        self.false_places: frozenset[int] = frozenset()  # of single chips, as places in the document
        self.stale: frozenset[int] = frozenset()

    def is_flagged(self, number: int, place: int) -> bool:
        return number in self.flagged or place in self.false_places

    def intrinsicSize(self, _doc: QTextDocument, _place: int, look: QTextFormat) -> QSizeF:
        return chip_size(int(look.property(NUMBER)), theme.font("caption"))

    def drawObject(self, painter: QPainter, rect: QRectF, _doc: QTextDocument, place: int, look: QTextFormat) -> None:
        number = int(look.property(NUMBER))
        fill, border, words = self._colours(number, place)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = rect.adjusted(2.5, 0.5, -2.5, -0.5)
        edge = QPen(theme.colour("text.tertiary" if number in self.stale else border))
        if number in self.stale:
            edge.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(edge)
        painter.setBrush(theme.colour(fill))
        painter.drawRoundedRect(box, 4, 4)
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.colour(words))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(number))
        painter.restore()

    def _colours(self, number: int, place: int) -> tuple[str, str, str]:
        if number == self.selected:
            return "accent.solid", "accent.solid", "text.onAccent"
        if self.is_flagged(number, place):
            return "warning.muted", "warning.border", "warning.text"
        return "accent.muted", "accent.border", "accent.text"


class CaretObject(QPyTextObject):
    def intrinsicSize(self, _doc: QTextDocument, _place: int, _look: QTextFormat) -> QSizeF:
        return QSizeF(10, 17)

    def drawObject(self, painter: QPainter, rect: QRectF, _doc: QTextDocument, _place: int, _look: QTextFormat) -> None:
        painter.fillRect(rect.adjusted(2, 0, 0, 0), theme.colour("accent.ring"))


class FormulaObject(QPyTextObject):
    """A formula as outlines; until it is set, and where it cannot be, its LaTeX in code letters."""

    def intrinsicSize(self, _doc: QTextDocument, _place: int, look: QTextFormat) -> QSizeF:
        return _formula_size(look)

    def drawObject(self, painter: QPainter, rect: QRectF, _doc: QTextDocument, _place: int, look: QTextFormat) -> None:
        outline = formulas.get(_formula(look))
        if outline is not None:
            outline.picture.render(painter, QRectF(rect.topLeft(), outline.size).adjusted(1, 1, -1, -1))
            return
        painter.setFont(theme.font("mono"))
        painter.setPen(theme.colour("text.secondary"))
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, str(look.property(LATEX)))


@lru_cache(maxsize=256)
def chip_size(number: int, font: QFont) -> QSizeF:
    """Asked for each chip in sight whenever a letter comes."""
    digits = QFontMetricsF(font).horizontalAdvance(str(number))
    return QSizeF(max(18.0, digits + 10) + 4, 18.0)


def _formula_size(look: QTextFormat) -> QSizeF:
    outline = formulas.get(_formula(look))
    if outline is not None:
        return outline.size
    metrics = QFontMetricsF(theme.font("mono"))
    return QSizeF(min(metrics.horizontalAdvance(look.property(LATEX)), 600.0), metrics.height())


def object_width(look: QTextFormat) -> float:
    """How wide a chip or a formula is."""
    size = (
        _formula_size(look)
        if look.objectType() == MATH
        else chip_size(int(look.property(NUMBER)), theme.font("caption"))
    )
    return size.width()


def _formula(look: QTextFormat) -> Formula:
    size = theme.font("reading").pixelSize() or 15
    colour = theme.colour("text.primary").name()
    return Formula(str(look.property(LATEX)), bool(look.property(DISPLAY)), size, colour)


def has_formula(document: QTextDocument) -> bool:
    return any(each.objectType() == MATH for each in document.allFormats())


def false_places(document: QTextDocument, at: Mapping[int, Collection[int]]) -> frozenset[int]:
    """Where the chips stand that are told by number and order."""
    if not at:
        return frozenset()
    found: set[int] = set()
    seen = dict.fromkeys(at, 0)
    block = document.begin()
    while block.isValid():
        step = block.begin()
        while not step.atEnd():
            fragment = step.fragment()
            number = fragment.charFormat().property(NUMBER)
            if number in seen:
                for place in range(fragment.position(), fragment.position() + fragment.length()):
                    found |= {place} if seen[number] in at[number] else set()
                    seen[number] += 1
            step += 1
        block = block.next()
    return frozenset(found)


def first_block(document: QTextDocument, top: float) -> QTextBlock:
    """The one above the block that stands at a height."""
    place = document.documentLayout().hitTest(QPointF(0, max(0.0, top)), Qt.HitTestAccuracy.FuzzyHit)
    block = document.findBlock(max(0, place))
    return block.previous() if block.previous().isValid() else block


def paint_behind(painter: QPainter, document: QTextDocument, top: float, bottom: float) -> None:
    """Everything that lies under the words between two heights."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    layout = document.documentLayout()
    grid = GridPainter(painter)
    block = first_block(document, top)
    while block.isValid():
        row = QTextCursor(block).currentTable()
        rect = layout.blockBoundingRect(block) if row is None else layout.frameBoundingRect(row)
        if rect.top() > bottom + CODE_PAD:
            break
        if row is None and block.blockFormat().property(ROLE) == "code":
            block, rect = _whole_code(document, block)
            _card(painter, code_box(block, rect, document.textWidth()))
            block = block.next()
        elif row is None:
            _behind_block(painter, block, rect, document.textWidth())
            block = block.next()
        else:
            grid.row(row, rect)
            block = _behind_cells(painter, document, row)
    grid.end()


def _behind_cells(painter: QPainter, document: QTextDocument, row: QTextTable) -> QTextBlock:
    """The block after a row."""
    block, end = document.findBlock(row.firstPosition()), row.lastPosition()
    while block.isValid() and block.position() <= end:
        if THIN in block.text():
            _inline_code(painter, block, document.documentLayout().blockBoundingRect(block).topLeft())
        block = block.next()
    return block


def _behind_block(painter: QPainter, block: QTextBlock, rect: QRectF, width: float) -> None:
    role = block.blockFormat().property(ROLE)
    if role == "quote":
        x = block.blockFormat().leftMargin() - 14
        painter.fillRect(QRectF(x, rect.top(), 3, rect.height()), theme.colour("border.strong"))
    elif role == "rule":
        painter.fillRect(QRectF(0, rect.center().y(), width, 1), theme.colour("border.default"))
    _inline_code(painter, block, rect.topLeft())


def _whole_code(document: QTextDocument, block: QTextBlock) -> tuple[QTextBlock, QRectF]:
    """The last part of the code that a block belongs to, and where all of it stands."""
    first = last = block
    while first.blockFormat().hasProperty(CONTINUES):
        first = first.previous()
    while last.next().isValid() and last.next().blockFormat().hasProperty(CONTINUES):
        last = last.next()
    layout = document.documentLayout()
    return last, layout.blockBoundingRect(first) | layout.blockBoundingRect(last)


def code_box(block: QTextBlock, rect: QRectF, width: float) -> QRectF:
    """The card around a code block."""
    left = block.blockFormat().leftMargin() - CODE_PAD
    return QRectF(left + 0.5, rect.top() - CODE_PAD + 0.5, width - left - 1, rect.height() + 2 * CODE_PAD - 1)


def _card(painter: QPainter, box: QRectF) -> None:
    painter.setPen(theme.colour("border.default"))
    painter.setBrush(theme.colour("surface.raised" if theme.dark else "surface.panel"))
    painter.drawRoundedRect(box, 6, 6)


def _inline_code(painter: QPainter, block: QTextBlock, origin: QPointF) -> None:
    for first, last in _marked(block):
        layout = block.layout()
        for number in range(layout.lineCount()):
            line = layout.lineAt(number)
            start, end = line.textStart(), line.textStart() + line.textLength()
            if last <= start or first >= end:
                continue
            left = line.cursorToX(max(first, start))[0]
            right = line.cursorToX(min(last, end))[0]
            box = QRectF(origin.x() + left, origin.y() + line.y() + (line.height() - 19) / 2, right - left, 19)
            painter.setPen(theme.colour("border.default"))
            painter.setBrush(theme.colour("surface.raised" if theme.dark else "surface.panel"))
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)


def _marked(block: QTextBlock) -> Iterator[tuple[int, int]]:
    """Where inline code stands, counted from the block's start."""
    if THIN not in block.text():
        return
    step = block.begin()
    while not step.atEnd():
        fragment = step.fragment()
        if fragment.charFormat().boolProperty(INLINE_CODE):
            first = fragment.position() - block.position()
            yield first, first + fragment.length()
        step += 1
