"""A menu of entries at a place of the screen."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget


def escaped(words: str) -> str:
    """Words of a person, as an entry's text."""
    return words.replace("&", "&&")


class Menu(QMenu):
    """Goes when it is closed. Opening one closes those of the window that are still open: there is one at a time."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def addAction(self, *given: Any, **named: Any) -> QAction:  # type: ignore[override]
        """As Qt's, but words are shown as they are: an “&” in a name makes no key of the letter after it."""
        return super().addAction(*(escaped(one) if isinstance(one, str) else one for one in given), **named)

    def open_at(self, place: QPoint) -> None:
        for other in self.parentWidget().window().findChildren(Menu):
            if other is not self and other.isVisible():
                other.close()
        self.popup(place)
