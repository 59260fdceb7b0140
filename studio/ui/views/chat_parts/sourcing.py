"""Between the answers and the sources panel: which sources are shown, their pages, their rows."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication

from studio.engine.chat.freshness import row_as_read
from studio.engine.chat.message import Message, Source
from studio.engine.datasets.dataset import DatasetsChanged
from studio.engine.errors import NotFound, StudioError
from studio.engine.knowledge.document import DocumentChanged, DocumentDeleted, PageImage
from studio.engine.knowledge.reader import is_pictured
from studio.engine.text import Text
from studio.ui.views.chat_parts.conversation import Conversation
from studio.ui.views.chat_parts.messages import AnswerView
from studio.ui.views.chat_parts.opened import stale_in
from studio.ui.views.chat_parts.showing import Showing
from studio.ui.views.chat_parts.sources_panel import SourcesPanel

if TYPE_CHECKING:
    from studio.engine.chat.service import Chat
    from studio.engine.knowledge.service import Knowledge
    from studio.ui.studio import Studio

VERSION = re.compile(r'@\d+"')
PAGE_WIDTH = 900  # pixels of a page's image
PAUSE = 400  # ms: many changes of documents are looked at once


class Sourcing(QObject):
    """Keeps the panel and the chips of the answers in step with each other and with the documents and datasets."""

    def __init__(self, studio: Studio, middle: Conversation, panel: SourcesPanel, showing: Showing) -> None:
        super().__init__(panel)
        self._studio, self._middle, self.panel, self._showing = studio, middle, panel, showing
        self._soon = QTimer(self, singleShot=True, interval=PAUSE)
        self._soon.timeout.connect(self.look)
        for kind in (DocumentChanged, DocumentDeleted, DatasetsChanged):
            studio.bridge.listen(self, kind, self._look_soon)
        QGuiApplication.instance().applicationStateChanged.connect(
            self._look_soon
        )  # a file may have been changed elsewhere
        self._message = ""  # the answer whose sources are shown
        panel.selected.connect(self._mark_chip)
        panel.page_wanted.connect(self._fetch_page)
        panel.open_rows.connect(self.open_rows)
        panel.open_row.connect(self._open_row)
        panel.open_document.connect(self._open_document)

    def clear(self) -> None:
        self._message, self.panel.picked = "", False
        self.panel.show_sources([])

    def show(self, message: Message) -> None:
        """An answer's sources; what a person chose stays chosen while it is the same answer."""
        same, current = message.id == self._message, self.panel.current
        if not message.sources and not same and self.panel.sources:
            return
        kept = current.number if same and current and self.panel.picked else None
        self.panel.picked = self.panel.picked and same
        self._message = message.id
        self.panel.show_sources(message.sources, kept)
        if self.panel.current is not None:
            self._mark_chip(self.panel.current.number)

    def keep_to_branch(self) -> None:
        """Another branch has other sources: those of its last answer, where what was shown is no part of it."""
        there = [*self._showing.messages, *self._showing.beside]
        if all(message.id != self._message for message in there):
            self.clear()
            last = self._showing.last_answer()
            if last is not None:
                self.show(last)

    def choose(self, message: Message, number: int) -> None:
        """A chip was pressed."""
        self._message, self.panel.picked = message.id, True
        self.panel.show_sources(message.sources, number)
        self._mark_chip(number)
        self.look()

    def open_rows(self, dataset_id: str, sql: str) -> None:
        """The rows where they live, in the Data view; a query of an older version as a query."""
        if VERSION.search(sql):
            self._studio.open("query", "", sql=sql, run=True)
        else:
            self._studio.open("dataset", dataset_id, sql=sql)

    def _open_row(self, source: Source, stale: bool) -> None:
        """A row that was found, with the cursor on it; one of an older version as a query of that version."""
        if stale:
            self._studio.open("query", "", sql=row_as_read(source), run=True)
        else:
            self._studio.open("dataset", source.dataset_id, row=(source.row or 1) - 1)

    def look(self) -> None:
        """Which sources have changed since, found while one reads."""
        messages = list(self._showing.messages)
        if any(message.sources for message in messages) and self._studio.bridge.engine is not None:  # it may be closing
            work = stale_in(self._studio.engine.chat, messages)
            self._studio.bridge.run(self.panel, work, self._show_stale, lambda _: None)

    def _look_soon(self, _: object) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _show_stale(self, stale: dict[str, dict[int, Text]]) -> None:
        self._showing.show_stale(stale)
        self.panel.show_stale(stale.get(self._message, {}))

    def _open_document(self, source: Source) -> None:
        if source.kind == "file":
            return
        self._studio.open("document", source.document_id, page=source.page, span=(source.start, source.end))

    def _mark_chip(self, number: int) -> None:
        for view in self._middle.views():
            if isinstance(view, AnswerView):
                view.select_chip(number if view.message.id == self._message else None)

    def _fetch_page(self, source: Source, page: int) -> None:
        engine = self._studio.engine
        work = _file_page(engine.chat, source, page) if source.kind == "file" else _page(engine.knowledge, source, page)
        failed = partial(self._show_gone, source)
        self._studio.bridge.run(self.panel, work, partial(self._show_page, source, page), failed)

    def _show_gone(self, source: Source, error: StudioError) -> None:
        """A document may have been deleted since; the words that were found are kept with the answer."""
        if isinstance(error, NotFound):
            missing = Text(f"“{source.title}” is no longer in the collection.", f"“{source.title}”已不在文档集中。")
            kept = Text(f"The answer stands on: “{source.quote}”", f"回答所依据的原文：“{source.quote}”")
            error = NotFound(missing, kept, error.message.en)
        self.panel.show_error(source, error)

    def _show_page(self, source: Source, page: int, found: tuple[str, int, PageImage | None]) -> None:
        text, pages, image = found
        if image is None:
            self.panel.show_text(source, text)
        else:
            self.panel.show_page(source, page, pages, image)


async def _page(knowledge: Knowledge, source: Source, page: int) -> tuple[Any, int, PageImage | None]:
    """A page's image with the number of pages; the words alone where a document has no pages to show."""
    document = await knowledge.document(source.document_id)
    if not is_pictured(document.format) or not page:
        return await knowledge.page_text(source.document_id, source.page), 0, None
    spans = _spans(source) if page == source.page else []
    return "", document.page_count or page, await knowledge.page_image(document.id, page, spans, PAGE_WIDTH)


async def _file_page(chat: Chat, source: Source, page: int) -> tuple[str, int, PageImage | None]:
    """The same of an attached file."""
    shelf = chat.attachments
    image = await shelf.page_image(source.attachment_id, page, _spans(source), PAGE_WIDTH) if page else None
    if image is None:
        return await shelf.page_text(source.attachment_id, source.page), 0, None
    return "", await shelf.page_count(source.attachment_id), image


def _spans(source: Source) -> list[tuple[int, int]]:
    """What is marked: what the answer cites of the page; a whole page that was given is not, where there is less."""
    whole = source.kind == "file" or not source.quote
    return [*source.spans] if source.spans and whole else [(source.start, source.end), *source.spans]
