"""Markdown that arrives piece by piece: finished blocks are written once, only the tail is written again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from time import perf_counter
from typing import Any

from PySide6.QtCore import QEvent, QMimeData, QPoint, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QToolTip, QWidget

from studio.engine.text import Text
from studio.ui.language import language, say, tr
from studio.ui.theme import theme
from studio.ui.widgets.formulas import Formula, as_svg, formulas
from studio.ui.widgets.highlight import spans
from studio.ui.widgets.markdown_copies import CopyButtons
from studio.ui.widgets.markdown_inline import CHIP, MATH, Token
from studio.ui.widgets.markdown_paint import (
    CaretObject,
    ChipObject,
    FormulaObject,
    false_places,
    has_formula,
    paint_behind,
)
from studio.ui.widgets.markdown_plain import plain_words
from studio.ui.widgets.markdown_writer import CARET, Writer, parser

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
        self._streaming = False
        self._copies = CopyButtons(self)
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
        self._take_pending()
        self._write(final=True)
        if self._streaming:
            self._streaming = False
            announce(self, Text("Answer finished", "回答完毕"))

    def set_markdown(self, text: str, final: bool = True) -> None:
        """Show a text at once: the whole, or as far as it is written when more is to come."""
        self._timer.stop()
        self._pending, self._streaming = [text], not final
        self._source = ""
        self._empty()
        self._take_pending()
        self._write(final)

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
        self.viewport().update()

    def set_flagged(
        self, numbers: Collection[int], tip: Text | None = None, at: Mapping[int, Collection[int]] | None = None
    ) -> None:
        """Draw chips in warning colours: sources that do not hold up what was said.

        `at` tells of a number which of its chips, counted from 0 through the text.
        """
        self._chip.flagged = frozenset(numbers)
        self._false_at = {number: frozenset(places) for number, places in (at or {}).items()}
        self._chip.false_places = false_places(self.document(), self._false_at)
        words = tip or Text("This source may not support the sentence.", "该来源可能不支持这句话。")
        self._flag_tip = tr(words)
        self.viewport().update()

    def set_stale(self, tips: Mapping[int, Text]) -> None:
        """Draw chips dashed: sources that have changed since."""
        self._chip.stale = frozenset(tips)
        self._stale_tips = {number: tr(words) for number, words in tips.items()}
        self.viewport().update()

    def set_chip_tips(self, tips: Mapping[int, str]) -> None:
        """What is said about a chip when the pointer rests on it, such as the source's name."""
        self._tips = dict(tips)

    def _is_chip(self, number: int) -> bool:
        return self._chips and number > 0 and (self._known is None or number in self._known)

    def _take_pending(self) -> None:
        self._source += "".join(self._pending).replace("\r\n", "\n")
        self._pending.clear()

    def _flush(self) -> None:
        """A tail that is slow to write (a table of hundreds of rows) is written less often: an eighth of the time."""
        began = perf_counter()
        self._take_pending()
        self._write(final=False)
        self._timer.setInterval(max(theme.tokens["motion"]["streamFlush"], int((perf_counter() - began) * 8_000)))

    def _empty(self) -> None:
        self._copies.clear()
        self._frozen = self._tail = 0

    def _write_again(self) -> None:
        """After a change of colours, sizes or language."""
        self._empty()
        self._write(final=not self._streaming)

    def _write(self, final: bool) -> None:
        rest = self._source[self._frozen :]
        tokens = parser().parse(rest)
        _mark_open_fence(tokens, rest, final)
        cut, line = (len(tokens), 0) if final else last_block(tokens)
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        cursor.setPosition(self._tail)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        if cut:
            self._freeze(cursor, tokens[:cut], final)
            self._frozen += len(rest) if final else _offset(rest, line)
        if not final:
            tail = Writer(cursor, self._is_chip)
            tail.write(tokens[cut:] if not cut or tokens[cut].level == 0 else _as_list(tokens, cut))
            tail.caret()
        cursor.endEditBlock()
        if self._false_at:
            self._chip.false_places = false_places(self.document(), self._false_at)
        if cut:
            self._copies.place()

    def _formulas_ready(self) -> None:
        """Formulas have their true size now."""
        if has_formula(self.document()):
            self.document().markContentsDirty(0, self.document().characterCount())
            self.viewport().update()

    def _freeze(self, cursor: QTextCursor, tokens: list[Token], final: bool) -> None:
        start = cursor.position()
        writer = Writer(cursor, self._is_chip)
        writer.write(tokens)
        self._copies.offer(start)
        if not final and not writer.fresh:
            cursor.insertBlock()
        self._tail = cursor.position()

    # Size

    def _fit(self) -> None:
        tall = max(1, int(self.document().size().height() + ROOM_BELOW))
        if tall != self.height():
            self.setFixedHeight(tall)
            self.grown.emit()
        self._copies.place()

    def sizeHint(self) -> QSize:
        return QSize(480, max(1, int(self.document().size().height() + ROOM_BELOW)))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The column around scrolls, not the text."""
        event.ignore()

    # Looking and touching

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        paint_behind(painter, self.document(), event.rect().top(), event.rect().bottom())
        painter.end()
        super().paintEvent(event)

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


def prepare() -> None:
    """Import what the first answer needs (some 70 ms); run it off the window's thread: `asyncio.to_thread(prepare)`."""
    parser()
    as_svg(Formula("x", False, 15, "#000000"))  # reads its font
    for name in ("sql", "python", "json", "bash"):
        list(spans("1", name))


def last_block(tokens: list[Token]) -> tuple[int, int]:
    """Where the unfinished rest begins, as (token, line): the last block, or the last item of a list.

    (0, 0) when nothing is finished yet.
    """
    tops = [place for place, token in enumerate(tokens) if token.level == 0 and token.nesting >= 0]
    if not tops:
        return 0, 0
    last = tops[-1]
    if tokens[last].type in ("bullet_list_open", "ordered_list_open"):
        items = [place for place in range(last, len(tokens)) if _is_item(tokens[place])]
        if len(items) > 1:
            return items[-1], tokens[items[-1]].map[0]
    return (last, tokens[last].map[0]) if len(tops) > 1 else (0, 0)


def _is_item(token: Token) -> bool:
    return bool(token.type == "list_item_open" and token.level == 1)


def _as_list(tokens: list[Token], item: int) -> list[Token]:
    """A list's last item with the list's own opening token before it."""
    opening = max(place for place in range(item) if tokens[place].level == 0 and tokens[place].nesting == 1)
    return [tokens[opening], *tokens[item:]]


def _offset(text: str, line: int) -> int:
    place = 0
    for _ in range(line):
        place = text.index("\n", place) + 1
    return place


def _mark_open_fence(tokens: list[Token], text: str, final: bool) -> None:
    """A fence that is still being written is not coloured yet."""
    if final or not tokens or tokens[-1].type != "fence":
        return
    fence = tokens[-1]
    lines = text.split("\n")[fence.map[0] : fence.map[1]]
    closing = lines[-1].strip() if len(lines) > 1 else ""
    fence.meta["open"] = not (closing and set(closing) == {fence.markup[0]} and len(closing) >= len(fence.markup))
