"""Finding datasets by what is known of them: names, columns, descriptions, tags, values, pinyin. In memory, kept current."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel

from studio.engine.pinyin import spelled

Where = Literal["name", "column", "tag", "owner", "description", "place", "value"]
WEIGHT: dict[Where, int] = {
    "name": 100, "column": 60, "tag": 55, "owner": 50, "description": 40, "place": 30, "value": 20,
}  # fmt: skip
WEIGHED = 150  # datasets that are looked at closely; of more, those with the fitting names
SHOWN = 90  # characters of a text around what was found


class Hit(BaseModel):
    """A dataset that was found: in what (`where`), in which column if in one, and the text there."""

    dataset_id: str
    name: str
    where: Where
    column: str = ""
    text: str = ""
    score: float


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is known of a dataset. `low` is its text in small letters; the others its pinyin, if it has any."""

    where: Where
    text: str
    low: str
    column: str = ""
    syllables: str = ""
    initials: str = ""


@dataclass(slots=True)
class Entry:
    """All that is known of a dataset, with everything in one text to look through quickly."""

    dataset_id: str
    name: str
    fields: list[Field]
    title: str = ""  # the name in small letters and its pinyin
    haystack: str = ""

    def __post_init__(self) -> None:
        self.title = "\n".join((self.name.lower(), *spelled(self.name)))
        parts = (part for each in self.fields for part in (each.low, each.syllables, each.initials) if part)
        self.haystack = "\n".join(parts)


@lru_cache(maxsize=50_000)
def known(where: Where, text: str, column: str = "") -> Field:
    """A text and its pinyin; the same columns stand in many datasets."""
    syllables, initials = spelled(text) if where != "value" else ("", "")
    return Field(where, text, text.lower(), column, syllables, initials)


class Index:
    """Everything that can be found. A search looks through one text per dataset, so 10,000 take some milliseconds."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, entry: Entry) -> None:
        self._entries[entry.dataset_id] = entry

    def remove(self, dataset_id: str) -> None:
        self._entries.pop(dataset_id, None)

    def search(self, query: str, limit: int = 50) -> list[Hit]:
        """The best first. Every word of the query must be found somewhere in a dataset."""
        words = query.lower().split()
        if not words:
            return []
        everything = self._entries.values()
        entries = [entry for entry in everything if all(word in entry.title for word in words)]
        if len(entries) < limit:
            named = {entry.dataset_id for entry in entries}
            entries += [
                entry
                for entry in everything
                if all(_holds(entry, word) for word in words) and entry.dataset_id not in named
            ]
        if len(entries) > WEIGHED:  # a single letter is nearly everywhere: names decide then
            entries.sort(key=lambda entry: _by_name(entry.title, words))
        hits = [_hit(entry, words) for entry in entries[:WEIGHED]]
        hits.sort(key=lambda hit: (-hit[0], len(hit[2].name), hit[2].name))
        return [_told(score, found, entry, words) for score, found, entry in hits[:limit]]


def _holds(entry: Entry, word: str) -> bool:
    """An id is found by its beginning only: any two letters stand in some of them."""
    return word in entry.haystack or (word.startswith("ds-") and entry.dataset_id.startswith(word))


def _by_name(name: str, words: Sequence[str]) -> tuple[int, int]:
    """Names that begin with the words first, then those that hold them, then short ones."""
    return sum(2 if name.startswith(word) else 3 if word in name else 9 for word in words), len(name)


def _hit(entry: Entry, words: Sequence[str]) -> tuple[float, Field, Entry]:
    """How well a dataset fits, and where it fits best."""
    best = [max(((_score(each, word), each) for each in entry.fields), key=lambda pair: pair[0]) for word in words]
    return sum(score for score, _ in best), max(best, key=lambda pair: pair[0])[1], entry


def _score(field: Field, word: str) -> float:
    weight = WEIGHT[field.where]
    place = field.low.find(word)
    if place >= 0:
        return weight * _closeness(field.low, word, place)
    if field.initials and (place := field.initials.find(word)) >= 0:
        return weight * 0.8 * _closeness(field.initials, word, place)
    if field.syllables and (place := field.syllables.find(word)) >= 0:
        return weight * 0.7 * _closeness(field.syllables, word, place)
    return 0.0


def _closeness(text: str, word: str, place: int) -> float:
    """The whole text is closer than its beginning, that closer than the beginning of a word, than a place inside."""
    if text == word:
        return 1.0
    if place == 0:
        return 0.85 + 0.1 * len(word) / len(text)
    return 0.7 if not text[place - 1].isalnum() else 0.5


def _told(score: float, field: Field, entry: Entry, words: Sequence[str]) -> Hit:
    text = field.text
    places = [place for word in words if (place := field.low.find(word)) >= 0]
    if len(text) > SHOWN:
        start = max(0, (places[0] if places else 0) - SHOWN // 3)
        text = ("…" if start else "") + text[start : start + SHOWN] + ("…" if start + SHOWN < len(field.text) else "")
    return Hit(
        dataset_id=entry.dataset_id, name=entry.name, where=field.where, column=field.column, text=text, score=score
    )


def values_known(samples: dict[str, list[str]]) -> Iterable[Field]:
    """One field per column: its sampled values in one text."""
    return (known("value", " · ".join(values), column) for column, values in samples.items() if values)
