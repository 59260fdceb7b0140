"""Pictures of pages: photographs, scans and screenshots, by text recognition."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from studio.engine.errors import NotFound
from studio.engine.knowledge.ocr import SIDE
from studio.engine.knowledge.picture_text import pages_of
from studio.engine.knowledge.reader import Page, Reader, Shown, Unreadable
from studio.engine.text import Text

FORMATS = ("PNG", "JPEG", "TIFF", "WEBP")
PIXELS = 100_000_000  # of a page; a scan of A3 at 600 dots per inch has 70 million


class Image(Reader):
    """Pages count from 1; a TIFF may have several."""

    name: ClassVar[str] = "image"
    suffixes: ClassVar[tuple[str, ...]] = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")
    title: ClassVar[Text] = Text("Picture", "图片")
    pictured: ClassVar[bool] = True
    needs_ocr: ClassVar[bool] = True

    def read(self, path: Path) -> list[Page]:
        if self.ocr is None:
            raise Unreadable(
                Text(f"{path.name} is a picture, and pictures are not read here.", f"{path.name} 是图片，此处不识别图片文字。"),
                Text(
                    "Let text recognition (OCR) read pictures, in the settings of the collection, and retry.",
                    "请在文档集设置中启用文字识别（OCR）后重试。",
                ),
            )  # fmt: skip
        with _opened(path) as (file, count):
            pictures = {
                number: self.ocr.read(_page(file, number, SIDE), number, count) for number in range(1, count + 1)
            }
        return pages_of(pictures)

    def show(self, path: Path, number: int, width: int, spans: Sequence[Sequence[int]], expected: str) -> Shown:
        with _opened(path) as (file, count):
            if not 1 <= number <= count:
                raise NotFound(Text(f"{path.name} has no page {number}.", f"{path.name} 没有第 {number} 页。"))
            page = _page(file, number, 2 * max(width, SIDE))
        page = page.resize((width, max(1, round(page.height * width / page.width))))
        content = io.BytesIO()
        page.save(content, "PNG")
        return Shown(content.getvalue(), *page.size)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, int]]:
    """The file and the number of its pages; `Unreadable` where it is no picture, also when a page of it is looked at."""
    from PIL import Image as Pillow

    try:
        with Pillow.open(path, formats=FORMATS) as file:
            yield file, getattr(file, "n_frames", 1) if file.format == "TIFF" else 1
    except (OSError, ValueError, SyntaxError, EOFError, Pillow.DecompressionBombError) as error:
        raise Unreadable(
            Text(f"{path.name} is no picture that can be read.", f"{path.name} 不是可读取的图片。"),
            Text("Save it again as PNG or JPEG.", "请重新另存为 PNG 或 JPEG。"),
            details=f"{type(error).__name__}: {error}",
        ) from error


def _page(file: Any, number: int, side: int) -> Any:
    """A page upright, on white, no longer than `side`."""
    from PIL import Image as Pillow
    from PIL import ImageOps

    file.seek(number - 1) if number > 1 else None
    if file.width * file.height > PIXELS:
        raise ValueError(f"more than {PIXELS:,} pixels")
    file.draft("RGB", (side, side))
    page = ImageOps.exif_transpose(file)
    if "A" in page.getbands() or "transparency" in page.info:
        page = page.convert("RGBA")
        page = Pillow.alpha_composite(Pillow.new("RGBA", page.size, "white"), page)
    page = page.convert("RGB")
    page.thumbnail((side, side))
    return page
