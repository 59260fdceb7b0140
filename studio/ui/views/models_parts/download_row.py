"""A model that is on its way here, as a row of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.views.models_parts.downloads import words_of
from studio.ui.views.models_parts.row import COLUMNS, PAD, cell_of, stacked
from studio.ui.widgets import figures
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.labels import Label
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.panel import Glyph

if TYPE_CHECKING:
    from studio.engine.models.download import Download


class DownloadRow(QWidget):
    """`asked` carries the download's id and "pause" or "resume"."""

    asked = Signal(str, str)

    def __init__(self, one: Download, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wanted = "pause"
        name = Label(one.name.removesuffix(".gguf"), "denseStrong", elide="end")
        under = Label(
            f"{one.repository} · {'GGUF' if one.format == 'gguf' else one.format}", "caption", "text.secondary"
        )
        self.share, self.left = Label("", "caption", "accent.text"), Label("", "caption", "text.secondary", elide="end")
        self.meter = Meter(0, "accent.ring", name=Text("Progress of the download", "下载进度"))
        self.go = IconButton("pause", Text("Pause", "暂停"))
        self.go.clicked.connect(lambda: self.asked.emit(one.id, self._wanted))
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.scaled(PAD), 0, theme.scaled(PAD), 0)
        row.setSpacing(theme.size("space.3"))
        row.addWidget(Glyph("download", "text.secondary", 14, tile=24))
        row.addLayout(stacked(name, under), 1)
        contents: dict[str, QWidget | QHBoxLayout] = {
            "quantization": Label(one.quantization or "–", "mono"),
            "size": Label(figures.size(one.size_bytes)),
            "context": Label("–"),
            "fit": Label(""),
            "speed": Label("–"),
            "state": self._progress(),
        }
        self.cells = {key: cell_of(contents[key], width, right) for key, (_, width, right, _) in COLUMNS.items()}
        for cell in self.cells.values():
            row.addWidget(cell)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.show_download(one)

    def show_download(self, one: Download) -> None:
        share = one.done_bytes / one.size_bytes if one.size_bytes else 0.0
        self._wanted = "pause" if one.status == "running" else "resume"
        self.go.set_icon("pause" if self._wanted == "pause" else "play")
        self.share.say(f"{share:.0%}")
        self.left.say(_left(one))
        self.left.set_colour("danger.text" if one.status == "failed" else "text.secondary")
        self.meter.set(share, "danger.text" if one.status == "failed" else "accent.ring")

    def show_columns(self, width: int) -> None:
        for name, (_, _, _, narrowest) in COLUMNS.items():
            self.cells[name].setVisible(width >= theme.scaled(narrowest))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.colour("border.subtle"))

    def _progress(self) -> QHBoxLayout:
        words = QHBoxLayout()
        words.addWidget(self.share)
        words.addStretch(1)
        words.addWidget(self.left)
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addStretch(1)
        column.addLayout(words)
        column.addWidget(self.meter)
        column.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.2"))
        row.addLayout(column, 1)
        row.addWidget(self.go)
        return row

    def _restyle(self) -> None:
        self.setFixedHeight(theme.size("layout.row.model"))
        self.update()


def _left(one: Download) -> Text:
    """What fits beside the share: the time left, or what is going on instead."""
    if one.status == "failed":
        return Text("failed", "失败")
    if one.status == "paused":
        return Text("paused", "已暂停")
    if one.phase == "checking":
        return Text("checking", "正在校验")
    if one.seconds_left is None:
        return Text("waiting", "等待中") if one.phase == "waiting" else words_of(one)
    clock = f"{int(one.seconds_left) // 60}:{int(one.seconds_left) % 60:02d}"
    return Text(f"{clock} left", f"剩余 {clock}")
