"""Taking widgets away for good."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QLayout, QWidget

_going: dict[int, list[QObject]] = {}


def discard(widget: QObject) -> None:
    """Hide a widget and destroy it, with all that is in it, once the events under way are done.

    The Python sides of the widget and of its children are kept until Qt has destroyed them all: one that were freed in the
    middle would be met again by PySide (6.11) when its own turn comes, which ends the process.
    """
    key = id(widget)
    if isinstance(widget, QWidget):
        widget.hide()
    _going[key] = [widget, *widget.findChildren(QObject)]
    widget.destroyed.connect(lambda: QTimer.singleShot(0, lambda: _going.pop(key, None)))
    widget.deleteLater()


def empty(layout: QLayout) -> None:
    """Discard every widget of a layout."""
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item else None
        if widget is not None:
            discard(widget)
