"""Opening a PDF, and pictures of its pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studio.engine.knowledge.reader import Unreadable
from studio.engine.text import Text

PASSWORD, SECURITY = 4, 5  # FPDF_ERR_*
HARDLY = 20  # characters, such as a page's number stamped on a scan
MOST_OF = 0.5  # of a page, that the pictures of a scan cover


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


def is_picture(page: Any, characters: int) -> bool:
    """Whether what a page says stands in a picture: there is something on it and no text, or hardly any beside a large picture."""
    import pypdfium2.raw as pdfium

    if not characters:
        return bool(pdfium.FPDFPage_CountObjects(page.raw))
    if characters > HARDLY:
        return False
    pictures = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3)
    area = sum((right - left) * (top - bottom) for left, bottom, right, top in (one.get_bounds() for one in pictures))
    return bool(area >= MOST_OF * page.get_width() * page.get_height())


def picture_of(page: Any, side: int) -> Any:
    """A page as PIL picture whose longer side has so many pixels."""
    return page.render(scale=side / max(page.get_width(), page.get_height())).to_pil()


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
