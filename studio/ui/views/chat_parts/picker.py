"""A button that opens a list to choose from: one model, or several collections and datasets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QIcon, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QWidget

from studio.engine.text import Text
from studio.ui.icons import icon, paint_icon
from studio.ui.language import language, tr
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Pressable, paint_ground

SEPARATOR = Text(", ", "、")
WIDEST = 200
ROUNDED = 2  # pixels that an advance may be wider than its rounded number


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose. `note` stands quietly behind the words."""

    value: str
    words: Text | str
    note: Text | str = ""


class Picker(Pressable):
    """`changed` carries the chosen values, in the order of the choices."""

    changed = Signal(list)
    said = Signal()  # other words stand there

    def __init__(
        self, name: Text, icon: str, colour: str, nothing: Text, many: bool = False, parent: QWidget | None = None,
        small: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._name, self._glyph, self._colour, self._nothing, self._many = name, icon, colour, nothing, many
        self._small, self._tight = small, False
        self._room: int | None = None
        self._choices: list[Choice] = []
        self._values: list[str] = []
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
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
        return tr(SEPARATOR).join(self._chosen()) or tr(self._nothing)

    def words_in(self, room: int, metrics: QFontMetrics) -> str:
        """The same in so many pixels: of several, the names that fit and how many more there are; a name is cut only alone."""
        chosen = self._chosen() or [tr(self._nothing)]
        for count in range(len(chosen), 0, -1):
            words = tr(SEPARATOR).join(chosen[:count]) + _more(len(chosen) - count)
            if metrics.horizontalAdvance(words) <= room:
                return words
        more = _more(len(chosen) - 1)
        left = room - metrics.horizontalAdvance(more)
        return metrics.elidedText(chosen[0], Qt.TextElideMode.ElideRight, left) + more

    def _chosen(self) -> list[str]:
        return [tr(choice.words) for choice in self._choices if choice.value in self._values]

    def set_room(self, width: int | None, tight: bool) -> None:
        """At most so wide; where it is `tight`, the arrow goes, and only the icon stands there while nothing is chosen."""
        if (width, tight) != (self._room, self._tight):
            self._room, self._tight = width, tight
            self.updateGeometry()
            self.update()

    def wanted(self, tight: bool) -> int:
        """The width that its words take."""
        if (self._small or tight) and not any(self.values()):
            return self._icons(tight)
        words = QFontMetrics(theme.font("dense")).horizontalAdvance(self.words())
        return min(words + ROUNDED, theme.scaled(WIDEST)) + self._icons(tight) + theme.scaled(6)

    def needed(self, room: int) -> int:
        """How much of a tight place it takes: of several names only those stand there that fit."""
        wanted = self.wanted(True)
        if wanted <= room:
            return wanted
        metrics, around = QFontMetrics(theme.font("dense")), self._icons(True) + theme.scaled(6)
        return min(room, metrics.horizontalAdvance(self.words_in(room - around, metrics)) + ROUNDED + around)

    def _icons(self, tight: bool) -> int:
        return theme.scaled(14 + (0 if tight else 18)) + 2 * theme.size("control.padX.sm")

    def _bare(self) -> bool:
        """Whether only the icon stands there: nothing is chosen, and there is little room."""
        return (self._small or self._tight) and not any(self.values())

    def sizeHint(self) -> QSize:
        wanted = self.wanted(self._tight)
        return QSize(wanted if self._room is None else min(wanted, self._room), theme.size("control.height.md"))

    def minimumSizeHint(self) -> QSize:
        return QSize(min(self.sizeHint().width(), theme.scaled(72)), theme.size("control.height.md"))

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
        right = self.width() - pad - (0 if self._tight else size)
        painter.setFont(theme.font("dense"))
        painter.setPen(ink if self.values() else theme.colour("text.tertiary"))
        if not self._bare():
            words = self.words_in(int(right - left), QFontMetrics(painter.font()))
            painter.drawText(QRectF(left, 0, right - left, self.height()), Qt.AlignmentFlag.AlignVCenter, words)
        if not self._tight:
            paint_icon(painter, "chevron-down", "text.secondary", QRectF(right + 2, top, size, size))

    def _say(self) -> None:
        self.setAccessibleName(f"{tr(self._name)}: {self.words()}")
        self.setToolTip(f"{tr(self._name)}: {self.words()}")
        self.updateGeometry()
        self.update()
        self.said.emit()


def _more(count: int) -> str:
    return f" +{count}" if count else ""


def _tick(on: bool) -> QIcon:
    """Qt draws no tick of its own in a menu with a style sheet."""
    size = theme.scaled(14)
    if on:
        return icon("check", "accent.text", size)
    nothing = QPixmap(size, size)
    nothing.fill(Qt.GlobalColor.transparent)
    return QIcon(nothing)


class Pickers(QWidget):
    """Pickers in a row. Where there is little room, those without a choice show their icon only, and the widest give way
    first: a short name is never cut for the sake of a long one."""

    def __init__(self, pickers: Sequence[Picker]) -> None:
        super().__init__()
        self._pickers = list(pickers)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.size("space.2"))
        for picker in self._pickers:
            row.addWidget(picker)
            picker.said.connect(self._share)
        row.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._share)

    def sizeHint(self) -> QSize:
        return QSize(sum(self._wanted(False)) + self._gaps(), theme.size("control.height.md"))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.scaled(120), theme.size("control.height.md"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    def _wanted(self, tight: bool) -> list[int]:
        return [picker.wanted(tight) for picker in self._pickers]

    def _gaps(self) -> int:
        return theme.size("space.2") * (len(self._pickers) - 1)

    def _share(self) -> None:
        room = self.width() - self._gaps()
        if sum(self._wanted(False)) <= room:
            for picker in self._pickers:
                picker.set_room(None, False)
            return
        level = _level(self._wanted(True), room)
        needed = {picker: picker.needed(level) for picker in self._pickers}
        cut = [picker for picker, width in needed.items() if width >= level]
        left = room - sum(width for picker, width in needed.items() if picker not in cut)
        most = _level([picker.wanted(True) for picker in cut], left)
        for picker in self._pickers:
            picker.set_room(most if picker in cut else needed[picker], True)


def _level(wanted: list[int], room: int) -> int:
    """The width that none may be wider than, so that all fit."""
    left = sorted(wanted)
    while left and left[0] * len(left) <= room:
        room -= left.pop(0)
    return max(0, room) // len(left) if left else max(wanted, default=0)


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
