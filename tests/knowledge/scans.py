"""Papers as a scanner or a camera sees them: pictures without a text layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image

from tests.knowledge import papers

SCALE = 150 / 72


def pictures(path: Path, pages: list[list[tuple[str, str]]]) -> list[Image.Image]:
    """The pages of a paper as pictures; `path` is used in between."""
    import pypdfium2

    with pypdfium2.PdfDocument(papers.pdf(path, pages)) as document:
        return [page.render(scale=SCALE).to_pil().convert("RGB") for page in document]


def scanned(path: Path, pages: list[list[tuple[str, str]]]) -> Path:
    """A PDF, or a TIFF, whose pages are pictures of what they say; of one page, any format that Pillow writes."""
    first, *others = pictures(path.with_suffix(".printed.pdf"), pages)
    several: dict[str, Any] = {"save_all": True, "append_images": others} if others else {}
    first.save(path, dpi=(150, 150), **several)
    path.with_suffix(".printed.pdf").unlink()
    return path


def same_words(text: str) -> str:
    """A text without spaces: between Chinese and digits recognition puts none."""
    return "".join(text.split())
