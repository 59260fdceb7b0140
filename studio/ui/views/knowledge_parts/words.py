"""How states, sizes and times of documents are said."""

from __future__ import annotations

import time
from dataclasses import dataclass

from studio.engine.knowledge.document import Document
from studio.engine.text import Text, plural

FORMAT_ICONS = {"pdf": "file-text", "docx": "file-type", "markdown": "file-code", "html": "globe", "text": "file"}


@dataclass(frozen=True, slots=True)
class Look:
    """A state in words, with its icon and tone."""

    words: Text
    icon: str
    tone: str


LOOKS = {
    "queued": Look(Text("Waiting", "等待中"), "circle-dashed", "neutral"),
    "reading": Look(Text("Indexing", "索引中"), "loader-circle", "accent"),
    "indexed": Look(Text("Indexed", "已索引"), "circle-check", "success"),
    "failed": Look(Text("Failed", "失败"), "circle-x", "danger"),
    "quarantined": Look(Text("Set aside", "已隔离"), "shield-alert", "warning"),
}
STALE = Look(Text("File changed", "文件已更改"), "triangle-alert", "warning")


def look_of(document: Document) -> Look:
    """The state of a document; an indexed one whose file has changed since says that instead."""
    return STALE if document.status == "indexed" and document.stale else LOOKS[document.status]


def has_trouble(document: Document) -> bool:
    return document.status in ("failed", "quarantined")


def size_words(size: int) -> str:
    """1234567 is "1.2 MB"."""
    amount = float(size)
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            return f"{amount:,.0f} B" if unit == "B" else f"{amount:,.1f} {unit}"
        amount /= 1000
    return ""


def when(moment: float | None) -> str:
    """A date and a 24-hour time, the year only when it is another."""
    if moment is None:
        return "–"
    then, now = time.localtime(moment), time.localtime()
    return time.strftime("%m-%d %H:%M" if then.tm_year == now.tm_year else "%Y-%m-%d", then)


def documents_words(count: int) -> Text:
    return Text(plural(count, "document", "documents"), f"{count:,} 个文档")


def chunks_words(count: int) -> Text:
    return Text(plural(count, "chunk", "chunks"), f"{count:,} 个片段")


def place_words(page: int | None, position: int) -> Text:
    """Where a chunk stands: its page, or its number where there are no pages."""
    if page is None:
        return Text(f"chunk {position + 1}", f"片段 {position + 1}")
    return Text(f"page {page}", f"第 {page} 页")
