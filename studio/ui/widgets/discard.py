"""What is in a layout, and taking widgets away for good."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QLayout, QSpacerItem, QWidget, QWidgetItem


def discard(widget: QObject) -> None:
    """Hide a widget at once and destroy it, with all that is in it, when the events under way are done."""
    if isinstance(widget, QWidget):
        widget.hide()
    widget.deleteLater()


def widgets_of(layout: QLayout) -> list[QWidget]:
    """The widgets of a layout that is set on a widget, in their order.

    Ask here, never `layout.itemAt(…)`: PySide keeps the item that it hands out, Qt frees it with its widget, and the next
    widget that comes to lie at its address ends the process when it is destroyed (docs/decisions/widgets-and-pyside.md).
    """
    holder = layout.parentWidget()
    inside = holder.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly) if holder else []
    placed = sorted(((layout.indexOf(widget), widget) for widget in inside), key=lambda pair: pair[0])
    return [widget for place, widget in placed if place >= 0]


def empty(layout: QLayout, keep: QWidget | None = None) -> None:
    """Discard every widget of a layout, but for one that stays to be put in again; its stretches go too."""
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item else None
        if widget is not None and widget is not keep:
            discard(widget)


def forget_items() -> None:
    """Let go of the layout items that PySide keeps of layouts that were filled before they were added to another.

    Qt frees such an item with its widget and PySide does not hear of it: the same trap as with `itemAt`.
    """
    for wrapper in shiboken6.getAllValidWrappers():
        if type(wrapper) in (QWidgetItem, QSpacerItem) and not shiboken6.ownedByPython(wrapper):
            shiboken6.invalidate(wrapper)
