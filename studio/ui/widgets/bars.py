"""What timelines share: the room for the words that stand after a bar."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QFontMetrics

from studio.ui.language import language
from studio.ui.theme import theme


class RoomAfter:
    """At least so much, in unscaled pixels; `gap` is the size between a bar and its words with what is free after them."""

    def __init__(self, least: int, gap: str) -> None:
        self._least, self._gap = least, gap
        self._known: object = None
        self._room = 0

    def of(self, told: object, words: Iterable[str]) -> int:
        """What the longest of the words takes. They are asked for only when what they are `told` of is another."""
        known = told, language.current, theme.scale
        if known != self._known:
            longest = max(words, key=len, default="")
            measured = QFontMetrics(theme.figures("caption")).horizontalAdvance(longest)
            self._known, self._room = known, max(theme.scaled(self._least), measured + theme.size(self._gap))
        return self._room
