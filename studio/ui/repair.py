"""What the start page offers beside trying again: the last good copy of a damaged catalog."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from studio.engine.errors import StudioError
from studio.engine.events import Notice
from studio.engine.paths import Paths
from studio.engine.text import Text
from studio.ui.window import Window


def show_start_failure(window: Window, paths: Paths, error: StudioError, again: Callable[[], None]) -> None:
    """Why the engine did not start, over the whole window, with the way out."""
    from studio.engine.catalog.backup import CatalogDamaged

    if isinstance(error, CatalogDamaged) and error.backup is not None:
        window.engine_failed(error, again, (error.offer, lambda: _restore_catalog(window, paths, again)))
    else:
        window.engine_failed(error, again)


def _restore_catalog(window: Window, paths: Paths, again: Callable[[], None]) -> None:
    """Put the last good copy in place of the damaged file, then open."""
    from studio.engine.catalog import backup

    def restored(copy: Path) -> None:
        window.notice(Notice("success", Text("The catalog was restored", "目录库已恢复"), _told(copy, paths)))
        again()

    work = asyncio.to_thread(backup.restore_owned, paths)
    window.bridge.run(window, work, restored, lambda error: show_start_failure(window, paths, error, again))


def _told(copy: Path, paths: Paths) -> Text:
    return Text(
        f"From {copy.name}; the damaged file was kept in {paths.data}.",
        f"已从 {copy.name} 恢复，损坏的文件保留在 {paths.data}。",
    )
