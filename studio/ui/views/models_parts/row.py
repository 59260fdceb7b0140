"""One model of the library as a row of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.views.models_parts import words
from studio.ui.widgets import figures
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.labels import Badge, Dot, Label
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.panel import Glyph
from studio.ui.widgets.states import Spinner

if TYPE_CHECKING:
    from studio.engine.models.fit import Fit
    from studio.engine.models.model import Model

# name: (title, width, right-aligned, the narrowest table that shows it: a model's name keeps some 200)
COLUMNS: dict[str, tuple[Text, int, bool, int]] = {
    "quantization": (Text("Quant", "量化"), 76, False, 890),
    "size": (Text("On disk", "大小"), 68, True, 710),
    "context": (Text("Context", "上下文"), 60, True, 960),
    "fit": (Text("On this computer", "在本机"), 142, False, 540),
    "speed": (Text("Speed", "速度"), 88, True, 800),
    "state": (Text("State", "状态"), 180, True, 0),
}
PAD = 16


class ModelRow(QWidget):
    """Signals carry the model's id; `asked` also what is wanted: "load", "unload", "cancel", "why"."""

    chosen = Signal(str)
    asked = Signal(str, str)
    menu = Signal(str, QPoint)
    moved = Signal(int)  # by so many rows

    def __init__(self, model: Model, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model, self.selected = model, False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.cells: dict[str, QWidget] = {}
        icon, colour = words.ICONS[model.kind]
        self.name = Label("", "denseStrong", elide="end")
        self.under = Label("", "caption", "text.secondary", elide="end")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.scaled(PAD), 0, theme.scaled(PAD), 0)
        row.setSpacing(theme.size("space.3"))
        row.addWidget(Glyph("cloud" if model.remote else icon, colour, 14, tile=24))
        self.star = Glyph("star", "warning.text", 12)
        named = QHBoxLayout()
        named.setSpacing(theme.size("space.1"))
        named.addWidget(self.star)
        named.addWidget(self.name, 1)
        row.addLayout(stacked(named, self.under), 1)
        self._add_cells(row)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_model(self, model: Model, fit: Fit | None, memory: int | None) -> None:
        """The facts of now."""
        self.model = model
        self.star.setVisible(model.starred)
        self.name.say(model.name)
        self.under.say(words.subtitle(model))
        self.quantization.say(model.quantization or "–")
        self.size.say(figures.size(model.size_bytes))
        self.context.say(figures.short(model.context_length))
        text, tone, icon = words.badge(fit, memory)
        self.fit.say(text)
        self.fit.set_tone(tone, icon)
        self.fit.setVisible(model.state != "missing")
        if self.measuring.isHidden():
            self.speed.say(words.speed(model))
        self.setAccessibleName(f"{model.name}, {tr(words.STATES[model.state])}")
        self._show_state(model)

    def show_measuring(self, share: float | None) -> None:
        """How far its measuring is, in place of its speed; None when it is over."""
        self.measuring.setVisible(share is not None)
        self.measuring.set(share or 0.0)
        self.speed.say(
            words.speed(self.model) if share is None else Text(f"measuring {share:.0%}", f"测速 {share:.0%}")
        )

    def set_selected(self, selected: bool) -> None:
        self.selected = selected
        self.update()

    def show_columns(self, width: int) -> None:
        for name, (_, _, _, narrowest) in COLUMNS.items():
            self.cells[name].setVisible(width >= theme.scaled(narrowest))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.chosen.emit(self.model.id)
        if event.button() == Qt.MouseButton.RightButton:
            self.menu.emit(self.model.id, event.globalPosition().toPoint())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._press()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._press()
        elif event.key() == Qt.Key.Key_Space:
            self.chosen.emit(self.model.id)
        elif event.key() == Qt.Key.Key_Menu:
            self.menu.emit(self.model.id, self.mapToGlobal(self.rect().center()))
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.moved.emit(-1 if event.key() == Qt.Key.Key_Up else 1)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.selected or self.underMouse():
            painter.fillRect(self.rect(), theme.colour("accent.muted" if self.selected else "surface.hover"))
        if self.hasFocus():
            painter.fillRect(0, 0, 2, self.height(), theme.colour("accent.ring"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.colour("border.subtle"))

    def _add_cells(self, row: QHBoxLayout) -> None:
        self.quantization = Label("", "mono")
        self.size, self.context, self.speed = Label(), Label(), Label()
        self.fit = Badge("")
        self.measuring = Meter(0.0, width=72, name=Text("Measuring", "测速进度"))
        self.measuring.hide()
        speed = QVBoxLayout()
        speed.setSpacing(theme.size("space.1"))
        speed.addStretch(1)
        speed.addWidget(self.speed, 0, Qt.AlignmentFlag.AlignRight)
        speed.addWidget(self.measuring, 0, Qt.AlignmentFlag.AlignRight)
        speed.addStretch(1)
        state = QHBoxLayout()
        state.setSpacing(theme.size("space.2"))
        self.spinner, self.dot, self.failed = Spinner(), Dot("success"), Glyph("circle-x", "danger.text", 14)
        self.state = Label("", "dense")
        self.button = Button(Text("Load", "加载"))
        self.button.clicked.connect(self._press)
        self.more = IconButton("ellipsis", Text("More", "更多"))
        self.more.clicked.connect(
            lambda: self.menu.emit(self.model.id, self.more.mapToGlobal(self.more.rect().bottomLeft()))
        )
        for widget in (self.spinner, self.dot, self.failed, self.state, self.button, self.more):
            state.addWidget(widget)
        contents: dict[str, QWidget | QLayout] = {
            "quantization": self.quantization,
            "size": self.size,
            "context": self.context,
            "fit": self.fit,
            "speed": speed,
            "state": state,
        }
        for name, content in contents.items():
            self.cells[name] = cell_of(content, COLUMNS[name][1], COLUMNS[name][2])
            row.addWidget(self.cells[name])

    def _show_state(self, model: Model) -> None:
        state = model.state
        bad = state in ("failed", "missing")
        self.spinner.setVisible(state == "loading")
        self.dot.setVisible(state == "loaded")
        self.failed.setVisible(bad)
        self.state.setVisible(state != "available")
        self.state.say(words.STATES[state])
        self.state.set_colour("danger.text" if bad else "success.text" if state == "loaded" else "text.secondary")
        titles = {
            "available": Text("Load", "加载"),
            "loaded": Text("Unload", "卸载"),
            "loading": Text("Cancel", "取消"),
        }
        self.button.say(titles.get(state, Text("Why?", "原因")))

    def _press(self) -> None:
        wanted = {"available": "load", "loaded": "unload", "loading": "cancel"}
        self.asked.emit(self.model.id, wanted.get(self.model.state, "why"))

    def _restyle(self) -> None:
        self.setFixedHeight(theme.size("layout.row.model"))
        self.update()


class ModelHead(QWidget):
    """The names of the columns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.scaled(PAD), 0, theme.scaled(PAD), 0)
        row.setSpacing(theme.size("space.3"))
        gap = QWidget()
        gap.setFixedWidth(theme.scaled(24))
        row.addWidget(gap)
        row.addWidget(Label(Text("Model", "模型"), "dense", "text.secondary"), 1)
        self.cells = {
            name: cell_of(Label(title, "dense", "text.secondary"), width, right)
            for name, (title, width, right, _) in COLUMNS.items()
        }
        for cell in self.cells.values():
            row.addWidget(cell)
        self.setFixedHeight(theme.size("layout.row.list"))

    def show_columns(self, width: int) -> None:
        for name, (_, _, _, narrowest) in COLUMNS.items():
            self.cells[name].setVisible(width >= theme.scaled(narrowest))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface.panel"))
        for top in (0, self.height() - 1):
            painter.fillRect(0, top, self.width(), 1, theme.colour("border.default"))


def stacked(above: QWidget | QLayout, below: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(0)
    column.addStretch(1)
    if isinstance(above, QWidget):
        column.addWidget(above)
    else:
        column.addLayout(above)
    column.addWidget(below)
    column.addStretch(1)
    return column


def cell_of(content: QWidget | QLayout, width: int, right: bool) -> QWidget:
    cell = QWidget()
    cell.setFixedWidth(theme.scaled(width))
    row = QHBoxLayout(cell)
    row.setContentsMargins(0, 0, 0, 0)
    if right:
        row.addStretch(1)
    if isinstance(content, QWidget):
        row.addWidget(content)
    else:
        row.addLayout(content)
    if not right:
        row.addStretch(1)
    return cell
