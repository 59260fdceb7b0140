"""A small code editor: line numbers, colours, completion, brackets, errors in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QMetaMethod, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextCursor,
)
from PySide6.QtWidgets import QPlainTextEdit, QToolTip, QWidget

from studio.engine.text import Text
from studio.ui.language import say, tr
from studio.ui.theme import theme
from studio.ui.widgets.code_colours import CodeColours
from studio.ui.widgets.code_completion import Completion
from studio.ui.widgets.code_marks import Mark, Marks


class CodeEditor(QPlainTextEdit):
    """`language` is sql, python, json, prompt or text. Ctrl Enter submits."""

    changed = Signal()
    submitted = Signal()
    all_submitted = Signal()  # Ctrl Shift Enter

    def __init__(self, language: str = "text", *, read_only: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.numbers = language != "prompt"
        self._spaces = " " * (4 if language == "python" else 2)
        self._marks = Marks(self, self.numbers)
        self._last = ""
        self.colours = CodeColours(self.document(), language)
        self.gutter = Gutter(self)
        self.completion = Completion(self)
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

    def add_below(self, text: str) -> None:
        """Put a text at the end, on lines of its own, and select it; one step of undo."""
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(("\n\n" if self.text().strip() else "") + text)
        end = cursor.position()
        cursor.setPosition(end - len(text))
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)

    def go_to(self, line: int, column: int) -> None:
        """Put the cursor on a place, counted from 1."""
        block = self.document().findBlockByNumber(max(0, line - 1))
        cursor = QTextCursor(block if block.isValid() else self.document().lastBlock())
        cursor.setPosition(cursor.position() + min(max(0, column - 1), max(0, cursor.block().length() - 1)))
        self.setTextCursor(cursor)
        self.setFocus()

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
        self._marks.errors.append(Mark(line, column, words, length))
        self._mark_places()
        self.gutter.update()

    def clear_errors(self) -> None:
        """Also done by itself at the next change of the text."""
        if self._marks.errors:
            self._marks.errors.clear()
            self._mark_places()
            self.gutter.update()

    @property
    def error_lines(self) -> set[int]:
        return {mark.line for mark in self._marks.errors}

    def _mark_places(self) -> None:
        self._marks.show()
        self.gutter.update()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            line = self.cursorForPosition(event.pos()).blockNumber() + 1
            words = "\n".join(tr(mark.words) for mark in self._marks.errors if mark.line == line)
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().viewportEvent(event)

    # Completion

    def set_completions(self, words: Sequence[str]) -> None:
        """What may be typed here: keywords, tables, columns."""
        self.completion.set_words(words)

    # Keys

    def event(self, event: QEvent) -> bool:
        """Ctrl Enter is ours where somebody listens, even if a shortcut of the window has it."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._submits(event):
            event.accept()
            return True
        return super().event(event)

    def _submits(self, event: QKeyEvent) -> bool:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        return enter and control and self.isSignalConnected(QMetaMethod.fromSignal(self.submitted))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if self.completion.is_open and (enter or event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Escape)):
            event.ignore()  # the list takes it
        elif control and enter:
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            (self.all_submitted if shift else self.submitted).emit()
        elif self.isReadOnly():
            super().keyPressEvent(event)
        elif control and event.key() == Qt.Key.Key_Space:
            self.completion.offer(asked=True)
        elif event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            self._indent(back=event.key() == Qt.Key.Key_Backtab)
        elif enter:
            self._new_line()
        else:
            super().keyPressEvent(event)
            if event.text().strip() or self.completion.is_open:
                self.completion.offer()

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
        self.document().setDocumentMargin(theme.size("space.1"))
        self.setTabStopDistance(QFontMetricsF(self.font()).horizontalAdvance(" ") * len(self._spaces))
        self.completion.restyle()
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
        if not self.numbers:
            painter.fillRect(rect, self.palette().base())
            return
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
        if not self._editor.numbers:
            return theme.size("space.2")
        digits = max(2, len(str(self._editor.blockCount())))
        return int(QFontMetricsF(theme.font("mono")).horizontalAdvance("9") * digits) + 24

    def sizeHint(self) -> QSize:
        return QSize(self.wish(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self._editor.paint_gutter(painter, event.rect())
