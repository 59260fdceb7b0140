"""`studio`: the window, and the same server beside it while it is switched on."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from typing import TYPE_CHECKING

from studio.cli.home import paths_of
from studio.cli.output import say
from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.api.beside import ServerBeside
    from studio.engine.engine import Engine


def open_desktop(parsed: argparse.Namespace) -> int:
    if not has_display():
        say(
            Text(
                "There is no display here. Open the window on a desktop with “studio”, or over SSH with “ssh -X”; "
                "without one, use “studio chat”, “studio run” or “studio serve”.",
                "这里没有显示器。请在桌面环境中运行“studio”，或通过“ssh -X”打开窗口；也可使用“studio chat”“studio run”或“studio serve”。",
            )
        )
        return 2
    gc.disable()  # until the window's Collector takes it over: nothing that is imported now goes away
    from studio.ui.app import run

    return run(paths=paths_of(parsed.home), beside=serve_beside)


def has_display() -> bool:
    """Whether a window can be opened: always outside Linux, else with X11, Wayland or a chosen Qt platform."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in names)


async def serve_beside(engine: Engine) -> ServerBeside:
    """Follow the server's settings for as long as the window is open."""
    from studio.api.beside import ServerBeside

    beside = ServerBeside(engine)
    await beside.start()
    return beside
