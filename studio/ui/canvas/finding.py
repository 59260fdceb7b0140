"""Search in the graph: a field over the canvas; Enter goes from one match to the next."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.engine.pinyin import spelled
from studio.engine.text import Text
from studio.ui.canvas.document import Document
from studio.ui.canvas.faces import title_of
from studio.ui.canvas.view import CanvasView
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.widgets.box import paint_box
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.inputs import SearchField
from studio.ui.widgets.labels import Label

WIDTH, COUNT_WIDTH = 220, 88  # the count has room for the longest that it says, in both languages
COUNT = Text("{at} of {count}", "{at} / {count}")
NONE = Text("Nothing found", "没有找到")


def matches(document: Document, words: str) -> list[str]:
    """The steps, comments and frames that say these words: titles (pinyin too), types, parameters, notes; titles first."""
    asked = words.strip().lower()
    if not asked:
        return []
    found: list[tuple[int, float, float, str]] = []
    for node in document.nodes.values():
        kind = document.type_of(node)
        names = [title_of(node, kind), node.id, node.type, *((kind.title.en, kind.title.zh) if kind else ())]
        rank = 0 if any(asked in form for name in names for form in _forms(name)) else 1
        if rank == 0 or asked in _said(node.params) or asked in node.notes.lower():
            found.append((rank, node.position[0], node.position[1], node.id))
    for part_id, said, place in _marks(document):
        if any(asked in form for form in _forms(said)):
            found.append((1, *place, part_id))
    return [part_id for *_, part_id in sorted(found)]


def _marks(document: Document) -> list[tuple[str, str, tuple[float, float]]]:
    notes = [(note.id, note.text, note.position) for note in document.notes.values()]
    return notes + [(frame.id, frame.title, frame.position) for frame in document.frames.values()]


@lru_cache(maxsize=20_000)
def _forms(words: str) -> tuple[str, ...]:
    return (words.lower(), *filter(None, spelled(words)))


def _said(value: object) -> str:
    """All words in parameters, in one string."""
    if isinstance(value, dict):
        return "\n".join(_said(part) for part in value.values())
    if isinstance(value, list | tuple):
        return "\n".join(_said(part) for part in value)
    return str(value).lower()


class FindBar(QWidget):
    """Lies over the upper right corner. Esc closes it and gives the focus back to the canvas."""

    def __init__(self, canvas: CanvasView, parent: QWidget) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self.found: list[str] = []
        self.at = -1
        self.field = SearchField(Text("Find in this workflow", "在此工作流中查找"))
        self.field.setFixedWidth(theme.scaled(WIDTH))
        self.count = Label("", "dense", "text.tertiary")
        self.count.setMinimumWidth(theme.scaled(COUNT_WIDTH))
        row = QHBoxLayout(self)
        pad = theme.size("space.1")
        row.setContentsMargins(pad, pad, pad, pad)
        row.setSpacing(pad)
        row.addWidget(self.field)
        row.addWidget(self.count)
        for icon, title, step in (
            ("chevron-up", Text("Previous (Shift Enter)", "上一个（Shift Enter）"), -1),
            ("chevron-down", Text("Next (Enter)", "下一个（Enter）"), 1),
        ):
            button = IconButton(icon, title)
            button.clicked.connect(lambda _=False, by=step: self.step(by))
            row.addWidget(button)
        away = IconButton("x", Text("Close (Esc)", "关闭（Esc）"))
        away.clicked.connect(self.leave)
        row.addWidget(away)
        self.field.textChanged.connect(self.look_for)
        self.field.installEventFilter(self)
        self.hide()

    def open(self) -> None:
        self.show()
        self.raise_()
        self.field.setFocus()
        self.field.selectAll()
        self.look_for(self.field.text())

    def leave(self) -> None:
        self.hide()
        self.canvas.setFocus()

    def look_for(self, words: str) -> None:
        """The first match is shown at once."""
        self.found, self.at = matches(self.canvas.document, words), -1
        if self.found:
            self.step(1)
        else:
            self.count.setText(tr(NONE) if words.strip() else "")

    def step(self, by: int) -> None:
        """Choose the next match, or the one before, and bring it into view."""
        self.found = [part_id for part_id in self.found if self.canvas.document.has(part_id)]
        if not self.found:
            return
        self.at = (self.at + by) % len(self.found)
        self.count.setText(tr(COUNT.format(at=self.at + 1, count=len(self.found))))
        self.canvas.reveal(self.found[self.at])

    def eventFilter(self, watched, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.step(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.leave()
                return True
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_box(self, "border.strong", "surface.raised", "radius.lg")
