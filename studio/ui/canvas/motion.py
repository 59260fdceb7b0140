"""While the zoom changes quickly a picture of the last full painting stands in, scaled; it settles when the zoom rests.

A full painting of many steps takes most of a frame. Where the picture does not reach, the sheet is painted as from afar.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPixmap, QRegion, QTransform
from PySide6.QtWidgets import QGraphicsView

SETTLES = 90
COARSEST = 4.0  # times larger or smaller than the picture: then a new one is taken

Painting = Callable[[QPainter], None]
Part = Callable[[QPainter, QRect], None]  # of the viewport


class Motion:
    """`whole` paints everything as it should be, `rough` what the picture does not cover."""

    def __init__(self, view: QGraphicsView, whole: Painting, rough: Part) -> None:
        self.view, self.whole, self.rough = view, whole, rough
        self._picture: QPixmap | None = None
        self._at = QTransform()
        self._rest = QTimer(view, singleShot=True, interval=SETTLES, timeout=self._settle)

    @property
    def active(self) -> bool:
        return self._rest.isActive()

    def step(self) -> None:
        """The zoom is another one."""
        self._rest.start()

    def stop(self) -> None:
        """Everything as it should be from the next painting on."""
        self._rest.stop()
        self._picture = None

    def paint(self) -> None:
        """One frame, on the view's viewport."""
        viewport, now = self.view.viewport(), self.view.viewportTransform()
        with QPainter(viewport) as painter:
            if self._picture is None or not 1 / COARSEST <= now.m11() / self._at.m11() <= COARSEST:
                self._take(now)
            assert self._picture is not None
            if now == self._at:
                painter.drawPixmap(0, 0, self._picture)
                return
            place = (self._at.inverted()[0] * now).mapRect(QRectF(viewport.rect()))
            covered = place.adjusted(1, 1, -1, -1).toRect()
            for part in QRegion(viewport.rect()) - QRegion(covered):
                painter.setClipRect(part)
                self.rough(painter, part)
            painter.setClipping(False)
            painter.drawPixmap(place, self._picture, QRectF(0, 0, self._picture.width(), self._picture.height()))

    def _take(self, now: QTransform) -> None:
        viewport = self.view.viewport()
        ratio = viewport.devicePixelRatioF()
        picture = QPixmap(viewport.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.black)
        with QPainter(picture) as painter:
            painter.setRenderHints(self.view.renderHints())
            self.whole(painter)
        self._picture, self._at = picture, now

    def _settle(self) -> None:
        self.stop()
        self.view.viewport().update()
