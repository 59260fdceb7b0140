"""Connections in the Data view, over real servers; what a person does is done to the widgets."""

from __future__ import annotations

import io
import os
from collections.abc import Callable

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.ui.views.data import DataView
from studio.ui.views.data_parts.connecting import ConnectionDialog
from tests.servers import mariadb as mysql_server
from tests.servers.mariadb import MariaDb
from tests.servers.seaweed import KEY, SECRET, Seaweed

pytestmark = pytest.mark.server
PATIENCE = 120_000


def until(qtbot: QtBot, ready: Callable[[], object]) -> None:
    qtbot.waitUntil(lambda: bool(ready()), timeout=PATIENCE)


def titles(view: DataView) -> list[str]:
    return [str(getattr(row.title, "en", row.title)) for row in view.side.list.rows()]


def click(view: DataView, title: str, twice: bool = False) -> None:
    """Click on the row with that title, as a mouse does."""
    rows = view.side.list
    place = titles(view).index(title)
    index = rows.model().index(place, 0)
    rows.scrollTo(index)
    middle = rows.visualRect(index).center()
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    if twice:
        QTest.mouseDClick(rows.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)


def dialog(qtbot: QtBot) -> ConnectionDialog:
    def found() -> list[ConnectionDialog]:
        return [
            each for each in QApplication.topLevelWidgets() if isinstance(each, ConnectionDialog) and each.isVisible()
        ]

    until(qtbot, found)
    return found()[0]


def type_into(form: ConnectionDialog, **values: str) -> None:
    for name, words in values.items():
        control = form.form.fields[name].findChild(type(form.name))
        control.clear()
        QTest.keyClicks(control, words)


def test_a_database_is_added_signed_in_to_and_a_table_of_it_opened(
    view: DataView, qtbot: QtBot, mariadb: MariaDb
) -> None:
    mariadb.run(
        "DROP DATABASE IF EXISTS support; CREATE DATABASE support; USE support;"
        "CREATE TABLE tickets (id int, 主题 varchar(50)); INSERT INTO tickets VALUES (1, '退货'), (2, '换货')"
    )
    click(view, "Add connection…")
    form = dialog(qtbot)
    QTest.keyClicks(form.name, "support-prod")
    type_into(form, host="127.0.0.1", user=mysql_server.USER, password="wrong")
    form.form.fields["port"].changed.emit(mariadb.port)
    form.agree.click()
    until(qtbot, form.problem.isVisible)
    assert "wrong" not in form.problem.text() and form.isVisible()
    until(qtbot, lambda: "support-prod" in titles(view))
    until(qtbot, lambda: next(row.badge for row in view.side.list.rows() if row.title == "support-prod"))
    form.reject()
    click(view, "support-prod")
    form = dialog(qtbot)
    type_into(form, password=mysql_server.PASSWORD)
    form.agree.click()
    until(qtbot, lambda: next(row.tone for row in view.side.list.rows() if row.title == "support-prod") == "success")
    click(view, "support-prod")
    until(qtbot, lambda: "support" in titles(view))
    click(view, "support")
    until(qtbot, lambda: "tickets" in titles(view))
    click(view, "tickets")
    assert not view.centre.tables, "one click on a table registers nothing"
    click(view, "tickets", twice=True)
    until(qtbot, lambda: any(tab.dataset is not None for tab in view.centre.tables.values()))
    (tab,) = view.centre.tables.values()
    until(qtbot, lambda: tab.table.model.cell(0, 0) is not None)
    assert tab.dataset is not None and (tab.dataset.storage_type, tab.dataset.row_count) == ("mysql", 2)


def test_a_bucket_is_walked_with_the_keyboard_and_a_file_opened(view: DataView, qtbot: QtBot, seaweed: Seaweed) -> None:
    bucket = seaweed.empty("in-window")
    for key in ("sales/orders/1.csv", "sales/returns.csv"):
        seaweed.client().put_object(bucket, key, io.BytesIO(b"n\n1\n2\n"), 6)
    engine = view.studio.engine
    values = {"endpoint": seaweed.endpoint, "access_key": KEY, "secret_key": SECRET}
    view.studio.bridge.run(view, engine.connections.add("s3", "lake", values), lambda _: None)
    until(qtbot, lambda: "lake" in titles(view))
    rows = view.side.list
    for title, below in (("lake", bucket), (bucket, "sales"), ("sales", "returns.csv")):
        rows.select(view.side.list.rows()[titles(view).index(title)].id)
        QTest.keyClick(rows, Qt.Key.Key_Right)
        until(qtbot, lambda below=below: below in titles(view))
    assert titles(view).index("orders") < titles(view).index("returns.csv")
    rows.select(rows.rows()[titles(view).index("returns.csv")].id)
    QTest.keyClick(rows, Qt.Key.Key_Return)
    until(qtbot, lambda: [tab.dataset.name for tab in view.centre.tables.values() if tab.dataset] == ["returns"])
    rows.select(rows.rows()[titles(view).index("lake")].id)
    QTest.keyClick(rows, Qt.Key.Key_Left)
    assert "sales" not in titles(view)


def test_a_server_that_is_down_says_so_at_its_branch_and_the_window_lives(
    view: DataView, qtbot: QtBot, seaweed: Seaweed
) -> None:
    values = {"endpoint": seaweed.endpoint, "access_key": KEY, "secret_key": SECRET}
    view.studio.bridge.run(view, view.studio.engine.connections.add("s3", "lake", values), lambda _: None)
    until(qtbot, lambda: "lake" in titles(view))
    seaweed.stop()
    try:
        click(view, "lake")
        until(qtbot, lambda: any("cannot be reached" in title for title in titles(view)))
        until(qtbot, lambda: next(row.tone for row in view.side.list.rows() if row.title == "lake") == "danger")
    finally:
        seaweed.start()
    view.connecting._look_again(view.side.tree.connections[0])
    until(qtbot, lambda: next(row.tone for row in view.side.list.rows() if row.title == "lake") == "success")


def test_a_removed_connection_comes_back_with_undo(view: DataView, qtbot: QtBot, seaweed: Seaweed) -> None:
    values = {"endpoint": seaweed.endpoint, "access_key": KEY, "secret_key": SECRET}
    view.studio.bridge.run(view, view.studio.engine.connections.add("s3", "lake", values), lambda _: None)
    until(qtbot, lambda: "lake" in titles(view))
    undone: list[Callable[[], None]] = []
    view.studio.window.toast = lambda _text, undo=None: undone.append(undo)  # type: ignore[method-assign]
    view.connecting.remove(view.side.tree.connections[0])
    until(qtbot, lambda: undone and "lake" not in titles(view))
    undone[0]()
    until(qtbot, lambda: any(row.title == "lake" and row.tone == "success" for row in view.side.list.rows()))
