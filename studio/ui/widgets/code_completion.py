"""The list of words that fit under the cursor."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QStringListModel, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QCompleter, QListView, QPlainTextEdit

from studio.ui.theme import theme

TYPED_BEFORE_COMPLETION = 2


class Completion(QObject):
    """Opens while a word is typed, or when asked for."""

    def __init__(self, editor: QPlainTextEdit) -> None:
        super().__init__(editor)
        self._editor = editor
        self._words = QStringListModel([], self)
        self._popup = QListView()
        self._completer = QCompleter(self)
        self._completer.setModel(self._words)
        self._completer.setPopup(self._popup)
        self._completer.setWidget(editor)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self._completer.setMaxVisibleItems(10)
        self._completer.activated[str].connect(self._complete)

    @property
    def is_open(self) -> bool:
        return self._popup.isVisible()

    @property
    def popup(self) -> QListView:
        return self._popup

    def set_words(self, words: Sequence[str]) -> None:
        self._words.setStringList(sorted(set(words), key=str.lower))

    def _typed(self) -> str:
        """The word before the cursor."""
        before = self._editor.textCursor().block().text()[: self._editor.textCursor().positionInBlock()]
        start = len(before)
        while start and (before[start - 1].isalnum() or before[start - 1] in "_."):
            start -= 1
        return before[start:]

    def _complete(self, word: str) -> None:
        cursor = self._editor.textCursor()
        cursor.movePosition(
            QTextCursor.MoveOperation.Left, QTextCursor.MoveMode.KeepAnchor, len(self._completer.completionPrefix())
        )
        cursor.insertText(word)

    def offer(self, asked: bool = False) -> None:
        """Open the list under the cursor, or close it when nothing fits."""
        typed = self._typed()
        self._completer.setCompletionPrefix(typed)
        count = self._completer.completionCount()
        only_itself = count == 1 and self._completer.currentCompletion() == typed
        if not count or only_itself or (not asked and len(typed) < TYPED_BEFORE_COMPLETION):
            self._popup.hide()
            return
        self._popup.setCurrentIndex(self._completer.completionModel().index(0, 0))
        place = self._editor.cursorRect().translated(self._editor.viewportMargins().left(), 4)
        place.setWidth(min(360, self._popup.sizeHintForColumn(0) + 32))
        self._completer.complete(place)

    def restyle(self) -> None:
        self._popup.setFont(theme.font("mono"))
        self._popup.setStyleSheet(
            f"QListView {{ background: {theme.css('surface.raised')}; color: {theme.css('text.primary')};"
            f" border: 1px solid {theme.css('border.strong')}; padding: 2px; outline: none; }}"
            f"QListView::item {{ padding: 2px 6px; }}"
            f"QListView::item:selected {{ background: {theme.css('surface.active')};"
            f" color: {theme.css('text.primary')}; }}"
        )
