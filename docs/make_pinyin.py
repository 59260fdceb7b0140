"""Writes resources/pinyin.txt from pypinyin's dictionaries: `python docs/make_pinyin.py`.

pypinyin itself takes 58 MB and 0.2 s of the interpreter to load. Nearly all of its 47,000 phrases are read as their characters are
alone; the others, and those that the others would spoil, are fewer than 3,000.
"""

from __future__ import annotations

from collections import defaultdict

from pypinyin import lazy_pinyin
from pypinyin.constants import PHRASES_DICT
from pypinyin.pinyin_dict import pinyin_dict

from studio.engine.paths import resource
from studio.engine.pinyin import Readings


def characters() -> dict[str, str]:
    """The usual syllable of every character, tones left out."""
    known = (chr(code) for code in pinyin_dict if code < 0x10000)
    return {one: syllable for one in known if (syllable := lazy_pinyin(one)[0]) != one}


def phrases(single: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """The fewest phrases with which every one of pypinyin's is read right."""
    wanted = {phrase: tuple(lazy_pinyin(phrase)) for phrase in PHRASES_DICT}
    kept: dict[str, tuple[str, ...]] = {}
    while wrong := _wrong(wanted, Readings(single, kept)):
        kept |= wrong
    for phrase in sorted(kept, key=len, reverse=True):
        reading = kept.pop(phrase)
        if tuple(Readings(single, kept).syllables(phrase)) != reading:
            kept[phrase] = reading
    return kept


def _wrong(wanted: dict[str, tuple[str, ...]], readings: Readings) -> dict[str, tuple[str, ...]]:
    return {phrase: reading for phrase, reading in wanted.items() if tuple(readings.syllables(phrase)) != reading}


def main() -> None:
    single = characters()
    alike: dict[str, list[str]] = defaultdict(list)
    for one, syllable in sorted(single.items()):
        alike[syllable].append(one)
    lines = [f"{syllable} {''.join(alike[syllable])}" for syllable in sorted(alike)]
    lines += [f"{phrase} {' '.join(reading)}" for phrase, reading in sorted(phrases(single).items())]
    resource("pinyin.txt").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
