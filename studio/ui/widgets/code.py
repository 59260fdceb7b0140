"""A small code editor: line numbers, colours, completion, brackets, errors in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QSize, QStringListModel, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextFormat,
)
from PySide6.QtWidgets import QCompleter, QPlainTextEdit, QTextEdit, QToolTip, QWidget

from studio.engine.text import Text
from studio.ui.language import say, tr
from studio.ui.theme import theme
from studio.ui.widgets.code_colours import CodeColours

PAIRS = {"(": ")", "[": "]", "{": "}"}
CLOSING = {closes: opens for opens, closes in PAIRS.items()}
SEARCHED = 20_000  # characters looked through for a bracket's partner
TYPED_BEFORE_COMPLETION = 2


@dataclass(frozen=True)
class Mark:
    """An error at a place in the text, counted from 1 as parsers do."""

    line: int
    column: int
    words: Text
    length: int = 0


class CodeEditor(QPlainTextEdit):
    """`language` is sql, python, json, prompt or text. Ctrl Enter submits."""

    changed = Signal()
    submitted = Signal()

    def __init__(self, language: str = "text", *, read_only: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spaces = " " * (4 if language == "python" else 2)
        self._marks: list[Mark] = []
        self._last = ""
        self.colours = CodeColours(self.document(), language)
        self.gutter = Gutter(self)
        self._completer = self._make_completer()
        self.setReadOnly(read_only)
        self.setLineWrapMode(
            QPlainTextEdit.LineWrapMode.WidgetWidth if language == "prompt" else QPlainTextEdit.LineWrapMode.NoWrap
        )
        say(self.setAccessibleName, Text("Code", "代码"))
        self.setTabChangesFocus(read_only)
        self._listen()
        self._restyle()

    def _listen(self) -> None:
        self.textChanged.connect(self._text_changed)
        self.blockCountChanged.connect(self._make_room)
        self.updateRequest.connect(self._scroll_gutter)
        self.cursorPositionChanged.connect(self._mark_places)
        theme.changed.connect(self._restyle)

    def _text_changed(self) -> None:
        """Qt reports new colours as a change of text too."""
        text = self.toPlainText()
        if text != self._last:
            self._last = text
            self.clear_errors()
            self.changed.emit()

    # Text

    def text(self) -> str:
        return self.toPlainText()

    def set_text(self, text: str) -> None:
        """Put another text in; one step of undo, and nothing happens if it is the same."""
        if text == self.toPlainText():
            return
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        cursor.setPosition(0)
        self.setTextCursor(cursor)

    def selected_or_all_text(self) -> str:
        """What should run: the selection if there is one."""
        chosen = self.textCursor().selectedText().replace("\u2029", "\n")
        return chosen if chosen.strip() else self.text()

    def insert(self, text: str) -> None:
        """At the cursor, in place of the selection."""
        self.textCursor().insertText(text)

    def set_language(self, language: str) -> None:
        self._spaces = " " * (4 if language == "python" else 2)
        self.colours.set_language(language)

    def set_variables(self, colours: Mapping[str, str]) -> None:
        """Colours of a prompt's variables; see CodeColours."""
        self.colours.set_variables(colours)

    # Errors

    def mark_error(self, line: int, column: int, words: Text, length: int = 0) -> None:
        """A squiggle with a tooltip; both counted from 1. Without a length it reaches to the end of the word."""
        self._marks.append(Mark(line, column, words, length))
        self._mark_places()
        self.gutter.update()

    def clear_errors(self) -> None:
        """Also done by itself at the next change of the text."""
        if self._marks:
            self._marks.clear()
            self._mark_places()
            self.gutter.update()

    @property
    def error_lines(self) -> set[int]:
        return {mark.line for mark in self._marks}

    def _range_of(self, mark: Mark) -> QTextCursor:
        block = self.document().findBlockByNumber(max(0, mark.line - 1))
        cursor = QTextCursor(block if block.isValid() else self.document().lastBlock())
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

    # Marks in the text

    def _mark_places(self) -> None:
        marks = [] if self.isReadOnly() else [self._current_line(), *self._brackets()]
        self.setExtraSelections(marks + [self._squiggle(mark) for mark in self._marks])
        self.gutter.update()

    def _current_line(self) -> QTextEdit.ExtraSelection:
        mark = QTextEdit.ExtraSelection()
        mark.format.setBackground(theme.colour("surface.hover"))
        mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
        mark.cursor = self.textCursor()
        mark.cursor.clearSelection()
        return mark

    def _squiggle(self, error: Mark) -> QTextEdit.ExtraSelection:
        mark = QTextEdit.ExtraSelection()
        mark.format.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        mark.format.setUnderlineColor(theme.colour("danger.text"))
        mark.cursor = self._range_of(error)
        return mark

    def _brackets(self) -> list[QTextEdit.ExtraSelection]:
        pair = find_pair(self.toPlainText(), self.textCursor().position()) if self._is_short() else None
        return [self._bracket(place) for place in pair or ()]

    def _is_short(self) -> bool:
        return self.document().characterCount() < SEARCHED

    def _bracket(self, place: int) -> QTextEdit.ExtraSelection:
        mark = QTextEdit.ExtraSelection()
        mark.format.setBackground(theme.colour("surface.active"))
        mark.format.setForeground(theme.colour("accent.text"))
        mark.cursor = QTextCursor(self.document())
        mark.cursor.setPosition(place)
        mark.cursor.movePosition(QTextCursor.MoveOperation.Right, QTextCursor.MoveMode.KeepAnchor)
        return mark

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            line = self.cursorForPosition(event.pos()).blockNumber() + 1
            words = "\n".join(tr(mark.words) for mark in self._marks if mark.line == line)
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().viewportEvent(event)

    # Completion

    def set_completions(self, words: Sequence[str]) -> None:
        """What may be typed here: keywords, tables, columns."""
        model = self._completer.model()
        assert isinstance(model, QStringListModel)
        model.setStringList(sorted(set(words), key=str.lower))

    def _make_completer(self) -> QCompleter:
        completer = QCompleter(self)
        completer.setModel(QStringListModel([], completer))
        completer.setWidget(self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setMaxVisibleItems(10)
        completer.activated[str].connect(self._complete)
        return completer

    def _typed(self) -> str:
        """The word before the cursor."""
        before = self.textCursor().block().text()[: self.textCursor().positionInBlock()]
        start = len(before)
        while start and (before[start - 1].isalnum() or before[start - 1] in "_."):
            start -= 1
        return before[start:]

    def _complete(self, word: str) -> None:
        cursor = self.textCursor()
        cursor.movePosition(
            QTextCursor.MoveOperation.Left, QTextCursor.MoveMode.KeepAnchor, len(self._completer.completionPrefix())
        )
        cursor.insertText(word)

    def offer_completions(self, asked: bool = False) -> None:
        """Open the list under the cursor, or close it when nothing fits."""
        typed = self._typed()
        popup = self._completer.popup()
        self._completer.setCompletionPrefix(typed)
        count = self._completer.completionCount()
        only_itself = count == 1 and self._completer.currentCompletion() == typed
        if not count or only_itself or (not asked and len(typed) < TYPED_BEFORE_COMPLETION):
            popup.hide()
            return
        popup.setCurrentIndex(self._completer.completionModel().index(0, 0))
        place = self.cursorRect().translated(self.viewportMargins().left(), 4)
        place.setWidth(min(360, popup.sizeHintForColumn(0) + 32))
        self._completer.complete(place)

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if self._completer.popup().isVisible() and (enter or event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Escape)):
            event.ignore()  # the list takes it
        elif control and enter:
            self.submitted.emit()
        elif self.isReadOnly():
            super().keyPressEvent(event)
        elif control and event.key() == Qt.Key.Key_Space:
            self.offer_completions(asked=True)
        elif event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            self._indent(back=event.key() == Qt.Key.Key_Backtab)
        elif enter:
            self._new_line()
        else:
            super().keyPressEvent(event)
            if event.text().strip() or self._completer.popup().isVisible():
                self.offer_completions()

    def _new_line(self) -> None:
        """Indented like the line before; deeper after an opening bracket or colon."""
        cursor = self.textCursor()
        before = cursor.block().text()[: cursor.positionInBlock()]
        indent = before[: len(before) - len(before.lstrip(" "))]
        cursor.insertText("\n" + indent + (self._spaces if before.rstrip()[-1:] in ("(", "[", "{", ":") else ""))
        self.ensureCursorVisible()

    def _indent(self, back: bool) -> None:
        cursor = self.textCursor()
        if not back and not cursor.hasSelection():
            cursor.insertText(self._spaces[: len(self._spaces) - cursor.positionInBlock() % len(self._spaces)])
            return
        first = self.document().findBlock(cursor.selectionStart()).blockNumber()
        last = self.document().findBlock(max(cursor.selectionStart(), cursor.selectionEnd() - 1)).blockNumber()
        cursor.beginEditBlock()
        for number in range(first, last + 1):
            self._indent_line(number, back)
        cursor.endEditBlock()

    def _indent_line(self, number: int, back: bool) -> None:
        line = QTextCursor(self.document().findBlockByNumber(number))
        if not back:
            line.insertText(self._spaces)
            return
        text = line.block().text()
        for _ in range(min(len(self._spaces), len(text) - len(text.lstrip(" ")))):
            line.deleteChar()

    # Gutter

    def _restyle(self) -> None:
        self.setFont(theme.font("mono"))
        self.setStyleSheet(f"CodeEditor {{ background: {theme.css('surface.content')}; border: none; padding: 0; }}")
        self.document().setDocumentMargin(theme.size("space.1"))
        self.setTabStopDistance(QFontMetricsF(self.font()).horizontalAdvance(" ") * len(self._spaces))
        self._completer.popup().setFont(theme.font("mono"))
        self._completer.popup().setStyleSheet(
            f"QListView {{ background: {theme.css('surface.raised')}; color: {theme.css('text.primary')};"
            f" border: 1px solid {theme.css('border.strong')}; padding: 2px; outline: none; }}"
            f"QListView::item {{ padding: 2px 6px; }}"
            f"QListView::item:selected {{ background: {theme.css('surface.active')};"
            f" color: {theme.css('text.primary')}; }}"
        )
        self._make_room()
        self._mark_places()

    def _make_room(self) -> None:
        self.setViewportMargins(self.gutter.wish(), 0, 0, 0)

    def _scroll_gutter(self, rect: QRect, moved: int) -> None:
        if moved:
            self.gutter.scroll(0, moved)
        else:
            self.gutter.update(0, rect.y(), self.gutter.width(), rect.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        area = self.contentsRect()
        self.gutter.setGeometry(QRect(area.left(), area.top(), self.gutter.wish(), area.height()))

    def paint_gutter(self, painter: QPainter, rect: QRect) -> None:
        """Line numbers; the current one is stronger, one with an error red."""
        painter.fillRect(rect, theme.colour("surface.content"))
        painter.setFont(self.font())
        block, current, errors = self.firstVisibleBlock(), self.textCursor().blockNumber(), self.error_lines
        while block.isValid():
            box = self.blockBoundingGeometry(block).translated(self.contentOffset())
            if box.top() > rect.bottom():
                return
            number = block.blockNumber()
            painter.setPen(self._number_colour(number == current, number + 1 in errors))
            line = QRect(0, int(box.top()), self.gutter.width() - 12, int(self.blockBoundingRect(block).height()))
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, str(number + 1))
            block = block.next()

    @staticmethod
    def _number_colour(current: bool, wrong: bool) -> QColor:
        return theme.colour("danger.text" if wrong else "text.primary" if current else "text.tertiary")


class Gutter(QWidget):
    def __init__(self, editor: CodeEditor) -> None:
        super().__init__(editor)
        self._editor = editor

    def wish(self) -> int:
        digits = max(2, len(str(self._editor.blockCount())))
        return int(QFontMetricsF(theme.font("mono")).horizontalAdvance("9") * digits) + 24

    def sizeHint(self) -> QSize:
        return QSize(self.wish(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._editor.paint_gutter(QPainter(self), event.rect())


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
