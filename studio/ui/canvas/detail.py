"""How much is painted at a zoom: one variable of the view that every item reads."""

from __future__ import annotations

from dataclasses import dataclass

DOTS, PORT_LABELS, BODY, TILE = 0.5, 0.6, 0.45, 0.45
SMALLEST, LARGEST = 0.1, 2.0
STEPS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)


@dataclass(slots=True)
class Detail:
    """Below `BODY` nothing is painted item by item at all: see far.py. `ratio` is device pixels per scene unit, `dpr` those per pixel of the window,
    `scale` the zoom times that of the interface: what can be read depends on it."""

    zoom: float = 1.0
    ratio: float = 1.0
    dpr: float = 1.0
    turn: float = 0.0
    scale: float = 1.0
    still: bool = False

    @property
    def far(self) -> bool:
        return self.scale < BODY

    @property
    def labels(self) -> bool:
        return self.scale >= PORT_LABELS

    @property
    def full(self) -> bool:
        """Shadows and round corners are worth their time."""
        return self.scale >= 0.75
