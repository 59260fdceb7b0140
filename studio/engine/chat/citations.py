"""Does what was written stand in what is cited? Chips that hold are kept, missing ones added, false ones flagged."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from studio.engine.chat.message import Source
from studio.engine.knowledge.words import sentences
from studio.engine.text import Text

FENCE = re.compile(r"(```.*?(?:```|\Z))", re.DOTALL)
MARK = re.compile(r"[ \t]?\[(\d{1,2})\](?!\()")
SENTENCE = re.compile(
    r"(?:[.!?](?!\s|\[|$)|[^.!?。！？\n])*(?:[.!?。！？]+[\"”’）)]*(?:[ \t]*\[\d{1,2}\](?!\())*|\n|$)"
)
LIST_NUMBER = re.compile(r"^\s*\d{1,3}[.)、]\s", re.MULTILINE)
NUMBER = re.compile(r"(?<![A-Za-z\d.])\d+(?:[.,]\d+)*")
WORD = re.compile(r"[A-Za-z][A-Za-z0-9-]+|[\u4e00-\u9fff]+")
KEPT = 0.5  # the share of a sentence's words that a cited source must have
ADDED = 0.6  # the share that a source must have for a chip that the model did not write
SENTENCES = 3  # of a page that one statement may rest on
FEW = 3  # with fewer words a sentence says too little to be looked for
COMMON = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "is",
        "are",
        "was",
        "were",
        "in",
        "on",
        "to",
        "and",
        "or",
        "for",
        "from",
        "with",
        "by",
        "at",
        "it",
        "its",
        "this",
        "that",
        "be",
        "has",
        "have",
        "where",
        "there",
    ]
)

Texts = Mapping[int, str]


def settle(content: str, sources: list[Source], texts: Texts | None = None) -> tuple[str, list[Source]]:
    """The answer with a chip after every sentence that a source holds, and the sources with what was found of them.

    `texts` holds what the model was given of a source, where that is more than its quote: a sentence that stands there
    adds its place to the source's `spans`, counted in that text. A mark without a source is removed. A cited source that
    does not contain what is said keeps its chip and is flagged, with which of its chips are false. Code stays as it is.
    """
    desk = _Desk(sources, texts or {})
    parts = [part if part.startswith("```") else desk.settle(part) for part in FENCE.split(content)]
    return "".join(parts), list(desk.sources.values())


def without_marks(content: str) -> str:
    """The words alone; code stays as it is."""
    return "".join(part if part.startswith("```") else MARK.sub("", part) for part in FENCE.split(content))


def unsupported_numbers(content: str, sources: list[Source], question: str, texts: Texts | None = None) -> list[str]:
    """Figures of the answer that stand in no source and not in the question, each once, as they are written."""
    given = [question, *(_text(source, texts or {}) for source in sources)]
    known = {figure for text in given for figure in figures(text)}
    bare = LIST_NUMBER.sub("", MARK.sub("", FENCE.sub("", content)))
    return list(dict.fromkeys(written for written in NUMBER.findall(bare) if _value(written) not in known))


def holds(sentence: str, source: str, share: float = KEPT) -> bool:
    """Whether a source contains a sentence: every figure of it, and at least that share of its words."""
    return figures(sentence) <= figures(source) and overlap(sentence, source) >= share


def overlap(sentence: str, source: str) -> float:
    """The share of a sentence's words that stand in a source, 0 to 1; too few words to tell count as none."""
    said = words(sentence)
    return len(said & words(source)) / len(said) if len(said) >= FEW else 0.0


def figures(text: str) -> set[float]:
    """The numbers of a text by value; those of names, such as the 7 of K7, do not count."""
    return {_value(written) for written in NUMBER.findall(LIST_NUMBER.sub("", text))}


def words(text: str) -> set[str]:
    """Lower-case words without the most common ones; Chinese counts by pairs of characters."""
    found = WORD.findall(text)
    latin = {word.lower() for word in found if word.isascii()} - COMMON
    return latin | {pair for run in found if not run.isascii() for pair in _pairs(run)}


class _Desk:
    """The sources while an answer is checked sentence by sentence, in the order of the text."""

    def __init__(self, sources: list[Source], texts: Texts) -> None:
        fresh: dict[str, object] = {"cited": False, "flagged": None, "false_at": [], "spans": []}
        self.sources = {source.number: source.model_copy(update=fresh) for source in sources}
        self._given = texts
        self._texts = {source.number: _text(source, texts) for source in sources}
        self._chips = dict.fromkeys(self.sources, 0)  # how many of each number there are so far

    def settle(self, text: str) -> str:
        return "".join(self._sentence(match.group(0)) for match in SENTENCE.finditer(text))

    def _sentence(self, sentence: str) -> str:
        marked = [int(number) for number in MARK.findall(sentence)]
        bare = MARK.sub("", sentence)
        for number in marked:
            if number in self.sources:
                if bare.strip():
                    self._cite(number, bare)
                self._chips[number] += 1
        if marked:
            return _without(sentence, lambda number: number in self.sources)
        return self._with_chip(sentence)

    def _cite(self, number: int, said: str) -> None:
        source = self.sources[number]
        update: dict[str, object] = {"cited": True}
        places = self._places(source, said)
        if places is None:
            update["flagged"] = source.flagged or _not_there(said)
            update["false_at"] = [*source.false_at, self._chips[number]]
        else:
            update["spans"] = [*source.spans, *(place for place in places if place not in source.spans)]
        self.sources[number] = source.model_copy(update=update)

    def _places(self, source: Source, said: str) -> list[tuple[int, int]] | None:
        """Where what was given of a source contains a sentence, beyond its quote; None when it does not."""
        if len(words(said)) < FEW or holds(said, _text(source, {})):
            return []
        return _spans_of(said, self._given[source.number]) if self._given.get(source.number) else None

    def _with_chip(self, sentence: str) -> str:
        body = sentence.rstrip()
        if not self._texts or body.startswith("#") or body.endswith(("|", ":", "：", "?", "？")):
            return sentence
        best = max(self._texts, key=lambda number: overlap(body, self._texts[number]))
        if not holds(body, self._texts[best], ADDED) or self._places(self.sources[best], body) is None:
            return sentence
        self._cite(best, body)
        self._chips[best] += 1
        return f"{body} [{best}]{sentence[len(body) :]}"


def _spans_of(said: str, text: str) -> list[tuple[int, int]] | None:
    """The sentences of a text, at most three, that together contain what is said; None when they do not."""
    there = sentences(text)
    chosen: list[tuple[int, int]] = []
    missing, numbers = words(said), figures(said)
    while len(chosen) < SENTENCES:
        gains = {
            span: len(missing & words(text[slice(*span)])) + len(numbers & figures(text[slice(*span)]))
            for span in there
        }
        best = max(gains, key=lambda span: gains[span], default=None)
        if best is None or not gains[best]:
            break
        chosen.append(best)
        missing, numbers = missing - words(text[slice(*best)]), numbers - figures(text[slice(*best)])
        if holds(said, " ".join(text[slice(*span)] for span in chosen)):
            return sorted(chosen)
    return None


def _without(sentence: str, kept: Callable[[int], bool]) -> str:
    return MARK.sub(lambda mark: mark.group(0) if kept(int(mark.group(1))) else "", sentence)


def _text(source: Source, texts: Texts) -> str:
    rows = " ".join(f"{key} {value}" for row in source.rows for key, value in row.items())
    count = "" if source.row_count is None else str(source.row_count)
    return " ".join([source.title, source.quote, texts.get(source.number, ""), rows, count, source.sql])


def _value(written: str) -> float:
    """The value of "1,038", "24" or "4.61"; what is no plain number, such as a version, goes by its first part."""
    plain = written.replace(",", "")
    try:
        return float(plain)
    except ValueError:
        return float(plain.split(".")[0])


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def _not_there(said: str) -> Text:
    shown = " ".join(said.split())[:80]
    return Text(f"The source does not say “{shown}”.", f"来源中没有“{shown}”这一内容。")
