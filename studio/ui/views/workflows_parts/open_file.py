"""The button that opens a file that a step kept in a bucket: a recording plays, a report is read."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from studio.engine.ids import new
from studio.engine.text import Text
from studio.ui.studio import Studio
from studio.ui.widgets.buttons import IconButton

OPEN = Text("Open the file", "打开文件")
PLAY = Text("Play the recording", "播放录音")
SOUNDS = (".mp3", ".wav", ".opus", ".ogg", ".flac", ".aac", ".m4a")
READ = (
    ".html", ".pdf", ".docx", ".xlsx", ".md", ".txt", ".csv", ".json", ".png", ".jpg", ".jpeg", ".webp", ".gif",
)  # no programs  # fmt: skip


class OpenFile(IconButton):
    """Shows itself for the address of a file that the system's programs can show; they are given a copy."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("external-link", OPEN, size=14, parent=parent)
        self._studio = studio
        self._place = ""
        self.clicked.connect(self._open)
        self.hide()

    def offer(self, value: Any) -> None:
        """For this value of a step: an address, or anything else."""
        self._place = value if isinstance(value, str) and value.startswith("s3://") and "\n" not in value else ""
        ending = PurePosixPath(self._place).suffix.lower()
        self.say(PLAY if ending in SOUNDS else OPEN)
        self.set_icon("play" if ending in SOUNDS else "external-link")
        self.setVisible(ending in SOUNDS + READ)

    def _open(self) -> None:
        self._studio.bridge.run(self, self._copied(self._place), _hand_over)

    async def _copied(self, place: str) -> Path:
        engine = self._studio.engine
        target: Path = engine.paths.temporary / new("opened", 8) / PurePosixPath(place).name
        target.parent.mkdir(parents=True, exist_ok=True)
        await engine.objects.download(place, target)
        return target


def _hand_over(file: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(file)))
