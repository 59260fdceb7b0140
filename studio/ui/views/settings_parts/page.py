"""The frame of a settings page: a heading and a column that is not too wide to read."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Surface, scroll

WIDEST = 720


class Page(Surface):
    """Fill `column`."""

    def __init__(self, title: Text, lead: Text | None = None) -> None:
        super().__init__("content")
        holder = QWidget()
        holder.setMaximumWidth(theme.scaled(WIDEST))
        self.column = QVBoxLayout(holder)
        side = theme.size("space.6")
        self.column.setContentsMargins(theme.size("space.8"), side, theme.size("space.8"), side)
        self.column.setSpacing(theme.size("space.4"))
        self.column.addWidget(Label(title, "heading"))
        if lead is not None:
            self.column.addWidget(Label(lead, "body", "text.secondary", wrap=True))
        outer = QWidget()
        row = QHBoxLayout(outer)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(holder, 100)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scroll(outer))

    def end(self) -> None:
        """Nothing more comes below."""
        self.column.addStretch(1)
