"""Widgets that are taken away go as a whole, and nothing of a layout stays behind that could be met again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtWidgets import QApplication, QLabel, QLayout, QLayoutItem, QVBoxLayout, QWidget

from studio.ui.widgets.discard import discard, empty, widgets_of
from studio.ui.widgets.labels import Label

STUDIO = Path(__file__).parents[2] / "studio"
DESTROYING = Path(__file__).with_name("destroying.py")


@pytest.fixture
def kept_items(app: QApplication) -> Callable[[], list[QLayoutItem]]:
    """Those of the layouts of this test: other tests of this process may have kept some."""

    def kept() -> list[QLayoutItem]:
        found = shiboken6.getAllValidWrappers()
        return [each for each in found if isinstance(each, QLayoutItem) and not isinstance(each, QLayout)]

    before = kept()  # not their ids: a kept wrapper's address is nobody else's
    return lambda: [each for each in kept() if not any(each is known for known in before)]


def column_of(count: int) -> tuple[QWidget, QVBoxLayout]:
    holder = QWidget()
    column = QVBoxLayout(holder)
    for number in range(count):
        column.addWidget(Label(f"line {number}"))
    column.addStretch(1)
    return holder, column


def test_a_widget_that_is_taken_away_is_destroyed_with_its_children(app: QApplication, qtbot: object) -> None:
    outer = QWidget()
    column = QVBoxLayout(outer)
    card, _ = column_of(50)
    labels = card.findChildren(QLabel)
    column.addWidget(card)
    discard(card)
    qtbot.waitUntil(lambda: not shiboken6.isValid(card))  # type: ignore[attr-defined]
    assert len(labels) == 50 and not any(shiboken6.isValid(label) for label in labels)
    assert shiboken6.isValid(outer) and column.count() == 0


def test_the_widgets_of_a_layout_are_told_in_order_and_leave_no_items(
    app: QApplication, kept_items: Callable[[], list[QLayoutItem]]
) -> None:
    _holder, column = column_of(3)
    first = Label("first")
    column.insertWidget(0, first)
    assert [label.text() for label in widgets_of(column)] == ["first", "line 0", "line 1", "line 2"]
    assert not kept_items()


def test_a_layout_that_was_emptied_leaves_no_items(
    app: QApplication, qtbot: object, kept_items: Callable[[], list[QLayoutItem]]
) -> None:
    holder, column = column_of(3)
    empty(column)
    assert column.count() == 0 and not kept_items()
    qtbot.waitUntil(lambda: not holder.findChildren(QLabel))  # type: ignore[attr-defined]


def test_nobody_asks_a_layout_for_its_items() -> None:
    asking = [
        file.name for file in STUDIO.rglob("*.py") if ".itemAt(" in file.read_text().replace("layout.itemAt(…)", "")
    ]
    assert not asking, "use widgets_of (studio/ui/widgets/discard.py): it says why"


@pytest.mark.slow
def test_thousands_of_widgets_come_and_go() -> None:
    """In a process of its own: with `itemAt` in place of `widgets_of` this one is ended by a signal."""
    done = subprocess.run([sys.executable, str(DESTROYING)], capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
