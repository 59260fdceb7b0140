"""Pixels are moved around what lies over the canvas: tools and overview keep their place and need not be painted again."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QRegion
from PySide6.QtWidgets import QWidget

EDGE = 4  # of what lies over it: its corners are round, so the canvas is seen there
SMALLEST = 24  # pixels of an area that is worth moving


def only_these_over(viewport: QWidget, over: tuple[QWidget, ...]) -> bool:
    """Whether nothing else lies over it, such as a text that is being written and goes along."""
    return all(
        child in over or not child.isVisible() for child in viewport.children() if isinstance(child, QWidget)
    )  # fmt: skip


def shift(viewport: QWidget, by: QPoint, over: tuple[QWidget, ...]) -> None:
    """Move what is seen; all that must be painted then is said to Qt."""
    whole = viewport.rect()
    covered = [widget.geometry() for widget in over if widget.isVisible()]
    bare = without(whole, over)
    for area in free_areas(whole, covered):
        viewport.scroll(by.x(), by.y(), area)
        bare -= QRegion(area)
    ends = QRegion(QRect(whole.topLeft(), whole.topLeft())) + QRegion(QRect(whole.bottomRight(), whole.bottomRight()))
    viewport.update(bare + ends)  # from end to end: Qt notes where an item was painted only of those that it looks at


def without(area: QRect, over: tuple[QWidget, ...]) -> QRegion:
    """An area but for what lies over it."""
    bare = QRegion(area)
    for widget in over:
        if widget.isVisible():
            bare -= QRegion(widget.geometry().adjusted(EDGE, EDGE, -EDGE, -EDGE))
    return bare


def free_areas(whole: QRect, covered: list[QRect]) -> list[QRect]:
    """All above what lies at the lower edge, and what is between."""
    if not covered:
        return [whole]
    top = min(rect.top() for rect in covered)
    areas = [QRect(whole.left(), whole.top(), whole.width(), top - whole.top())]
    left = whole.left()
    for rect in sorted(covered, key=lambda rect: rect.left()):
        areas.append(QRect(left, top, rect.left() - left, whole.bottom() + 1 - top))
        left = rect.right() + 1
    areas.append(QRect(left, top, whole.right() + 1 - left, whole.bottom() + 1 - top))
    return [area for area in areas if area.width() > SMALLEST and area.height() > SMALLEST]
