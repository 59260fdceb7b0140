"""What is known of a dataset, in the window: marks, where it comes from, what uses it, its versions."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from studio.engine.paths import Paths
from studio.ui.app import _close_engine, open_window
from studio.ui.bridge import bridge
from studio.ui.frame.notices import Toast
from studio.ui.views.data import DataView
from studio.ui.views.data_parts.difference_tab import DifferenceTab
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.rows import RowList
from studio.ui.window import Window
from tests.ui.real import let_go

PATIENCE = 120_000
FIRST = "id,phone,amount\n1,13812345678,10\n2,13912345678,20\n3,15012345678,30\n"
SECOND = "id,phone,amount\n1,13812345678,10\n3,15012345678,35\n4,15112345678,40\n"


@pytest.fixture
def window(qtbot: QtBot, qapp: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.setenv("ONE_DATA_KEYRING", "file")
    qapp.setStyle("Fusion")
    opened = open_window(Paths.under(tmp_path / "home"), "data")
    opened.resize(1600, 1000)
    qtbot.waitUntil(lambda: isinstance(opened.current_view(), DataView), timeout=PATIENCE)
    yield opened
    opened.close()
    _close_engine()
    opened.deleteLater()
    let_go()


@pytest.fixture
def view(window: Window, qtbot: QtBot, tmp_path: Path) -> DataView:
    """The data view with a table of people, whose file was overwritten once, and a dataset that a query made of it."""
    found = window.current_view()
    assert isinstance(found, DataView)
    until(qtbot, lambda: found._known)
    path = tmp_path / "people.csv"
    path.write_text(FIRST)
    run(qtbot, found, found.studio.engine.datasets.register(path, "people 人员", dataset_id="ds-001"))
    path.write_text(SECOND)
    run(qtbot, found, found.studio.engine.datasets.get("ds-001"))
    run(qtbot, found, found.studio.engine.datasets.history.settled())
    run(qtbot, found, found.studio.engine.sql.saved.save("phones", 'SELECT phone FROM "people 人员"'))
    run(qtbot, found, found.studio.engine.metadata.settled())
    found.open_dataset("ds-001")
    until(
        qtbot,
        lambda: found.inspector.known and found.inspector.known.marks and len(found.inspector.known.versions) == 2,
    )
    return found


def until(qtbot: QtBot, true: Callable[[], object]) -> None:
    qtbot.waitUntil(lambda: bool(true()), timeout=PATIENCE)


def run(qtbot: QtBot, view: DataView, work: Any) -> Any:
    found: list[Any] = []
    bridge.run(view, work, found.append)
    until(qtbot, lambda: found)
    return found[0]


def rows(view: DataView, name: str) -> RowList:
    """A list of the inspector by its name; an empty one while the inspector is built anew."""
    lists = view.inspector.findChildren(RowList)
    return next((each for each in lists if each.accessibleName() == name and each.isVisible()), RowList())


def there(qtbot: QtBot, view: DataView, name: str) -> RowList:
    """The list once it is shown with rows: the inspector is built anew whenever more is known."""
    until(qtbot, lambda: rows(view, name).rows())
    return rows(view, name)


def badge(view: DataView, column: str) -> tuple[str, str]:
    row = next((row for row in rows(view, "Columns").rows() if row.id == column), None)
    return (str(row.mark), row.mark_tone) if row else ("?", "?")


def choose(qtbot: QtBot, words: str) -> None:
    """Take an entry of the menu that is open."""
    until(qtbot, lambda: entries(words))
    menu, action = entries(words)[0]
    action.trigger()
    menu.close()


def entries(words: str) -> list[tuple[QMenu, QAction]]:
    """The entries with these words in the menus that are open."""
    return [(menu, action) for menu in open_menus() for action in menu.actions() if words in action.text()]


def open_menus() -> list[QMenu]:
    return [each for each in QApplication.topLevelWidgets() if isinstance(each, QMenu) and each.isVisible()]


def test_a_column_of_phone_numbers_is_marked_until_a_person_rejects_it(view: DataView, qtbot: QtBot) -> None:
    until(qtbot, lambda: badge(view, "phone") == ("PII", "warning"))
    assert [row.id for row in there(qtbot, view, "Columns").rows() if row.after == "key-round"] == ["id"]
    there(qtbot, view, "Columns").activated.emit("phone")
    choose(qtbot, "Holds personal data")
    until(qtbot, lambda: badge(view, "phone") == ("PII", "danger"))
    view.insight.column_menu("phone", QPoint(0, 0))
    choose(qtbot, "Take the decision back")
    until(qtbot, lambda: badge(view, "phone") == ("PII", "warning"))
    view.insight.column_menu("phone", QPoint(0, 0))
    choose(qtbot, "No personal data")
    until(qtbot, lambda: badge(view, "phone")[0] == "")


def test_the_inspector_tells_where_a_dataset_comes_from_and_opens_what_uses_it(view: DataView, qtbot: QtBot) -> None:
    steps = [str(row.title) for row in there(qtbot, view, "Where it comes from").rows()]
    assert steps == ["people.csv", "Readable copy", "people 人员 version 2"]
    uses = there(qtbot, view, "Used by")
    assert [str(row.title) for row in uses.rows()] == ["phones"]
    uses.activated.emit("use:0")
    until(qtbot, lambda: view.centre.tabs.current() == "sql:phones")


def test_an_older_menu_closes_when_another_opens(view: DataView, qtbot: QtBot) -> None:
    view.insight.column_menu("phone", QPoint(0, 0))
    until(qtbot, lambda: entries("Describe…"))
    view.insight.version_menu(1, QPoint(0, 0))
    until(qtbot, lambda: entries("Compare with the current version 2"))
    assert not entries("Describe…")
    entries("Compare with the current version 2")[0][0].close()


def test_versions_are_compared_as_a_table(view: DataView, qtbot: QtBot) -> None:
    assert [str(row.trailing) for row in there(qtbot, view, "Versions").rows()] == ["Current", "Kept"]
    there(qtbot, view, "Versions").activated.emit("1")
    choose(qtbot, "Compare with the current version 2")
    tab = view.centre.stack.currentWidget()
    assert isinstance(tab, DifferenceTab) and view.centre.tabs.current() == "diff:ds-001:1:2"
    until(qtbot, lambda: tab.table.row_count == 3 and tab.table.model.cell(1, 0) is not None)
    assert tab.summary.whole() == "1 added · 1 removed · 1 changed · 1 the same"
    shown = [[tab.table.model.cell(row, column).text for column in range(3)] for row in range(3)]
    assert shown == [["removed", "2", "20"], ["changed", "3", "30 → 35"], ["added", "4", "40"]]
    tab.kind.set_value("added")
    tab.kind.changed.emit("added")
    until(qtbot, lambda: tab.table.row_count == 1)
    view.close_tab()
    assert "ds-001:1:2" not in view.centre.differences


def test_going_back_asks_with_the_name_and_can_be_undone(view: DataView, qtbot: QtBot, window: Window) -> None:
    assert view.inspector.known is not None
    dialog = view.insight.ask_back(view.inspector.known.versions[1])
    assert dialog is not None and "people 人员" in dialog.windowTitle() and "version 1" in dialog.windowTitle()
    dialog.accept()
    until(qtbot, lambda: view.inspector.dataset and view.inspector.dataset.version == 3)
    until(qtbot, lambda: window.findChildren(Toast))
    page = run(qtbot, view, view.studio.engine.datasets.page("ds-001", 0, 9))
    assert page.column("amount").to_pylist() == [10, 20, 30]
    window.findChildren(Toast)[0].findChildren(Button)[0].click()
    until(qtbot, lambda: view.inspector.dataset and view.inspector.dataset.version == 4)
    page = run(qtbot, view, view.studio.engine.datasets.page("ds-001", 0, 9))
    assert page.column("amount").to_pylist() == [10, 35, 40]


def test_the_search_beside_finds_by_column_and_by_pinyin(view: DataView, qtbot: QtBot) -> None:
    for sought, subtitle in (("phon", "Column phone"), ("ry", "")):
        view.side.search.setText(sought)
        view.side.search.searched.emit(sought)
        until(qtbot, lambda sought=sought: view.side._hits and view.side.search.text() == sought)
        row = next(row for row in view.side.list.rows() if row.id == "ds:ds-001")
        assert str(row.subtitle) == subtitle
        view.side._hits = ()
    view.side.search.setText("nowhere")
    view.side.search.searched.emit("nowhere")
    until(qtbot, lambda: [str(row.title) for row in view.side.list.rows()] == ["Nothing found"])
