"""Words and sentences of a text, in scripts with spaces and without."""

from __future__ import annotations

import re
from collections.abc import Iterator

CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0002fa1f"
_RUNS = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+")
_IS_CJK = re.compile(rf"[{CJK}]")
_SENTENCE = re.compile(r"(?:[^\n。！？!?；.]|\.(?!\s|$))*(?:\n|[。！？!?；]+[”’」』）)\"]*|\.+[”’\")]*|$)")
SHORTEST = 16  # characters of a sentence that stands alone; CJK characters count three times
LONGEST = 400  # characters of one window


def tokens(text: str) -> list[str]:
    """Words for keyword search: runs of letters and digits, and overlapping pairs of Chinese, Japanese and Korean characters."""
    return [token for run in _RUNS.findall(text.lower()) for token in _parts(run)]


def for_keyword_index(text: str) -> str:
    """The text as the keyword index is given it; the porter tokenizer stems the Latin words."""
    return " ".join(tokens(text))


def keyword_terms(text: str) -> list[str]:
    """FTS5 expressions, one for each word, in their order. A lone Chinese character finds the pairs it begins."""
    words = dict.fromkeys(tokens(text))
    return [f'"{word}"*' if len(word) == 1 and _IS_CJK.match(word) else f'"{word}"' for word in words]


def sentences(text: str) -> list[tuple[int, int]]:
    """The spans of the sentences, without the space around them. Very short neighbours go together, very long ones are cut."""
    spans: list[tuple[int, int]] = []
    short: tuple[int, int] | None = None
    for start, end in _trimmed(text):
        if _weight(text[start:end]) >= SHORTEST:
            spans += ([short] if short else []) + _cut(start, end)
            short = None
            continue
        short = (short[0] if short else start, end)
        if _weight(text[slice(*short)]) >= SHORTEST:
            spans, short = [*spans, short], None
    return [*spans, short] if short else spans


def one_line(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


def _parts(run: str) -> list[str]:
    if not _IS_CJK.match(run) or len(run) == 1:
        return [run]
    return [run[place : place + 2] for place in range(len(run) - 1)]


def _weight(text: str) -> int:
    return len(text) + 2 * len(_IS_CJK.findall(text))


def _trimmed(text: str) -> Iterator[tuple[int, int]]:
    for match in _SENTENCE.finditer(text):
        words = match.group()
        if words.strip():
            start = match.start() + len(words) - len(words.lstrip())
            yield start, match.start() + len(words.rstrip())


def _cut(start: int, end: int) -> list[tuple[int, int]]:
    return [(place, min(place + LONGEST, end)) for place in range(start, end, LONGEST)]
