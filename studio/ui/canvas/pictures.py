"""Whole steps as pictures. Painting one takes some forty calls; most of what is repainted has not changed at all.

One painting of the canvas renews only so many of them. The other steps look as they did before until it is their turn,
or, where nobody has seen them yet, like empty boxes: a hundred new steps at once would make a frame of 40 ms.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap
from shiboken6 import isValid

from studio.ui.canvas.detail import STEP_COST

if TYPE_CHECKING:
    from studio.ui.canvas.node_item import NodeItem

MARGIN = 12.0
BUDGET = 32_000_000  # bytes

Key = tuple[float, float, bool]


class Pictures:
    """Kept up to a budget of memory: what is in view, and the last used ones."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[weakref.ref[NodeItem], int]] = OrderedDict()  # by id: it keeps no step alive
        self._bytes = 0

    def draw(self, painter: QPainter, item: NodeItem) -> None:
        if not (self._good(item) or item.detail.allowance.spend(STEP_COST, item)):
            self._stand_in(painter, item)
            return
        self.renew(item)
        assert item.picture is not None
        corner = painter.worldTransform().map(QPointF(-MARGIN, -MARGIN))
        painter.setWorldMatrixEnabled(False)
        painter.drawPixmap(QPointF(round(corner.x()), round(corner.y())), item.picture)
        painter.setWorldMatrixEnabled(True)
        if item.live.state == "running":
            item.paint_moving(painter)

    def renew(self, item: NodeItem) -> None:
        """Make its picture if it has none or an old one."""
        if self._good(item):
            if id(item) in self._kept:
                self._kept.move_to_end(id(item))
            return
        item.painted_as, item.picture, item.changed = _key(item), self._take(item), False

    def _good(self, item: NodeItem) -> bool:
        return item.picture is not None and not item.changed and item.painted_as == _key(item)

    def _stand_in(self, painter: QPainter, item: NodeItem) -> None:
        if item.picture is None or item.painted_as is None:
            item.paint_box(painter)
            return
        size = item.picture.size() / item.painted_as[0]  # in scene units, as it was
        smooth = QPainter.RenderHint.SmoothPixmapTransform
        painter.setRenderHint(smooth, False)
        whole = QRectF(0, 0, item.picture.width(), item.picture.height())
        painter.drawPixmap(QRectF(-MARGIN, -MARGIN, size.width(), size.height()), item.picture, whole)
        painter.setRenderHint(smooth)

    def _take(self, item: NodeItem) -> QPixmap:
        detail, layout = item.detail, item.layout
        wide, high = (layout.width + 2 * MARGIN) * detail.ratio, (layout.height + 2 * MARGIN) * detail.ratio
        picture = QPixmap(max(1, round(wide) + 1), max(1, round(high) + 1))
        picture.setDevicePixelRatio(detail.dpr)
        picture.fill(Qt.GlobalColor.transparent)
        with QPainter(picture) as painter:
            painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
            painter.scale(detail.ratio / detail.dpr, detail.ratio / detail.dpr)
            painter.translate(MARGIN, MARGIN)
            item.paint_step(painter)
        self._keep(item, picture.width() * picture.height() * 4)
        return picture

    def _keep(self, item: NodeItem, size: int) -> None:
        known = self._kept.pop(id(item), None)
        self._bytes += size - (known[1] if known else 0)
        self._kept[id(item)] = (weakref.ref(item), size)
        for name in list(self._kept) if self._bytes > BUDGET else ():
            if name == id(item):
                continue  # it is about to be shown, wherever the view was a moment ago
            found, gone = self._kept[name]
            old = found()
            if old is not None and isValid(old) and old.detail.seen.intersects(old.sceneBoundingRect()):
                continue  # it would be missed in the very next painting
            del self._kept[name]
            self._bytes -= gone
            if old is not None:
                old.picture = None
            if self._bytes <= BUDGET:
                return


def _key(item: NodeItem) -> Key:
    return item.detail.ratio, item.detail.dpr, item.isSelected()


_pictures: list[Pictures] = []


def pictures() -> Pictures:
    """The one store; made at the first call."""
    if not _pictures:
        _pictures.append(Pictures())
    return _pictures[0]
