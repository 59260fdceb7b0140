"""Tables whose finished rows are never laid out again: each row is a Qt table of its own.

Qt lays out a whole table when a letter in it changes, which takes 2 ms a row. Rows of their own need widths that do
not come from Qt: a column is as wide as its widest finished cell, and columns give way where there is little room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from math import ceil

from PySide6.QtCore import QRectF
from PySide6.QtGui import (
    QFontMetricsF,
    QPainter,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextLength,
    QTextTable,
    QTextTableFormat,
)

from studio.ui.theme import theme
from studio.ui.turns import Turns
from studio.ui.widgets.markdown_inline import LINE, MATH, OBJECT

TABLE = QTextFormat.Property.UserProperty + 7  # of a row: which table it belongs to
HEADER = QTextFormat.Property.UserProperty + 8
PAD = 6
AT_ONCE = 40  # rows that get other columns in one turn; those of a longer table follow in the next ones
EXACT = 24  # rows that set widths to the pixel; a wider cell after them takes a quarter more: widths change seldom


@dataclass
class Grid:
    """The columns of one table of the text."""

    wishes: list[float]  # of finished rows: the widest cell
    indent: float = 0.0  # of the list that it stands in
    tail: list[float] = field(default_factory=list)  # of the row that is being written
    rows: int = 0
    formulas: bool = False  # a formula is as wide as its letters until it is set
    widths: list[float] = field(default_factory=list)  # as they are set on every row

    def wish(self, needs: Sequence[float], finished: bool) -> None:
        if not finished:
            self.tail = list(needs) if self.rows <= EXACT else []
            return
        self.tail = []
        self.rows += 1
        slack = 1.0 if self.rows <= EXACT else 1.25
        self.wishes = [wish if need <= wish else need * slack for wish, need in zip(self.wishes, needs, strict=True)]

    def wanted(self, room: float) -> list[float]:
        wishes = [max(pair) for pair in zip(self.wishes, self.tail or self.wishes, strict=True)]
        return shared_out(wishes, room - self.indent)


def shared_out(wishes: Sequence[float], room: float) -> list[float]:
    """Widths in whole pixels: what is wished where it fits, else the wide columns share what narrow ones leave."""
    if sum(wishes) <= room:
        return [float(ceil(wish)) for wish in wishes]
    widths = [0.0] * len(wishes)
    for place, column in enumerate(sorted(range(len(wishes)), key=wishes.__getitem__)):
        widths[column] = float(int(min(ceil(wishes[column]), room / (len(wishes) - place))))
        room -= widths[column]
    return widths


class Tables:
    """All tables of a document. `object_width` tells how wide a chip or a formula is."""

    def __init__(self, document: QTextDocument, object_width: Callable[[QTextFormat], float]) -> None:
        self._document = document
        self._object_width = object_width
        self._grids: dict[int, Grid] = {}
        self._last = 0
        self._turns: Turns | None = None  # that set new widths on rows

    def clear(self) -> None:
        self._grids.clear()
        self._stop()

    def _stop(self) -> None:
        if self._turns is not None:
            self._turns.stop()
            self._turns = None

    def begin(self, columns: int, indent: float = 0.0) -> None:
        """Rows that follow belong to a new table."""
        self._last += 1
        self._grids[self._last] = Grid([0.0] * columns, indent)

    def row(self, cursor: QTextCursor, header: bool, last: bool) -> QTextTable:
        """A row at the cursor, with the widths of its table so far."""
        grid = self._grids[self._last]
        shape = QTextTableFormat()
        shape.setBorder(0)
        shape.setCellSpacing(0)
        shape.setCellPadding(PAD)
        shape.setLeftMargin(grid.indent)
        shape.setTopMargin(6 if header else 0)
        shape.setBottomMargin(10 if last else 0)
        shape.setProperty(TABLE, self._last)
        shape.setProperty(HEADER, header)
        shape.setColumnWidthConstraints(_lengths(grid.widths or grid.wishes))
        return cursor.insertTable(1, len(grid.wishes), shape)

    def written(self, row: QTextTable, finished: bool) -> None:
        """The cells of a row have their words."""
        self._grids[self._last].wish(self._needs(row), finished)

    def settle(self) -> None:
        """Set the widths anew where a wider cell has come or the room has changed."""
        room = self._document.textWidth() - 1  # the last line
        changed = False
        for grid in self._grids.values():
            wanted = grid.wanted(room)
            if wanted != grid.widths:
                grid.widths = wanted
                changed = True
        if changed:
            self._stop()
            turns = Turns(self._set(), self._document)
            self._turns = None if turns.start() else turns

    def measure_again(self) -> None:
        """Formulas have their true size now, and every row is finished."""
        again = {
            number: Grid([0.0] * len(grid.wishes), grid.indent, formulas=True, widths=grid.widths)
            for number, grid in self._grids.items()
            if grid.formulas
        }
        if not again:
            return
        for row in self._rows():
            grid = again.get(row.format().property(TABLE))
            if grid is not None:
                grid.wish(self._needs(row), finished=True)
        self._grids |= again
        self.settle()

    def _rows(self) -> list[QTextTable]:
        return [frame for frame in self._document.rootFrame().childFrames() if isinstance(frame, QTextTable)]

    def _set(self) -> Iterator[None]:
        """The widths as they are now on every row. Rows come and go at the end only."""
        place = 0
        while rows := self._rows()[place : place + AT_ONCE]:
            cursor = QTextCursor(self._document)
            cursor.beginEditBlock()
            for row in rows:
                shape = row.format().toTableFormat()
                grid = self._grids.get(shape.property(TABLE))
                if grid is None or shape.columnWidthConstraints() == (lengths := _lengths(grid.widths)):
                    continue
                shape.setColumnWidthConstraints(lengths)
                row.setFormat(shape)
            cursor.endEditBlock()
            place += AT_ONCE
            if len(rows) == AT_ONCE:
                yield
        self._turns = None

    def _needs(self, row: QTextTable) -> list[float]:
        return [self._need(row.cellAt(0, column).firstCursorPosition().block()) for column in range(row.columns())]

    def _need(self, block: QTextBlock) -> float:
        """How wide a cell is whose words stand in one line."""
        wide = [0.0]
        step = block.begin()
        while not step.atEnd():
            fragment = step.fragment()
            look = fragment.charFormat()
            if look.objectType() == MATH:
                self._grids[self._last].formulas = True
            lines = fragment.text().split(LINE)
            wide[-1] += self._width(lines[0], look)
            wide += [self._width(line, look) for line in lines[1:]]
            step += 1
        return max(wide) + 2 * PAD + 2

    def _width(self, words: str, look: QTextCharFormat) -> float:
        objects = words.count(OBJECT) if look.objectType() else 0
        if objects:
            return objects * self._object_width(look)
        return float(QFontMetricsF(look.font()).horizontalAdvance(words))


def _lengths(widths: Sequence[float]) -> list[QTextLength]:
    return [QTextLength(QTextLength.Type.FixedLength, width) for width in widths]


class GridPainter:
    """The lines around the cells of rows in sight: one between two rows, and the columns' through all of them."""

    def __init__(self, painter: QPainter) -> None:
        self._painter = painter
        self._line = theme.colour("border.default")
        self._number = 0
        self._widths: list[float] = []
        self._whole = QRectF()

    def row(self, row: QTextTable, frame: QRectF) -> None:
        """Qt's rectangle of a row begins at the words of its first cell, below its margin."""
        shape = row.format()
        if shape.property(TABLE) != self._number:
            self.end()
            self._number = shape.property(TABLE)
            self._widths = [length.rawValue() for length in shape.toTableFormat().columnWidthConstraints()]
        tall = frame.height() - shape.topMargin() - shape.bottomMargin()
        box = QRectF(frame.left() - PAD, frame.top() - PAD, sum(self._widths) + 1, tall)
        if shape.boolProperty(HEADER):
            self._painter.fillRect(box, theme.colour("surface.panel" if not theme.dark else "surface.raised"))
        self._painter.fillRect(QRectF(box.left(), box.top(), box.width(), 1), self._line)
        self._whole = self._whole.united(box)

    def end(self) -> None:
        """The lines that go through all rows of a table."""
        whole, self._whole = self._whole, QRectF()
        if whole.isEmpty():
            return
        self._painter.fillRect(QRectF(whole.left(), whole.bottom(), whole.width(), 1), self._line)
        for x in accumulate(self._widths, initial=whole.left()):
            self._painter.fillRect(QRectF(x, whole.top(), 1, whole.height()), self._line)
