"""LaTeX as outlines: set by ziamath on another thread, kept, and told when they are there. Nothing is fetched."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QObject, QRunnable, QSizeF, QThreadPool, Signal
from PySide6.QtSvg import QSvgRenderer

log = logging.getLogger(__name__)
LONGEST = 2_000  # characters of a formula that is set
KEPT = 400


@dataclass(frozen=True, slots=True)
class Formula:
    """What is to be set. `size` in pixels, `colour` as #rrggbb."""

    latex: str
    display: bool
    size: int
    colour: str


@dataclass(frozen=True, slots=True)
class Outline:
    """A formula that was set; `below` is how far it reaches below the line of the text."""

    picture: QSvgRenderer
    size: QSizeF
    below: float


class Formulas(QObject):
    """One for the window. `ready` comes on its thread when formulas that were asked for are there."""

    ready = Signal()
    _done = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self._kept: OrderedDict[Formula, Outline | None] = OrderedDict()
        self._under_way: set[Formula] = set()
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._done.connect(self._keep)

    def get(self, formula: Formula) -> Outline | None:
        """The outline, or None while it is not there yet (then it is begun) and for what cannot be set."""
        if formula in self._kept:
            self._kept.move_to_end(formula)
            return self._kept[formula]
        if formula not in self._under_way and len(formula.latex) <= LONGEST:
            self._under_way.add(formula)
            self._pool.start(_Setting(formula, self))
        return None

    def wait(self) -> None:
        """Until all that were asked for are set; for tests and pictures."""
        self._pool.waitForDone()

    def _keep(self, formula: Formula, svg: tuple[bytes, float, float, float] | None) -> None:
        self._under_way.discard(formula)
        self._kept[formula] = _outline(svg)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        if not self._under_way or len(self._kept) % 8 == 0:
            self.ready.emit()


class _Setting(QRunnable):
    """Sets one formula away from the window's thread."""

    def __init__(self, formula: Formula, owner: Formulas) -> None:
        super().__init__()
        self._formula, self._owner = formula, owner

    def run(self) -> None:
        svg = as_svg(self._formula)
        try:
            self._owner._done.emit(self._formula, svg)
        except RuntimeError:  # the window is gone
            pass


def as_svg(formula: Formula) -> tuple[bytes, float, float, float] | None:
    """The picture with width, height and what stands below the line; None for what is no formula."""
    try:
        import ziamath

        ziamath.config.svg2 = False  # Qt draws no <symbol>
        made = ziamath.Latex(formula.latex, size=formula.size, color=formula.colour, inline=not formula.display)
        width, height = made.getsize()
        return made.svg().encode(), float(width), float(height), float(-made.getyofst())
    except Exception as error:  # its parser raises whatever it stumbles over
        log.info("a formula was not set: %s", error)
        return None


def _outline(svg: tuple[bytes, float, float, float] | None) -> Outline | None:
    if svg is None:
        return None
    picture = QSvgRenderer(QByteArray(svg[0]))
    return Outline(picture, QSizeF(svg[1] + 2, svg[2] + 2), svg[3]) if picture.isValid() else None


formulas = Formulas()
