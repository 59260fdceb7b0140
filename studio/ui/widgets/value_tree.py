"""A nested value as a tree that grows as it is opened."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QFrame, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from studio.engine.text import Text
from studio.ui.language import say, tr
from studio.ui.theme import theme

MOST_CHILDREN = 500  # of one node
VALUE = Qt.ItemDataRole.UserRole


class ValueTree(QTreeWidget):
    """Keys at the left, values at the right. Only what is open is made."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformRowHeights(True)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.itemExpanded.connect(self._grow)
        say(self.setAccessibleName, Text("Nested value", "嵌套内容"))
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_value(self, value: Any) -> None:
        self.clear()
        self._fill(self.invisibleRootItem(), value)
        for place in range(min(8, self.topLevelItemCount())):
            self.topLevelItem(place).setExpanded(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy) and self.currentItem() is not None:
            QApplication.clipboard().setText(self.currentItem().text(1) or self.currentItem().text(0))
            return
        super().keyPressEvent(event)

    def _grow(self, item: QTreeWidgetItem) -> None:
        value = item.data(0, VALUE)
        if value is not None:
            item.setData(0, VALUE, None)
            self._fill(item, value[0])

    def _fill(self, parent: QTreeWidgetItem, value: Any) -> None:
        pairs = (
            list(value.items())
            if isinstance(value, dict)
            else list(enumerate(value))
            if _many(value)
            else [("", value)]
        )
        for key, inner in pairs[:MOST_CHILDREN]:
            item = QTreeWidgetItem(parent, [str(key), _said(inner)])
            if _many(inner) and inner:
                item.setData(0, VALUE, (inner,))
                item.setChildIndicatorPolicy(QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator)
        left = len(pairs) - MOST_CHILDREN
        if left > 0:
            QTreeWidgetItem(parent, ["", tr(Text(f"… {left:,} more", f"……还有 {left:,} 项"))])

    def _restyle(self) -> None:
        self.setFont(theme.font("mono"))


def _many(value: Any) -> bool:
    return isinstance(value, (dict, list))


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return "{…}" if value else "{}"
    if isinstance(value, list):
        return f"[{len(value):,}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f'"{value[:400]}"' if isinstance(value, str) else str(value)
