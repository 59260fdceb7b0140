"""Conditions and sort columns as small buttons that can be changed and taken away."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.engine.text import Text
from studio.ui.icons import paint_icon
from studio.ui.language import language, tr
from studio.ui.theme import theme
from studio.ui.widgets.box import paint_box
from studio.ui.widgets.buttons import Pressable

LONGEST = 280


class Chip(Pressable):
    """One condition or sort column: a strong word, the rest plain, a cross that removes it. Delete removes it too."""

    removed = Signal()

    def __init__(
        self, strong: Text | str, rest: Text | str = "", icon: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._words, self._icon = (strong, rest), icon
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        language.changed.connect(self._name)
        self._name()

    def sizeHint(self) -> QSize:
        column, rest = (tr(part) for part in self._words)
        width = QFontMetrics(theme.font("denseStrong")).horizontalAdvance(column)
        width += QFontMetrics(theme.font("dense")).horizontalAdvance(rest)
        width += theme.scaled(18) if self._icon else 0
        return QSize(min(width + theme.scaled(46), theme.scaled(LONGEST)), theme.size("control.height.sm"))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.scaled(80), self.sizeHint().height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.position().x() > self.width() - theme.scaled(24):
            self.removed.emit()
            return
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint_box(self, "accent.ring" if self.hasFocus() else "accent.border", "accent.muted", "radius.sm")
        column, rest = (tr(part) for part in self._words)
        left, right, size = theme.scaled(8), self.width() - theme.scaled(26), theme.scaled(12)
        if self._icon:
            paint_icon(painter, self._icon, "accent.text", QRectF(left, (self.height() - size) / 2, size, size))
            left += theme.scaled(18)
        for words, font, ink in ((column, "denseStrong", "accent.text"), (rest, "dense", "text.primary")):
            painter.setFont(theme.font(font))
            painter.setPen(theme.colour(ink))
            metrics = QFontMetrics(painter.font())
            cut = metrics.elidedText(words, Qt.TextElideMode.ElideRight, max(0, right - left))
            painter.drawText(QRectF(left, 0, right - left, self.height()), Qt.AlignmentFlag.AlignVCenter, cut)
            left += metrics.horizontalAdvance(words) + theme.scaled(6)
        cross = QRectF(self.width() - theme.scaled(20), (self.height() - size) / 2, size, size)
        paint_icon(painter, "x", "text.secondary", cross)

    def _name(self) -> None:
        words = " ".join(tr(part) for part in self._words).strip()
        self.setAccessibleName(words)
        self.setToolTip(words)
        self.updateGeometry()
        self.update()
