"""Everything that is typed or chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit, QSizePolicy, QStyleOptionComboBox, QWidget

from studio.engine.text import Text
from studio.ui.icons import paint_icon
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.widgets.box import paint_box

GLASS = 16  # the magnifier of a search field
PAUSE = 150  # ms without a key before a search begins


class LineField(QLineEdit):
    """One line of text. `secret` hides it; a `bare` one has no box of its own."""

    def __init__(
        self,
        placeholder: Text | str = "",
        value: str = "",
        name: Text | str | None = None,
        secret: bool = False,
        mono: bool = False,
        bare: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(value, parent)
        self._mono, self._bare = mono, bare
        self.setFrame(not bare)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        say(self.setPlaceholderText, placeholder)
        say(self.setAccessibleName, name if name is not None else placeholder)
        if secret:
            self.setEchoMode(QLineEdit.EchoMode.Password)
        theme.changed.connect(self._restyle)
        self._restyle()

    def set_bad(self, bad: bool) -> None:
        """Show that the value cannot stay."""
        if bool(self.property("bad")) != bad:
            self.setProperty("bad", bad)
            self.update()

    def _restyle(self) -> None:
        self.setFont(theme.font("mono" if self._mono else "dense"))
        if not self._bare:
            self.setFixedHeight(theme.size("control.height.md"))
            pad = theme.size("control.padX.sm")
            self.setTextMargins(pad, 0, pad, 0)


class SearchField(LineField):
    """A field with a magnifier. `searched` comes a moment after the last key; Esc empties it."""

    searched = Signal(str)

    def __init__(self, placeholder: Text | str, parent: QWidget | None = None) -> None:
        super().__init__(placeholder, parent=parent)
        say(self.setToolTip, placeholder)  # there may be little room for it
        self.setClearButtonEnabled(True)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(lambda: self.searched.emit(self.text()))
        self.textChanged.connect(lambda _: self._pause.start())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        size = theme.scaled(GLASS)  # painted here: the icon of an action has Qt's own size at every scale
        place = QRectF(theme.size("control.padX.sm"), (self.height() - size) / 2, size, size)
        paint_icon(QPainter(self), "search", "text.secondary", place)

    def _restyle(self) -> None:
        super()._restyle()
        self.setTextMargins(theme.size("control.padX.sm") + theme.scaled(GLASS + 4), 0, 0, 0)


class NumberField(QWidget):
    """A number with − and +. `changed` carries an int, or a float where `decimals` is not 0."""

    changed = Signal(object)

    def __init__(
        self,
        value: float = 0,
        minimum: float | None = None,
        maximum: float | None = None,
        step: float = 1,
        decimals: int = 0,
        name: Text | str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.minimum, self.maximum, self.step, self.decimals = minimum, maximum, step, decimals
        self._value: float = value
        self.grouped = True  # thousands apart; a port is a name, not an amount
        self.line = QLineEdit(self)
        self.line.setFrame(False)
        self.setFocusProxy(self.line)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        say(self.line.setAccessibleName, name)
        say(self.setAccessibleName, name)
        self.line.editingFinished.connect(self._typed)
        self.line.installEventFilter(self)
        self.setMouseTracking(True)
        self._hover = 0
        theme.changed.connect(self._restyle)
        self._restyle()
        self.set_value(value)

    def value(self) -> float | int:
        return round(self._value, self.decimals) if self.decimals else round(self._value)

    def set_value(self, value: float) -> None:
        """Show a value without telling anybody."""
        self._value = self._held(value)
        whole = f"{round(self._value):,}" if self.grouped else f"{round(self._value)}"
        self.line.setText(f"{self._value:.{self.decimals}f}" if self.decimals else whole)

    def step_by(self, steps: int) -> None:
        self._change(self._value + steps * self.step)

    def eventFilter(self, watched: Any, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}
            if Qt.Key(event.key()) in steps:
                self.step_by(steps[Qt.Key(event.key())])
                return True
        return False

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.line.hasFocus():
            self.step_by(1 if event.angleDelta().y() > 0 else -1)
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = self._button_at(event.position().x())
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = 0
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        side = self._button_at(event.position().x())
        if side and self.isEnabled():
            self.step_by(side)

    def resizeEvent(self, event: Any) -> None:
        pad = theme.size("space.2")
        self.line.setGeometry(pad, 1, max(10, self.width() - 2 * self._side() - pad - 2), self.height() - 2)

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(120), theme.size("control.height.md"))

    def paintEvent(self, event: QPaintEvent) -> None:
        edge = "accent.ring" if self.line.hasFocus() else "border.strong"
        with paint_box(self, edge, "surface.input", "radius.md") as painter:
            side, size = self._side(), theme.scaled(14)
            for place, (name, direction) in enumerate((("minus", -1), ("plus", 1))):
                left = self.width() - (2 - place) * side
                painter.fillRect(left, 1, 1, self.height() - 2, theme.colour("border.strong"))
                ink = "text.primary" if self._hover == direction else "text.secondary"
                box = QRectF(left + (side - size) / 2, (self.height() - size) / 2, size, size)
                paint_icon(painter, name, ink if self.isEnabled() else "text.disabled", box)

    def _side(self) -> int:
        return theme.size("control.minHit")

    def _button_at(self, x: float) -> int:
        right = self.width() - x
        return 1 if right < self._side() else -1 if right < 2 * self._side() else 0

    def _typed(self) -> None:
        try:
            self._change(float(self.line.text().replace(",", "").replace(" ", "")))
        except ValueError:
            self.set_value(self._value)

    def _change(self, value: float) -> None:
        before = self.value()
        self.set_value(value)
        if self.value() != before:
            self.changed.emit(self.value())

    def _held(self, value: float) -> float:
        if self.minimum is not None:
            value = max(self.minimum, value)
        return value if self.maximum is None else min(self.maximum, value)

    def _restyle(self) -> None:
        self.line.setFont(theme.font("dense"))
        self.setFixedHeight(theme.size("control.height.md"))


class Choice(QComboBox):
    """One of several, in a list that opens. `changed` carries the value when a person chose."""

    changed = Signal(object)

    def __init__(
        self,
        choices: Sequence[tuple[Any, Text | str]] = (),
        value: Any = None,
        name: Text | str = "",
        icon: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.icon_name = icon
        self._values: list[Any] = []
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        say(self.setAccessibleName, name)
        self.set_choices(choices, value)
        self.activated.connect(lambda index: self.changed.emit(self._values[index]))
        theme.changed.connect(self._restyle)
        self._restyle()

    def set_choices(self, choices: Sequence[tuple[Any, Text | str]], value: Any = None) -> None:
        kept = self.value() if value is None else value
        self.clear()
        self._values = [choice for choice, _ in choices]
        for index, (_, words) in enumerate(choices):
            self.addItem("")
            say(_ItemText(self, index), words)
        self.set_value(kept)

    def value(self) -> Any:
        return self._values[self.currentIndex()] if 0 <= self.currentIndex() < len(self._values) else None

    def set_value(self, value: Any) -> None:
        """Choose without telling anybody; an unknown value chooses nothing."""
        self.setCurrentIndex(self._values.index(value) if value in self._values else -1)

    def showPopup(self) -> None:
        self.view().setFont(theme.font("dense"))  # asking for the list makes it: most are never opened
        self.view().setMinimumWidth(self.sizeHint().width())
        super().showPopup()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # a list that scrolls past must not change what was chosen

    def sizeHint(self) -> QSize:
        widest = max(
            [self.fontMetrics().horizontalAdvance(self.itemText(index)) for index in range(self.count())] or [0]
        )
        glyph = theme.scaled(22) if self.icon_name else 0
        return QSize(widest + glyph + theme.scaled(44), theme.size("control.height.md"))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.scaled(64), theme.size("control.height.md"))

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        edge = "accent.ring" if self.hasFocus() else "border.control" if self.underMouse() else "border.strong"
        with paint_box(self, edge, "surface.input", "radius.md") as painter:
            size, left = theme.scaled(14), theme.size("space.2")
            ink = "text.primary" if self.isEnabled() else "text.disabled"
            if self.icon_name:
                paint_icon(
                    painter, self.icon_name, "text.secondary", QRectF(left, (self.height() - size) / 2, size, size)
                )
                left += theme.scaled(20)
            right = self.width() - size - theme.size("space.2")
            words = self.fontMetrics().elidedText(option.currentText, Qt.TextElideMode.ElideRight, right - left - 4)
            painter.setPen(theme.colour(ink if option.currentText else "text.tertiary"))
            painter.drawText(
                QRectF(left, 0, right - left, self.height()),
                Qt.AlignmentFlag.AlignVCenter,
                words or self.placeholderText(),
            )
            paint_icon(painter, "chevron-down", "text.secondary", QRectF(right, (self.height() - size) / 2, size, size))

    def _restyle(self) -> None:
        self.setFont(theme.font("dense"))
        self.setFixedHeight(theme.size("control.height.md"))


class _ItemText:
    """Says the words of one item, as long as the item is there."""

    def __init__(self, choice: Choice, index: int) -> None:
        self._choice, self._index, self._generation = choice, index, choice.count()

    def __call__(self, words: str) -> None:
        if self._index < self._choice.count():
            self._choice.setItemText(self._index, words)


class Prompting(QPlainTextEdit):
    """Shows another placeholder at once: Qt paints it anew only where it comes or goes."""

    def setPlaceholderText(self, words: str) -> None:
        super().setPlaceholderText(words)
        self.viewport().update()


class TextArea(Prompting):
    """Several lines of text. `changed` comes 300 ms after the last key and when the field is left."""

    changed = Signal(str)

    def __init__(
        self,
        placeholder: Text | str = "",
        value: str = "",
        name: Text | str | None = None,
        rows: int = 4,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(value, parent)
        self._rows = rows
        as_field(self)
        self.setTabChangesFocus(True)
        say(self.setPlaceholderText, placeholder)
        say(self.setAccessibleName, name if name is not None else placeholder)
        self._pause = QTimer(self, singleShot=True, interval=300)
        self._pause.timeout.connect(lambda: self.changed.emit(self.toPlainText()))
        self.textChanged.connect(self._pause.start)
        theme.changed.connect(self._restyle)
        self._restyle()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self._pause.isActive():
            self._pause.stop()
            self.changed.emit(self.toPlainText())

    def sizeHint(self) -> QSize:
        """As high as its rows, where nobody gives it more; Qt would ask for twelve."""
        return QSize(super().sizeHint().width(), self.minimumHeight())

    def _restyle(self) -> None:
        self.setFont(theme.font("dense"))
        self.document().setDocumentMargin(theme.size("space.2"))
        self.setMinimumHeight(self._rows * theme.line("body") + theme.size("space.3"))


def as_field(edit: QPlainTextEdit) -> None:
    """Give several lines of text the box of a field."""
    edit.setProperty("field", True)
    edit.setAttribute(Qt.WidgetAttribute.WA_Hover)
    edit.viewport().setAutoFillBackground(False)
    edit.document().setDocumentMargin(theme.size("space.2"))
