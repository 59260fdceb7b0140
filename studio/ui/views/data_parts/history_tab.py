"""Queries that were run: searched, pinned, taken up again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui import when
from studio.ui.bridge import Handle, bridge
from studio.ui.language import joined, tr
from studio.ui.theme import theme
from studio.ui.views.data_parts import words
from studio.ui.widgets.inputs import SearchField
from studio.ui.widgets.menus import Menu
from studio.ui.widgets.rows import Row, RowList

if TYPE_CHECKING:
    from studio.engine.sql.query import Query
    from studio.ui.studio import Studio

MOST = 200
TONES = {"failed": "danger", "cancelled": "warning", "done": "success"}


class HistoryTab(QWidget):
    """Newest first, pinned ones on top."""

    reused = Signal(str)  # SQL, to go on with
    opened = Signal(str)  # SQL, for a query of its own

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio = studio
        self.queries: dict[str, Query] = {}
        self._reading: Handle | None = None
        self.search = SearchField(Text("Find in queries that were run", "在运行过的查询中查找"))
        self.list = RowList(Text("Queries that were run", "运行过的查询"), height=40)
        self._later = QTimer(self, singleShot=True, interval=150)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        top = QVBoxLayout()
        pad = theme.size("space.2")
        top.setContentsMargins(pad, pad, pad, pad)
        top.addWidget(self.search)
        column.addLayout(top)
        column.addWidget(self.list, 1)
        self.search.searched.connect(lambda _: self._later.start())
        self._later.timeout.connect(self.reload)
        self.list.activated.connect(lambda key: self.reused.emit(self.queries[key].sql))
        self.list.menu.connect(self._menu)

    def reload(self) -> None:
        """Read the list anew."""
        if self._reading is not None:
            self._reading.cancel()
        work = self.studio.engine.sql.history.list(MOST, self.search.text())
        self._reading = bridge.run(self, work, self._show)

    def pin(self, query_id: str, on: bool = True) -> None:
        bridge.run(self, self.studio.engine.sql.history.pin(query_id, on), lambda _: self.reload())

    def _show(self, queries: list[Query]) -> None:
        self.queries = {each.id: each for each in queries}
        rows = [_row(each) for each in queries]
        sought = self.search.text().strip()
        nothing = Text("Nothing found", "没有找到") if sought else Text("Nothing was run yet", "尚未运行过查询")
        self.list.set_rows(rows or [Row("nothing", nothing, heading=True)])

    def _menu(self, query_id: str, place: QPoint) -> None:
        query = self.queries.get(query_id)
        if query is None:
            return
        menu = Menu(self)
        menu.addAction(tr(Text("Put into the editor", "放入编辑器")), lambda: self.reused.emit(query.sql))
        menu.addAction(tr(Text("Open as a new query", "作为新查询打开")), lambda: self.opened.emit(query.sql))
        menu.addAction(tr(Text("Copy", "复制")), lambda: QGuiApplication.clipboard().setText(query.sql))
        menu.addSeparator()
        pin = Text("Unpin", "取消固定") if query.pinned else Text("Pin", "固定")
        menu.addAction(tr(pin), lambda: self.pin(query.id, not query.pinned))
        menu.open_at(place)


def _row(query: Query) -> Row:
    title = " ".join(query.sql.split())[:200]
    icon = "pin" if query.pinned else "file-code"
    colour = "accent.text" if query.pinned else "text.secondary"
    return Row(query.id, title, _told(query), icon, tone=TONES[query.status], colour=colour, hint=query.sql[:1000])


def _told(query: Query) -> str:
    parts: list[Text | str] = [when.moment(query.started_at)]
    if query.rows is not None:
        parts.append(words.rows(query.rows))
    if query.seconds is not None:
        parts.append(Text(f"{query.seconds:.2f} s", f"{query.seconds:.2f} 秒"))
    if query.error:
        parts.append(query.error.splitlines()[0][:120])
    return tr(joined(*parts))
