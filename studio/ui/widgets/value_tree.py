"""A value of lists and fields as a tree, opened as far as a reader wants; what is closed has not been made."""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtGui import QBrush, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from studio.engine.text import Text
from studio.ui.language import language, say, tr
from studio.ui.theme import theme

MOST, LONGEST, FEW = 500, 400, 12  # parts of one value, characters in a line, parts that open by themselves
COLOURS: dict[type, str] = {bool: "syntax.keyword", int: "syntax.number", float: "syntax.number", str: "text.primary"}


class _Part(QTreeWidgetItem):
    """Keeps its value itself: as an item's data Qt would make a map of it, sorted by name."""

    def __init__(self, under: QTreeWidgetItem, name: str, part: Any) -> None:
        super().__init__(under, [name, summary(part)])
        self.part = part


class ValueTree(QTreeWidget):
    """Two columns: the name or place of a part, and what it is. Ctrl C copies the chosen part as JSON."""

    def __init__(self, name: Text | str = Text("Value", "值"), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value: Any = None
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformRowHeights(True)
        self.setAlternatingRowColors(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.itemExpanded.connect(self._open)
        say(self.setAccessibleName, name)
        theme.changed.connect(self._again)
        language.changed.connect(self._again)

    def show_value(self, value: Any) -> None:
        """Another value, with its first level open, and the next where it is short."""
        self._value = value
        self.setFont(theme.font("dense"))
        self.setIndentation(theme.scaled(16))
        self.clear()
        self._fill(self.invisibleRootItem(), value)
        for place in range(self.topLevelItemCount()):
            item = self.topLevelItem(place)
            part = item.part if isinstance(item, _Part) else None
            if isinstance(part, list | dict) and len(part) <= FEW and self.topLevelItemCount() <= FEW:
                item.setExpanded(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        if event.matches(QKeySequence.StandardKey.Copy) and isinstance(item, _Part):
            words = item.part if isinstance(item.part, str) else json.dumps(item.part, ensure_ascii=False, indent=2)
            QGuiApplication.clipboard().setText(words)
            return
        super().keyPressEvent(event)

    def _open(self, item: QTreeWidgetItem) -> None:
        if isinstance(item, _Part) and not item.childCount():
            self._fill(item, item.part)

    def _fill(self, under: QTreeWidgetItem, value: Any) -> None:
        parts = list(value.items() if isinstance(value, dict) else enumerate(value, 1))
        for name, part in parts[:MOST]:
            item = _Part(under, str(name), part)
            item.setForeground(0, QBrush(theme.colour("text.secondary")))
            item.setForeground(1, QBrush(theme.colour(COLOURS.get(type(part), "text.tertiary"))))
            if isinstance(part, str) and len(part) > 60:
                item.setToolTip(1, part[:LONGEST])
            if isinstance(part, list | dict) and part:
                item.setChildIndicatorPolicy(QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator)
        if len(parts) > MOST:
            left = f"{len(parts) - MOST:,}"
            QTreeWidgetItem(under, ["…", tr(Text(f"{left} more", f"另有 {left} 项"))])

    def _again(self) -> None:
        if self._value is not None:
            self.show_value(self._value)


def summary(value: Any) -> str:
    """A value in one line: what it is called, else how much is in it."""
    if isinstance(value, str):
        return " ".join(value[:LONGEST].split())
    if isinstance(value, list):
        return tr(Text(_counted(len(value), "item"), f"{len(value):,} 项"))
    if isinstance(value, dict):
        named = next((str(value[name]) for name in ("title", "name", "file_name") if value.get(name)), "")
        return named or tr(Text(_counted(len(value), "field"), f"{len(value):,} 个字段"))
    return json.dumps(value, ensure_ascii=False)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
