"""Finds the words of a question that name values of a table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from studio.engine.sql.words import NOT, SAME, WEAK

CJK = r"\u3400-\u9fff\uf900-\ufaff"
PIECE = re.compile(rf"[{CJK}]+|[a-z0-9][a-z0-9._\-]*[a-z0-9]|[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Link:
    """A word of the question and the values of a column that it stands for. `excluded`: the question says “not”."""

    word: str
    column: str
    values: tuple[str, ...]
    excluded: bool = False
    strength: int = 0


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
    same = [word for group in SAME if value in group for word in group]
    pieces = [piece for piece in PIECE.findall(value) if _telling(piece)]
    return list(dict.fromkeys([value, *same, *pieces]))


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
    return Link(" ".join(words), column, tuple(sorted(values)), excluded, sum(map(len, words)))
