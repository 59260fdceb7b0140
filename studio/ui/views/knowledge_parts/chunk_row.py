"""A chunk as a row of a list: its words, where it stands, what a person decided about it."""

from __future__ import annotations

from studio.engine.knowledge.document import Excerpt
from studio.engine.text import Text
from studio.ui.views.knowledge_parts.words import place_words
from studio.ui.widgets.rows import Row


def chunk_row(id: str, chunk: Excerpt, unit: str, excluded: bool, reworded: bool) -> Row:
    place = place_words(chunk, unit)
    under = Text(f"{place.en} · {chunk.heading}", f"{place.zh} · {chunk.heading}") if chunk.heading else place
    mark: Text | str = ""
    if excluded:
        mark = Text("left out", "已排除")
    elif reworded:
        mark = Text("reworded", "已改写")
    return Row(id, " ".join(chunk.text.split()), under, "eye-off" if excluded else "text-quote", badge=mark)
