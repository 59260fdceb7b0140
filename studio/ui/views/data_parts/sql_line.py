"""The SQL that the chips above a table make, to be read, copied and opened as a query."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Surface


class SqlLine(Surface):
    """One line of code; `opened` asks for an editor with it."""

    opened = Signal(str)
    copied = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("panel", parent)
        self.sql = ""
        self.words = Label("", "monoSmall", "text.secondary", elide="end")
        copy = IconButton("copy", Text("Copy the SQL", "复制 SQL"))
        copy.clicked.connect(self.copy)
        query = Button(Text("Open as query", "作为查询打开"), "file-code", "ghost", "sm")
        query.clicked.connect(lambda: self.opened.emit(self.sql))
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.size("space.3"), 2, theme.size("space.2"), 2)
        row.addWidget(self.words, 1)
        row.addWidget(copy)
        row.addWidget(query)

    def show_sql(self, sql: str) -> None:
        self.sql = sql
        self.words.setText(" ".join(sql.split()))
        self.words.setToolTip(sql)

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.sql)
        self.copied.emit()
