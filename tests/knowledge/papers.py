"""Small documents for the tests."""

from __future__ import annotations

import zipfile
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


def pptx(path: Path, slides: list[tuple[str, list[str], str]]) -> Path:
    """Slides with a title, paragraphs and notes."""
    from pptx import Presentation

    made = Presentation()
    for title, paragraphs, notes in slides:
        slide = made.slides.add_slide(made.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text_frame.text = "\n".join(paragraphs)
        if notes:
            slide.notes_slide.notes_text_frame.text = notes
    made.save(str(path))
    return path


def xlsx(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path))
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
    return path


def epub(path: Path, chapters: list[tuple[str, str]]) -> Path:
    """A book whose chapters have a title and a body of XHTML."""
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>'
        '<rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    items = "".join(f'<item id="c{n}" href="c%20{n}.xhtml"/>' for n in range(len(chapters)))
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    package = (
        f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest><spine>{spine}</spine></package>'
    )
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("META-INF/container.xml", container)
        book.writestr("OPS/book.opf", package)
        for number, (title, body) in reversed(list(enumerate(chapters))):
            book.writestr(f"OPS/c {number}.xhtml", f"<html><body><h1>{title}</h1>{body}</body></html>")
    return path


def eml(path: Path, subject: str, body: str, attached: str = "", html: bool = False, charset: str = "utf-8") -> Path:
    from email.message import EmailMessage

    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "Ada <ada@example.com>", "bob@example.com"
    message.set_content(body, subtype="html" if html else "plain", charset=charset)
    if attached:
        message.add_attachment(b"x", maintype="application", subtype="octet-stream", filename=attached)
    path.write_bytes(bytes(message))
    return path
