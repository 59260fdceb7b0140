"""Sets the handbook as a PDF: A5 pages, a running header, one section after the other, tables, contents, bookmarks."""

from collections.abc import Callable
from pathlib import Path

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A5
from reportlab.pdfgen.canvas import Canvas

from .blocks import Body, Book, Caption, Heading, Section, Table, read_book
from .fonts import Style, runs, width, wrap

PAGE_WIDTH, PAGE_HEIGHT = A5
MARGIN, TOP, BOTTOM = 42, PAGE_HEIGHT - 62, 40
TEXT_WIDTH = PAGE_WIDTH - 2 * MARGIN
RUNNING = "Aurora After-sales Handbook 2025"
BODY = Style()
CHAPTER = Style(size=8.6, leading=12, bold=True, colour="#2f5bd8", after=5)
HEADING = Style(size=13, leading=18, bold=True, after=7)
CELL, HEAD = Style(size=8.8, leading=12.6, after=0), Style(size=8.8, leading=12.6, bold=True, after=0)
CAPTION = Style(size=7.8, leading=11, colour="#6b7380", after=9)
HEADER = Style(size=7.6, leading=10, colour="#6b7380")
TITLE = Style(size=24, leading=32, bold=True, after=26)
CONTENTS = Style(size=8.2, leading=11.3, after=0)
ROW_GAP = 4.6


def typeset(source: Path, target: Path) -> dict[str, int]:
    """Set the Markdown at `source` as the PDF at `target`; twice, because the contents come before the pages.

    Gives the page on which each section begins, counted from 1.
    """
    book = read_book(source.read_text(encoding="utf-8"))
    pages = Setter(target, book, {}).set_book()
    return Setter(target, book, pages).set_book()


class Setter:
    """One pass over the book, from the cover to the last page."""

    def __init__(self, target: Path, book: Book, pages: dict[str, int]) -> None:
        self.canvas = Canvas(str(target), pagesize=A5, invariant=1, pageCompression=1, lang="en")
        self.canvas.setTitle(book.title)
        self.canvas.setAuthor("Aurora 极光电器")
        self.book, self.known = book, pages
        self.pages: dict[str, int] = {}
        self.top = TOP

    def set_book(self) -> dict[str, int]:
        """Set everything; gives the page of each section's number."""
        self.set_cover()
        self.set_contents()
        for section in self.book.sections:
            self.set_section(section)
        self.canvas.save()
        return self.pages

    def set_cover(self) -> None:
        """The first page has no header."""
        self.canvas.setFillColor(HexColor(CHAPTER.colour))
        self.canvas.rect(MARGIN, PAGE_HEIGHT - 120, 54, 5, stroke=0, fill=1)
        self.top = PAGE_HEIGHT - 170
        english, _, chinese = self.book.title.rpartition(" ")
        self.set_paragraph(english, Style(**vars(TITLE) | {"after": 0}))
        self.set_paragraph(chinese, TITLE)
        for paragraph in self.book.preface:
            self.set_paragraph(paragraph, BODY)

    def set_contents(self) -> None:
        """Chapters and sections with their pages."""
        self.next_page()
        self.set_paragraph("Contents 目录", HEADING)
        for section in self.book.sections:
            if section.chapter:
                self.room(40)
                self.top -= 5
                self.set_paragraph(_title(section.chapter), Style(**vars(CONTENTS) | {"bold": True}))
            self.room(CONTENTS.leading)
            self.set_line(str(self.known.get(section.heading.number, 0)), CONTENTS, right=True)
            self.set_paragraph(_title(section.heading), CONTENTS)
        self.top = 0

    def set_section(self, section: Section) -> None:
        """A section stays on one page where it can; a chapter starts a page of its own unless the last has room."""
        if self.top - BOTTOM < self.height_of(section):
            self.next_page()
        number = section.heading.number
        self.pages[number] = self.canvas.getPageNumber()
        self.canvas.bookmarkPage(number)
        if section.chapter:
            self.canvas.addOutlineEntry(_title(section.chapter), number, level=0)
            self.set_paragraph(_title(section.chapter), CHAPTER)
        self.canvas.addOutlineEntry(_title(section.heading), number, level=1)
        self.set_paragraph(f"{number} {section.heading.english}", Style(**vars(HEADING) | {"after": 0}))
        self.set_paragraph(section.heading.chinese, HEADING)
        for block in section.body:
            self.set_block(block)
        self.top -= 12

    def height_of(self, section: Section) -> float:
        """The height of a section in points, its headings included."""
        parts = [
            _table_height(block) if isinstance(block, Table) else _height(*_plain(block)) for block in section.body
        ]
        english = f"{section.heading.number} {section.heading.english}"
        heads = _height(english, HEADING) + _height(section.heading.chinese, HEADING) - HEADING.after
        return sum(parts) + heads + (_height("x", CHAPTER) if section.chapter else 0)

    def set_block(self, block: Body) -> None:
        """A paragraph, a caption or a table."""
        if isinstance(block, Table):
            self.set_table(block)
        else:
            self.set_paragraph(*_plain(block))

    def set_paragraph(self, text: str, style: Style) -> None:
        """Lines below each other; those that do not fit go on the next page."""
        for line in wrap(text, style, TEXT_WIDTH):
            self.room(style.leading)
            self.set_line(line, style)
            self.top -= style.leading
        self.top -= style.after

    def set_table(self, table: Table) -> None:
        """Rows with a rule below each, like the ones on the screen."""
        widths = _column_widths(table)
        self.rule(1.0)
        for at, row in enumerate(table.rows):
            style = CELL if at else HEAD
            cells = [wrap(cell, style, room - 6) for cell, room in zip(row, widths, strict=True)]
            self.room(height := _row_height(cells))
            self.set_row(cells, widths, style)
            self.top -= height
            self.rule(0.4 if at else 0.8)
        self.top -= 6

    def set_row(self, cells: list[list[str]], widths: list[float], style: Style) -> None:
        """The cells of one row, first lines side by side."""
        left, top = float(MARGIN), self.top
        for cell, room in zip(cells, widths, strict=True):
            self.top = top - ROW_GAP / 2
            for line in cell:
                self.set_line(line, style, left)
                self.top -= style.leading
            left += room
        self.top = top

    def set_line(self, line: str, style: Style, left: float = MARGIN, right: bool = False) -> None:
        """One line at the present height."""
        text = self.canvas.beginText(PAGE_WIDTH - MARGIN - width(line, style) if right else left, self.top - style.size)
        text.setFillColor(HexColor(style.colour))
        for font, part in runs(line, style.bold):
            text.setFont(font, style.size)
            text.textOut(part)
        self.canvas.drawText(text)

    def rule(self, weight: float) -> None:
        """A line over the whole width."""
        self.canvas.setStrokeColor(HexColor("#c9ced6"))
        self.canvas.setLineWidth(weight)
        self.canvas.line(MARGIN, self.top, PAGE_WIDTH - MARGIN, self.top)

    def room(self, height: float) -> None:
        """Go to the next page unless so much fits on this one."""
        if self.top - height < BOTTOM:
            self.next_page()

    def next_page(self) -> None:
        """End the page, and head the new one."""
        self.canvas.showPage()
        self.top = PAGE_HEIGHT - 34
        self.set_line(RUNNING, HEADER)
        self.set_line(str(self.canvas.getPageNumber()), HEADER, right=True)
        self.top = TOP


def _title(heading: Heading) -> str:
    return f"{heading.number} {heading.english} {heading.chinese}"


def _plain(block: str | Caption) -> tuple[str, Style]:
    return (block.text, CAPTION) if isinstance(block, Caption) else (block, BODY)


def _height(text: str, style: Style) -> float:
    return len(wrap(text, style, TEXT_WIDTH)) * style.leading + style.after


def _block_height(block: Body) -> float:
    return _table_height(block) if isinstance(block, Table) else _height(*_plain(block))


def _row_height(cells: list[list[str]]) -> float:
    return max(len(cell) for cell in cells) * CELL.leading + ROW_GAP


def _table_height(table: Table) -> float:
    widths = _column_widths(table)
    rows = [[wrap(cell, CELL, room - 6) for cell, room in zip(row, widths, strict=True)] for row in table.rows]
    return sum(_row_height(row) for row in rows) + 6


def _column_widths(table: Table) -> list[float]:
    """Each column as wide as its longest cell, then stretched or shrunk to fill the line."""
    measure: Callable[[str], float] = lambda cell: width(cell, HEAD) + 10  # noqa: E731
    natural = [max(map(measure, column)) for column in zip(*table.rows, strict=True)]
    return [TEXT_WIDTH * part / sum(natural) for part in natural]
