"""What is on its way here: one block for each download, with its progress and its buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.widgets import figures
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.discard import discard
from studio.ui.widgets.labels import Label
from studio.ui.widgets.meter import Meter

if TYPE_CHECKING:
    from studio.engine.models.download import Download


class DownloadList(QWidget):
    """`asked` carries a download's id and "pause", "resume", "cancel" or "forget"."""

    asked = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.blocks: dict[str, DownloadBlock] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(theme.size("space.3"), 0, theme.size("space.3"), 0)
        self._column.setSpacing(theme.size("space.3"))

    def show_downloads(self, downloads: list[Download]) -> None:
        shown = [one for one in downloads if one.active]
        if [one.id for one in shown] != list(self.blocks):
            for block in self.blocks.values():
                block.setParent(None)
                discard(block)
            self.blocks = {one.id: DownloadBlock(one.id) for one in shown}
            for block in self.blocks.values():
                block.asked.connect(self.asked)
                self._column.addWidget(block)
        for one in shown:
            self.blocks[one.id].show_download(one)

    def show_one(self, one: Download) -> bool:
        """Whether it is among those that are shown."""
        block = self.blocks.get(one.id)
        if block is not None and one.active:
            block.show_download(one)
        return block is not None and one.active


class DownloadBlock(QWidget):
    asked = Signal(str, str)

    def __init__(self, download_id: str) -> None:
        super().__init__()
        self._wanted = "pause"
        self.name, self.words = Label("", "dense", elide="middle"), Label("", "caption", "text.secondary", wrap=True)
        self.go = IconButton("pause", Text("Pause", "暂停"))
        self.stop = IconButton("x", Text("Cancel the download", "取消下载"))
        self.go.clicked.connect(lambda: self.asked.emit(download_id, self._wanted))
        self.stop.clicked.connect(lambda: self.asked.emit(download_id, "cancel"))
        self.meter = Meter(0, "accent.ring", name=Text("Progress of the download", "下载进度"))
        head = QHBoxLayout()
        head.setSpacing(theme.size("space.1"))
        head.addWidget(self.name, 1)
        head.addWidget(self.go)
        head.addWidget(self.stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.size("space.1"))
        column.addLayout(head)
        column.addWidget(self.meter)
        column.addWidget(self.words)

    def show_download(self, one: Download) -> None:
        self.name.say(one.name)
        failed, size = one.status == "failed", one.size_bytes
        self.meter.set(one.done_bytes / size if size else 0, "danger.text" if failed else "accent.ring")
        self._wanted = "pause" if one.status == "running" else "resume"
        self.go.set_icon("pause" if one.status == "running" else "rotate-cw" if failed else "play")
        self.go.say(
            Text("Pause", "暂停")
            if one.status == "running"
            else Text("Try again", "重试")
            if failed
            else Text("Resume", "继续")
        )
        self.words.say(words_of(one))
        self.words.set_colour("danger.text" if failed else "text.secondary")


def words_of(one: Download) -> Text:
    """“4.5 of 7.3 GB, 38 MB/s, 1:14 left”, or what is going on instead."""
    if one.status == "failed" and one.error:
        return Text(**one.error["message"])
    done, size = figures.size(one.done_bytes), figures.size(one.size_bytes)
    share = one.done_bytes / one.size_bytes if one.size_bytes else 0.0
    if one.status == "paused":
        return Text(f"Paused, {done} of {size}", f"已暂停，{done} / {size}")
    if one.phase == "waiting":
        return Text("Waiting for its turn", "等待中")
    if one.phase == "checking":
        return Text(f"Checking the file, {share:.0%}", f"正在校验文件，{share:.0%}")
    if not one.speed:
        return Text(f"{done} of {size}", f"{done} / {size}")
    speed, left = figures.size(one.speed), one.seconds_left or 0
    clock = f"{int(left) // 60}:{int(left) % 60:02d}"
    return Text(f"{done} of {size}, {speed}/s, {clock} left", f"{done} / {size}，{speed}/s，剩余 {clock}")
