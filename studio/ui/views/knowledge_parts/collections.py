"""The side panel: collections, New, and a place to drop files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.knowledge.document import Collection
from studio.engine.text import Text
from studio.ui.language import say
from studio.ui.making import MAKERS
from studio.ui.theme import theme
from studio.ui.views.knowledge_parts.words import chunks_words, documents_words
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Glyph, Panel
from studio.ui.widgets.rows import Row, RowList
from studio.ui.widgets.things import Thing, files_in

DROP = Text("Drop documents, tables or code here", "将文档、表格或代码拖到这里")
LET_GO = Text("Let go to add them to “{name}”", "松开即可添加到“{name}”")


class CollectionsPanel(Panel):
    """`chosen` carries a collection's id; `dropped` the paths of files."""

    chosen = Signal(str)
    menu = Signal(str, QPoint)
    asked_new = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        new = Button(Text("New", "新建"), "plus")
        say(new.setAccessibleName, MAKERS["collection"].title)
        super().__init__(Text("Knowledge", "知识库"), [new], header=40, parent=parent)
        new.clicked.connect(self.asked_new)
        self.list = RowList(Text("Collections", "文档集"), height=44)
        self.list.selected.connect(self.chosen)
        self.list.menu.connect(self.menu)
        self.drop = DropPlace()
        self.body.setContentsMargins(0, theme.size("space.1"), 0, 0)
        self.body.addWidget(self.list, 1)
        self.body.addWidget(self.drop)

    def set_collections(self, collections: list[Collection]) -> None:
        self.list.set_rows(_row(one) for one in collections)


class DropPlace(QWidget):
    """A dashed box that takes files; it says what will happen while they hover."""

    dropped = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.target = ""
        self._over = False
        self.setAcceptDrops(True)
        side = theme.size("space.3")
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * side, 2 * side, 2 * side, 2 * side)
        row.setSpacing(theme.size("space.3"))
        row.addWidget(Glyph("file-plus", "text.secondary", 20))
        self._words = Label(DROP, "dense", "text.secondary", wrap=True)
        row.addWidget(self._words, 1)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if paths_of(event):
            event.acceptProposedAction()
            self._set_over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._set_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_over(False)
        event.acceptProposedAction()
        self.dropped.emit(paths_of(event))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour, width = ("accent.ring", 2) if self._over else ("border.control", 1)
        pen = QPen(theme.colour(colour), width, Qt.PenStyle.SolidLine if self._over else Qt.PenStyle.DashLine)
        painter.setPen(pen)
        side, radius = theme.size("space.2") + 0.5, theme.size("radius.md")
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(side, side, -side, -side), radius, radius)

    def _set_over(self, over: bool) -> None:
        self._over = over
        self._words.say(LET_GO.format(name=self.target) if over and self.target else DROP)
        self.update()


class DropCover(QWidget):
    """Lies over the centre while files hover there: an outline and what will happen."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        column = QVBoxLayout(self)
        self._words = Label("", "bodyStrong", "accent.text")
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self._words)
        self.hide()

    def cover(self, name: str) -> None:
        self._words.say(LET_GO.format(name=name))
        self.setGeometry(self.parentWidget().rect())
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        ground = theme.colour("surface.content")
        ground.setAlphaF(0.9)
        painter.fillRect(self.rect(), ground)
        painter.setPen(QPen(theme.colour("accent.ring"), 2))
        painter.drawRect(self.rect().adjusted(1, 1, -1, -1))


def paths_of(event: QDropEvent) -> list[Path]:
    """The local files and folders that are dragged."""
    return [Path(path) for path in files_in(event.mimeData())]


def _row(collection: Collection) -> Row:
    documents, chunks = documents_words(collection.document_count), chunks_words(collection.chunk_count)
    subtitle = Text(f"{documents.en}, {chunks.en}", f"{documents.zh}，{chunks.zh}")
    thing = Thing("collection", collection.id, collection.name)
    return Row(collection.id, collection.name, subtitle, "library-big", hint=collection.description, thing=thing)
