"""The list of what fits under the cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QTextCursor
from PySide6.QtWidgets import (
    QCompleter,
    QListView,
    QPlainTextEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from studio.ui.icons import paint_icon
from studio.ui.theme import theme

TYPED_BEFORE_COMPLETION = 2
SHOWN, NARROWEST, WIDEST = 10, 280, 560
ROLE = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex
Ask = Callable[[str, int], Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """`insert` takes the place of the last `replaces` characters; `detail` stands quietly at the end, `note` in the tooltip."""

    text: str
    insert: str
    replaces: int
    icon: str = ""
    detail: str = ""
    note: str = ""
    tone: str = "text.secondary"


class Completion(QObject):
    """Opens while a word is typed, or when asked for: with the words it was given, or what `ask` answers by `show`."""

    def __init__(self, editor: QPlainTextEdit) -> None:
        super().__init__(editor)
        self._editor = editor
        self._words: list[str] = []
        self._ask: Ask | None = None
        self._place = 0  # of the cursor, when the entries were made
        self._wanted = False
        self._entries = _Entries()
        self._popup = QListView()
        self._completer = QCompleter(self)
        self._completer.setModel(self._entries)
        self._completer.setPopup(self._popup)
        self._completer.setWidget(editor)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setMaxVisibleItems(SHOWN)
        self._completer.activated[QModelIndex].connect(self._complete)
        self._painter = _Painter(self._popup)
        self._popup.setItemDelegate(self._painter)
        self._popup.setUniformItemSizes(True)
        self._popup.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    @property
    def is_open(self) -> bool:
        return self._popup.isVisible()

    @property
    def popup(self) -> QListView:
        return self._popup

    @property
    def entries(self) -> list[Entry]:
        """What the list holds."""
        return list(self._entries.entries)

    def set_words(self, words: Sequence[str]) -> None:
        self._words = sorted(set(words), key=str.lower)

    def ask_by(self, ask: Ask) -> None:
        """From now on `ask(text, position)` is called, and answers when it can by `show`."""
        self._ask = ask

    def offer(self, asked: bool = False) -> None:
        """Open the list under the cursor, or close it when nothing fits."""
        typed = self._typed()
        name = typed.rpartition(".")[2]
        self._wanted = asked or len(name) >= TYPED_BEFORE_COMPLETION or (bool(self._ask) and typed.endswith("."))
        if not self._wanted:
            self._popup.hide()
        elif self._ask is not None:
            self._ask(self._editor.toPlainText(), self._editor.textCursor().position())
        else:
            sought = typed.lower()
            fitting = [word for word in self._words if sought in word.lower()]
            fitting.sort(key=lambda word: not word.lower().startswith(sought))
            self.show([Entry(word, word, len(typed)) for word in fitting], self._editor.textCursor().position())

    def show(self, entries: Sequence[Entry], position: int) -> None:
        """Show what fits at a position; an answer that comes too late is dropped."""
        if position != self._editor.textCursor().position() or not self._wanted:
            return
        before = self._editor.toPlainText()[max(0, position - 200) : position]
        only_itself = len(entries) == 1 and before.endswith(entries[0].insert)
        if not entries or only_itself:
            self._popup.hide()
            return
        self._place = position
        self._entries.show(entries)
        self._popup.setCurrentIndex(self._entries.index(0))
        place = self._editor.cursorRect().translated(self._editor.viewportMargins().left(), 4)
        place.setWidth(self._painter.width_for(entries))
        self._completer.complete(place)
        self._popup.setCurrentIndex(self._entries.index(0))

    def _typed(self) -> str:
        """The word before the cursor."""
        before = self._editor.textCursor().block().text()[: self._editor.textCursor().positionInBlock()]
        start = len(before)
        while start and (before[start - 1].isalnum() or before[start - 1] in "_."):
            start -= 1
        return before[start:]

    def _complete(self, index: QModelIndex) -> None:
        entry: Entry = self._entries.entries[index.row()]
        cursor = self._editor.textCursor()
        typed_since = max(0, cursor.position() - self._place)
        count = min(entry.replaces + typed_since, cursor.position())
        cursor.movePosition(QTextCursor.MoveOperation.Left, QTextCursor.MoveMode.KeepAnchor, count)
        cursor.insertText(entry.insert)

    def restyle(self) -> None:
        self._popup.setFont(theme.font("mono"))


class _Entries(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []

    def show(self, entries: Sequence[Entry]) -> None:
        self.beginResetModel()
        self.entries = list(entries)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not 0 <= index.row() < len(self.entries):
            return None
        entry = self.entries[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return entry.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(filter(None, (entry.detail, entry.note))) or None
        return entry if role == ROLE else None


class _Painter(QStyledItemDelegate):
    def width_for(self, entries: Sequence[Entry]) -> int:
        mono, small = QFontMetrics(theme.font("mono")), QFontMetrics(theme.font("caption"))
        widest = max(mono.horizontalAdvance(each.text) + small.horizontalAdvance(each.detail) for each in entries)
        return min(theme.scaled(WIDEST), max(theme.scaled(NARROWEST), widest + theme.scaled(72)))

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(theme.scaled(NARROWEST), theme.scaled(24))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: Entry | None = index.data(ROLE)
        if entry is None:
            return
        box = QRect(option.rect)  # type: ignore[attr-defined]
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:  # type: ignore[attr-defined]
            painter.fillRect(box, theme.colour("surface.active"))
        left, size = box.left() + theme.scaled(6), theme.scaled(14)
        if entry.icon:
            paint_icon(painter, entry.icon, entry.tone, QRectF(left, box.top() + (box.height() - size) / 2, size, size))
            left += size + theme.scaled(8)
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        name, right = QFontMetrics(theme.font("mono")).horizontalAdvance(entry.text), box.right() - theme.scaled(8)
        painter.setFont(theme.font("mono"))
        painter.setPen(theme.colour("text.primary"))
        painter.drawText(QRect(left, box.top(), right - left, box.height()), middle, entry.text)
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.colour("text.secondary"))
        room = QRect(left + name + theme.scaled(16), box.top(), right - left - name - theme.scaled(16), box.height())
        cut = QFontMetrics(painter.font()).elidedText(entry.detail, Qt.TextElideMode.ElideRight, max(0, room.width()))
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, cut)
        painter.restore()
