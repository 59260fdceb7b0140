"""Files that are chosen or dropped: one, or several, each with its cross."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.language import say, tr
from studio.ui.theme import theme
from studio.ui.widgets.box import paint_box
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.discard import empty
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Glyph
from studio.ui.widgets.things import files_in

CHOOSE = {False: Text("Choose a file…", "选择文件…"), True: Text("Choose files…", "选择文件…")}
DROP = {False: Text("or drop it here", "或拖放到此处"), True: Text("or drop them here", "或拖放到此处")}
REMOVE = Text("Leave {name} out", "移除 {name}")


class FilesField(QWidget):
    """A `Path` is a file of this computer, a text the address of one that an earlier run was given."""

    changed = Signal()

    def __init__(self, several: bool, name: Text | str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._several = several
        self._files: list[Path | str] = []
        self._over = False
        self.setAcceptDrops(True)
        self.button = Button(CHOOSE[several], "paperclip", "default", "sm")
        self.button.clicked.connect(self.choose)
        self.hint = Label(DROP[several], "dense", "text.tertiary", elide="end")
        self._rows = QVBoxLayout()
        self._rows.setSpacing(theme.size("space.1"))
        column = QVBoxLayout(self)
        edge = theme.size("space.2")
        column.setContentsMargins(edge, edge, edge, edge)
        column.setSpacing(theme.size("space.1"))
        column.addLayout(self._rows)
        line = QHBoxLayout()
        line.setSpacing(theme.size("space.2"))
        line.addWidget(self.button)
        line.addWidget(self.hint, 1)
        column.addLayout(line)
        self.setFocusProxy(self.button)
        say(self.setAccessibleName, name)

    def value(self) -> Any:
        """The one file, or the list of them; None where there is none."""
        if not self._files:
            return None
        return list(self._files) if self._several else self._files[0]

    def set_value(self, value: Any) -> None:
        self._files = []
        self.add(value if isinstance(value, list) else [value] if value else [])

    def add(self, files: Iterable[Path | str]) -> None:
        """Each once; the last one where there can be only one."""
        self._files = list(dict.fromkeys([*self._files, *files]))
        if not self._several:
            self._files = self._files[-1:]
        self._show()
        self.changed.emit()

    def remove(self, file: Path | str) -> None:
        self._files.remove(file)
        self._show()
        self.changed.emit()

    def choose(self) -> None:
        """A dialog for files of this computer."""
        title = tr(CHOOSE[self._several]).rstrip("…")
        ask = QFileDialog.getOpenFileNames if self._several else QFileDialog.getOpenFileName
        chosen = ask(self, title)[0]
        self.add(Path(path) for path in ([chosen] if isinstance(chosen, str) else chosen) if path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped(event):
            event.acceptProposedAction()
            self._show_target(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._show_target(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._show_target(False)
        self.add(_dropped(event))
        event.acceptProposedAction()

    def paintEvent(self, event: Any) -> None:
        paint_box(self, "accent.ring" if self._over else "border.default", "surface.content", "radius.sm").end()

    def _show_target(self, on: bool) -> None:
        self._over = on
        self.update()

    def _show(self) -> None:
        empty(self._rows)
        for file in self._files:
            self._rows.addWidget(self._row(file))

    def _row(self, file: Path | str) -> QWidget:
        name = file.name if isinstance(file, Path) else unquote(urlsplit(file).path.rpartition("/")[2]) or file
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.size("space.2"))
        label = Label(name, "dense", elide="middle")
        label.setToolTip(str(file))
        cross = IconButton("x", REMOVE.format(name=name), size=14)
        cross.clicked.connect(partial(self.remove, file))
        row.addWidget(Glyph("file", "text.secondary", 14), 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(label, 1)
        row.addWidget(cross)
        return holder


def _dropped(event: QDropEvent) -> list[Path]:
    """The files of this computer in what is dragged; folders are none."""
    return [path for path in map(Path, files_in(event.mimeData())) if path.is_file()]
