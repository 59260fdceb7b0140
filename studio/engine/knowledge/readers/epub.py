"""Books as EPUB: the chapters in their reading order."""

from __future__ import annotations

import posixpath
import zipfile
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote

from studio.engine.knowledge.reader import Page, Reader, Unit, Unreadable
from studio.engine.knowledge.readers.html import words_of
from studio.engine.knowledge.readers.text import decoded_bytes
from studio.engine.knowledge.unpacked import refuse_bomb
from studio.engine.text import Text

CONTAINER = "META-INF/container.xml"
NAMES = {"c": "urn:oasis:names:tc:opendocument:xmlns:container", "o": "http://www.idpf.org/2007/opf"}


class Epub(Reader):
    """A page for each part of the book's spine that holds words."""

    name: ClassVar[str] = "epub"
    suffixes: ClassVar[tuple[str, ...]] = (".epub",)
    title: ClassVar[Text] = Text.same("EPUB")
    unit: ClassVar[Unit] = "chapter"

    def read(self, path: Path) -> list[Page]:
        from defusedxml import DefusedXmlException
        from defusedxml.ElementTree import ParseError

        refuse_bomb(path)
        try:
            with zipfile.ZipFile(path) as book:
                read = [words_of(decoded_bytes(book.read(name), path.name)) for name in _spine(book)]
        except (zipfile.BadZipFile, KeyError, ParseError, DefusedXmlException, RuntimeError, EOFError) as error:
            raise Unreadable(
                Text(f"{path.name} is not a book that can be opened.", f"{path.name} 不是可打开的电子书。"),
                Text("It may be damaged, or protected against copying.", "文件可能已损坏或受版权保护。"),
                details=f"{type(error).__name__}: {error}",
            ) from error
        chapters = [words for words in read if words.text.strip()]
        return [Page(number, words.text, words.headings) for number, words in enumerate(chapters, 1)]


def _spine(book: zipfile.ZipFile) -> list[str]:
    """Names of the parts in reading order."""
    from defusedxml.ElementTree import fromstring

    root = fromstring(book.read(CONTAINER)).find(".//c:rootfile", NAMES)
    if root is None:
        raise KeyError("rootfile")
    place = root.attrib["full-path"]
    package = fromstring(book.read(place))
    hrefs = {item.attrib["id"]: item.attrib["href"] for item in package.iterfind(".//o:manifest/o:item", NAMES)}
    order = [item.attrib["idref"] for item in package.iterfind(".//o:spine/o:itemref", NAMES)]
    there = set(book.namelist())
    names = [
        posixpath.normpath(posixpath.join(posixpath.dirname(place), unquote(hrefs[id]))) for id in order if id in hrefs
    ]
    return [name for name in names if name in there]
