"""Everything that is only read: labels, badges, dots and key caps."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from studio.engine.text import Text
from studio.ui.icons import paint_icon
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.widgets.box import paint_box
from studio.ui.widgets.lines import Lines

ELIDE = {"left": Qt.TextElideMode.ElideLeft, "middle": Qt.TextElideMode.ElideMiddle, "end": Qt.TextElideMode.ElideRight}
TONES = ("neutral", "success", "warning", "danger", "info", "accent", "cached")


class Label(QLabel):
    """Words in a row of "type". `elide` is "middle" for paths or "end" for names; what is cut is in the tooltip."""

    def __init__(
        self,
        text: Text | str = "",
        type: str = "dense",
        colour: str = "text.primary",
        wrap: bool = False,
        elide: str | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.type, self._colour, self._elide, self._whole = type, colour, elide, ""
        self._lines = Lines()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if elide:
            self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.say(text)

    def say(self, text: Text | str) -> None:
        """Other words, in both languages."""
        say(self.setText, text)

    def shrinkable(self) -> Label:
        """For a row with others: as wide as its words where there is room, and cut first where there is not."""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        return self

    def set_colour(self, colour: str) -> None:
        self._colour = colour
        self._restyle()

    def set_type(self, type: str) -> None:
        """Another kind of words: an address in place of a sentence."""
        self.type = type
        self._restyle()

    def whole(self) -> str:
        """The words before they were cut."""
        return self._whole

    def setText(self, words: str) -> None:
        if ("-" in words) != ("-" in self._whole):
            self.setFont(theme.font_for(self.type, words))
        self._whole = words
        self.setAccessibleName(words)
        self._show()
        if self._elide:
            self.updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._elide:
            self._show()

    def heightForWidth(self, width: int) -> int:
        if not self._in_lines():
            return super().heightForWidth(width)
        margins = self.contentsMargins()
        within = max(1, width - margins.left() - margins.right())
        lines = self._lines.count(self._whole, self.font(), within)
        return lines * theme.line(self.type) + margins.top() + margins.bottom()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._in_lines():
            super().paintEvent(event)
            return
        with QPainter(self) as painter:
            painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
            self._lines.paint(
                painter, self._whole, self.font(), self.contentsRect(), theme.line(self.type), self.alignment()
            )

    def _in_lines(self) -> bool:
        """Whether it wraps here, in lines as high as the tokens ask: Qt knows no line height, and Chinese makes a line taller."""
        marked = self.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse
        return self.wordWrap() and self.textFormat() == Qt.TextFormat.PlainText and not marked

    def sizeHint(self) -> QSize:
        if self._in_lines():
            width = super().sizeHint().width() + 1  # Qt rounds it: as wide as the longest line, and no narrower
            return QSize(width, self.heightForWidth(width))
        if not self._elide:
            return super().sizeHint()
        metrics = QFontMetrics(self.font())
        return QSize(metrics.horizontalAdvance(self._whole) + 2, max(metrics.height(), theme.line(self.type)))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.scaled(24), self.sizeHint().height()) if self._elide else super().minimumSizeHint()

    def _show(self) -> None:
        words = self._whole
        if self._elide:
            words = QFontMetrics(self.font()).elidedText(words, ELIDE[self._elide], max(0, self.width()))
            self.setToolTip(self._whole if words != self._whole else "")
        if words != self.text():
            super().setText(words)

    def _restyle(self) -> None:
        self.setFont(theme.font_for(self.type, self._whole))
        if not self.wordWrap():
            self.setMinimumHeight(theme.line(self.type))
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.WindowText, theme.colour(self._colour))
        self.setPalette(palette)
        self._show()


class Badge(QWidget):
    """A small filled word: “Healthy”, “cached”."""

    def __init__(
        self, text: Text | str, tone: str = "neutral", icon: str | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._words, self.tone, self.icon_name = "", tone, icon
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._restyle)
        self.say(text)

    def say(self, text: Text | str) -> None:
        say(self.setText, text)

    def setText(self, words: str) -> None:
        self._words = words
        self.setAccessibleName(words)
        self._restyle()

    def text(self) -> str:
        return self._words

    def set_tone(self, tone: str, icon: str | None = None) -> None:
        self.tone, self.icon_name = tone, icon if icon is not None else self.icon_name
        self._restyle()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(theme.font("caption"))
        extra = theme.scaled(12 + 4) if self.icon_name else 0
        return QSize(metrics.horizontalAdvance(self._words) + extra + 2 * theme.scaled(6), theme.scaled(18))

    def paintEvent(self, event: QPaintEvent) -> None:
        fill, edge, ink = badge_colours(self.tone)
        with paint_box(self, edge, fill, "radius.sm") as painter:
            left, size = float(theme.scaled(6)), theme.scaled(12)
            if self.icon_name:
                paint_icon(painter, self.icon_name, ink, QRectF(left, (self.height() - size) / 2, size, size))
                left += theme.scaled(16)
            painter.setFont(theme.font("caption"))
            painter.setPen(theme.colour(ink))
            painter.drawText(
                QRectF(left, 0, self.width() - left, self.height()), Qt.AlignmentFlag.AlignVCenter, self._words
            )

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()


class Dot(QWidget):
    """A state as a dot. State is never colour alone: put words beside it, or give it a name."""

    def __init__(self, tone: str = "neutral", name: Text | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tone = tone
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        if name is not None:
            say(self.setAccessibleName, name)
            say(self.setToolTip, name)
        theme.changed.connect(self.updateGeometry)

    def set_tone(self, tone: str) -> None:
        self.tone = tone
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(8), theme.scaled(8))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(dot_colour(self.tone)))
            painter.drawEllipse(QRectF(self.rect()))


class KeyCap(QWidget):
    """A key as it stands on the keyboard."""

    def __init__(self, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.key = key
        self.setAccessibleName(key)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        width = QFontMetrics(theme.font("caption")).horizontalAdvance(self.key) + theme.scaled(8)
        return QSize(max(width, theme.scaled(16)), theme.scaled(18))

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint_box(self, "border.strong", "surface.hover", "radius.xs") as painter:
            painter.setFont(theme.font("caption"))
            painter.setPen(theme.colour("text.secondary"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.key)


def badge_colours(tone: str) -> tuple[str, str, str]:
    """Fill, border and ink of a tone."""
    if tone == "neutral":
        return "surface.hover", "border.default", "text.secondary"
    return f"{tone}.muted", f"{tone}.border", f"{tone}.text"


def dot_colour(tone: str) -> str:
    known = {"neutral": "text.tertiary", "accent": "accent.ring", "off": "border.control"}
    return known.get(tone, f"{tone}.text" if tone in TONES else "text.tertiary")
