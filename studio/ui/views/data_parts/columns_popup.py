"""Finding, hiding and pinning columns: Ctrl F in a table, or the button that counts them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.bridge import bridge
from studio.ui.search import NameIndex
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.cells import ICONS, kind_of
from studio.ui.widgets.inputs import SearchField
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import paint_raised
from studio.ui.widgets.rows import Row, RowList

Found = list[tuple[str, str]]  # name and type
INDEX = NameIndex()
MOST_LISTED = 300  # rows of the list; typing finds the others


class ColumnsPopup(QWidget):
    """Typing narrows the list, by name and by pinyin; Enter goes to the column, Space hides or shows it."""

    chosen = Signal(str)
    arranged = Signal(list)  # the columns to show, in order

    def __init__(
        self, columns: Sequence[tuple[str, str]], shown: Sequence[str], pinned: Sequence[str], parent: QWidget
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._columns, self._pinned = list(columns), set(pinned)
        self.shown = list(shown)
        self._found: Found = self._columns
        self.field = SearchField(Text("Find a column", "查找列"))
        self.list = RowList(Text("Columns", "列"), (), 26)
        self.told = Label("", "caption", "text.secondary")
        self.all = Button(Text("Show all", "全部显示"), "eye", "ghost", "sm")
        self.none = Button(Text("Only these", "只显示这些"), "eye-off", "ghost", "sm")
        self._lay_out()
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.list.installEventFilter(self)
        self.list.activated.connect(self._choose)
        self.all.clicked.connect(lambda: self._arrange([name for name, _ in self._columns]))
        self.none.clicked.connect(lambda: self._arrange([name for name, _ in self._found]))
        self._show(self._columns)

    def open_at(self, place: QPoint) -> None:
        self.resize(theme.scaled(340), theme.scaled(440))
        room = self.screen().availableGeometry()
        self.move(min(place.x(), room.right() - self.width()), min(place.y(), room.bottom() - self.height()))
        self.show()
        self.field.setFocus()

    def toggle(self, name: str) -> None:
        """Hide a column, or show it where it stands in the table's own order."""
        if name in self.shown and len(self.shown) > 1:
            self._arrange([each for each in self.shown if each != name])
        elif name not in self.shown:
            places = {each: place for place, (each, _) in enumerate(self._columns)}
            after = [place for place, each in enumerate(self.shown) if places.get(each, 0) < places[name]]
            kept = list(self.shown)
            kept.insert(after[-1] + 1 if after else 0, name)
            self._arrange(kept)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.list.current() or (self._found[0][0] if self._found else ""))
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up) and self.field.hasFocus():
            self.list.setFocus()
            return False
        elif key == Qt.Key.Key_Space and self.list.hasFocus():
            self.toggle(self.list.current())
        else:
            return False
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_raised(self)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        pad = theme.size("space.2")
        column.setContentsMargins(pad, pad, pad, pad)
        column.addWidget(self.field)
        column.addWidget(self.list, 1)
        row = QHBoxLayout()
        row.addWidget(self.told, 1)
        row.addWidget(self.none)
        row.addWidget(self.all)
        column.addLayout(row)

    def _search(self, query: str) -> None:
        bridge.run(self, found(self._columns, query), self._show, of="columns")

    def _show(self, matches: Found) -> None:
        self._found = matches
        shown = set(self.shown)
        self.list.set_rows([self._row(name, kind, name in shown) for name, kind in matches[:MOST_LISTED]])
        if matches and not self.list.current():
            self.list.select(matches[0][0])
        hidden = len(self._columns) - len(self.shown)
        more = len(matches) - MOST_LISTED
        if more > 0:
            self.told.say(Text(f"{more:,} more: type to find them", f"还有 {more:,} 列，输入以查找"))
        else:
            self.told.say(Text(f"{hidden:,} hidden", f"已隐藏 {hidden:,} 列") if hidden else "")

    def _row(self, name: str, kind: str, shown: bool) -> Row:
        mark = Text("pinned", "已固定") if name in self._pinned else kind if shown else Text("hidden", "已隐藏")
        icon = ICONS[kind_of(kind)] if shown else "eye-off"
        return Row(name, name, icon=icon, trailing=mark, colour="text.secondary" if shown else "text.tertiary")

    def _choose(self, name: str) -> None:
        if not name:
            return
        if name not in self.shown:
            self.toggle(name)
        self.chosen.emit(name)
        self.close()

    def _arrange(self, shown: list[str]) -> None:
        self.shown = shown or self.shown
        self.arranged.emit(self.shown)
        self._show(self._found)


async def found(columns: Sequence[tuple[str, str]], query: str) -> Found:
    """The columns whose names fit, the best first; thousands of names are searched on a worker thread."""
    return await asyncio.to_thread(_found, columns, query) if query.strip() else list(columns)


def _found(columns: Sequence[tuple[str, str]], query: str) -> Found:
    texts = [(Text.same(name), name, kind) for name, kind in columns]
    INDEX.prepare(text for text, _, _ in texts)
    scored = [(INDEX.score(query, text), name, kind) for text, name, kind in texts]
    return [(name, kind) for score, name, kind in sorted(scored, key=lambda each: -each[0]) if score]
