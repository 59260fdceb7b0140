"""The inspector: a document's state, its page with the chosen place marked, and its chunks."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPlainTextEdit, QStackedWidget, QTextEdit, QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.knowledge.document import Chunk, Document, PageImage
from studio.engine.knowledge.reader import is_pictured
from studio.engine.text import Text
from studio.ui.language import say, tr
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.knowledge_parts.chunk_row import chunk_row
from studio.ui.views.knowledge_parts.edit_chunk import EditChunk
from studio.ui.views.knowledge_parts.words import LOOKS, STALE, format_words, has_trouble, size_words
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.labels import Badge, Label
from studio.ui.widgets.page_view import PageView
from studio.ui.widgets.panel import Divider, Panel, Section
from studio.ui.widgets.rows import RowList
from studio.ui.widgets.states import Empty, Failure

Span = tuple[int, int]
WIDTH = 1000  # pixels of a rendered page: sharp at the widest inspector on a screen of ratio 2


class Inspector(Panel):
    """Shows one document. `retried` and `removed` carry its id."""

    retried = Signal(str)
    removed = Signal(str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        self._retry = IconButton("rotate-cw", Text("Index again", "重新索引"))
        self._remove = IconButton("trash-2", Text("Remove", "移除"))
        super().__init__("", [self._retry, self._remove], header=40, parent=parent)
        say(self.setAccessibleName, Text("Document", "文档"))
        self._studio = studio
        self.document: Document | None = None
        self._chunks: list[Chunk] = []
        self._span: Span | None = None
        self._text = ""
        self._text_page: int | None = None
        self._retry.clicked.connect(lambda: self.document and self.retried.emit(self.document.id))
        self._remove.clicked.connect(lambda: self.document and self.removed.emit(self.document.id))
        self._lay_out()
        self.clear()

    def clear(self) -> None:
        """Show that no document is chosen."""
        self.document, self._chunks, self._text = None, [], ""
        if self.title:
            self.title.say(Text("Document", "文档"))
        self._body.setCurrentWidget(self._nothing)
        self._retry.setEnabled(False)
        self._remove.setEnabled(False)

    def show_document(self, document: Document, page: int | None = None, span: Span | None = None) -> None:
        """Show a document at a place; its first page without one."""
        other = self.document is None or self.document.id != document.id
        fresh = other or (self.document is not None and self.document.status != document.status)
        self.update_document(document)
        self._body.setCurrentWidget(self._known)
        if other:
            self.page.clear()
        if fresh:
            self._text = ""
            self._load_chunks(document)
        if document.status == "indexed":
            self._show_place(page, span, choose=True)
        elif other:
            self._sheet.setCurrentWidget(self._unread)

    def update_document(self, document: Document) -> None:
        """Show the new state of the document."""
        self.document = document
        if self.title:
            self.title.say(document.title or document.file_name)
        look = STALE if document.stale and document.status == "indexed" else LOOKS[document.status]
        self._status.say(look.words)
        self._status.set_tone(look.tone, look.icon)
        self._facts.say(" · ".join(filter(None, (tr(format_words(document.format)), size_words(document.size_bytes)))))
        busy = document.status in ("queued", "reading")
        self._retry.setEnabled(not busy)
        self._remove.setEnabled(True)
        self._trouble.setVisible(has_trouble(document) or (document.stale and not busy))
        self._reason.say(document.reason or _STALE_WORDS)

    def _lay_out(self) -> None:
        self._nothing = Empty(
            "file-search",
            Text("No document chosen", "未选择文档"),
            Text("Choose one to see its page and its chunks.", "选择文档即可查看页面和片段。"),
        )
        self._known = QWidget()
        self._body = QStackedWidget()
        self._body.addWidget(self._nothing)
        self._body.addWidget(self._known)
        self.body.addWidget(self._body, 1)
        column = QVBoxLayout(self._known)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._head())
        column.addWidget(self._make_trouble())
        column.addWidget(Divider())
        self.page = PageView(self._studio.bridge)
        self.page.page_requested.connect(lambda page: self._show_place(page, None, choose=False))
        self.text = TextPage()
        self._failure = QWidget()
        self._unread = Empty(
            "file-text",
            Text("Nothing to show yet", "暂无内容"),
            Text("Its page and its chunks appear once it is indexed.", "建立索引后会显示页面和片段。"),
        )
        self._sheet = QStackedWidget()
        for widget in (self.page, self.text, self._unread):
            self._sheet.addWidget(widget)
        column.addWidget(self._sheet, 3)
        column.addWidget(Divider())
        self._section = Section(Text("Chunks", "片段"))
        self.list = RowList(Text("Chunks", "片段"), height=44)
        self.list.selected.connect(self._choose_chunk)
        self.list.menu.connect(self._chunk_menu)
        self.list.activated.connect(self._edit_chunk)
        self._section.body.addWidget(self.list)
        column.addWidget(self._section, 2)

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        side = theme.size("space.3")
        row.setContentsMargins(side, theme.size("space.2"), side, theme.size("space.2"))
        row.setSpacing(theme.size("space.2"))
        self._status = Badge("")
        self._facts = Label("", "dense", "text.secondary")
        row.addWidget(self._status)
        row.addWidget(self._facts, 1)
        return row

    def _make_trouble(self) -> QWidget:
        self._trouble = QWidget()
        column = QVBoxLayout(self._trouble)
        side = theme.size("space.3")
        column.setContentsMargins(side, 0, side, theme.size("space.2"))
        self._reason = Label("", "dense", "text.secondary", wrap=True)
        column.addWidget(self._reason)
        again = Button(Text("Index again", "重新索引"), "rotate-cw", size="sm")
        again.clicked.connect(self._retry.click)
        row = QHBoxLayout()
        row.addWidget(again)
        row.addStretch(1)
        column.addLayout(row)
        self._trouble.hide()
        return self._trouble

    def _load_chunks(self, document: Document) -> None:
        self._studio.bridge.run(
            self,
            self._studio.engine.knowledge.chunks(document.id),
            lambda chunks: self._set_chunks(document.id, chunks),
            lambda _: self._set_chunks(document.id, []),
            of=document.id,
        )

    def _set_chunks(self, document_id: str, chunks: list[Chunk]) -> None:
        if self.document is None or self.document.id != document_id:
            return
        self._chunks = chunks
        self._section.set_count(len(chunks))
        self._draw_chunks()
        self._choose_for_span()

    def _draw_chunks(self) -> None:
        unit = self.document.unit if self.document else "page"
        self.list.set_rows(chunk_row(one.id, one, unit, one.excluded, one.original is not None) for one in self._chunks)

    def _chunk(self, chunk_id: str) -> Chunk | None:
        return next((one for one in self._chunks if one.id == chunk_id), None)

    def _chunk_menu(self, chunk_id: str, place: QPoint) -> None:
        chunk = self._chunk(chunk_id)
        if chunk is None:
            return
        menu = QMenu(self)
        menu.addAction(tr(Text("Edit…", "编辑…")), lambda: self._edit_chunk(chunk_id))
        words = (
            Text("Use in searches again", "重新用于检索")
            if chunk.excluded
            else Text("Leave out of searches", "从检索中排除")
        )
        menu.addAction(tr(words), lambda: self.exclude(chunk_id, not chunk.excluded))
        if chunk.original is not None:
            menu.addAction(
                tr(Text("Back to the file's words", "恢复文件原文")),
                lambda: self.reword(chunk_id, chunk.original or ""),
            )
        menu.popup(place)

    def exclude(self, chunk_id: str, excluded: bool) -> None:
        """Leave a chunk out of every search, or take it in again."""
        self._studio.bridge.run(
            self, self._studio.engine.knowledge.editing.exclude(chunk_id, excluded), self._chunk_changed
        )

    def reword(self, chunk_id: str, text: str) -> None:
        """Give a chunk other words."""
        self._studio.bridge.run(self, self._studio.engine.knowledge.editing.reword(chunk_id, text), self._chunk_changed)

    def _edit_chunk(self, chunk_id: str) -> None:
        chunk = self._chunk(chunk_id)
        if chunk is None:
            return

        def keep(dialog: EditChunk, words: str) -> None:
            def changed(chunk: Chunk) -> None:
                self._chunk_changed(chunk)
                dialog.accept()

            work = self._studio.engine.knowledge.editing.reword(chunk_id, words)
            self._studio.bridge.run(dialog, work, changed, lambda error: dialog.say_problem(error.whole()))

        EditChunk(self, chunk.text, keep).open()

    def _chunk_changed(self, chunk: Chunk) -> None:
        self._chunks = [chunk if one.id == chunk.id else one for one in self._chunks]
        self._draw_chunks()

    def _choose_chunk(self, chunk_id: str) -> None:
        chunk = self._chunk(chunk_id)
        if chunk is not None:
            self._show_place(chunk.page, (chunk.start, chunk.end), choose=False)

    def _show_place(self, page: int | None, span: Span | None, choose: bool) -> None:
        document = self.document
        if document is None:
            return
        self._span = span
        self._page_wanted = page
        if choose:
            self._choose_for_span()
        if is_pictured(document.format):
            self._show_page(document, page or 1, span)
        else:
            self._show_text(document, page, span)

    _page_wanted: int | None = None

    def _choose_for_span(self) -> None:
        """Mark the chunk that holds the place, without going there again."""
        if self._span is None:
            return
        start, page = self._span[0], self._page_wanted
        held = [one for one in self._chunks if one.page == page and one.start <= start < one.end]
        if held:
            self.list.blockSignals(True)
            self.list.select(held[0].id)
            self.list.scrollTo(self.list.currentIndex())
            self.list.blockSignals(False)

    def _show_page(self, document: Document, page: int, span: Span | None) -> None:
        self._sheet.setCurrentWidget(self.page)
        picture = self._studio.engine.knowledge.page_image(document.id, page, [span] if span else [], WIDTH)
        self._studio.bridge.run(
            self,
            picture,
            lambda image: self._set_page(document, page, span, image),
            lambda error: self._page_failed(document, error),
        )

    def _set_page(self, document: Document, page: int, span: Span | None, image: PageImage) -> None:
        if self.document is None or self.document.id != document.id or self._span != span:
            return
        boxes = [
            (x / image.width, y / image.height, (x + width) / image.width, (y + height) / image.height)
            for x, y, width, height in image.rectangles
        ]
        self.page.show_page(image.png, page, document.page_count or page, boxes)

    def _page_failed(self, document: Document, error: StudioError) -> None:
        if self.document is None or self.document.id != document.id:
            return
        self._sheet.removeWidget(self._failure)
        self._failure = Failure(error)
        self._sheet.addWidget(self._failure)
        self._sheet.setCurrentWidget(self._failure)

    def _show_text(self, document: Document, page: int | None, span: Span | None) -> None:
        self._sheet.setCurrentWidget(self.text)
        if self._text and self._text_page == page:
            self.text.show_text(self._text, span)
            return
        self._studio.bridge.run(
            self,
            self._studio.engine.knowledge.page_text(document.id, page),
            lambda words: self._set_text(document, page, words),
            lambda error: self._page_failed(document, error),
        )

    def _set_text(self, document: Document, page: int | None, words: str) -> None:
        if self.document is not None and self.document.id == document.id and self._page_wanted == page:
            self._text, self._text_page = words, page
            self.text.show_text(words, self._span)


class TextPage(QPlainTextEdit):
    """A text without pages, with a place marked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self._span: Span | None = None
        self.document().setDocumentMargin(theme.size("space.3"))
        say(self.setAccessibleName, Text("Text of the document", "文档文本"))
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_text(self, words: str, span: Span | None) -> None:
        if self.toPlainText() != words:
            self.setPlainText(words)
        self._span = span
        self._mark()

    def _mark(self) -> None:
        if self._span is None:
            self.setExtraSelections([])
            return
        text = self.toPlainText()
        start, end = (_utf16(text[:place]) for place in self._span)  # Qt counts in UTF-16
        mark = QTextEdit.ExtraSelection()
        mark.cursor = QTextCursor(self.document())
        mark.cursor.setPosition(start)
        mark.cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        look = QTextCharFormat()
        look.setBackground(theme.colour("accent.selection"))
        mark.format = look
        self.setExtraSelections([mark])
        there = QTextCursor(self.document())
        there.setPosition(start)
        self.setTextCursor(there)
        self.centerCursor()

    def _restyle(self) -> None:
        self.setFont(theme.font("dense"))
        self._mark()


_STALE_WORDS = Text("The file has changed since it was indexed.", "文件在索引后已被修改。")


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
