"""Slides of PowerPoint: titles, text boxes, tables and the speaker's notes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from studio.engine.knowledge.reader import Heading, Page, Reader, Unit, Unreadable
from studio.engine.knowledge.unpacked import refuse_bomb
from studio.engine.text import Text


class Pptx(Reader):
    """A page for each slide, in their order; shapes from the top down."""

    name: ClassVar[str] = "pptx"
    suffixes: ClassVar[tuple[str, ...]] = (".pptx",)
    title: ClassVar[Text] = Text.same("PowerPoint")
    unit: ClassVar[Unit] = "slide"

    def read(self, path: Path) -> list[Page]:
        import pptx

        refuse_bomb(path)
        try:
            slides = pptx.Presentation(str(path)).slides
            return [_page(number, slide) for number, slide in enumerate(slides, 1)]
        except Exception as error:  # python-pptx lets through what zipfile, lxml and its own parts raise
            raise Unreadable(
                Text(f"{path.name} is not a presentation that can be opened.", f"{path.name} 不是可打开的演示文稿。"),
                Text("Open it in PowerPoint and save it again as .pptx.", "请在 PowerPoint 中打开并重新另存为 .pptx。"),
                details=f"{type(error).__name__}: {error}",
            ) from error


def _page(number: int, slide: Any) -> Page:
    title = slide.shapes.title
    head = " ".join(title.text_frame.text.split()) if title is not None else ""
    parts = [head] if head else []
    shapes = sorted(_all(slide.shapes), key=lambda shape: (shape.top or 0, shape.left or 0))
    parts += [
        words for shape in shapes if title is None or shape.shape_id != title.shape_id if (words := _words(shape))
    ]
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        parts.append(slide.notes_slide.notes_text_frame.text.strip())
    headings = [Heading(0, 1, head)] if head else []
    return Page(number, "\n\n".join(part for part in parts if part), headings)


def _all(shapes: Any) -> Iterator[Any]:
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _all(shape.shapes)
        else:
            yield shape


def _words(shape: Any) -> str:
    if getattr(shape, "has_table", False) and shape.has_table:
        rows = ([cell.text.strip().replace("\n", " ") for cell in row.cells] for row in shape.table.rows)
        return "\n".join(" | ".join(row) for row in rows)
    return shape.text_frame.text.replace("\v", "\n").strip() if shape.has_text_frame else ""
