"""The JSON that stands in a text."""

from __future__ import annotations

import json
import re
from typing import Any

from studio.engine.errors import BadParameter
from studio.engine.text import Text

FENCE = re.compile(r"```(?:\w+)?\s*\n(.*?)```", re.DOTALL)


def find_json(text: str) -> Any:
    """The JSON of a text: all of it, what stands in a fence, or the first object or list in it."""
    fenced = FENCE.search(text)
    for candidate in (text, fenced.group(1) if fenced else ""):
        try:
            return json.loads(candidate)
        except ValueError:
            continue
    decoder = json.JSONDecoder()
    for place, sign in enumerate(text):
        if sign in "{[":
            try:
                return decoder.raw_decode(text, place)[0]
            except ValueError:
                continue
    raise BadParameter(Text(f"There is no JSON in: {text[:80]}", f"其中没有 JSON：{text[:80]}"))
