"""The Data view in a window over a real engine, for all tests of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from pytestqt.qtbot import QtBot

from studio.engine.paths import Paths
from studio.ui.app import _close_engine, open_window
from studio.ui.views.data import DataView
from studio.ui.window import Window

PATIENCE = 20_000


@pytest.fixture
def window(qtbot: QtBot, qapp: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.setenv("ONE_DATA_KEYRING", "file")
    qapp.setStyle("Fusion")
    opened = open_window(Paths.under(tmp_path / "home"), "data")
    opened.resize(1600, 1000)
    qtbot.waitUntil(lambda: isinstance(opened.current_view(), DataView), timeout=PATIENCE)
    yield opened
    opened.close()
    _close_engine()
    opened.deleteLater()


@pytest.fixture
def view(window: Window, qtbot: QtBot) -> DataView:
    found = window.current_view()
    assert isinstance(found, DataView)
    qtbot.waitUntil(lambda: found._known, timeout=PATIENCE)
    return found
