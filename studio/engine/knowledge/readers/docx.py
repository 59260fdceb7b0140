"""Word documents: paragraphs, headings and tables in the order they stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from studio.engine.knowledge.reader import Heading, Page, Reader, Unreadable
from studio.engine.text import Text


class Docx(Reader):
    """One page without a number: where Word breaks pages depends on the printer. A table row is a line."""

    name: ClassVar[str] = "docx"
    suffixes: ClassVar[tuple[str, ...]] = (".docx",)
    title: ClassVar[Text] = Text.same("Word")

    def read(self, path: Path) -> list[Page]:
        import docx

        try:
            document = docx.Document(str(path))
        except Exception as error:  # python-docx lets through what zipfile, lxml and its own parts raise
            raise Unreadable(
                Text(
                    f"{path.name} is not a Word document that can be opened.", f"{path.name} 不是可打开的 Word 文档。"
                ),
                Text("Open it in Word and save it again as .docx.", "请在 Word 中打开并重新另存为 .docx。"),
                details=f"{type(error).__name__}: {error}",
            ) from error
        text, headings = "", []
        for part in document.iter_inner_content():
            level = _level(part)
            if level and part.text.strip():
                headings.append(Heading(len(text), level, part.text.strip()))
            words = _words(part)
            text += f"{words}\n\n" if words else ""
        return [Page(None, text.rstrip(), headings)]


def _level(part: Any) -> int:
    """1 to 9 for a heading, else 0."""
    style = getattr(part.style, "name", "") if hasattr(part, "text") else ""
    if style == "Title":
        return 1
    return int(style[8:]) if style.startswith("Heading ") and style[8:].isdigit() else 0


def _words(part: Any) -> str:
    if hasattr(part, "text"):
        return str(part.text).strip()
    rows = [[cell.text.strip().replace("\n", " ") for cell in row.cells] for row in part.rows]
    return "\n".join(" | ".join(dict.fromkeys(row)) for row in rows)
