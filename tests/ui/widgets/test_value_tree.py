"""A value of lists and fields is read as a tree."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from studio.ui.language import language
from studio.ui.widgets.value_tree import MOST, ValueTree, summary

SOURCES = [{"title": "handbook.pdf", "page": 13, "spans": [[700, 791]]}, {"title": "orders", "page": None}]


def lines(tree: ValueTree) -> list[tuple[str, str]]:
    places = (tree.topLevelItem(place) for place in range(tree.topLevelItemCount()))
    return [(item.text(0), item.text(1)) for item in places]


def test_each_part_stands_in_a_line_and_short_ones_are_open(app: object) -> None:
    tree = ValueTree()
    tree.show_value(SOURCES)
    assert lines(tree) == [("1", "handbook.pdf"), ("2", "orders")]
    first = tree.topLevelItem(0)
    assert first.isExpanded() and [first.child(place).text(0) for place in range(3)] == ["title", "page", "spans"]
    assert first.child(1).text(1) == "13" and first.child(2).text(1) == "1 item"


def test_what_is_closed_is_made_when_it_opens(app: object) -> None:
    tree = ValueTree()
    tree.show_value({"rows": [{"n": number} for number in range(2_000)]})
    rows = tree.topLevelItem(0)
    assert rows.childCount() == 0
    rows.setExpanded(True)
    assert rows.childCount() == MOST + 1 and rows.child(MOST).text(1) == "1,500 more"


def test_a_part_is_copied_as_json(app: object) -> None:
    tree = ValueTree()
    tree.show_value(SOURCES)
    tree.setCurrentItem(tree.topLevelItem(1))
    QTest.keyClick(tree, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert '"title": "orders"' in QGuiApplication.clipboard().text()


def test_counts_are_said_in_the_language_of_the_window(app: Any) -> None:
    language.set("zh")
    try:
        assert summary([1, 2]) == "2 项" and summary({"a": 1}) == "1 个字段"
    finally:
        language.set("en")


def test_a_list_of_alike_objects_reads_as_a_table_and_nothing_else_does():
    from studio.ui.widgets.readable import readable

    table = readable([{"city": "Lyon", "count": 2}, {"city": "广州", "count": None}])
    assert table.column_names == ["city", "count"] and table.num_rows == 2
    for value in (
        [{"a": 1}],
        [{"a": 1}, {"b": 2}],
        [{"a": [1]}, {"a": [2]}],
        [{"a": 1}, {"a": "x"}],
        {"a": 1},
        "words",
    ):
        assert readable(value) is value
