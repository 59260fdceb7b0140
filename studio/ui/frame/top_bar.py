"""The top bar: the project, the command field, the engine, notices, the account."""

from __future__ import annotations

import getpass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from studio.engine.text import Text
from studio.ui.icons import paint_icon
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.widgets.box import paint_box
from studio.ui.widgets.buttons import Pressable
from studio.ui.widgets.labels import KeyCap, dot_colour
from studio.ui.widgets.panel import Surface


class TopBar(Surface):
    """40 high. Each of its buttons is an attribute; the window connects them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("app", parent)
        self.logo = Logo()
        self.project = ProjectButton()
        self.command = CommandField()
        self.engine = EngineButton()
        self.bell = Bell()
        self.account = Account()
        self._left, self._right = QHBoxLayout(), QHBoxLayout()
        for widget in (self.logo, self.project):
            self._left.addWidget(widget)
        self._left.addStretch(1)
        self._right.addStretch(1)
        for widget in (self.engine, self.bell, self.account):
            self._right.addWidget(widget)
        self._row = QHBoxLayout(self)
        self._row.addLayout(self._left, 1)
        self._row.addWidget(self.command)
        self._row.addLayout(self._right, 1)
        say(self.setAccessibleName, Text("Top bar", "顶栏"))
        theme.changed.connect(self._restyle)
        self._restyle()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        QPainter(self).fillRect(0, self.height() - 1, self.width(), 1, theme.colour("border.default"))

    def resizeEvent(self, event: object) -> None:
        self._fit()

    def set_logo_width(self, width: int) -> None:
        self.logo.setFixedWidth(width)

    def _restyle(self) -> None:
        self.setFixedHeight(theme.size("layout.topBar"))
        self._row.setContentsMargins(0, 0, theme.size("space.3"), 1)
        self._row.setSpacing(theme.size("space.2"))
        self._left.setSpacing(0)
        self._right.setSpacing(theme.size("space.2"))
        self._fit()

    def _fit(self) -> None:
        self.command.setFixedWidth(min(theme.scaled(480), max(theme.scaled(200), self.width() // 3)))


class Logo(QWidget):
    """A ring with a node: one studio."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(theme.size("layout.rail.labelled"))
        self.setAccessibleName("ONE Data Studio")
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_logo(
                painter, QPointF(self.width() / 2, self.height() / 2), theme.scaled(16), theme.colour("accent.text")
            )


def paint_logo(painter: QPainter, middle: QPointF, size: float, colour: QColor) -> None:
    """The mark of the studio, `size` pixels high."""
    radius, width = size * 0.42, size * 0.15
    painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    circle = QRectF(middle.x() - radius - size * 0.04, middle.y() - radius, 2 * radius, 2 * radius)
    painter.drawArc(circle, 40 * 16, 280 * 16)
    painter.drawLine(QPointF(middle.x() - size * 0.12, middle.y()), QPointF(middle.x() + size * 0.42, middle.y()))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(QPointF(middle.x() + size * 0.42, middle.y()), size * 0.15, size * 0.15)


class ProjectButton(Pressable):
    """The project's name."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.say(Text("Untitled project", "未命名项目"))

    def say(self, name: Text | str) -> None:
        say(self.setText, name)
        say(self.setAccessibleName, name)
        self.updateGeometry()

    def setText(self, words: str) -> None:
        super().setText(words)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        width = QFontMetrics(theme.font("bodyStrong")).horizontalAdvance(self.text())
        return QSize(min(width, theme.scaled(240)) + theme.scaled(60), theme.size("control.height.md"))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self.underMouse() or self.isDown():
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.colour("surface.hover"))
                painter.drawRoundedRect(QRectF(self.rect()), theme.size("radius.md"), theme.size("radius.md"))
            size, middle = theme.scaled(16), self.height() / 2
            paint_icon(painter, "folder", "text.secondary", QRectF(theme.scaled(8), middle - size / 2, size, size))
            painter.setFont(theme.font("bodyStrong"))
            painter.setPen(theme.colour("text.primary"))
            left, right = theme.scaled(32), self.width() - theme.scaled(28)
            words = QFontMetrics(painter.font()).elidedText(self.text(), Qt.TextElideMode.ElideRight, right - left + 2)
            painter.drawText(QRectF(left, 0, right - left + 4, self.height()), Qt.AlignmentFlag.AlignVCenter, words)
            small = theme.scaled(14)
            paint_icon(
                painter, "chevrons-up-down", "text.tertiary", QRectF(right + 6, middle - small / 2, small, small)
            )


class CommandField(Pressable):
    """Looks like a field and opens the palette."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(theme.size("control.height.md"))
        words = Text("Search or run a command", "搜索或执行命令")
        say(self.setText, words)
        say(self.setAccessibleName, words)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, theme.scaled(6), 0)
        row.setSpacing(theme.scaled(4))
        row.addStretch(1)
        for key in ("Ctrl", "K"):
            cap = KeyCap(key)
            cap.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            row.addWidget(cap)

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint_box(
            self, "border.control" if self.underMouse() else "border.default", "surface.input", "radius.md"
        ) as painter:
            size = theme.scaled(14)
            paint_icon(
                painter, "search", "text.secondary", QRectF(theme.scaled(10), (self.height() - size) / 2, size, size)
            )
            painter.setFont(theme.font("dense"))
            painter.setPen(theme.colour("text.secondary"))
            painter.drawText(
                self.rect().adjusted(theme.scaled(32), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.text()
            )

    def _restyle(self) -> None:
        self.setFixedHeight(theme.size("control.height.md"))
        super()._restyle()


class EngineButton(Pressable):
    """Where the work is done, with the engine's state."""

    def __init__(self) -> None:
        super().__init__()
        self.tone = "neutral"
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        say(self.setText, Text("This computer", "本机"))
        say(self.setAccessibleName, Text("Engine: this computer", "引擎：本机"))

    def set_tone(self, tone: str) -> None:
        self.tone = tone
        self.update()

    def setText(self, words: str) -> None:
        super().setText(words)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        width = QFontMetrics(theme.font("dense")).horizontalAdvance(self.text())
        return QSize(width + theme.scaled(76), theme.size("control.height.md"))

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint_box(
            self, "border.control" if self.underMouse() else "border.default", "surface.raised", "radius.md"
        ) as painter:
            middle = self.height() / 2
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(dot_colour(self.tone)))
            dot, size = theme.scaled(8), theme.scaled(16)
            painter.drawEllipse(QRectF(theme.scaled(10), middle - dot / 2, dot, dot))
            paint_icon(painter, "monitor", "text.secondary", QRectF(theme.scaled(26), middle - size / 2, size, size))
            painter.setFont(theme.font("dense"))
            painter.setPen(theme.colour("text.primary"))
            painter.drawText(
                self.rect().adjusted(theme.scaled(50), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.text()
            )
            small = theme.scaled(14)
            paint_icon(
                painter,
                "chevron-down",
                "text.secondary",
                QRectF(self.width() - theme.scaled(22), middle - small / 2, small, small),
            )


class Bell(Pressable):
    """Notices, with how many are new."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        say(self.setAccessibleName, Text("Notices", "通知"))
        say(self.setToolTip, Text("Notices", "通知"))

    def set_count(self, count: int) -> None:
        self.count = count
        self.setAccessibleDescription(str(count))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(30), theme.size("control.height.md"))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            size = theme.scaled(16)
            box = QRectF((self.width() - size) / 2 - 1, (self.height() - size) / 2, size, size)
            paint_icon(painter, "bell", "text.primary" if self.underMouse() else "text.secondary", box)
            if not self.count:
                return
            words = str(self.count) if self.count < 100 else "99+"
            painter.setFont(theme.font("caption", tight=True))
            height = theme.scaled(16)
            width = max(height, QFontMetrics(painter.font()).horizontalAdvance(words) + theme.scaled(6))
            badge = QRectF(self.width() - width, 0, width, height)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("accent.solid"))
            painter.drawRoundedRect(badge, height / 2, height / 2)
            painter.setPen(theme.colour("text.onAccent"))
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, words)


class Account(Pressable):
    """The person's initials, from the computer's account."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setText(initials_of(_user()))
        say(self.setAccessibleName, Text("Account and settings", "账户与设置"))
        self.setToolTip(_user())

    def sizeHint(self) -> QSize:
        side = theme.scaled(26)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.colour("accent.border"), 1))
            painter.setBrush(theme.colour("accent.mutedHover" if self.underMouse() else "accent.muted"))
            painter.drawEllipse(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
            painter.setFont(theme.font("caption", tight=True))
            painter.setPen(theme.colour("accent.text"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())


def initials_of(name: str) -> str:
    """“Lin Wei” gives LW, “root” gives R, a Chinese name its first character."""
    parts = [part for part in name.replace(".", " ").replace("_", " ").split() if part]
    if not parts:
        return "?"
    if ord(parts[0][0]) > 0x2E80:
        return parts[0][0]
    return "".join(part[0] for part in parts[:2]).upper()


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "?"
