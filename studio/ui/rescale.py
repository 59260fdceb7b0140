"""Lengths that widgets and layouts were given once: a live change of the scale stretches them too."""

from __future__ import annotations

from collections.abc import Iterator

import shiboken6
from PySide6.QtCore import QMargins, Qt
from PySide6.QtWidgets import QApplication, QBoxLayout, QFormLayout, QGridLayout, QLayout, QWidget

HAIR = 2  # pixels: what is that thin is a line and stays one
ENDLESS = 16_777_215  # Qt's QWIDGETSIZE_MAX
AT_ONCE = 40  # widgets per step


def rescaling(before: int, after: int) -> Iterator[object]:
    """Stretch all that was measured at the scale `before`, in steps. Who hears `theme.changed` measures anew afterwards."""
    if before == after:
        return
    for number, widget in enumerate(QApplication.allWidgets()):
        if shiboken6.isValid(widget):
            _stretch(widget, after / before)
        if not number % AT_ONCE:
            yield


def _stretch(widget: QWidget, by: float) -> None:
    layout = widget.layout()
    if layout is not None:
        _stretch_layout(layout, by)
    if widget.isWindow():
        return
    least, most = widget.minimumSize(), widget.maximumSize()
    wanted = tuple(_times(length, by) for length in (least.width(), least.height(), most.width(), most.height()))
    if wanted != (least.width(), least.height(), most.width(), most.height()):
        widget.setMaximumSize(wanted[2], wanted[3])
        widget.setMinimumSize(wanted[0], wanted[1])


def _stretch_layout(layout: QLayout, by: float) -> None:
    """What lies inside comes first: a layout without a spacing of its own has that of the one around it.

    Gaps that were added one by one stay: they are items, and those are not to be touched (docs/decisions/widgets-and-pyside.md).
    """
    for inner in layout.findChildren(QLayout, options=Qt.FindChildOption.FindDirectChildrenOnly):
        _stretch_layout(inner, by)
    margins = layout.contentsMargins()
    sides = (margins.left(), margins.top(), margins.right(), margins.bottom())
    layout.setContentsMargins(QMargins(*(_times(side, by) for side in sides)))
    if isinstance(layout, QGridLayout | QFormLayout):
        layout.setHorizontalSpacing(_times(layout.horizontalSpacing(), by))
        layout.setVerticalSpacing(_times(layout.verticalSpacing(), by))
    elif isinstance(layout, QBoxLayout):
        layout.setSpacing(_times(layout.spacing(), by))


def _times(length: int, by: float) -> int:
    return length if abs(length) <= HAIR or length >= ENDLESS else round(length * by)
