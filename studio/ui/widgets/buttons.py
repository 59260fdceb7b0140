"""Everything that is pressed: buttons, icon buttons, segments and toggles. Painted here, so each theme is exact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QMenu, QSizePolicy, QWidget

from studio.engine.text import Text
from studio.ui.icons import paint_icon
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.widgets.box import paint_box

V = TypeVar("V")
# kind: (fill, fill when hovered, fill when pressed, text, border); None is nothing
LOOKS: dict[str, tuple[str | None, str, str, str, str | None]] = {
    "default": ("surface.raised", "surface.hover", "surface.active", "text.primary", "border.strong"),
    "primary": ("accent.solid", "accent.solidHover", "accent.solidPressed", "text.onAccent", None),
    "ghost": (None, "surface.hover", "surface.active", "text.primary", None),
    "quiet": (None, "surface.hover", "surface.active", "text.secondary", None),
    "danger": ("surface.raised", "danger.muted", "danger.muted", "danger.text", "border.strong"),
    "link": (None, "surface.hover", "surface.active", "accent.text", None),
}


class Pressable(QAbstractButton):
    """The base of painted buttons: follows the theme, takes the keyboard, names itself to screen readers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        theme.changed.connect(self._restyle)

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)


class Button(Pressable):
    """A button that says its result: “Load model”. One primary button per region. `size` is "sm", "md" or "lg"."""

    def __init__(
        self,
        text: Text | str,
        icon: str | None = None,
        kind: str = "default",
        size: str = "md",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.kind, self.size_name, self.icon_name = kind, size, icon
        self._arrow = self._bare = self._flush = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.say(text)

    def say(self, text: Text | str) -> None:
        """Other words, in both languages."""
        say(self.setText, text)
        say(self.setAccessibleName, text)
        self.updateGeometry()

    def set_icon(self, name: str | None) -> None:
        self.icon_name = name
        self.updateGeometry()
        self.update()

    def set_bare(self, bare: bool) -> None:
        """Where there is no room only the icon is painted; the words are in the tooltip."""
        if bare != self._bare:
            self._bare = bare
            self.setToolTip(self.text() if bare else "")
            self.updateGeometry()
            self.update()

    def set_kind(self, kind: str) -> None:
        self.kind = kind
        self.update()

    def set_menu(self, menu: QMenu) -> None:
        """Open a menu below; the button shows an arrow."""
        self._arrow = True
        menu.setParent(self, menu.windowFlags())
        self.clicked.connect(lambda: menu.exec(self.mapToGlobal(self.rect().bottomLeft())))
        self.updateGeometry()

    def setText(self, words: str) -> None:
        super().setText(words)
        if self._bare:
            self.setToolTip(words)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        pad = self._pad()
        words = self._painted()
        width = QFontMetrics(self._font()).horizontalAdvance(words) + 2 * pad
        if self.icon_name:
            width += theme.scaled(14 + 6 if words else 14)
        if self._arrow:
            width += theme.scaled(18)
        return QSize(width, theme.size(f"control.height.{self.size_name}"))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            ink = paint_ground(painter, self, self.kind)
            pad, size = self._pad(), theme.scaled(14)
            words = QFontMetrics(self._font()).horizontalAdvance(self._painted())
            content = words + (size + (theme.scaled(6) if words else 0) if self.icon_name else 0)
            left = float(max(pad, (self.width() - content - (theme.scaled(18) if self._arrow else 0)) / 2))
            if self.icon_name:
                paint_icon(painter, self.icon_name, ink, QRectF(left, (self.height() - size) / 2, size, size))
                left += size + theme.scaled(6)
            painter.setFont(self._font())
            painter.setPen(ink)
            painter.drawText(
                QRectF(left, 0, self.width() - left, self.height()), Qt.AlignmentFlag.AlignVCenter, self._painted()
            )
            if self._arrow:
                right = self.width() - pad - size + theme.scaled(2)
                paint_icon(painter, "chevron-down", ink, QRectF(right, (self.height() - size) / 2, size, size))

    def set_flush(self) -> None:
        """For a link in a column of words: its own begin where theirs do."""
        self._flush = True
        self.updateGeometry()

    def _pad(self) -> int:
        return 0 if self._flush else theme.size(f"control.padX.{self.size_name}")

    def _painted(self) -> str:
        return "" if self._bare else self.text()

    def _font(self) -> QFont:
        return theme.font("body" if self.size_name == "lg" else "dense")


class IconButton(Pressable):
    """A square button with an icon only; the tooltip is its name. `checkable` ones stay pressed."""

    def __init__(
        self, icon: str, tooltip: Text | str, checkable: bool = False, size: int = 16, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.icon_name, self.glyph, self.colour = icon, size, "text.secondary"
        self.setCheckable(checkable)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.say(tooltip)

    def say(self, tooltip: Text | str) -> None:
        say(self.setToolTip, tooltip)
        say(self.setAccessibleName, tooltip)

    def set_icon(self, name: str, colour: str = "text.secondary") -> None:
        self.icon_name, self.colour = name, colour
        self.update()

    def sizeHint(self) -> QSize:
        side = max(theme.size("control.height.md"), theme.scaled(self.glyph + 8))
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        side = theme.size("control.minHit")
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            ink = paint_ground(painter, self, "quiet", chosen=self.isChecked())
            if self.isEnabled():
                ink = theme.colour(
                    "accent.text" if self.isChecked() else "text.primary" if self.underMouse() else self.colour
                )
            size = theme.scaled(self.glyph)
            paint_icon(
                painter, self.icon_name, ink, QRectF((self.width() - size) / 2, (self.height() - size) / 2, size, size)
            )


class Segmented(QWidget):
    """A few choices side by side. `changed` carries the value."""

    changed = Signal(object)

    def __init__(
        self,
        choices: Sequence[tuple[object, Text | str]],
        value: object = None,
        stretch: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._segments: dict[object, _Segment] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2, 2, 2, 2)
        layout.setSpacing(0)
        for choice, words in choices:
            segment = _Segment(words, self)
            self._segments[choice] = segment
            self._group.addButton(segment)
            layout.addWidget(segment, 1 if stretch else 0)
            segment.clicked.connect(lambda _=False, choice=choice: self.changed.emit(choice))
        if not stretch:
            self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_value(value if value is not None or not choices else choices[0][0])
        theme.changed.connect(self.update)

    def value(self) -> object:
        return next((value for value, segment in self._segments.items() if segment.isChecked()), None)

    def set_value(self, value: object) -> None:
        """Choose without telling anybody."""
        if value in self._segments:
            self._segments[value].setChecked(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        chosen = beside(event, list(self._segments), self.value())
        if chosen is None:
            super().keyPressEvent(event)
            return
        self._segments[chosen].setFocus()
        self._segments[chosen].click()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_box(self, "border.strong", "surface.input", "radius.md")


class OneOfRow(Pressable):
    """A button that is one of several side by side: the arrow keys are the row's."""

    def __init__(self, text: Text | str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        say(self.setText, text)
        say(self.setAccessibleName, text)

    def setText(self, words: str) -> None:
        super().setText(words)
        self.updateGeometry()

    def words_width(self) -> int:
        """As wide as when it is chosen, so that nothing moves then."""
        return QFontMetrics(theme.font("denseStrong")).horizontalAdvance(self.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            event.ignore()
            return
        super().keyPressEvent(event)


def beside(event: QKeyEvent, values: Sequence[V], value: object) -> V | None:
    """The value that an arrow key goes to from a value, round the ends; None for other keys and an unknown value."""
    step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
    if step is None or value not in values:
        return None
    return values[(list(values).index(value) + step) % len(values)]


class _Segment(OneOfRow):
    def sizeHint(self) -> QSize:
        return QSize(self.words_width() + 2 * theme.size("control.padX.md"), theme.size("control.height.md") - 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            chosen = self.isChecked()
            if chosen or self.underMouse():
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.colour("surface.active" if chosen else "surface.hover"))
                radius = theme.size("radius.sm")
                painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
            painter.setFont(theme.font("denseStrong" if chosen else "dense"))
            painter.setPen(theme.colour(state_ink(self, "text.primary" if chosen else "text.secondary")))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())


class Toggle(Pressable):
    """A switch. Give it its name with `say(toggle.setAccessibleName, …)` or use it through a form."""

    def __init__(self, on: bool = False, name: Text | str | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setChecked(on)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        if name is not None:
            say(self.setAccessibleName, name)

    def sizeHint(self) -> QSize:
        return QSize(theme.size("control.toggle.w"), max(theme.size("control.minHit"), theme.size("control.toggle.h")))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            width, height, knob = (theme.size(f"control.toggle.{name}") for name in ("w", "h", "knob"))
            top = (self.height() - height) / 2
            ground = "accent.solid" if self.isChecked() else "border.control"
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(ground if self.isEnabled() else "border.strong"))
            painter.drawRoundedRect(QRectF(0, top, width, height), height / 2, height / 2)
            inset = (height - knob) / 2
            left = width - knob - inset if self.isChecked() else inset
            painter.setBrush(theme.colour("text.onAccent"))
            painter.drawEllipse(QRectF(left, top + inset, knob, knob))


def paint_ground(painter: QPainter, button: QAbstractButton, kind: str, chosen: bool = False) -> QColor:
    """Fill and border of a button in its state; gives the colour of what stands on it."""
    fill, hover, pressed, ink, border = LOOKS[kind]
    if not button.isEnabled():
        fill, border, ink = ("surface.active" if fill else None), None, "text.disabled"
    elif chosen:
        fill, ink = "accent.muted", "accent.text"
    elif button.isDown():
        fill = pressed
    elif button.underMouse():
        fill = hover
    painter.setPen(QPen(theme.colour(border), 1) if border else Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour(fill) if fill else Qt.BrushStyle.NoBrush)
    edge = 0.5 if border else 0.0
    radius = theme.size("radius.md")
    painter.drawRoundedRect(QRectF(button.rect()).adjusted(edge, edge, -edge, -edge), radius, radius)
    return theme.colour(ink)


def state_ink(widget: QWidget, colour: str) -> str:
    """The colour of words, or the disabled one where the widget is disabled."""
    return colour if widget.isEnabled() else "text.disabled"
