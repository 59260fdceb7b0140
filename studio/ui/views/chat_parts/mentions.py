"""The lists over the field: “@” opens datasets, documents, collections, workflows; “/” the workflows that can be run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit

from studio.engine.text import Text
from studio.ui.search import NameIndex
from studio.ui.theme import theme
from studio.ui.views.chat_parts.question_view import ICONS
from studio.ui.widgets.panel import Card
from studio.ui.widgets.rows import Row, RowList

AT = re.compile(r"(?:^|\s)@([^\s@]*)$")
SLASH = re.compile(r"^/([^\n/]*)$")
MOST = 12
KINDS = {
    "dataset": Text("Dataset", "数据集"), "document": Text("Document", "文档"), "collection": Text("Collection", "文档集"),
    "workflow": Text("Workflow", "工作流"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mention:
    """Something that can go along, by its kind and id."""

    kind: str
    ref: str
    title: str


class Mentions(QObject):
    """Watches a field for a sign. `chosen` carries a Mention; the sign and what was typed after it are taken away then."""

    chosen = Signal(object)

    def __init__(self, field: QPlainTextEdit, name: Text, asked: re.Pattern[str] = AT) -> None:
        super().__init__(field)
        self._field, self._pattern = field, asked
        self._names = NameIndex()
        self._all: list[Mention] = []
        self.card = Card(pad=4, parent=field)
        self.list = RowList(name, height=28, activate_on_click=True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.activated.connect(self._choose)
        self.card.body.addWidget(self.list)
        self.card.hide()
        field.textChanged.connect(self._look)
        field.cursorPositionChanged.connect(self._look)
        field.installEventFilter(self)

    def set_all(self, mentions: Sequence[Mention]) -> None:
        self._all = list(mentions)

    def prepare(self, mentions: Sequence[Mention]) -> None:
        """Look up the pinyin of their names; off the window's thread, before `set_all`."""
        self._names.prepare(Text.same(each.title) for each in mentions)

    def is_open(self) -> bool:
        return not self.card.isHidden()

    def begin(self) -> None:
        """As typing the sign does; what is in the way of “/” is taken away and comes back by undo."""
        cursor = self._field.textCursor()
        if self._pattern is SLASH:
            cursor.select(QTextCursor.SelectionType.Document)
            cursor.insertText("/")
        else:
            before = self._field.toPlainText()[: cursor.position()]
            cursor.insertText("@" if not before or before[-1].isspace() else " @")
        self._field.setFocus()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self.card.hide()
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent) or not self.is_open():
            return False
        key = event.key()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._move(1 if key == Qt.Key.Key_Down else -1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab):
            self._choose(self.list.current())
        elif key == Qt.Key.Key_Escape:
            self.card.hide()
        else:
            return False
        return True

    def _asked(self) -> str | None:
        cursor = self._field.textCursor()
        match = self._pattern.search(self._field.toPlainText()[: cursor.position()])
        return match[1] if match and not cursor.hasSelection() else None

    def _look(self) -> None:
        asked = self._asked()
        found = self._matching(asked) if asked is not None else []
        if not found:
            self.card.hide()
            return
        rows = [
            Row(f"{each.kind}:{each.ref}", each.title, icon=ICONS[each.kind], trailing=KINDS[each.kind])
            for each in found
        ]
        self.list.set_rows(rows)
        self.list.select(rows[0].id)
        self._place(len(rows))

    def _matching(self, asked: str) -> list[Mention]:
        """Those whose name fits: by its words, pinyin or first letters, and near misses last."""
        scored = [(self._names.score(asked, Text.same(each.title)), each) for each in self._all]
        found = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])
        return [each for _, each in found[:MOST]]

    def _place(self, count: int) -> None:
        """Above the field, in the window: the composer is at the bottom."""
        window = self._field.window()
        if self.card.parentWidget() is not window:
            self.card.setParent(window)
        width = min(theme.scaled(360), max(theme.scaled(240), self._field.width()))
        height = count * theme.scaled(28) + 2 * theme.scaled(4) + 4
        corner = self._field.mapTo(window, QPoint(0, 0))
        self.card.setGeometry(corner.x(), max(0, corner.y() - height - theme.size("space.3")), width, height)
        self.card.show()
        self.card.raise_()

    def _move(self, by: int) -> None:
        ids = [row.id for row in self.list.rows()]
        now = ids.index(self.list.current()) if self.list.current() in ids else 0
        self.list.select(ids[(now + by) % len(ids)])

    def _choose(self, row_id: str) -> None:
        mention = next((each for each in self._all if f"{each.kind}:{each.ref}" == row_id), None)
        asked = self._asked()
        if mention is None or asked is None:
            return
        cursor = self._field.textCursor()
        cursor.movePosition(QTextCursor.MoveOperation.Left, QTextCursor.MoveMode.KeepAnchor, len(asked) + 1)
        cursor.removeSelectedText()
        self.card.hide()
        self.chosen.emit(mention)
