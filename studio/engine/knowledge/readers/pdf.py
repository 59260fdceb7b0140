"""PDF by PDFium: text by page with its headings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from studio.engine.knowledge.pdf_text import body_size, joined, lines_of, running_titles, without, without_titles
from studio.engine.knowledge.reader import Page, Reader, Unreadable
from studio.engine.text import Text

PASSWORD, SECURITY = 4, 5  # FPDF_ERR_*


class Pdf(Reader):
    """Pages count from 1. A scan without text is refused, with the reason."""

    name: ClassVar[str] = "pdf"
    suffixes: ClassVar[tuple[str, ...]] = (".pdf",)
    title: ClassVar[Text] = Text.same("PDF")

    def read(self, path: Path) -> list[Page]:
        with opened(path) as document:
            lines = [_lines(document, index) for index in range(len(document))]
        body = body_size(lines)
        titles = running_titles(lines)
        texts = [joined(without(page, titles), body) for page in lines]
        without_titles(texts)
        pages = [Page(number, text.text, text.headings) for number, text in enumerate(texts, 1)]
        if not any(page.text.strip() for page in pages):
            raise Unreadable(
                Text(f"{path.name} holds no text, only pictures of pages.", f"{path.name} 不含文字，只有页面图像。"),
                Text("Run text recognition (OCR) on it first.", "请先对其进行文字识别（OCR）。"),
            )
        return pages


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The document by PDFium; `Unreadable` that tells a locked file from a damaged one."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        raise _unreadable(path, error) from error
    try:
        yield document
    finally:
        document.close()


def _lines(document: Any, index: int) -> list[Any]:
    page = document[index]
    text_page = page.get_textpage()
    try:
        return lines_of(text_page)
    finally:
        text_page.close()
        page.close()


def _unreadable(path: Path, error: Exception) -> Unreadable:
    if getattr(error, "err_code", None) in (PASSWORD, SECURITY) or "assword" in str(error):
        return Unreadable(
            Text(f"{path.name} is protected by a password.", f"{path.name} 受密码保护。"),
            Text("Save a copy without the password and add that.", "请另存一份不带密码的副本再添加。"),
        )
    return Unreadable(
        Text(f"{path.name} is damaged or no PDF.", f"{path.name} 已损坏或不是 PDF。"),
        Text("Open it in a PDF reader and save it again.", "请用 PDF 阅读器打开并重新保存。"),
        details=str(error),
    )
