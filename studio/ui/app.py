"""Opens the window: first the frame, then the engine."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from studio import __version__
from studio.engine.errors import StudioError
from studio.engine.paths import Paths
from studio.ui.actions import actions
from studio.ui.bridge import bridge
from studio.ui.collector import Collector
from studio.ui.errors import CrashGuard
from studio.ui.language import language
from studio.ui.repair import show_start_failure
from studio.ui.theme import theme
from studio.ui.turns import Turns
from studio.ui.views import find_view, find_views, importing
from studio.ui.warm import warm
from studio.ui.window import Window


class Closes(Protocol):
    """Something that stands beside the engine and ends before it."""

    async def close(self) -> None: ...


Beside = Callable[[Any], Coroutine[Any, Any, Closes]]


def run(arguments: Sequence[str] = (), paths: Paths | None = None, view: str = "", beside: Beside | None = None) -> int:
    """Open the window and stay until it is closed; the exit code. `beside` starts what stands beside the engine."""
    app = make_app(arguments)
    open_window(paths, view, beside)
    code = app.exec()
    _close_engine()
    return code


def make_app(arguments: Sequence[str] = ()) -> QApplication:
    os.environ.setdefault("QT_NO_FAST_MOVE", "1")  # in a real window Qt copies what it moves, and copied half of a form
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication([sys.argv[0] if sys.argv else "studio", *arguments])
    app.setApplicationName("ONE Data Studio")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("one-data-studio")
    Collector(app)
    return app


def open_window(paths: Paths | None = None, view: str = "", beside: Beside | None = None) -> Window:
    """The window at once, its engine as soon as it has been painted."""
    paths = paths or Paths.standard()
    _dress_early(paths)
    window = Window(bridge, actions, paths.config / "window.json")
    guard = CrashGuard(bridge, lambda: window)
    guard.install()
    window.guard = guard  # type: ignore[attr-defined]
    if view:
        window.show_view(view)
    window.show()
    window.setFocus()
    QTimer.singleShot(0, lambda: _open_engine(window, paths, beside))
    return window


_beside: list[Closes] = []


def _open_engine(window: Window, paths: Paths, beside: Beside | None) -> None:
    async def open_one() -> object:
        from studio.engine.engine import Engine

        window.bridge.post(import_first)  # not before: it would wait for the same modules
        return await Engine.open(paths)

    def import_first() -> None:
        Turns(importing([window.stack.wanted]), window).start()

    def failed(error: StudioError) -> None:
        show_start_failure(window, paths, error, lambda: _open_engine(window, paths, beside))

    def ready(engine: object) -> None:
        window.bridge.opened(engine)
        Turns(importing([window.stack.wanted]), window, lambda: begin(engine)).start()

    def begin(engine: object) -> None:
        window.engine_ready(engine, find_view(window.stack.wanted))
        look_for_others()

    def look_for_others() -> None:
        """Once a view is seen, or another one is waited for: importing beside the making of the first would slow it down."""
        if window.stack.is_making_first():
            QTimer.singleShot(20, window, look_for_others)
        else:
            Turns(importing(), window, rest).start()

    def rest() -> None:
        window.views_found(*find_views())
        if beside is not None:  # last, as it imports much; what fails there is a notice
            window.bridge.run(window, beside(window.bridge.engine), _beside.append)
        window.bridge.run(window, asyncio.to_thread(warm, window.devicePixelRatioF()), lambda _: _settle())

    window.bridge.run(window, open_one(), ready, failed)


def _settle() -> None:
    collector = QApplication.instance().findChild(Collector)
    if collector is not None:
        collector.settle()


def _close_engine() -> None:
    """Give the engine a moment to end its work and its children, then end the thread."""
    engine, over = bridge.engine, threading.Event()
    if engine is not None:

        async def close() -> None:
            try:
                while _beside:
                    await asyncio.wait_for(_beside.pop().close(), 5)
                await asyncio.wait_for(engine.close(), 30)
            finally:
                over.set()

        bridge.on_loop(lambda: asyncio.ensure_future(close()))
        over.wait(35)
    bridge.stop()


def _dress_early(paths: Paths) -> None:
    """The look from the settings file, before the engine is there; the engine's settings decide afterwards."""
    look = _kept_look(paths.config / "settings.json")
    theme.reduced_motion = bool(look.get("reduced_motion", False))
    language.set(os.environ.get("ONE_DATA_APPEARANCE__LANGUAGE", str(look.get("language", "system"))))
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    mode = os.environ.get("ONE_DATA_APPEARANCE__THEME", str(look.get("theme", "system")))
    scale = look.get("scale", 100)
    theme.apply(app, mode, scale if isinstance(scale, int) else 100)


def _kept_look(file: Path) -> dict[str, object]:
    try:
        look = json.loads(file.read_text("utf-8")).get("appearance", {})
    except (OSError, ValueError, AttributeError):
        return {}
    return look if isinstance(look, dict) else {}


if __name__ == "__main__":
    raise SystemExit(run(sys.argv[1:]))
