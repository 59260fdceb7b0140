"""Chinese as a person types it without an input method: whole syllables and first letters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from studio.engine.paths import resource

CHINESE = re.compile(r"[\u3400-\u9fff]")


class Readings:
    """How characters are read, alone and in the phrases where they are read otherwise; the longest phrase counts."""

    def __init__(self, single: Mapping[str, str], phrases: Mapping[str, tuple[str, ...]]) -> None:
        self._single, self._phrases = single, phrases
        self._longest = max(map(len, phrases), default=1)

    def syllables(self, text: str) -> Iterator[str]:
        """One for each character, without tones; what is not Chinese as it is."""
        at = 0
        while at < len(text):
            found = self._phrase(text, at) or (self._single.get(text[at], text[at]),)
            yield from found
            at += len(found)

    def _phrase(self, text: str, at: int) -> tuple[str, ...] | None:
        ends = range(min(at + self._longest, len(text)), at + 1, -1)
        return next((found for end in ends if (found := self._phrases.get(text[at:end]))), None)


@cache
def readings() -> Readings:
    """Those of resources/pinyin.txt, which docs/make_pinyin.py writes. Reading it takes some 10 ms, once."""
    single: dict[str, str] = {}
    phrases: dict[str, tuple[str, ...]] = {}
    for line in resource("pinyin.txt").read_text("utf-8").splitlines():
        first, *rest = line.split(" ")
        if first.isascii():
            single |= dict.fromkeys(rest[0], first)
        else:
            phrases[first] = tuple(rest)
    return Readings(single, phrases)


def has_chinese(text: str) -> bool:
    return CHINESE.search(text) is not None


@lru_cache(maxsize=100_000)
def spelled(text: str) -> tuple[str, str]:
    """The syllables and the first letters of a text with Chinese in it, all else as it is; ("", "") without any.

    `spelled("订单 2024")` is ("dingdan 2024", "dd 2024").
    """
    if not has_chinese(text):
        return "", ""
    syllables = list(readings().syllables(text))
    letters = (syllable[0] if one != syllable else one for one, syllable in zip(text, syllables, strict=True))
    return "".join(syllables).lower(), "".join(letters).lower()
