"""Web pages that were saved: their words and headings, nothing of their scripts."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import ClassVar

from studio.engine.knowledge.reader import Heading, Page, Reader
from studio.engine.knowledge.readers.text import decoded
from studio.engine.text import Text

SILENT = {"script", "style", "template", "noscript", "svg", "nav", "head", "footer", "form", "iframe", "button"}
BLOCKS = {"p", "div", "li", "tr", "section", "article", "table", "ul", "ol", "br", "pre", "blockquote", "dt", "dd"}
CELLS = {"td", "th"}
TITLES = {f"h{level}": level for level in range(1, 7)}


class Html(Reader):
    """Fetches nothing: pictures, frames and links of the page are not followed."""

    name: ClassVar[str] = "html"
    suffixes: ClassVar[tuple[str, ...]] = (".html", ".htm")
    title: ClassVar[Text] = Text("Web page", "网页")

    def read(self, path: Path) -> list[Page]:
        words = words_of(decoded(path))
        return [Page(None, words.text, words.headings)]


@dataclass(frozen=True, slots=True)
class Words:
    """The text of a page, its headings, and its title."""

    text: str
    headings: list[Heading]
    title: str = ""


def words_of(source: str) -> Words:
    """What a person reads of a page: what stands in `main`, where there is one with a good part of the words; a table's row is a line."""
    whole = _Words()
    whole.feed(source)
    whole.close()
    main = _Words(within="main")
    if "<main" in source:
        main.feed(source)
        main.close()
    chosen = main if len(main.text) > len(whole.text) / 3 else whole
    return Words(chosen.text.rstrip(), chosen.headings, whole.title)


class _Words(HTMLParser):
    def __init__(self, within: str = "") -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.title = ""
        self._within = within
        self._inside = 0
        self._in_title = False
        self.headings: list[Heading] = []
        self._silent = 0
        self._heading: tuple[int, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside += tag == self._within
        self._in_title = tag == "title"
        if tag in CELLS and self.text and not self.text.endswith(("\n", "| ")):
            self.text = f"{self.text.rstrip(' ')} | "
        if tag == "body":
            self._silent = 0  # a head that nobody closed
        if tag in SILENT:
            self._silent += 1
        elif tag in BLOCKS or tag in TITLES:
            self._break()
        if tag in TITLES:
            self._heading = (len(self.text), TITLES[tag])

    def handle_endtag(self, tag: str) -> None:
        self._inside = max(0, self._inside - (tag == self._within))
        self._in_title = False
        if tag in SILENT:
            self._silent = max(0, self._silent - 1)
        if tag in TITLES and self._heading:
            start, level = self._heading
            self._heading = None
            if title := self.text[start:].strip():
                self.headings.append(Heading(start, level, title))
        if tag in BLOCKS or tag in TITLES:
            self._break()

    def handle_data(self, data: str) -> None:
        words = " ".join(data.split())
        if self._in_title and not self.title:
            self.title = words
        if self._silent or not words or (self._within and not self._inside):
            return
        joined = self.text.endswith(("\n", " ")) or not self.text or not data[0].isspace()
        self.text += words if joined else f" {words}"
        self.text += " " if data[-1].isspace() else ""

    def _break(self) -> None:
        self.text = self.text.rstrip(" ")
        if self.text and not self.text.endswith("\n"):
            self.text += "\n"
