"""What the window remembers: its geometry, the last view, the sizes of panels, own shortcuts."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer

log = logging.getLogger(__name__)


class Memory:
    """A small JSON file in the config folder. A broken one is forgotten: nothing in it would be missed."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self.values: dict[str, Any] = _read(file)
        self._pause = QTimer(singleShot=True, interval=500)
        self._pause.timeout.connect(self.save)

    def panels(self, view: str) -> dict[str, Any]:
        """The sizes of a view's panels; changes to the answer are kept."""
        panels: dict[str, Any] = self.values.setdefault("panels", {}).setdefault(view, {})
        return panels

    def get(self, name: str, default: Any = None) -> Any:
        return self.values.get(name, default)

    def set(self, name: str, value: Any) -> None:
        self.values[name] = value
        self.save_soon()

    def save_soon(self) -> None:
        self._pause.start()

    def save(self) -> None:
        self._pause.stop()
        if self._file is None or not self._file.parent.is_dir():
            return
        aside = self._file.with_suffix(".new")
        try:  # not forced to the disk, for which the window's thread would wait
            aside.write_text(json.dumps(self.values, ensure_ascii=False), "utf-8")
            aside.replace(self._file)
        except OSError as error:  # a full disk; the window goes on with what it has in memory
            log.warning("%s", error)


def _read(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
