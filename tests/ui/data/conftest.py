"""The Data view in a window over a real engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from studio.engine.paths import Paths
from studio.ui.app import _close_engine, open_window
from studio.ui.views.data import DataView
from studio.ui.views.data_parts.table_tab import TableTab
from studio.ui.window import Window
from tests.data_rooms import SAMPLE
from tests.ui.real import let_go

PATIENCE = 120_000


@pytest.fixture
def window(qtbot: QtBot, qapp: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.setenv("ONE_DATA_KEYRING", "file")
    opened = open_window(Paths.under(tmp_path / "home"), "data")
    opened.resize(1600, 1000)
    qtbot.waitUntil(lambda: isinstance(opened.current_view(), DataView), timeout=PATIENCE)
    yield opened
    opened.close()
    _close_engine()
    opened.deleteLater()
    let_go()


@pytest.fixture
def view(window: Window, qtbot: QtBot) -> DataView:
    found = window.current_view()
    assert isinstance(found, DataView)
    qtbot.waitUntil(lambda: found._known, timeout=PATIENCE)
    return found


@pytest.fixture
def tickets(view: DataView, qtbot: QtBot, tmp_path: Path) -> TableTab:
    """A copy of the sample's tickets, added by dropping the file on the view."""
    path = tmp_path / "tickets.csv"
    path.write_bytes((SAMPLE / "tickets.csv").read_bytes())
    return drop(view, qtbot, path)


def drop(view: DataView, qtbot: QtBot, path: Path) -> TableTab:
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(path))])
    view.dropEvent(
        QDropEvent(
            QPointF(50, 50), Qt.DropAction.CopyAction, files, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
    )
    return front(view, qtbot, path.stem)


def front(view: DataView, qtbot: QtBot, name: str) -> TableTab:
    """The table of that name, once it shows rows."""

    def there() -> bool:
        return any(tab.dataset is not None and tab.dataset.name == name for tab in view.centre.tables.values())

    qtbot.waitUntil(there, timeout=PATIENCE)
    tab = next(tab for tab in view.centre.tables.values() if tab.dataset and tab.dataset.name == name)
    until(qtbot, lambda: tab.table.model.cell(0, 0) is not None)
    return tab


def until(qtbot: QtBot, true: Callable[[], object]) -> None:
    qtbot.waitUntil(lambda: bool(true()), timeout=PATIENCE)
