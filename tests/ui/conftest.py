"""A window without a screen, and an engine that is only events and settings where a test needs no more."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from pytestqt.wait_signal import SignalBlocker

from studio.engine.events import Events
from studio.engine.paths import Paths
from studio.engine.settings import Settings
from studio.engine.text import Text
from studio.ui.actions import Actions
from studio.ui.bridge import Bridge
from studio.ui.language import language
from studio.ui.theme import theme
from studio.ui.window import Window
from tests import collecting
from tests.ui.real import Desk, let_go


class PatientBot(QtBot):
    """Waits for the condition itself: pytest-qt's five seconds are short on a machine that does much else."""

    def waitUntil(self, callback: Callable[[], object], *, timeout: int = 60_000) -> None:
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: Any, *, timeout: int = 60_000, **how: Any) -> SignalBlocker:
        return super().waitSignal(signal, timeout=timeout, **how)

    def waitExposed(self, widget: QWidget, *, timeout: int = 60_000) -> Any:
        return super().waitExposed(widget, timeout=timeout)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> PatientBot:
    return PatientBot(request)


class SmallEngine:
    """The parts of the engine that the frame itself uses, with the real events and the real settings."""

    def __init__(self, folder: Path) -> None:
        self.paths = Paths.under(folder).make()
        self.events = Events()
        self.settings = Settings(self.paths.config / "settings.json", self.events)
        self.plugin_failures: list[object] = []
        self.project = SimpleNamespace(name=self._name)

    async def _name(self) -> Text:
        return Text("Untitled project", "未命名项目")

    async def status(self) -> SimpleNamespace:
        return SimpleNamespace(
            version="0.1.0",
            jobs_running=1,
            jobs=[SimpleNamespace(kind="index", title=Text("Indexing", "正在索引"), progress=0.5)],
            problems=2,
            models_loaded=0,
            tokens_per_second=None,
            cpu_percent=12.0,
            ram_used=2_000_000_000,
            ram_total=8_000_000_000,
            gpus=[],
            disk_free=1,
        )


@pytest.fixture(autouse=True, scope="module")
def collected_with_the_file() -> Iterator[None]:
    yield
    collecting.of_the_file()


@pytest.fixture(autouse=True)
def collected_here() -> Iterator[None]:
    with collecting.on_this_thread():
        yield
        if QApplication.instance() is not None:
            QApplication.clipboard().clear()  # the offscreen platform crashes at the end over what it still holds (xcb does not)


@pytest.fixture(autouse=True)
def toasts_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a crowded computer a test comes to a toast later than it goes by itself."""
    monkeypatch.setitem(theme.tokens["motion"], "toast", 600_000)


@pytest.fixture
def app(qapp: QApplication) -> Iterator[QApplication]:
    language.set("en")
    theme.apply(qapp, "dark")
    yield qapp
    language.set("en")


@pytest.fixture
def view(desk: Desk) -> QWidget:
    """The view in front, of a test with a real engine."""
    return desk.window.current_view()


@pytest.fixture
def bridge(app: QApplication) -> Iterator[Bridge]:
    one = Bridge()
    yield one
    let_go()
    one.stop()


@pytest.fixture
def engine(tmp_path: Path) -> SmallEngine:
    return SmallEngine(tmp_path)


@pytest.fixture
def window(app, bridge, engine, qtbot, monkeypatch) -> Window:
    """The frame with the Settings view only: the rooms' views have tests of their own."""
    from studio.ui import window as module
    from studio.ui.views.settings import SettingsView

    monkeypatch.setattr(module, "find_views", lambda: ([SettingsView], []))
    one = Window(bridge, Actions(), engine.paths.config / "window.json")
    qtbot.addWidget(one)
    one.resize(1400, 900)
    one.show()
    one.engine_ready(engine)
    return one
