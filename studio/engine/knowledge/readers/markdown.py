"""Markdown: the source text, with its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from studio.engine.knowledge.reader import Heading, Page, Reader
from studio.engine.knowledge.readers.text import decoded
from studio.engine.text import Text

_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*$")
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")


class Markdown(Reader):
    """The source as it stands, so that places in it are places in the file; headings inside code fences do not count."""

    name: ClassVar[str] = "markdown"
    suffixes: ClassVar[tuple[str, ...]] = (".md", ".markdown")
    title: ClassVar[Text] = Text.same("Markdown")
    markdown: ClassVar[bool] = True

    def read(self, path: Path) -> list[Page]:
        text = decoded(path)
        return [Page(None, text, list(headings(text)))]


def headings(text: str) -> Iterator[Heading]:
    """The ATX headings of a Markdown text, with where each line begins."""
    place, fence = 0, ""
    for line in text.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if mark and (not fence or mark.group(1).startswith(fence)):
            fence = "" if fence else mark.group(1)
        elif not fence and (found := _HEADING.match(line.rstrip("\n"))):
            yield Heading(place, len(found.group(1)), found.group(2))
        place += len(line)
