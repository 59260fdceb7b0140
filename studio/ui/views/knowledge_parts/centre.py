"""The centre of the Knowledge view: the header of a collection, its documents, and the search test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.knowledge.document import Collection, Document, Found
from studio.engine.knowledge.evaluation import Target
from studio.engine.text import Text
from studio.ui.language import say, tr
from studio.ui.making import MAKERS
from studio.ui.theme import theme
from studio.ui.views.knowledge_parts.adding import fill_add_menu
from studio.ui.views.knowledge_parts.bench import Bench
from studio.ui.views.knowledge_parts.collections import DropCover, paths_of
from studio.ui.views.knowledge_parts.documents import Attention, DocumentTable
from studio.ui.views.knowledge_parts.evaluation import Evaluation
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.discard import discard
from studio.ui.widgets.labels import Badge, Label
from studio.ui.widgets.panel import Header, Surface
from studio.ui.widgets.panel_tabs import PanelTabs
from studio.ui.widgets.states import Empty, Failure, Loading

if TYPE_CHECKING:
    from studio.ui.studio import Studio

ADD = Text("Add documents", "添加文档")
ADD_SHORT = Text("Add", "添加")
NARROW, EMBEDDER_FROM = 560, 620  # pixels of the header


class Centre(Surface):
    """The header of a collection, its documents, and the search test; or what to do first."""

    dropped = Signal(list)
    asked_add = Signal()
    asked_new = Signal()
    asked_menu = Signal(QPoint)
    asked_folder = Signal()
    asked_page = Signal()
    asked_dataset = Signal()
    asked_pause = Signal(bool)  # to pause (True) or to go on
    asked_stop = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__("content")
        self.setAcceptDrops(True)
        self._name = Label("", "bodyStrong", elide="end")
        self._name.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._embedder = Badge("")
        self.tabs = PanelTabs(
            [
                ("documents", Text("Documents", "文档")),
                ("search", Text("Search test", "检索测试")),
                ("evaluation", Text("Evaluation", "评测")),
            ]
        )
        self.tabs.changed.connect(self.show_tab)
        self.table, self.attention, self.bench = DocumentTable(), Attention(), Bench(studio)
        self.evaluation = Evaluation(studio)
        self.bench.judged.connect(self._judge)
        self.evaluation.asked.connect(self._look_at)
        self._stack = QStackedWidget()
        self._documents = QWidget()
        self._no_documents = _add_first(self.asked_add)
        self._message: QWidget = Loading()
        for page in (self._documents, self.bench, self.evaluation, self._no_documents, self._message):
            self._stack.addWidget(page)
        self._cover = DropCover(self)
        self._collection: Collection | None = None
        self._lay_out()

    def show_collection(self, collection: Collection) -> None:
        self._collection = collection
        self.header.show()
        self._name.say(collection.name)
        self._embedder.say(collection.embedder)
        self._fit_embedder()
        say(
            self._embedder.setToolTip,
            Text(
                f"Embedding model, {collection.dimensions} numbers a vector",
                f"向量模型，{collection.dimensions} 维",
            ),
        )
        self.tabs.set_count("documents", collection.document_count)
        self.bench.set_collection(collection.id)
        self.evaluation.set_collection(collection.id)

    def set_documents(self, documents: list[Document]) -> None:
        self.table.set_documents(documents)
        self.attention.set_documents(documents)
        self.tabs.set_count("documents", len(documents))
        self.show_work(documents)
        self.show_tab(str(self.tabs.value()))

    def show_tab(self, tab: object) -> None:
        if tab == "search":
            self._stack.setCurrentWidget(self.bench)
            self.bench.field.setFocus()
        elif tab == "evaluation":
            self._stack.setCurrentWidget(self.evaluation)
        else:
            self._stack.setCurrentWidget(self._documents if self.table.documents() else self._no_documents)

    def show_work(self, documents: list[Document]) -> None:
        """Offer to pause while something is indexed, to go on while something is paused, and to stop either."""
        busy = any(one.status in ("queued", "reading") for one in documents)
        paused = any(one.status == "paused" for one in documents)
        self.pause.setVisible(busy or paused)
        self.stop.setVisible(busy or paused)
        self.pause.say(Text("Pause", "暂停") if busy else Text("Resume", "继续"))
        self.pause.set_icon("pause" if busy else "play")
        self._pausing = busy

    _pausing = False

    def _judge(self, query: str, found: Found) -> None:
        chunk = found.chunk
        target = Target(
            document=found.document.file_name, page=chunk.page if chunk.row is None else None, row=chunk.row
        )
        if chunk.page is None and chunk.row is None:
            target.text = " ".join(chunk.text.split())[:200]
        self.evaluation.judge(query, target)

    def _look_at(self, query: str) -> None:
        self.tabs.set_value("search")
        self.show_tab("search")
        self.bench.field.setText(query)

    def show_nothing(self) -> None:
        """There is no collection yet."""
        self.header.hide()
        self._collection = None
        new = Button(MAKERS["collection"].title, "folder-plus")
        new.clicked.connect(self.asked_new)
        self._show_message(_add_first(self.asked_add, new))

    def show_error(self, error: StudioError) -> None:
        self._show_message(Failure(error))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_embedder()
        narrow = self.width() < theme.scaled(NARROW)
        self._name.setVisible(not narrow)  # it stands in the list at the side too
        self._add.say(ADD_SHORT if narrow else ADD)

    def _fit_embedder(self) -> None:
        self._embedder.setVisible(bool(self._embedder.text()) and self.width() > theme.scaled(EMBEDDER_FROM))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if paths_of(event):
            event.acceptProposedAction()
            self._cover.cover(self._collection.name if self._collection else tr(Text("Documents", "文档")))

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._cover.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._cover.hide()
        event.acceptProposedAction()
        self.dropped.emit(paths_of(event))

    def _show_message(self, widget: QWidget) -> None:
        self._stack.removeWidget(self._message)
        discard(self._message)
        self._message = widget
        self._stack.addWidget(widget)
        self._stack.setCurrentWidget(widget)

    def _lay_out(self) -> None:
        self.header = Header(40, "content")
        self.header.row.setSpacing(theme.size("space.3"))
        self._add = add = Button(ADD, "file-plus", "primary")
        menu = QMenu()
        work = (self.asked_add.emit, self.asked_folder.emit, self.asked_page.emit, self.asked_dataset.emit)
        menu.aboutToShow.connect(lambda: fill_add_menu(menu, *work))
        add.set_menu(menu)
        self.pause = Button(Text("Pause", "暂停"), "pause")
        self.pause.clicked.connect(lambda: self.asked_pause.emit(self._pausing))
        self.stop = IconButton("square", Text("Stop indexing", "停止索引"))
        self.stop.clicked.connect(self.asked_stop)
        self.pause.hide()
        self.stop.hide()
        more = IconButton("ellipsis", Text("More", "更多"))
        more.clicked.connect(lambda: self.asked_menu.emit(more.mapToGlobal(QPoint(0, more.height()))))
        self.header.row.addWidget(self._name)
        for widget in (self._embedder, self.tabs):
            self.header.row.addWidget(widget)
        self.header.row.addStretch(1)
        for widget in (self.pause, self.stop, add, more):
            self.header.row.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self._stack, 1)
        inner = QVBoxLayout(self._documents)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        inner.addWidget(self.table, 1)
        inner.addWidget(self.attention)


def _add_first(add: Any, *others: QWidget) -> Empty:
    button = Button(ADD, "file-plus", "primary")
    button.clicked.connect(add)
    return Empty(
        "library",
        Text("Add documents", "添加文档"),
        Text(
            "PDF, Office, e-books, e-mails, tables, code and web pages are read here, on this computer. Then chats answer from them, with the page or row.",
            "PDF、Office 文档、电子书、邮件、表格、代码和网页均在本机读取，之后对话即可引用其中的内容并标明页码或行号。",
        ),
        button,
        *others,
    )
