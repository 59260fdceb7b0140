"""One source in the list of those that an answer stands on."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from studio.engine.chat.message import Source
from studio.engine.text import Text
from studio.ui.icons import paint_icon
from studio.ui.language import language, tr
from studio.ui.theme import theme
from studio.ui.views.chat_parts.step_card import place
from studio.ui.widgets.buttons import Pressable


class SourceRow(Pressable):
    """Number, icon, title and place of a source."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source
        self._stale: Text | None = None
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        language.changed.connect(self._say)
        self._say()

    def set_stale(self, words: Text | None) -> None:
        self._stale = words
        self._say()

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(200), theme.size("layout.row.thread"))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.isChecked() or self.underMouse():
            painter.fillRect(self.rect(), theme.colour("accent.muted" if self.isChecked() else "surface.hover"))
        if self.isChecked():
            painter.fillRect(0, 0, 2, self.height(), theme.colour("accent.ring"))
        self._number(painter)
        self._words(painter)

    def _number(self, painter: QPainter) -> None:
        side = theme.scaled(18)
        box = QRectF(theme.size("space.3"), theme.scaled(6), side, side)
        chosen = self.isChecked()
        edge = "warning.border" if self.source.flagged else "accent.border"
        ground = "accent.solid" if chosen else "warning.muted" if self.source.flagged else "accent.muted"
        ink = "text.onAccent" if chosen else "warning.text" if self.source.flagged else "accent.text"
        painter.setPen(theme.colour(edge))
        painter.setBrush(theme.colour(ground))
        painter.drawRoundedRect(box, theme.size("radius.sm"), theme.size("radius.sm"))
        painter.setFont(theme.font("caption", tight=True))
        painter.setPen(theme.colour(ink))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(self.source.number))

    def _words(self, painter: QPainter) -> None:
        left, gap, size = theme.scaled(40), theme.size("space.2"), theme.scaled(14)
        glyph = {"rows": "table-2", "file": "paperclip"}.get(self.source.kind, "file-text")
        colour = "portText.table" if self.source.kind == "rows" else "portText.docs"
        paint_icon(painter, glyph, colour, QRectF(left, theme.scaled(8), size, size))
        start = left + size + gap
        if self._stale is not None:
            right = self.width() - size - gap
            paint_icon(painter, "history", "warning.text", QRectF(right, theme.scaled(8), size, size))
        room = self.width() - start - gap - (size + gap if self._stale is not None else 0)
        painter.setFont(theme.font("denseStrong" if self.source.cited else "dense"))
        painter.setPen(theme.colour("text.primary"))
        self._line(painter, self.source.title, QRectF(start, theme.scaled(5), room, theme.scaled(20)))
        painter.setFont(theme.font("dense"))
        painter.setPen(theme.colour("text.secondary"))
        self._line(
            painter,
            tr(_subtitle(self.source)),
            QRectF(left, theme.scaled(25), self.width() - left - gap, theme.scaled(18)),
        )

    def _line(self, painter: QPainter, words: str, box: QRectF) -> None:
        shown = QFontMetrics(painter.font()).elidedText(words, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, shown)

    def _say(self) -> None:
        words = f"{self.source.number}, {self.source.title}, {tr(_subtitle(self.source))}"
        self.setAccessibleName(words)
        self.setToolTip(tr(self._stale) if self._stale else self.source.heading or self.source.title)
        self.update()


def _subtitle(source: Source) -> Text:
    where = place(source)
    section = source.heading.rpartition("›")[2].split(" ")
    en, zh = [where.en], [where.zh]
    number = next((word for word in section if word[:1].isdigit()), "")
    if number:
        en, zh = [*en, f"section {number}"], [*zh, f"第 {number} 节"]
    if source.score is not None:
        en, zh = [*en, f"match {source.score:.2f}"], [*zh, f"匹配度 {source.score:.2f}"]
    return Text(", ".join(en), "，".join(zh))
