"""How states, sizes and times of documents are said."""

from __future__ import annotations

from dataclasses import dataclass

from studio.engine.knowledge.document import Document, Excerpt
from studio.engine.knowledge.place import place_of
from studio.engine.text import Text, plural

FORMAT_ICONS = {
    "pdf": "file-text", "docx": "file-type", "markdown": "file-code", "html": "globe", "text": "file", "pptx": "presentation",
    "xlsx": "file-spreadsheet", "csv": "file-spreadsheet", "epub": "book-open", "eml": "mail", "code": "code-xml",
    "rows": "database", "image": "image",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """A state in words, with its icon and tone."""

    words: Text
    icon: str
    tone: str


LOOKS = {
    "queued": Look(Text("Waiting", "等待中"), "circle-dashed", "neutral"),
    "reading": Look(Text("Indexing", "索引中"), "loader-circle", "accent"),
    "paused": Look(Text("Paused", "已暂停"), "circle-pause", "neutral"),
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


def documents_words(count: int) -> Text:
    return Text(plural(count, "document", "documents"), f"{count:,} 个文档")


def chunks_words(count: int) -> Text:
    return Text(plural(count, "chunk", "chunks"), f"{count:,} 个片段")


def place_words(chunk: Excerpt, unit: str = "page") -> Text:
    """Where a chunk stands: its row or line, its page, or its number where there is neither."""
    number = chunk.position + 1
    return place_of(chunk.page, chunk.row, unit) or Text(f"chunk {number}", f"片段 {number}")


def format_words(name: str) -> Text:
    """PDF, DOCX; rows of a dataset and pictures have no such name."""
    named = {"rows": Text("Dataset rows", "数据集的行"), "image": Text("Picture", "图片")}
    return named.get(name) or Text.same(name.upper())
