"""A real engine behind a real window, for the tests of views."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QWidget

from studio.engine.paths import Paths
from studio.ui.actions import Actions
from studio.ui.bridge import Bridge
from studio.ui.views.view import View
from studio.ui.window import Window

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
SECONDS = 120_000


class Desk:
    """A window with one view, or with some, over a real engine."""

    def __init__(self, window: Window, bridge: Bridge, qtbot: Any) -> None:
        self.window, self.bridge, self.qtbot = window, bridge, qtbot
        self.owner = QObject()  # pytest-qt deletes the window before the fixture ends

    @property
    def engine(self) -> Any:
        return self.bridge.engine

    def wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The result of something that the engine does."""
        answers: list[Any] = []
        self.bridge.run(
            self.owner, work, lambda result: answers.append((result, None)), lambda error: answers.append((None, error))
        )
        self.qtbot.waitUntil(lambda: bool(answers), timeout=SECONDS)
        result, error = answers[0]
        if error is not None:
            raise error
        return result

    def until(self, true: Any) -> None:
        self.qtbot.waitUntil(lambda: bool(true()), timeout=SECONDS)


class Painted(QObject):
    """Notes each time that a widget is painted."""

    def __init__(self, widget: QWidget, painted: list[QEvent.Type]) -> None:
        super().__init__(widget)
        self._painted = painted
        widget.installEventFilter(self)
        widget.update()

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self._painted.append(event.type())
        return False


@contextmanager
def desk_with(
    view: type[View] | list[type[View]], folder: Path, bridge: Bridge, qtbot: Any, monkeypatch: Any
) -> Iterator[Desk]:
    from studio.engine.engine import Engine
    from studio.ui import window as module

    views = view if isinstance(view, list) else [view]
    monkeypatch.setattr(module, "find_views", lambda: (views, []))
    window = Window(bridge, Actions(), None)
    qtbot.addWidget(window)
    window.resize(1600, 1000)
    window.show()
    desk = Desk(window, bridge, qtbot)
    engine = desk.wait(Engine.open(Paths.under(folder)))
    window.engine_ready(engine)
    try:
        desk.until(window.current_view)  # its parts are made at turns of the event loop
        yield desk
    finally:
        let_go()
        close(bridge, engine)


def let_go() -> None:
    """Destroy the windows that are closed: Qt does it only in the next loop of events, and until then their timers go on."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def close(bridge: Bridge, engine: Any) -> None:
    """End the engine on its own thread, as the program does when its window is gone."""
    over = threading.Event()

    async def end() -> None:
        try:
            await engine.close()
        finally:
            over.set()

    ending: list[Any] = []
    bridge.on_loop(lambda: ending.append(asyncio.ensure_future(end())))
    assert over.wait(120), "the engine did not close"
