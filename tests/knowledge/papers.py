"""Small documents for the tests."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A5
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate


def pdf(path: Path, pages: list[list[tuple[str, str]]], password: str = "") -> Path:
    """A PDF whose pages hold ("heading" | "text", words)."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    styles = {
        "heading": ParagraphStyle("heading", fontName="STSong-Light", fontSize=16, leading=22, spaceAfter=8),
        "text": ParagraphStyle("text", fontName="STSong-Light", fontSize=10, leading=14, spaceAfter=9, wordWrap="CJK"),
    }
    story = []
    for number, page in enumerate(pages):
        story += [PageBreak()] if number else []
        story += [Paragraph(escape(words), styles[kind]) for kind, words in page]
    extra = {"encrypt": password} if password else {}
    SimpleDocTemplate(str(path), pagesize=A5, **extra).build(story)
    return path


def docx(path: Path, heading: str, paragraphs: list[str], table: list[list[str]] | None = None) -> Path:
    from docx import Document

    document = Document()
    document.add_heading(heading, 1)
    for words in paragraphs:
        document.add_paragraph(words)
    if table:
        made = document.add_table(rows=0, cols=len(table[0]))
        for row in table:
            for cell, words in zip(made.add_row().cells, row, strict=True):
                cell.text = words
    document.save(str(path))
    return path
