"""How much is painted at a zoom: one variable of the view that every item reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from typing import Any

from PySide6.QtCore import QRectF

DOTS, PORT_LABELS, BODY, TILE = 0.5, 0.6, 0.45, 0.45
SMALLEST, LARGEST = 0.1, 2.0
STEPS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)


STEP_COST, WIRE_COST = 350, 25  # about how many microseconds it takes to prepare one
AT_ONCE = 4_000  # of them for one painting


@dataclass(slots=True)
class Allowance:
    """How much may be prepared within one painting; what has to wait is noted. By costs and not by the clock: a busy machine shows the same."""

    left: float = inf
    late: list[Any] = field(default_factory=list)

    def spend(self, cost: int, thing: object) -> bool:
        """Whether there is room for this; if not, it is late."""
        if self.left < cost:
            self.late.append(thing)
            return False
        self.left -= cost
        return True

    @contextmanager
    def painting(self, left: float = AT_ONCE) -> Iterator[list[Any]]:
        """Gives what was late in it."""
        self.left, self.late = left, []
        try:
            yield self.late
        finally:
            self.left, self.late = inf, []


@dataclass(slots=True)
class Detail:
    """Below `BODY` nothing is painted item by item at all: see far.py. `ratio` is device pixels per scene unit, `dpr` those per pixel of the window,
    `scale` the zoom times that of the interface: what can be read depends on it. `version` grows whenever something looks different."""

    zoom: float = 1.0
    ratio: float = 1.0
    dpr: float = 1.0
    turn: float = 0.0
    scale: float = 1.0
    still: bool = False
    version: int = 0
    seen: QRectF = field(default_factory=QRectF)  # the part of the sheet in view; empty while nobody sees it
    allowance: Allowance = field(default_factory=Allowance)

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
