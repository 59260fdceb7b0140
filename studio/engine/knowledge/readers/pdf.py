"""PDF by PDFium: text by page with its headings; a page that is a picture by text recognition."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from studio.engine.knowledge.ocr import SIDE
from studio.engine.knowledge.pdf_file import is_picture, opened, picture_of
from studio.engine.knowledge.pdf_image import shown
from studio.engine.knowledge.pdf_text import body_size, joined, lines_of, running_titles, without, without_titles
from studio.engine.knowledge.picture_text import pages_of
from studio.engine.knowledge.reader import Page, Reader, Shown, Unreadable
from studio.engine.text import Text


class Pdf(Reader):
    """Pages count from 1. A scan without text is refused where pictures are not read, with the reason."""

    name: ClassVar[str] = "pdf"
    suffixes: ClassVar[tuple[str, ...]] = (".pdf",)
    title: ClassVar[Text] = Text.same("PDF")
    pictured: ClassVar[bool] = True

    def read(self, path: Path) -> list[Page]:
        with opened(path) as document:
            lines = [_lines(document, index) for index in range(len(document))]
            scanned = self._scanned(document, lines)
        body = body_size(lines)
        titles = running_titles(lines)
        texts = [joined(without(page, titles), body) for page in lines]
        without_titles(texts)
        pages = [scanned.get(number) or Page(number, text.text, text.headings) for number, text in enumerate(texts, 1)]
        if not any(page.text.strip() for page in pages):
            raise _nothing(path, self.ocr is not None)
        return pages

    def show(self, path: Path, number: int, width: int, spans: Sequence[Sequence[int]], expected: str) -> Shown:
        return shown(path, number, width, spans, expected)

    def _scanned(self, document: Any, lines: Sequence[Sequence[Any]]) -> dict[int, Page]:
        """The pages that are pictures and on which something was recognised, by their numbers."""
        if self.ocr is None:
            return {}
        counts = [sum(not letter.isspace() for line in page for letter in line.text) for page in lines]
        numbers = [
            number
            for number, count in enumerate(counts, 1)
            if self.ocr.always or is_picture(document[number - 1], count)
        ]
        pictures = {
            number: self.ocr.read(picture_of(document[number - 1], SIDE), done, len(numbers))
            for done, number in enumerate(numbers, 1)
        }
        return {page.number: page for page in pages_of(pictures) if page.number and page.text.strip()}


def _lines(document: Any, index: int) -> list[Any]:
    page = document[index]
    text_page = page.get_textpage()
    try:
        return lines_of(text_page)
    finally:
        text_page.close()
        page.close()


def _nothing(path: Path, looked: bool) -> Unreadable:
    if looked:
        return Unreadable(
            Text(
                f"No text could be recognised on the pages of {path.name}.", f"未能在 {path.name} 的页面上识别出文字。"
            ),
            Text("Scan it again, sharper or larger.", "请以更高清晰度重新扫描。"),
        )
    return Unreadable(
        Text(f"{path.name} holds no text, only pictures of pages.", f"{path.name} 不含文字，只有页面图像。"),
        Text(
            "Let text recognition (OCR) read pictures, in the settings of the collection, and retry.",
            "请在文档集设置中启用文字识别（OCR）后重试。",
        ),
    )
