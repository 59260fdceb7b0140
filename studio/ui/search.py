"""Finding by name in both languages: words, first letters, pinyin and pinyin initials, and near misses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from studio.engine.pinyin import spelled
from studio.engine.text import Text

WORD = re.compile(r"[a-z0-9]+")
ENOUGH = 45


@dataclass(frozen=True, slots=True)
class Names:
    """All the ways in which one thing may be asked for, in lower case."""

    english: str
    chinese: str
    first_letters: str
    pinyin: str
    initials: str


class NameIndex:
    """Remembers the names it made, so that pinyin is looked up once per title."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Names] = {}

    def prepare(self, texts: Iterable[Text]) -> None:
        """Look up what is not known yet. Many texts take some milliseconds: call it off the window's thread."""
        for text in texts:
            if (text.en, text.zh) not in self._known:
                self._known[text.en, text.zh] = names_of(text)

    def score(self, query: str, text: Text) -> float:
        """How well a query fits, 0 to 100; 0 means not at all."""
        return score(query, self._known.get((text.en, text.zh)) or _plain(text))


def names_of(text: Text) -> Names:
    """The names of a text with pinyin."""
    plain = _plain(text)
    syllables, initials = (form.replace(" ", "") for form in spelled(text.zh))
    return Names(plain.english, plain.chinese, plain.first_letters, syllables, initials)


def score(query: str, names: Names) -> float:
    """Whole beginnings before middles, names before letters, near misses last."""
    query = query.strip().lower()
    if not query:
        return 1
    tight = query.replace(" ", "")
    exact = _inside(query, names.english, 100), _inside(query, names.chinese, 100)
    letters = (
        _inside(tight, names.first_letters, 88),
        _inside(tight, names.initials, 86),
        _inside(tight, names.pinyin, 80),
    )
    best = max(*exact, *letters)
    return best or _near(query, names)


def _inside(query: str, name: str, best: float) -> float:
    place = name.find(query) if query else -1
    if place < 0:
        return 0
    if place == 0:
        return best - 4 * (len(name) > len(query))
    return best - 10 if name[place - 1] in " ·,:，：" else best - 20


def _near(query: str, names: Names) -> float:
    if len(query) < 3:
        return 0
    from rapidfuzz import fuzz

    found = max(fuzz.partial_ratio(query, name) for name in (names.english, names.chinese, names.pinyin) if name)
    return found * 0.6 if found * 0.6 >= ENOUGH else 0


def _plain(text: Text) -> Names:
    english = text.en.lower()
    return Names(english, text.zh.lower(), "".join(word[0] for word in WORD.findall(english)), "", "")
