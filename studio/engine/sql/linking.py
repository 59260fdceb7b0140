"""Finds the words of a question that name values of a table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from studio.engine.sql.words import NOT, SAME, WEAK

CJK = r"\u3400-\u9fff\uf900-\ufaff"
MOST_PIECES = 4  # a value of more words is a sentence: only all of it is looked for
PIECE = re.compile(rf"[{CJK}]+|[a-z0-9][a-z0-9._\-]*[a-z0-9]|[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Link:
    """Words of the question and the values of a column that they stand for. `excluded`: the question says “not”.

    `cover` is how much of the values was said, 0 to 1: a whole value, or another word for it, is 1.
    """

    words: tuple[str, ...]
    column: str
    values: tuple[str, ...]
    excluded: bool = False
    cover: float = 0

    @property
    def word(self) -> str:
        return " ".join(self.words)

    @property
    def strength(self) -> int:
        return sum(map(len, self.words))


def plain(text: str) -> str:
    """One form for comparing: full-width as half-width, small letters."""
    return unicodedata.normalize("NFKC", text).lower()


def says(question: str, word: str) -> int:
    """Where a plain question has a word, or -1. Latin words count as wholes, Chinese ones anywhere."""
    start = r"(?<![a-z0-9])" if word[:1].isascii() else ""
    end = r"(?![a-z0-9])" if word[-1:].isascii() else ""
    found = re.search(f"{start}{re.escape(word)}{end}", question)
    return found.start() if found else -1


def first_said(question: str, words: Iterable[str]) -> str | None:
    """The first of some words that a plain question has."""
    return next((word for word in words if says(question, word) >= 0), None)


def links(question: str, column: str, values: Sequence[str]) -> list[Link]:
    """What a plain question says about a column, by its values. Words that narrow each other come as one link."""
    said: dict[str, set[str]] = {}
    for value in values:
        for word in _words_for(plain(value)):
            if says(question, word) >= 0:
                said.setdefault(word, set()).add(value)
    said = {word: found for word, found in said.items() if len(found) < max(len(values), 2) or len(values) == 1}
    said = {word: found for word, found in said.items() if not _inside_longer(word, said)}
    return [_link(question, column, words, found) for words, found in _narrowed(said)]


def _words_for(value: str) -> list[str]:
    """What a person may say for a value: all of it, its pieces, or another word for the same."""
    pieces = PIECE.findall(value)
    telling = [piece for piece in pieces if _telling(piece)] if len(pieces) <= MOST_PIECES else []
    return list(dict.fromkeys([value, *_synonyms(value), *telling]))


def _synonyms(value: str) -> list[str]:
    return [word for group in SAME if value in group for word in group]


def _telling(piece: str) -> bool:
    return piece not in WEAK and len(piece) > 1 and not piece.replace(".", "").isdigit()


def _inside_longer(word: str, said: dict[str, set[str]]) -> bool:
    """Whether a longer word that was said holds this one, as “airpure 3” holds “airpure”."""
    return any(word != longer and word in longer for longer in said)


def _narrowed(said: dict[str, set[str]]) -> list[tuple[list[str], set[str]]]:
    """Words whose values overlap mean those that all of them mean; others stand for themselves."""
    groups: list[tuple[list[str], set[str]]] = []
    for word, found in sorted(said.items(), key=lambda item: (len(item[1]), -len(item[0]))):
        for index, (words, common) in enumerate(groups):
            if common & found:
                groups[index] = ([*words, word], common & found)
                break
        else:
            groups.append(([word], set(found)))
    return groups


def _link(question: str, column: str, words: list[str], values: set[str]) -> Link:
    place = says(question, words[0])
    before = question[max(place - 12, 0) : place].rstrip()
    excluded = any(before.endswith(word) and (not word[0].isascii() or says(before, word) >= 0) for word in NOT)
    return Link(tuple(words), column, tuple(sorted(values)), excluded, max(_cover(words, value) for value in values))


def _cover(words: Sequence[str], value: str) -> float:
    if any(word in _synonyms(plain(value)) for word in words):
        return 1.0
    return min(sum(map(len, words)) / max(len(plain(value).replace(" ", "")), 1), 1.0)


def unambiguous(found: Sequence[Link]) -> list[Link]:
    """Each word used once, by the column whose values it says most of."""
    kept: list[Link] = []
    for link in sorted(found, key=lambda each: (-each.cover, -each.strength)):
        if not set(link.words) & {word for each in kept for word in each.words}:
            kept.append(link)
    return kept
