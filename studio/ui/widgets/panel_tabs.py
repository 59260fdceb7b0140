"""Tabs of a panel: underlined words in its header."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.widgets.buttons import OneOfRow, beside


class PanelTabs(QWidget):
    """`tabs` are (value, title). `changed` carries the value."""

    changed = Signal(object)

    def __init__(
        self, tabs: Sequence[tuple[object, Text | str]], value: object = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._tabs = {key: _PanelTab(words, self) for key, words in tabs}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.size("space.4"))
        for key, tab in self._tabs.items():
            tab.clicked.connect(lambda _=False, key=key: self._choose(key))
            row.addWidget(tab)
        row.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.set_value(value if value is not None else next(iter(self._tabs), None))

    def value(self) -> object:
        return next((key for key, tab in self._tabs.items() if tab.isChecked()), None)

    def set_value(self, value: object) -> None:
        for key, tab in self._tabs.items():
            tab.setChecked(key == value)

    def set_count(self, value: object, count: int | str | None) -> None:
        """A quiet figure beside a title."""
        if value in self._tabs:
            self._tabs[value].count = "" if count is None else f"{count:,}" if isinstance(count, int) else count
            self._tabs[value].updateGeometry()
            self._tabs[value].update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        chosen = beside(event, list(self._tabs), self.value())
        if chosen is None:
            super().keyPressEvent(event)
            return
        self._tabs[chosen].setFocus()
        self._choose(chosen)

    def _choose(self, key: object) -> None:
        self.set_value(key)
        self.changed.emit(key)


class _PanelTab(OneOfRow):
    def __init__(self, title: Text | str, parent: QWidget) -> None:
        super().__init__(title, parent)
        self.count = ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        width = self.words_width()
        if self.count:
            width += QFontMetrics(theme.font("dense")).horizontalAdvance(self.count) + theme.scaled(6)
        return QSize(width, theme.size("layout.panelHeader"))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            chosen = self.isChecked()
            painter.setFont(theme.font("denseStrong" if chosen else "dense"))
            painter.setPen(theme.colour("text.primary" if chosen or self.underMouse() else "text.secondary"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, self.text())
            if self.count:
                left = QFontMetrics(painter.font()).horizontalAdvance(self.text()) + theme.scaled(6)
                painter.setFont(theme.font("dense"))
                painter.setPen(theme.colour("text.tertiary"))
                painter.drawText(self.rect().adjusted(left, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.count)
            if chosen:
                painter.fillRect(0, self.height() - 2, self.width(), 2, theme.colour("accent.ring"))
