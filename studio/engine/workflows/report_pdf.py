"""A Markdown text as a PDF on A4: headings, lists, tables, code, links and charts, in Latin and Chinese.

Latin is set in the fonts that the studio ships. Chinese is set in the TrueType font of the system where there is one, which is
embedded; else in a font that PDF viewers have themselves. The same text gives the same bytes.
"""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Iterator, Mapping
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring
from reportlab.graphics import shapes
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.platypus import HRFlowable, LongTable, Paragraph, SimpleDocTemplate, Spacer, XPreformatted

from studio.engine.paths import resource
from studio.engine.workflows.markdown_blocks import UNFIT, Block, Cell, blocks_of
from studio.engine.workflows.vega import HEIGHT, WIDTH, svg_of

CHINESE_FILES = (
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
    "/Library/Fonts/Arial Unicode.ttf",
    "C:/Windows/Fonts/simhei.ttf",
)
OF_VIEWERS = "STSong-Light"  # every viewer has something for it
LATIN, BOLD, MONO, CHINESE = "ReportLatin", "ReportBold", "ReportMono", "ReportChinese"
SHIPPED = {LATIN: "Inter-Regular.ttf", BOLD: "Inter-SemiBold.ttf", MONO: "JetBrainsMono-Regular.ttf"}
WIDE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
INK, QUIET, RULE, FILL, LINK = "#1d2330", "#5a6372", "#d5d9e0", "#f4f5f7", "#2563eb"
SIZES = {1: 20.0, 2: 15.0, 3: 12.5}
BODY = 10.0
MARGIN = 20 * mm
LONGEST_LINE = 92  # signs of a line of code


def pdf_of(markdown: str, charts: Mapping[str, dict[str, Any]]) -> bytes:
    """The document. A chart stands where its mark is a paragraph. Blocks."""
    _fonts()
    text = UNFIT.sub("", markdown)
    story = [part for block in blocks_of(text) for part in _flowables(block, charts)]
    content = io.BytesIO()
    title = next((line.lstrip("# ") for line in text.splitlines() if line.startswith("# ")), "")
    document = SimpleDocTemplate(
        content, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN, title=title,
        author="", creator="ONE Data Studio", invariant=1,
    )  # fmt: skip
    document.build(story or [Spacer(1, 1)], onFirstPage=_numbered, onLaterPages=_numbered)
    return content.getvalue()


def _flowables(block: Block, charts: Mapping[str, dict[str, Any]]) -> list[Any]:
    """A block as what is laid out on the pages."""
    if block.kind == "rule":
        return [HRFlowable(width="100%", color=HexColor(RULE), spaceBefore=6, spaceAfter=6)]
    if block.kind == "code":
        return [_code(block.text)]
    if block.kind == "table":
        return [_table(block.rows), Spacer(1, 8)]
    if block.kind == "heading":
        size = SIZES.get(block.level, 11.0)
        return [_paragraph(block.words, size=size, bold=True, spaceBefore=size * 0.6, spaceAfter=4, keepWithNext=1)]
    chart = charts.get(block.words.content.strip())
    if chart is not None:
        return [drawing_of(chart), Spacer(1, 8)]
    indent = 14.0 * len(block.lists) + 12.0 * block.quotes
    more = {"textColor": HexColor(QUIET)} if block.quotes else {}
    after = 3 if block.lists else 7
    return [_paragraph(block.words, bullet=block.bullet, indent=indent, spaceAfter=after, **more)]


def _code(text: str) -> XPreformatted:
    lines = [
        line[at : at + LONGEST_LINE] for line in text.split("\n") for at in range(0, max(len(line), 1), LONGEST_LINE)
    ]
    style = ParagraphStyle(
        "code", fontName=MONO, fontSize=8, leading=11, backColor=HexColor(FILL), borderPadding=5, spaceBefore=6, spaceAfter=10,
        textColor=HexColor(INK),
    )  # fmt: skip
    return XPreformatted("\n".join("".join(_runs(line, MONO)) for line in lines), style)


def _paragraph(
    token: Any, *, size: float = BODY, bold: bool = False, bullet: str = "", indent: float = 0.0, **style: Any
) -> Paragraph:
    wide = {"wordWrap": "CJK"} if WIDE.search(token.content) else {}
    made = ParagraphStyle(
        "words", **{"textColor": HexColor(INK), **style}, **wide, fontName=LATIN, fontSize=size, leading=size * 1.45, leftIndent=indent,
        bulletIndent=max(indent - 12.0, 0.0), bulletFontName=LATIN, bulletFontSize=size,
    )  # fmt: skip
    return Paragraph("".join(_marked(token, bold)), made, bulletText=bullet or None)


def _marked(token: Any, bold: bool) -> Iterator[str]:
    """The words of a token in the markup of paragraphs. Pictures stand as their words: nothing is loaded."""
    strong = int(bold)
    for part in token.children or ():
        if part.type in ("strong_open", "strong_close"):
            strong += 1 if part.type == "strong_open" else -1
        elif part.type == "link_open":
            address = str(part.attrGet("href") or "")
            yield f'<link href="{escape(address)}" color="{LINK}">' if _is_web(address) else "<link>"
        elif part.type == "link_close":
            yield "</link>"
        elif part.type in ("softbreak", "hardbreak"):
            yield "<br/>" if part.type == "hardbreak" else " "
        elif part.content:
            yield from _runs(part.content, MONO if part.type == "code_inline" else BOLD if strong else LATIN)


def _is_web(address: str) -> bool:
    return address.startswith(("http://", "https://", "mailto:"))


def _runs(text: str, font: str) -> Iterator[str]:
    """The text cut where the font changes."""
    for name, letters in groupby(text, key=lambda letter: _font_of(letter, font)):
        yield f'<font name="{name}">{escape("".join(letters))}</font>'


def _font_of(letter: str, font: str) -> str:
    chinese = _fonts()
    if letter.isspace() or ord(letter) in _signs(font):
        return font
    return chinese


@functools.cache
def _signs(font: str) -> frozenset[int]:
    return frozenset(pdfmetrics.getFont(font).face.charToGlyph)


@functools.cache
def _fonts() -> str:
    """Register the fonts, once; the answer is the name of the Chinese one."""
    for name, file in SHIPPED.items():
        pdfmetrics.registerFont(TTFont(name, str(resource(f"fonts/{file}"))))
    for file in CHINESE_FILES:
        if Path(file).exists():
            try:
                pdfmetrics.registerFont(TTFont(CHINESE, file))
            except TTFError:
                continue
            return CHINESE
    pdfmetrics.registerFont(UnicodeCIDFont(OF_VIEWERS))
    return OF_VIEWERS


def _table(rows: list[list[Cell]]) -> LongTable:
    count = max(map(len, rows))
    size = 9.0 if count <= 6 else 7.5 if count <= 10 else 6.0
    cells = [[_cell(cell, size, bold=number == 0) for cell in row] for number, row in enumerate(rows)]
    rules = [
        ("GRID", (0, 0), (-1, -1), 0.5, HexColor(RULE)), ("BACKGROUND", (0, 0), (-1, 0), HexColor(FILL)),
        ("VALIGN", (0, 0), (-1, -1), "TOP"), ("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]  # fmt: skip
    whole = [row + [""] * (count - len(row)) for row in cells]
    widths = _widths(rows, count, size)
    return LongTable(whole, colWidths=widths, repeatRows=1, style=rules, hAlign="LEFT", splitInRow=1, spaceBefore=4)


def _cell(cell: Cell, size: float, bold: bool) -> Any:
    return _paragraph(cell.words, size=size, bold=bold, alignment=TA_RIGHT if cell.right else TA_LEFT)


def _widths(rows: list[list[Cell]], count: int, size: float) -> list[float]:
    """As wide as the longest words of each column; where that is too much, as their part of the page."""
    longest = [
        max([min(_signs_wide(row[place].words.content), 60) for row in rows if place < len(row)] + [4])
        for place in range(count)
    ]
    room = A4[0] - 2 * MARGIN
    if sum(longest) * size * 0.62 < room:
        return [signs * size * 0.62 + 12 for signs in longest]
    return [room * signs / sum(longest) for signs in longest]


def _signs_wide(text: str) -> int:
    return len(text) + len(WIDE.findall(text))


def drawing_of(spec: dict[str, Any]) -> shapes.Drawing:
    """A chart as vectors: the same picture as a web page gets."""
    scale = (A4[0] - 2 * MARGIN) / WIDTH
    drawing = shapes.Drawing(WIDTH * scale, HEIGHT * scale)
    group = shapes.Group(transform=(scale, 0, 0, scale, 0, 0))
    for element in fromstring(UNFIT.sub("", svg_of(spec))):
        group.add(_shape(element))
    drawing.add(group)
    return drawing


def _shape(element: Element) -> Any:
    """One of the shapes that charts are made of; y counts upwards in a PDF."""
    said = element.attrib
    kind = element.tag.rpartition("}")[2]
    if kind == "text":
        return _written(element)
    if kind == "rect":
        tall = float(said["height"])
        return shapes.Rect(
            float(said["x"]), HEIGHT - float(said["y"]) - tall, float(said["width"]), tall, fillColor=_colour(said["fill"]), strokeColor=None
        )  # fmt: skip
    if kind == "circle":
        return shapes.Circle(
            float(said["cx"]), HEIGHT - float(said["cy"]), float(said["r"]), fillColor=_colour(said["fill"]), strokeColor=None,
            fillOpacity=float(said["fill-opacity"]),
        )  # fmt: skip
    if kind == "polyline":
        numbers = [float(part) for part in said["points"].replace(",", " ").split()]
        points = [HEIGHT - number if place % 2 else number for place, number in enumerate(numbers)]
        return shapes.PolyLine(points, strokeColor=_colour(said["stroke"]), strokeWidth=2)
    left, y, right = (float(part) for part in re.findall(r"[\d.]+", said["d"]))
    return shapes.Line(left, HEIGHT - y, right, HEIGHT - y, strokeColor=_colour(said["stroke"]), strokeWidth=1)


def _written(element: Element) -> shapes.Group:
    """A line of words, each run of letters in the font that has them."""
    said, size = element.attrib, float(element.attrib["font-size"])
    runs = [
        (font, "".join(letters))
        for font, letters in groupby(element.text or "", key=lambda letter: _font_of(letter, LATIN))
    ]
    wide = [pdfmetrics.stringWidth(words, font, size) for font, words in runs]
    x = float(said["x"]) - sum(wide) * {"start": 0.0, "middle": 0.5, "end": 1.0}[said["text-anchor"]]
    group = shapes.Group()
    for (font, words), width in zip(runs, wide, strict=True):
        y = HEIGHT - float(said["y"])
        group.add(shapes.String(x, y, words, fontName=font, fontSize=size, fillColor=_colour(said["fill"])))
        x += width
    return group


def _colour(text: str) -> Any:
    return HexColor("#" + "".join(sign * 2 for sign in text[1:]) if len(text) == 4 else text)


def _numbered(canvas: Any, document: Any) -> None:
    canvas.saveState()
    canvas.setFont(LATIN, 8)
    canvas.setFillColor(HexColor(QUIET))
    canvas.drawCentredString(A4[0] / 2, 10 * mm, str(document.page))
    canvas.restoreState()
