"""Room between two parts of a layout, beside its spacing, that follows a live change of the scale."""

from __future__ import annotations

from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout

from studio.ui.theme import theme

ACROSS = (QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.RightToLeft)


def gap(layout: QBoxLayout, length: str) -> None:
    """In place of `addSpacing`: a layout with nothing in it but its margin, which is stretched like every other margin."""
    inner = QHBoxLayout() if layout.direction() in ACROSS else QVBoxLayout()
    size = theme.size(length)
    inner.setContentsMargins(*((size, 0, 0, 0) if layout.direction() in ACROSS else (0, size, 0, 0)))
    layout.addLayout(inner)
