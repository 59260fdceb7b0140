"""Whole steps as pictures. Painting one takes some forty calls; most of what is repainted has not changed at all."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPixmap

if TYPE_CHECKING:
    from studio.ui.canvas.node_item import NodeItem

MARGIN = 12.0
BUDGET = 32_000_000  # bytes

Key = tuple[float, float, bool]


class Pictures:
    """Of what was painted twice as it is, up to a budget of memory; the last used are kept."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[weakref.ref[NodeItem], int]] = OrderedDict()  # by id: it keeps no step alive
        self._bytes = 0

    def draw(self, painter: QPainter, item: NodeItem) -> None:
        detail = item.detail
        key = (detail.ratio, detail.dpr, item.isSelected())
        if not (item.picture or item.painted_as == key):
            item.painted_as = key
            item.paint_step(painter)
        else:
            self._copy(painter, item, key)
        if item.live.state == "running":
            item.paint_moving(painter)

    def _copy(self, painter: QPainter, item: NodeItem, key: Key) -> None:
        if item.picture is None or item.painted_as != key:
            item.painted_as, item.picture = key, self._take(item)
        elif id(item) in self._kept:
            self._kept.move_to_end(id(item))
        corner = painter.worldTransform().map(QPointF(-MARGIN, -MARGIN))
        painter.setWorldMatrixEnabled(False)
        painter.drawPixmap(QPointF(round(corner.x()), round(corner.y())), item.picture)
        painter.setWorldMatrixEnabled(True)

    def _take(self, item: NodeItem) -> QPixmap:
        detail, layout = item.detail, item.layout
        wide, high = (layout.width + 2 * MARGIN) * detail.ratio, (layout.height + 2 * MARGIN) * detail.ratio
        picture = QPixmap(max(1, round(wide) + 1), max(1, round(high) + 1))
        picture.setDevicePixelRatio(detail.dpr)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.scale(detail.ratio / detail.dpr, detail.ratio / detail.dpr)
        painter.translate(MARGIN, MARGIN)
        item.paint_step(painter)
        painter.end()
        self._keep(item, picture.width() * picture.height() * 4)
        return picture

    def _keep(self, item: NodeItem, size: int) -> None:
        known = self._kept.pop(id(item), None)
        self._bytes += size - (known[1] if known else 0)
        self._kept[id(item)] = (weakref.ref(item), size)
        while self._bytes > BUDGET and len(self._kept) > 1:
            _, (found, gone) = self._kept.popitem(last=False)
            self._bytes -= gone
            old = found()
            if old is not None:
                old.picture = None


_pictures: list[Pictures] = []


def pictures() -> Pictures:
    """The one store; made at the first call."""
    if not _pictures:
        _pictures.append(Pictures())
    return _pictures[0]
