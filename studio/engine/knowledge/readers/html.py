"""Web pages that were saved: their words and headings, nothing of their scripts."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import ClassVar

from studio.engine.knowledge.reader import Heading, Page, Reader
from studio.engine.knowledge.readers.text import decoded
from studio.engine.text import Text

SILENT = {"script", "style", "template", "noscript", "svg", "nav", "head"}
BLOCKS = {"p", "div", "li", "tr", "section", "article", "table", "ul", "ol", "br", "pre", "blockquote", "dt", "dd"}
TITLES = {f"h{level}": level for level in range(1, 7)}


class Html(Reader):
    """Fetches nothing: pictures, frames and links of the page are not followed."""

    name: ClassVar[str] = "html"
    suffixes: ClassVar[tuple[str, ...]] = (".html", ".htm")
    title: ClassVar[Text] = Text("Web page", "网页")

    def read(self, path: Path) -> list[Page]:
        words = _Words()
        words.feed(decoded(path))
        words.close()
        return [Page(None, words.text.rstrip(), words.headings)]


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.headings: list[Heading] = []
        self._silent = 0
        self._heading: tuple[int, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self._silent += 1
        elif tag in BLOCKS or tag in TITLES:
            self._break()
        if tag in TITLES:
            self._heading = (len(self.text), TITLES[tag])

    def handle_endtag(self, tag: str) -> None:
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
        if self._silent or not words:
            return
        joined = self.text.endswith(("\n", " ")) or not self.text or not data[0].isspace()
        self.text += words if joined else f" {words}"
        self.text += " " if data[-1].isspace() else ""

    def _break(self) -> None:
        self.text = self.text.rstrip(" ")
        if self.text and not self.text.endswith("\n"):
            self.text += "\n"
