"""A menu of entries at a place of the screen."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget


class Menu(QMenu):
    """Goes when it is closed. Opening one closes those of the window that are still open: there is one at a time."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def open_at(self, place: QPoint) -> None:
        for other in self.parentWidget().window().findChildren(Menu):
            if other is not self and other.isVisible():
                other.close()
        self.popup(place)
