"""A button that opens a list to choose from: one model, or several collections and datasets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QIcon, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from studio.engine.text import Text
from studio.ui.icons import icon, paint_icon
from studio.ui.language import language, tr
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Pressable, paint_ground

WIDEST = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose. `note` stands quietly behind the words."""

    value: str
    words: Text | str
    note: Text | str = ""


class Picker(Pressable):
    """`changed` carries the chosen values, in the order of the choices."""

    changed = Signal(list)

    def __init__(
        self, name: Text, icon: str, colour: str, nothing: Text, many: bool = False, parent: QWidget | None = None,
        small: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._name, self._glyph, self._colour, self._nothing, self._many = name, icon, colour, nothing, many
        self._small = small
        self._choices: list[Choice] = []
        self._values: list[str] = []
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self.open)
        language.changed.connect(self._say)
        self._say()

    def set_choices(self, choices: Sequence[Choice]) -> None:
        self._choices = list(choices)
        self._say()

    def choices(self) -> list[Choice]:
        return list(self._choices)

    def values(self) -> list[str]:
        return [choice.value for choice in self._choices if choice.value in self._values]

    def set_values(self, values: Sequence[str]) -> None:
        """Choose without telling anybody."""
        self._values = list(values)
        self._say()

    def pick(self, value: str) -> None:
        """As a person does: choose one, or add or take away one of many."""
        if not self._many:
            self._values = [value]
        elif value in self._values:
            self._values = [each for each in self._values if each != value]
        else:
            self._values = [*self._values, value]
        self._say()
        self.changed.emit(self.values())

    def menu(self) -> QMenu:
        menu = _StayingMenu(self) if self._many else QMenu(self)
        menu.setAccessibleName(tr(self._name))
        for choice in self._choices:
            note = tr(choice.note)
            action = menu.addAction(f"{tr(choice.words)}    {note}" if note else tr(choice.words))
            action.setCheckable(True)
            action.setChecked(choice.value in self._values)
            action.setIcon(_tick(action.isChecked()))
            action.toggled.connect(lambda on, action=action: action.setIcon(_tick(on)))
            action.triggered.connect(lambda _=False, value=choice.value: self.pick(value))
        if not self._choices:
            menu.addAction(tr(self._nothing)).setEnabled(False)
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def open(self) -> None:
        """The list opens above: the composer is at the bottom."""
        menu = self.menu()
        menu.popup(self.mapToGlobal(QPoint(0, -menu.sizeHint().height() - theme.size("space.1"))))

    def words(self) -> str:
        """What is chosen, as it stands on the button."""
        chosen = [tr(choice.words) for choice in self._choices if choice.value in self._values]
        separator = tr(Text(", ", "、"))
        return separator.join(chosen) if chosen else tr(self._nothing)

    def _bare(self) -> bool:
        """Whether only the icon stands there: nothing is chosen, and there is little room."""
        return self._small and not any(self.values())

    def sizeHint(self) -> QSize:
        if self._bare():
            return self.minimumSizeHint()
        words = min(QFontMetrics(theme.font("dense")).horizontalAdvance(self.words()), theme.scaled(WIDEST))
        return QSize(
            words + theme.scaled(14 + 6 + 18) + 2 * theme.size("control.padX.sm"), theme.size("control.height.md")
        )

    def minimumSizeHint(self) -> QSize:
        width = theme.scaled(14 + 18) + 2 * theme.size("control.padX.sm") if self._bare() else theme.scaled(72)
        return QSize(width, theme.size("control.height.md"))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = paint_ground(painter, self, "default")
        pad, size = theme.size("control.padX.sm"), theme.scaled(14)
        top = (self.height() - size) / 2
        paint_icon(
            painter, self._glyph, self._colour if any(self.values()) else "text.tertiary", QRectF(pad, top, size, size)
        )
        left = pad + size + theme.scaled(6)
        right = self.width() - pad - size
        painter.setFont(theme.font("dense"))
        painter.setPen(ink if self.values() else theme.colour("text.tertiary"))
        if not self._bare():
            words = QFontMetrics(painter.font()).elidedText(
                self.words(), Qt.TextElideMode.ElideRight, int(right - left)
            )
            painter.drawText(QRectF(left, 0, right - left, self.height()), Qt.AlignmentFlag.AlignVCenter, words)
        paint_icon(painter, "chevron-down", "text.secondary", QRectF(right + 2, top, size, size))

    def _say(self) -> None:
        self.setAccessibleName(f"{tr(self._name)}: {self.words()}")
        self.setToolTip(f"{tr(self._name)}: {self.words()}")
        self.updateGeometry()
        self.update()


def _tick(on: bool) -> QIcon:
    """Qt draws no tick of its own in a menu with a style sheet."""
    size = theme.scaled(14)
    if on:
        return icon("check", "accent.text", size)
    nothing = QPixmap(size, size)
    nothing.fill(Qt.GlobalColor.transparent)
    return QIcon(nothing)


class _StayingMenu(QMenu):
    """Stays open while several things are ticked."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        action = self.activeAction()
        if action is not None and action.isEnabled() and action.isCheckable():
            action.trigger()
            return
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = self.activeAction()
        if event.key() == Qt.Key.Key_Space and action is not None:
            action.trigger()
            return
        super().keyPressEvent(event)
