"""Does what was written stand in what is cited? Chips that hold are kept, missing ones added, false ones flagged."""

from __future__ import annotations

import re

from studio.engine.chat.message import Source
from studio.engine.text import Text

MARK = re.compile(r"\[(\d{1,2})\]")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
WORD = re.compile(r"[A-Za-z][A-Za-z0-9-]+|[\u4e00-\u9fff]")
SENTENCE = re.compile(r"[^.!?。！？\n]*(?:[.!?。！？](?:\s*\[\d{1,2}\])*|\n|$)")
HELD = 0.5  # the share of a sentence's words that a source must have
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
    ]
)


def settle(content: str, sources: list[Source]) -> tuple[str, list[Source]]:
    """The answer with a chip after every sentence that a source holds, and the sources with what was found of them.

    A mark without a source is removed. A cited source that does not contain what is said keeps its chip and is flagged.
    """
    by_number = {source.number: source.model_copy(update={"cited": False, "flagged": None}) for source in sources}
    sentences = [_settle_sentence(match.group(0), by_number) for match in SENTENCE.finditer(content)]
    return "".join(sentences), list(by_number.values())


def unsupported_numbers(content: str, sources: list[Source], question: str) -> list[str]:
    """Figures of the answer that stand in no source and not in the question."""
    known = {
        _plain(number) for text in [question, *(_text(source) for source in sources)] for number in NUMBER.findall(text)
    }
    bare = MARK.sub("", content)
    return list(dict.fromkeys(number for number in NUMBER.findall(bare) if _plain(number) not in known))


def _settle_sentence(sentence: str, sources: dict[int, Source]) -> str:
    marks = [int(number) for number in MARK.findall(sentence)]
    known = [number for number in marks if number in sources]
    bare = MARK.sub("", sentence)
    if not bare.strip():
        return bare
    for number in known:
        held = holds(bare, _text(sources[number]))
        update = {"cited": True} if held else {"cited": True, "flagged": sources[number].flagged or _not_there(bare)}
        sources[number] = sources[number].model_copy(update=update)
    if marks:
        return MARK.sub(lambda mark: mark.group(0) if int(mark.group(1)) in sources else "", sentence)
    best = max(sources.values(), key=lambda source: overlap(bare, _text(source)), default=None)
    if best is None or not holds(bare, _text(best)):
        return sentence
    sources[best.number] = best.model_copy(update={"cited": True})
    body = bare.rstrip()
    return f"{body} [{best.number}]{bare[len(body) :]}"


def holds(sentence: str, source: str) -> bool:
    """Whether a source contains a sentence: every figure of it, and at least half of its words."""
    figures = {_plain(number) for number in NUMBER.findall(sentence)}
    there = {_plain(number) for number in NUMBER.findall(source)}
    return figures <= there and overlap(sentence, source) >= HELD


def overlap(sentence: str, source: str) -> float:
    """The share of a sentence's words that stand in a source, 0 to 1; too few words to tell count as none."""
    words = _words(sentence)
    return len(words & _words(source)) / len(words) if len(words) > 2 else 0.0


def _words(text: str) -> set[str]:
    return {word.lower() for word in WORD.findall(text)} - COMMON


def _text(source: Source) -> str:
    rows = " ".join(f"{key} {value}" for row in source.rows for key, value in row.items())
    return f"{source.title} {source.quote} {rows} {source.sql}"


def _plain(number: str) -> str:
    return number.replace(",", "").rstrip(".")


def _not_there(sentence: str) -> Text:
    words = " ".join(sentence.split())[:80]
    return Text(f"The source does not say “{words}”.", f"来源中没有“{words}”这一内容。")
