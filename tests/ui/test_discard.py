"""Widgets that are taken away go as a whole."""

from __future__ import annotations

import shiboken6
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from studio.ui.widgets import discard as module
from studio.ui.widgets.discard import discard
from studio.ui.widgets.labels import Label


def test_a_widget_that_is_taken_away_is_destroyed_with_its_children_and_then_forgotten(
    app: QApplication, qtbot: object
) -> None:
    outer = QWidget()
    column = QVBoxLayout(outer)
    card = QWidget()
    labels = [Label(f"line {number}") for number in range(50)]
    inner = QVBoxLayout(card)
    for label in labels:
        inner.addWidget(label)
    column.addWidget(card)
    discard(card)
    qtbot.waitUntil(lambda: not shiboken6.isValid(card) and not module._going)  # type: ignore[attr-defined]
    assert not any(shiboken6.isValid(label) for label in labels)
    assert shiboken6.isValid(outer) and column.count() == 0
