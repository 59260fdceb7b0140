"""Markdown that arrives piece by piece: finished blocks are written once, only the tail is written again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from time import perf_counter
from typing import Any

from PySide6.QtCore import QEvent, QMimeData, QPoint, QRectF, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QAccessible,
    QAccessibleAnnouncementEvent,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QToolTip, QWidget

from studio.engine.text import Text
from studio.ui.language import language, say, tr
from studio.ui.theme import theme
from studio.ui.turns import Turns
from studio.ui.widgets.formulas import formulas
from studio.ui.widgets.markdown_code import Codes
from studio.ui.widgets.markdown_copies import CopyButtons
from studio.ui.widgets.markdown_inline import CHIP, MATH, Token
from studio.ui.widgets.markdown_paint import (
    CaretObject,
    ChipObject,
    FormulaObject,
    false_places,
    has_formula,
    object_width,
    paint_behind,
)
from studio.ui.widgets.markdown_plain import plain_words
from studio.ui.widgets.markdown_strips import Strips
from studio.ui.widgets.markdown_table import Tables
from studio.ui.widgets.markdown_tail import (
    as_block,
    drop_empty_block,
    head_of,
    last_block,
    offset,
    portions,
    read,
)
from studio.ui.widgets.markdown_writer import CARET, Writer, parser

ROOM_ABOVE = 24  # a card, a table's line or a chip reaches above its words
ROOM_BELOW = 2.999  # a chip reaches below its line


class MarkdownView(QTextBrowser):
    """As tall as its text, for a column that scrolls around it. Loads nothing and opens nothing by itself.

    `[1]` in the text becomes a chip. Links only tell: connect `link_clicked` to `links.ask_to_open`.
    """

    chip_clicked = Signal(int)
    link_clicked = Signal(str)
    grown = Signal()  # the height has changed

    def __init__(self, parent: QWidget | None = None, *, chips: bool = True) -> None:
        super().__init__(parent)
        self._chips = chips
        self._known: frozenset[int] | None = None
        self._tips: dict[int, str] = {}
        self._flag_tip = ""
        self._false_at: dict[int, frozenset[int]] = {}
        self._stale_tips: dict[int, str] = {}
        self._source = ""
        self._pending: list[str] = []
        self._frozen = 0  # characters of the source that are written for good
        self._tail = 0  # where the rest begins in the document
        self._head = ""  # of the table whose rows are being written
        self._streaming = False
        self._turns: Turns | None = None  # that lay out what is pending of a long text
        self._tables = Tables(self.document(), object_width)
        self._strips = Strips(self.viewport(), self._draw)
        self._copies = CopyButtons(self)
        self._codes = Codes(self, self._copies.offer)
        self._timer = QTimer(self, singleShot=True, interval=theme.tokens["motion"]["streamFlush"])
        self._timer.timeout.connect(self._flush)
        self._behave()
        self._prepare_document()
        theme.changed.connect(self._write_again)
        language.changed.connect(self._write_again)

    def _behave(self) -> None:
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setUndoRedoEnabled(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.viewport().setAutoFillBackground(False)
        say(self.setAccessibleName, Text("Answer", "回答"))
        self.anchorClicked.connect(self._anchor)

    def _prepare_document(self) -> None:
        document = self.document()
        document.setDocumentMargin(0)
        document.setIndentWidth(1)
        self._chip = ChipObject(document)
        self._caret = CaretObject(document)
        document.documentLayout().registerHandler(CHIP, self._chip)
        self._formula = FormulaObject(document)
        document.documentLayout().registerHandler(CARET, self._caret)
        document.documentLayout().registerHandler(MATH, self._formula)
        formulas.ready.connect(self._formulas_ready)
        document.documentLayout().documentSizeChanged.connect(self._fit)
        document.contentsChange.connect(lambda position, _removed, _added: self._strips.changed(position))

    # Writing

    def append(self, piece: str) -> None:
        """Some more text; shown within 50 ms."""
        if not self._streaming:
            self._streaming = True
            announce(self, Text("Answer started", "开始回答"))
        self._pending.append(piece)
        if not self._timer.isActive():
            self._timer.start()

    def finish(self) -> None:
        """There is no more to come."""
        self._timer.stop()
        streamed, self._streaming = self._streaming, False
        if self._turns is None:
            self._take_pending()
            self._write(final=True)
        if streamed:
            self._paint_again()
            announce(self, Text("Answer finished", "回答完毕"))

    def set_markdown(self, text: str, final: bool = True) -> None:
        """Show the whole text, or as far as it is written when more is to come; a long one comes to its end in some turns."""
        self._timer.stop()
        if final and self._shows(text):
            return
        self._streaming = not final
        self._begin(text.replace("\r\n", "\n"))

    def _begin(self, text: str) -> None:
        """Write a text from its beginning, in turns that leave the window its time."""
        if self._turns is not None:
            self._turns.stop()
        self._source, self._pending = "", portions(text)
        self._empty()
        self._turns = Turns(self._portions(), self)
        self._turns.start()

    def _portions(self) -> Iterator[object]:
        while self._pending:
            self._source += self._pending.pop(0).replace("\r\n", "\n")
            self._write(final=not self._streaming and not self._pending)
            if self._pending:
                yield
        self._turns = None
        self._fit()

    def _shows(self, text: str) -> bool:
        """It stands there to its end already, as after the last word of a stream."""
        whole = not self._streaming and (self._turns is not None or self._frozen == len(self._source))
        return whole and text.replace("\r\n", "\n") == self.markdown()

    def markdown(self) -> str:
        """The text as it came."""
        return self._source + "".join(self._pending)

    def set_known(self, numbers: Collection[int] | None) -> None:
        """Only these numbers become chips; None makes a chip of every number in brackets."""
        known = None if numbers is None else frozenset(numbers)
        if known != self._known:
            self._known = known
            self._write_again()

    def set_selected(self, number: int | None) -> None:
        """Draw one chip solid: the source that is shown beside the text."""
        self._chip.selected = number
        self._paint_again()

    def set_flagged(
        self, numbers: Collection[int], tip: Text | None = None, at: Mapping[int, Collection[int]] | None = None
    ) -> None:
        """Draw chips in warning colours: sources that do not hold up what was said.

        `at` tells of a number which of its chips, counted from 0 through the text.
        """
        self._chip.flagged = frozenset(numbers)
        self._false_at = {number: frozenset(places) for number, places in (at or {}).items()}
        self._mark_false()
        words = tip or Text("This source may not support the sentence.", "该来源可能不支持这句话。")
        self._flag_tip = tr(words)
        self._paint_again()

    def _mark_false(self) -> None:
        places = false_places(self.document(), self._false_at)
        if places != self._chip.false_places:
            self._chip.false_places = places
            self._strips.clear()

    def set_stale(self, tips: Mapping[int, Text]) -> None:
        """Draw chips dashed: sources that have changed since."""
        self._chip.stale = frozenset(tips)
        self._stale_tips = {number: tr(words) for number, words in tips.items()}
        self._paint_again()

    def set_chip_tips(self, tips: Mapping[int, str]) -> None:
        """What is said about a chip when the pointer rests on it, such as the source's name."""
        self._tips = dict(tips)

    def _paint_again(self) -> None:
        self._strips.clear()
        self.viewport().update()

    def _is_chip(self, number: int) -> bool:
        return self._chips and number > 0 and (self._known is None or number in self._known)

    def _take_pending(self) -> None:
        self._source += "".join(self._pending).replace("\r\n", "\n")
        self._pending.clear()

    def _flush(self) -> None:
        """A tail that is slow to write (a table of hundreds of rows) is written less often: an eighth of the time."""
        if self._turns is not None:  # they come to it
            return
        began = perf_counter()
        self._take_pending()
        self._write(final=False)
        self._timer.setInterval(max(theme.tokens["motion"]["streamFlush"], int((perf_counter() - began) * 8_000)))

    def _empty(self) -> None:
        self._copies.clear()
        self._tables.clear()
        self._codes.clear()
        self._strips.clear()
        self._head = ""
        self._frozen = self._tail = 0

    def _write_again(self) -> None:
        """After a change of colours, sizes or language."""
        self._begin(self.markdown())

    def _write(self, final: bool) -> None:
        rest = self._head + self._source[self._frozen :]
        tokens = read(parser(), self._head, self._source[self._frozen :], final)
        cut, line = (len(tokens), 0) if final else last_block(tokens)
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        cursor.setPosition(self._tail)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        if cut:
            self._freeze(cursor, tokens[:cut], final)
            self._frozen += len(rest if final else rest[: offset(rest, line)]) - len(self._head)
            self._head = head_of(tokens, cut, rest)
        if final and not tokens:
            drop_empty_block(cursor)
        elif not final:
            tail = Writer(cursor, self._is_chip, self._tables, self._codes, open=True)
            tail.write(as_block(tokens, cut))
            if self._streaming:
                tail.caret()
        cursor.endEditBlock()
        self._tables.settle()
        if final:
            self._tables.measure_again()
        if self._false_at:
            self._mark_false()
        if cut:
            self._copies.place()

    def _formulas_ready(self) -> None:
        """Formulas have their true size now."""
        if has_formula(self.document()):
            self.document().markContentsDirty(0, self.document().characterCount())
            if not self._streaming:
                self._tables.measure_again()
            self._paint_again()

    def _freeze(self, cursor: QTextCursor, tokens: list[Token], final: bool) -> None:
        writer = Writer(cursor, self._is_chip, self._tables, self._codes)
        writer.write(tokens)
        if not final and not writer.fresh:
            cursor.insertBlock()
        self._tail = cursor.position()

    # Size

    def _fit(self) -> None:
        tall = max(1, int(self.document().size().height() + ROOM_BELOW))
        if self._turns is not None:  # what stands below stays where it is until all of it is there
            tall = max(tall, self.height())
        if tall != self.height():
            self.setFixedHeight(tall)
            self.grown.emit()
        self._copies.place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._strips.clear()
            self._tables.settle()

    def sizeHint(self) -> QSize:
        return QSize(480, max(1, int(self.document().size().height() + ROOM_BELOW)))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The column around scrolls, not the text."""
        event.ignore()

    # Looking and touching

    def paintEvent(self, event: QPaintEvent) -> None:
        rect = event.rect()
        with QPainter(self.viewport()) as painter:
            if self._streaming and not self.textCursor().hasSelection():
                rect.setTop(self._strips.paint(painter, rect, self._finished_above(), self._tail))
            painter.setClipRect(rect)
            if not rect.isEmpty():
                paint_behind(painter, self.document(), rect.top(), rect.bottom())
        if not rect.isEmpty():  # Qt would paint everything
            super().paintEvent(QPaintEvent(rect))

    def _finished_above(self) -> int:
        """The height above which nothing is written again."""
        document = self.document()
        return int(document.documentLayout().blockBoundingRect(document.findBlock(self._tail)).top()) - ROOM_ABOVE

    def _draw(self, painter: QPainter, top: int, bottom: int) -> None:
        paint_behind(painter, self.document(), top, bottom)
        context = QAbstractTextDocumentLayout.PaintContext()
        context.palette = self.palette()
        context.clip = QRectF(0, top, self.width(), bottom - top)
        painter.setClipRect(context.clip)
        self.document().documentLayout().draw(painter, context)

    def loadResource(self, _kind: int, _name: QUrl | str) -> Any:
        """Nothing is ever fetched, from the network or from disk."""
        return None

    def _anchor(self, url: QUrl) -> None:
        if url.scheme() == "chip":
            self.chip_clicked.emit(int(url.path()))
        else:
            self.link_clicked.emit(url.toString(QUrl.ComponentFormattingOption.FullyEncoded))

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._tip(event.pos()), self)
            return True
        return super().viewportEvent(event)

    def _tip(self, place: QPoint) -> str:
        anchor = self.anchorAt(place)
        if not anchor.startswith("chip:"):
            return anchor
        number = int(anchor[5:])
        there = self.cursorForPosition(place).position()
        flag = self._flag_tip if any(self._chip.is_flagged(number, near) for near in (there, there - 1)) else ""
        said = (self._tips.get(number, ""), self._stale_tips.get(number, ""), flag)
        return "\n".join(words for words in said if words)

    def createMimeDataFromSelection(self) -> QMimeData:
        data = QMimeData()
        data.setText(self.selected_text())
        return data

    def selected_text(self) -> str:
        """The selection as plain words, chips as [1]."""
        chosen = self.textCursor()
        return plain_words(self.document(), chosen.selectionStart(), chosen.selectionEnd())

    def plain_text(self) -> str:
        """All of it as a reader sees it, chips as [1]."""
        return plain_words(self.document(), 0, self.document().characterCount() - 1)


def announce(view: QWidget, words: Text) -> None:
    """Have a screen reader say it."""
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(view, tr(words)))
