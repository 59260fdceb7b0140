"""Colours for the three lines of code in a step: keywords, strings, numbers, {{variables}}. The editor knows better."""

from __future__ import annotations

import re
from functools import lru_cache

SQL = (
    "select from where group by order limit join left right inner outer on as and or not null is in like between case "
    "when then else end with union all having distinct sum count avg min max over partition desc asc true false"
)
PYTHON = (
    "def return if else elif for in while import from as and or not none true false with lambda try except class yield "
    "await async is raise pass break continue"
)
WORDS = {"sql": frozenset(SQL.split()), "python": frozenset(PYTHON.split()), "prompt": frozenset()}
TOKEN = re.compile(
    r"(?P<variable>\{\{.*?\}\})|(?P<comment>--.*$|#.*$)|(?P<string>'[^']*'?|\"[^\"]*\"?)"
    r"|(?P<number>\b\d[\d_.]*\b)|(?P<word>[A-Za-z_]\w*)|(?P<other>\s+|.)"
)


@lru_cache(maxsize=4096)
def coloured(line: str, language: str) -> tuple[tuple[str, str], ...]:
    """A line in runs of (text, theme colour)."""
    runs: list[tuple[str, str]] = []
    for found in TOKEN.finditer(line):
        colour = _colour(found.lastgroup or "other", found.group(), language)
        if runs and runs[-1][1] == colour:
            runs[-1] = (runs[-1][0] + found.group(), colour)
        else:
            runs.append((found.group(), colour))
    return tuple(runs)


def _colour(kind: str, text: str, language: str) -> str:
    if kind == "word":
        return "syntax.keyword" if text.lower() in WORDS.get(language, ()) else "text.primary"
    if language == "prompt" and kind != "variable":
        return "text.secondary"
    if kind == "comment" and language == "sql" and text.startswith("#"):
        return "text.primary"
    return {
        "variable": "syntax.variable",
        "comment": "syntax.comment",
        "string": "syntax.string",
        "number": "syntax.number",
    }.get(kind, "text.primary")
