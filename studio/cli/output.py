"""What the command line prints: JSON for programs, aligned columns for people, in their language."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Sequence
from typing import Any

from studio.engine.errors import StudioError
from studio.engine.text import Text

WIDEST = 60


def language() -> str:
    """The reader's language, from the environment."""
    named = (os.environ.get(name, "") for name in ("ONE_DATA_APPEARANCE__LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next((value for value in named if value), "en").startswith("zh") else "en"


def told(words: Text) -> str:
    """In the reader's language."""
    return words.in_language(language())


def say(words: Text) -> None:
    print(told(words))


def warn(words: Text) -> None:
    """What is no part of the answer goes to the standard error."""
    print(told(words), file=sys.stderr)


def explain(error: StudioError) -> str:
    return told(error.whole())


def show(data: Any, as_json: bool, columns: Sequence[str] = ()) -> None:
    """Print records: as one JSON document, or the named columns as a table."""
    if as_json:
        json.dump(data, sys.stdout, ensure_ascii=False, indent=2)
        print()
    elif isinstance(data, list):
        print_table([[cell(item.get(name)) for name in columns] for item in data], columns)
    elif isinstance(data, dict):
        width = max((len(key) for key in data), default=0)
        for key, value in data.items():
            print(f"{key:<{width}}  {cell(value, 2000)}")
    else:
        print(data)


def print_table(rows: list[list[str]], columns: Sequence[str]) -> None:
    if not rows:
        say(Text("Nothing there.", "暂无内容。"))
        return
    widths = [max(_width(row[place]) for row in [list(columns), *rows]) for place in range(len(columns))]
    for row in [list(columns), *rows]:
        print("  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip())


def cell(value: Any, widest: int = WIDEST) -> str:
    if value is None:
        return "-"
    if isinstance(value, dict) and set(value) == {"en", "zh"}:
        value = value[language()]
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    words = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    words = " ".join(words.split())
    return words if len(words) <= widest else words[: widest - 1] + "…"


def _width(words: str) -> int:
    """Columns a text takes in a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in words)
