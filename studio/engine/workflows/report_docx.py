"""A Markdown text as a Word document: headings, lists, tables, code, bold and italic words."""

from __future__ import annotations

import io
from math import isfinite
from typing import TYPE_CHECKING, Any

from studio.engine.workflows.markdown_blocks import UNFIT, Block, Cell, blocks_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio.engine.workflows.vega import Drawn

STYLES = {"bullet": "List Bullet", "ordered": "List Number"}
MONO = "Courier New"
MOST_ROWS = 200  # of a chart's points


def docx_of(markdown: str, charts: Mapping[str, Drawn]) -> bytes:
    """The document. A chart stands where its mark is a paragraph, as a table of its points."""
    import docx

    writer = _Writer(docx.Document(), charts)
    for block in blocks_of(markdown):
        writer.take(block)
    content = io.BytesIO()
    writer.document.save(content)
    return content.getvalue()


class _Writer:
    """Writes block after block."""

    def __init__(self, document: Any, charts: Mapping[str, Drawn]) -> None:
        self.document = document
        self._charts = charts

    def take(self, block: Block) -> None:
        if block.kind == "heading":
            _write(self.document.add_heading(level=min(block.level, 9)), block.words)
        elif block.kind == "code":
            self.document.add_paragraph().add_run(block.text).font.name = MONO
        elif block.kind == "table":
            self._table(block.rows)
        elif block.kind == "words":
            self._words(block)

    def _words(self, block: Block) -> None:
        drawn = self._charts.get(block.words.content.strip())
        if drawn is not None:
            self._chart(drawn)
            return
        style = STYLES[block.lists[-1]] if block.lists else "Quote" if block.quotes else None
        _write(self.document.add_paragraph(style=style), block.words)

    def _table(self, rows: list[list[Cell]]) -> None:
        table = self.document.add_table(len(rows), max(map(len, rows)), style="Table Grid")
        for row, cells in zip(table.rows, rows, strict=True):
            for place, cell in zip(row.cells, cells, strict=False):
                _write(place.paragraphs[0], cell.words)

    def _chart(self, drawn: Drawn) -> None:
        if drawn.title:
            self.document.add_paragraph().add_run(UNFIT.sub("", drawn.title)).bold = True
        places = drawn.labels or [f"{place:g}" for place in drawn.places]
        table = self.document.add_table(1, 1 + len(drawn.names), style="Table Grid")
        for cell, words in zip(table.rows[0].cells, [drawn.x, *drawn.names], strict=True):
            cell.text = UNFIT.sub("", words)
        for place, *values in list(zip(places, *drawn.values, strict=False))[:MOST_ROWS]:
            shown = [f"{value:,.6g}" if isfinite(value) else "" for value in values]
            for cell, words in zip(table.add_row().cells, [place, *shown], strict=True):
                cell.text = UNFIT.sub("", words)


def _write(paragraph: Any, token: Any) -> None:
    """The words of a token with what is bold, italic or code in them."""
    bold = italic = 0
    for part in token.children or ():
        if part.type in ("strong_open", "strong_close"):
            bold += 1 if part.type == "strong_open" else -1
        elif part.type in ("em_open", "em_close"):
            italic += 1 if part.type == "em_open" else -1
        elif part.type in ("softbreak", "hardbreak"):
            paragraph.add_run("\n" if part.type == "hardbreak" else " ")
        elif part.content:
            run = paragraph.add_run(part.content)
            run.bold, run.italic = bool(bold) or None, bool(italic) or None
            if part.type == "code_inline":
                run.font.name = MONO
