"""Finding a node type by a few letters: English, Chinese, pinyin or its initials."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from studio.engine.pinyin import spelled
from studio.engine.workflows.node import NodeType

NAME = 0.9


def find_types(types: Iterable[NodeType], words: str) -> list[NodeType]:
    """The best first; all, by category and title, for no words."""
    asked = words.strip().lower()
    if not asked:
        return sorted(types, key=lambda kind: (kind.category, kind.title.en))
    scored = [(score, kind.title.en, kind) for kind in types if (score := _score(kind, asked))]
    return [kind for _, _, kind in sorted(scored, key=lambda entry: (-entry[0], entry[1]))]


def _score(kind: NodeType, asked: str) -> float:
    names = _names(kind.name, kind.title.en, kind.title.zh, kind.doc.en)
    return max(_match(name, asked, weight >= NAME) * weight for name, weight in names)


@lru_cache(maxsize=512)
def _names(name: str, english: str, chinese: str, help_text: str) -> tuple[tuple[str, float], ...]:
    pinyin, initials = spelled(chinese)
    return (
        (english.lower(), 1.0), (chinese.lower(), 1.0), (name, 0.95), (pinyin, 0.9), (initials, 0.9), (help_text.lower(), 0.3),
    )  # fmt: skip


def _match(name: str, asked: str, loosely: bool) -> float:
    """1 for a beginning, less for a word's beginning, a part, or (in names only) its letters in order."""
    if name.startswith(asked):
        return 1.0
    if f" {asked}" in name:
        return 0.9
    if asked in name:
        return 0.7
    return 0.4 if loosely and _in_order(name, asked) else 0.0


def _in_order(name: str, asked: str) -> bool:
    letters = iter(name)
    return all(letter in letters for letter in asked)
