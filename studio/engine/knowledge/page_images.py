"""Pages of PDFs and pictures as they look, with marks: made in a process of their own, and the last ones kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from studio.engine.errors import BadState
from studio.engine.knowledge.chunks import ChunkStore
from studio.engine.knowledge.document import Document, PageImage
from studio.engine.knowledge.indexing import Indexing
from studio.engine.knowledge.originals import Originals
from studio.engine.knowledge.reader import is_pictured
from studio.engine.text import Text

KEPT = 24


class PageImages:
    """The pictures of a studio's documents."""

    def __init__(self, chunks: ChunkStore, originals: Originals, indexing: Indexing) -> None:
        self._chunks, self._originals, self._indexing = chunks, originals, indexing
        self._made: OrderedDict[tuple[Any, ...], PageImage] = OrderedDict()

    async def image(self, document: Document, page: int, spans: Sequence[tuple[int, int]], width: int) -> PageImage:
        """One page with the rectangles of spans of its text; `BadState` for a document without pages."""
        if not is_pictured(document.format):
            raise BadState(
                Text(f"{document.file_name} has no pages to show.", f"{document.file_name} 没有可显示的页面。")
            )
        key = (document.digest, page, tuple(spans), width)
        if key not in self._made:
            words = await self._chunks.page(document.id, page)
            file = self._originals.path(document.digest, document.file_name)
            workers, limits = self._indexing.index.readers, self._indexing.limits()
            self._made[key] = await workers.render(file, document.format, words, spans, width, limits)
            if len(self._made) > KEPT:
                self._made.popitem(last=False)
        return self._made[key]
