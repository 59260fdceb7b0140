"""Widgets are made, looked for in their layout, and destroyed, until addresses come round again.

Run by test_discard.py. `python tests/ui/destroying.py itemAt` asks the layout for its items instead: that ends the process
with a segmentation fault within seconds (PySide6 6.10.3 and 6.11.3).
"""

from __future__ import annotations

import os
import sys

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget

from studio.ui.widgets.discard import discard, widgets_of

ROUNDS = 1500


class Line(QLabel):
    """A widget with a Python side."""


def settle(app: QApplication) -> None:
    app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    app.processEvents()


def look(column: QVBoxLayout) -> list[QWidget]:
    if sys.argv[1:] == ["itemAt"]:
        return [column.itemAt(place).widget() for place in range(column.count())]
    return widgets_of(column)


def come_and_go(app: QApplication, column: QVBoxLayout) -> None:
    for number in range(20):
        column.addWidget(Line(f"{number}"))
    for line in look(column):
        discard(line)
    settle(app)
    other = QWidget()
    lines = QVBoxLayout(other)
    for number in range(60):
        lines.addWidget(Line(f"{number}"))
    discard(other)
    settle(app)


def main() -> None:
    app = QApplication([])
    holder = QWidget()
    column = QVBoxLayout(holder)
    for _ in range(ROUNDS):
        come_and_go(app, column)


if __name__ == "__main__":
    main()
