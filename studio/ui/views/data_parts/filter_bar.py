"""The line above a table: filters as chips, the count, the profile switch, export."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.icons import paint_icon
from studio.ui.language import language, tr
from studio.ui.theme import theme
from studio.ui.views.data_parts.filters import OPERATORS, WITHOUT_VALUE, Filter, operators_for
from studio.ui.widgets.buttons import Button, IconButton, Pressable
from studio.ui.widgets.discard import discard
from studio.ui.widgets.inputs import Choice, LineField
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Glyph, Header

LONGEST = 280


class FilterBar(Header):
    """Holds the filters of one table. `changed` comes after a person changed them."""

    changed = Signal()
    profile_wanted = Signal(bool)
    export_wanted = Signal()

    def __init__(self, columns: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(40, "content", parent)
        self.columns = list(columns)
        self.filters: list[Filter] = []
        self._chips = QHBoxLayout()
        self._chips.setSpacing(theme.size("space.2"))
        self.add = Button(Text("Filter", "筛选"), "plus", "ghost", "sm")
        self.add.clicked.connect(lambda: self._edit(None, self.add))
        self.count = Label("", "dense", "text.secondary")
        self.profile = Switch(Text("Profile", "概况"), "chart-column", "default", "sm")
        self.profile.setCheckable(True)
        self.profile.toggled.connect(self.profile_wanted)
        self.export = IconButton("download", Text("Export", "导出"))
        self.export.clicked.connect(self.export_wanted)
        self.row.addWidget(Glyph("list-filter"))
        self.row.addLayout(self._chips)
        self.row.addWidget(self.add)
        self.row.addStretch(1)
        for widget in (self.count, self.profile, self.export):
            self.row.addWidget(widget)

    def set_filters(self, filters: Sequence[Filter]) -> None:
        """Show these filters; tells nobody."""
        self.filters = list(filters)
        while (item := self._chips.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                discard(old)
        for each in self.filters:
            chip = Chip(each)
            chip.removed.connect(lambda each=each: self._replace(each, None))
            chip.clicked.connect(lambda _=False, each=each, chip=chip: self._edit(each, chip))
            self._chips.addWidget(chip)

    def _edit(self, old: Filter | None, beside: QWidget) -> None:
        if old is not None and old.raw:
            return
        editor = FilterEditor(self.columns, old, self)
        editor.chosen.connect(lambda new: self._replace(old, new))
        editor.open_at(beside.mapToGlobal(QPoint(0, beside.height() + 4)))

    def _replace(self, old: Filter | None, new: Filter | None) -> None:
        kept = [new if each is old else each for each in self.filters]
        if old is None:
            kept.append(new)
        self.set_filters([each for each in kept if each is not None])
        self.changed.emit()


class Switch(Button):
    """A button that stays down while it is on."""

    def isDown(self) -> bool:
        return super().isDown() or self.isChecked()


class Chip(Pressable):
    """A filter: the column strong, the rest plain, a cross that removes it."""

    removed = Signal()

    def __init__(self, filter: Filter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.filter = filter
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        language.changed.connect(self._name)
        self._name()

    def sizeHint(self) -> QSize:
        column, rest = (tr(part) for part in self.filter.words())
        width = QFontMetrics(theme.font("denseStrong")).horizontalAdvance(column)
        width += QFontMetrics(theme.font("dense")).horizontalAdvance(rest)
        return QSize(min(width + theme.scaled(46), theme.scaled(LONGEST)), theme.size("control.height.sm"))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.scaled(80), self.sizeHint().height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.position().x() > self.width() - theme.scaled(24):
            self.removed.emit()
            return
        super().mousePressEvent(event)

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("accent.ring" if self.hasFocus() else "accent.border"), 1))
        painter.setBrush(theme.colour("accent.muted"))
        radius = theme.size("radius.sm")
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        column, rest = (tr(part) for part in self.filter.words())
        left, right = theme.scaled(8), self.width() - theme.scaled(26)
        for words, font, ink in ((column, "denseStrong", "accent.text"), (rest, "dense", "text.primary")):
            painter.setFont(theme.font(font))
            painter.setPen(theme.colour(ink))
            metrics = QFontMetrics(painter.font())
            cut = metrics.elidedText(words, Qt.TextElideMode.ElideRight, max(0, right - left))
            painter.drawText(QRectF(left, 0, right - left, self.height()), Qt.AlignmentFlag.AlignVCenter, cut)
            left += metrics.horizontalAdvance(words) + theme.scaled(6)
        size = theme.scaled(12)
        cross = QRectF(self.width() - theme.scaled(20), (self.height() - size) / 2, size, size)
        paint_icon(painter, "x", "text.secondary", cross)

    def _name(self) -> None:
        words = " ".join(tr(part) for part in self.filter.words())
        self.setAccessibleName(words)
        self.setToolTip(words)
        self.updateGeometry()
        self.update()


class FilterEditor(QWidget):
    """A small window to choose column, operator and value."""

    chosen = Signal(object)

    def __init__(self, columns: Sequence[tuple[str, str]], old: Filter | None, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._types = dict(columns)
        old = old or Filter(column=columns[0][0], type=columns[0][1], operator=operators_for(columns[0][1])[0])
        self.column = Choice([(name, name) for name, _ in columns], old.column, Text("Column", "列"))
        self.operator = Choice([], None, Text("Condition", "条件"))
        self.value = LineField(
            Text("Value, or several with commas", "值，多个用逗号分隔"), old.value, Text("Value", "值")
        )
        self.problem = Label("", "caption", "danger.text", wrap=True)
        self.problem.hide()
        self.apply = Button(Text("Apply", "应用"), kind="primary", size="sm")
        self._lay_out()
        self._offer(old.operator)
        self.column.changed.connect(lambda _: self._offer(None))
        self.operator.changed.connect(lambda _: self._shape())
        self.value.returnPressed.connect(self.submit)
        self.apply.clicked.connect(self.submit)

    def open_at(self, place: QPoint) -> None:
        self.adjustSize()
        screen = self.screen().availableGeometry()
        self.move(min(place.x(), screen.right() - self.width()), place.y())
        self.show()
        self.value.setFocus()

    def submit(self) -> None:
        """Use the filter, or say what is wrong with it."""
        new = Filter(self.column.value(), self.operator.value(), self.value.text(), self._types[self.column.value()])
        problem = new.problem()
        if problem is not None:
            self.problem.say(problem)
            self.problem.show()
            self.value.set_bad(True)
            self.adjustSize()
            return
        self.chosen.emit(new)
        self.close()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface.raised"))
        painter.setPen(theme.colour("border.strong"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        pad = theme.size("space.3")
        column.setContentsMargins(pad, pad, pad, pad)
        column.setSpacing(theme.size("space.2"))
        top = QHBoxLayout()
        top.addWidget(self.column, 1)
        top.addWidget(self.operator, 1)
        column.addLayout(top)
        column.addWidget(self.value)
        column.addWidget(self.problem)
        column.addWidget(self.apply, 0, Qt.AlignmentFlag.AlignRight)
        self.setMinimumWidth(theme.scaled(320))

    def _offer(self, operator: str | None) -> None:
        offered = operators_for(self._types[self.column.value()])
        self.operator.set_choices([(name, OPERATORS[name]) for name in offered], operator or offered[0])
        self._shape()

    def _shape(self) -> None:
        self.value.setVisible(self.operator.value() not in WITHOUT_VALUE)
        self.adjustSize()
