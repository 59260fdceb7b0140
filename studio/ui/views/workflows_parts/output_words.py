"""What came out of a step, in a few words that can be selected."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt

from studio.ui.canvas.times import preview_in_words
from studio.ui.views.workflows_parts.preview import preview_words
from studio.ui.widgets.labels import Label

SHORT = 600


def output_words(preview: dict[str, Any]) -> Label:
    """A table by its size, a text by its beginning."""
    words = preview_in_words(preview)
    return selectable(preview_words(preview)[:SHORT]) if words is None else Label(words, "dense", "text.secondary")


def selectable(words: str) -> Label:
    label = Label(words, "dense", "text.primary", wrap=True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
