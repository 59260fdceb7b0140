"""Code blocks, in parts of some lines: Qt lays out a whole block when a letter in it changes, a part in a few milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from PySide6.QtCore import QObject
from PySide6.QtGui import QTextBlock, QTextCharFormat, QTextCursor, QTextFormat

from studio.ui.turns import Turns
from studio.ui.widgets.highlight import spans, style
from studio.ui.widgets.markdown_inline import LINE

CONTINUES = QTextFormat.Property.UserProperty + 9  # of a part: it belongs to the code above it
PART = 1_200  # letters
SHORTEST = 20  # a line takes as long to lay out as so many letters


def parts(code: str) -> list[str]:
    """Whole lines that are laid out together; a part is the same whatever follows it."""
    found: list[list[str]] = [[]]
    weight = 0
    for line in code.split("\n"):
        if weight >= PART:
            found.append([])
            weight = 0
        found[-1].append(line)
        weight += max(len(line), SHORTEST)
    return ["\n".join(lines) for lines in found]


@dataclass
class Fence:
    """One code of the text, in its parts."""

    language: str
    parts: list[QTextBlock] = field(default_factory=list)

    def code(self) -> str:
        return "\n".join(part.text() for part in self.parts).replace(LINE, "\n")

    def colour(self) -> Iterator[None]:
        """In as many steps as there are parts."""
        roles = spans(self.code(), self.language)
        looks: dict[str, QTextCharFormat] = {}
        span, begin = next(roles, None), 0
        for part in self.parts:
            cursor = QTextCursor(part)
            cursor.beginEditBlock()
            end = begin + part.length() - 1
            while span is not None and span[0] < end:
                start, length, role = span
                if role not in looks:
                    looks[role] = QTextCharFormat(part.charFormat())
                    looks[role].merge(style(role))
                cursor.setPosition(part.position() + max(start, begin) - begin)
                cursor.setPosition(part.position() + min(start + length, end) - begin, QTextCursor.MoveMode.KeepAnchor)
                cursor.setCharFormat(looks[role])
                if start + length > end:
                    break
                span = next(roles, None)
            cursor.endEditBlock()
            begin = end + 1
            yield


class Codes:
    """The codes of a document that are written for good. `ended` hears of each when it is whole."""

    def __init__(self, parent: QObject, ended: Callable[[Fence], None]) -> None:
        self._parent, self._ended = parent, ended
        self._open: Fence | None = None  # parts of it are written, and more will come
        self._plain: list[Fence] = []
        self._turns: Turns | None = None

    def clear(self) -> None:
        self._open = None
        self._plain.clear()
        if self._turns is not None:
            self._turns.stop()
            self._turns = None

    def written(self, fence: Fence, begun: bool, whole: bool) -> None:
        """Some parts have their words, in a code that has begun before or with them."""
        if begun and self._open is not None:
            self._open.parts += fence.parts
            fence = self._open
        self._open = None if whole else fence
        if whole:
            self._ended(fence)
            self._colour(fence)

    def _colour(self, fence: Fence) -> None:
        """A short one now, a long one in turns that leave the window its time."""
        if len(fence.parts) == 1:
            list(fence.colour())
            return
        self._plain.append(fence)
        if self._turns is None:
            self._turns = Turns(self._steps(), self._parent)
            self._turns.start()

    def _steps(self) -> Iterator[None]:
        while self._plain:
            yield
            yield from self._plain.pop(0).colour()
        self._turns = None
