"""A list of rows: icon, title, subtitle, something at the end. Painted, so thousands of rows cost nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studio.engine.text import Text
from studio.ui.icons import paint_icon
from studio.ui.language import language, say, tr
from studio.ui.theme import theme
from studio.ui.widgets.labels import badge_colours, dot_colour
from studio.ui.widgets.things import MIME, Thing, put

Index = QModelIndex | QPersistentModelIndex
ROLE = Qt.ItemDataRole.UserRole


@dataclass(slots=True)
class Row:
    """One row. `trailing` is a quiet word at the end, `tone` a dot there; `heading` makes it a caption between rows.

    `colour` tints the icon, `tile` puts it on a square of that colour, `depth` indents. `drag` is the text that it gives
    where it is dragged to, `thing` what it is for other views. `open` says of a branch whether what is below it is shown; `badge` is a word in a frame at the
    end, `twice` wants a double click even where one is enough for others. After the title may stand a quiet icon (`after`)
    and a word in a frame (`mark`). `joined` draws a line from its icon to the next row's,
    `room` is kept free at the end, in pixels, for a widget that lies there.
    """

    id: str
    title: Text | str
    subtitle: Text | str = ""
    icon: str = ""
    trailing: Text | str = ""
    tone: str | None = None
    colour: str = "text.secondary"
    tile: bool = False
    depth: int = 0
    heading: bool = False
    enabled: bool = True
    hint: Text | str = ""
    drag: str = ""
    thing: Thing | None = None
    open: bool | None = None
    badge: Text | str = ""
    twice: bool = False
    after: str = ""
    mark: Text | str = ""
    mark_tone: str = "warning"
    joined: bool = False
    room: int = 0


class RowList(QListView):
    """Signals carry the row's id: `activated` on Enter or double click, `selected` when the choice moves, `menu` on a right click."""

    activated = Signal(str)  # type: ignore[assignment]  # by id, not Qt's by index
    selected = Signal(str)
    menu = Signal(str, QPoint)
    ticked = Signal(str)  # Space
    folded = Signal(str, bool)  # a branch is to be opened (True) or closed

    def __init__(
        self,
        name: Text | str = "",
        rows: Iterable[Row] = (),
        height: int = 28,
        activate_on_click: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.row_height = height
        self.setFrameShape(QListView.Shape.NoFrame)
        self._model = _Rows()
        self.setModel(self._model)
        self.setItemDelegate(_Painter(self))
        self.setMouseTracking(True)
        self.setUniformItemSizes(False)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(QListView.DragDropMode.DragOnly)
        self.setDragEnabled(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._ask_menu)
        self.selectionModel().currentChanged.connect(self._moved)
        self._on_click = activate_on_click
        self.doubleClicked.connect(lambda index: self._clicked(index, twice=True))
        self.clicked.connect(lambda index: self._clicked(index, twice=False))
        say(self.setAccessibleName, name)
        theme.changed.connect(self._relayout)
        language.changed.connect(self.viewport().update)
        self.set_rows(rows)

    def set_rows(self, rows: Iterable[Row]) -> None:
        """Show other rows; the chosen one stays chosen, where it still is."""
        rows = list(rows)
        self.setDragEnabled(any(row.drag or row.thing for row in rows))
        kept, place = self.current(), self.verticalScrollBar().value()
        if [row.id for row in rows] == [row.id for row in self._model.rows]:
            self._model.replace(rows)
            return
        self.selectionModel().blockSignals(True)
        self._model.reset(rows)
        self.select(kept)
        self.selectionModel().blockSignals(False)
        self.verticalScrollBar().setValue(place)
        self.viewport().update()

    def rows(self) -> list[Row]:
        return list(self._model.rows)

    def current(self) -> str:
        row = self._model.row(self.currentIndex())
        return row.id if row else ""

    def select(self, row_id: str) -> bool:
        for place, row in enumerate(self._model.rows):
            if row.id == row_id and not row.heading:
                self.setCurrentIndex(self._model.index(place))
                return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._activate(self.currentIndex())
            return
        row = self._model.row(self.currentIndex())
        if row and row.open is not None and event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.folded.emit(row.id, event.key() == Qt.Key.Key_Right)
            return
        if row and not row.heading and event.key() == Qt.Key.Key_Space:
            self.ticked.emit(row.id)
            return
        super().keyPressEvent(event)

    def _clicked(self, index: Index, twice: bool) -> None:
        row = self._model.row(index)
        if row and twice == (row.twice or not self._on_click):
            self._activate(index)

    def _activate(self, index: Index) -> None:
        row = self._model.row(index)
        if row and not row.heading and row.enabled:
            self.activated.emit(row.id)

    def _moved(self, current: Index) -> None:
        row = self._model.row(current)
        if row:
            self.selected.emit(row.id)

    def _ask_menu(self, place: QPoint) -> None:
        row = self._model.row(self.indexAt(place))
        if row:
            self.menu.emit(row.id, self.viewport().mapToGlobal(place))

    def _relayout(self) -> None:
        self._model.layoutChanged.emit()
        self.viewport().update()


class _Rows(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []

    def reset(self, rows: list[Row]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def replace(self, rows: list[Row]) -> None:
        self.rows = rows
        if rows:
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))

    def row(self, index: Index) -> Row | None:
        return self.rows[index.row()] if index.isValid() and index.row() < len(self.rows) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        row = self.row(index)
        if row is None or row.heading:
            return Qt.ItemFlag.NoItemFlags
        dragged = Qt.ItemFlag.ItemIsDragEnabled if row.drag or row.thing else Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | dragged

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        rows = [row for index in indexes if (row := self.row(index)) is not None]
        dragged = QMimeData()
        dragged.setText(", ".join(row.drag or tr(row.title) for row in rows))
        things = [row.thing for row in rows if row.thing is not None]
        return put(dragged, things) if things else dragged

    def mimeTypes(self) -> list[str]:
        return ["text/plain", MIME]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.row(index)
        if row is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return tr(row.title)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tr(row.hint) or None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            words = (row.title, row.mark, row.subtitle, row.trailing, row.badge)
            return ", ".join(filter(None, map(tr, words)))
        return row if role == ROLE else None


class _Painter(QStyledItemDelegate):
    def __init__(self, view: RowList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        row = index.data(ROLE)
        if row.heading:
            return QSize(0, theme.size("layout.row.list"))
        height = theme.scaled(self._view.row_height)
        return QSize(0, max(height, theme.scaled(44)) if row.subtitle else height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: Row = index.data(ROLE)
        box = QRect(option.rect)  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if row.heading:
            self._heading(painter, row, box)
        else:
            chosen = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]
            hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)  # type: ignore[attr-defined]
            self._ground(painter, box, chosen, hovered)
            self._content(painter, row, box, chosen)
        painter.restore()

    def _heading(self, painter: QPainter, row: Row, box: QRect) -> None:
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.colour("text.secondary"))
        inner = box.adjusted(theme.size("space.3"), 0, -theme.size("space.3"), -2)
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, tr(row.title))

    def _ground(self, painter: QPainter, box: QRect, chosen: bool, hovered: bool) -> None:
        if not chosen and not hovered:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("accent.muted" if chosen else "surface.hover"))
        radius = theme.size("radius.sm")
        painter.drawRoundedRect(QRectF(box).adjusted(4, 0, -4, 0), radius, radius)
        if chosen and self._view.hasFocus():
            painter.setBrush(theme.colour("accent.ring"))
            painter.drawRoundedRect(QRectF(box.left() + 4, box.top() + 6, 2, box.height() - 12), 1, 1)

    def _content(self, painter: QPainter, row: Row, box: QRect, chosen: bool) -> None:
        left = box.left() + theme.size("space.3") + row.depth * theme.size("space.4")
        right = box.right() - theme.size("space.3")
        if row.open is not None:
            left = self._chevron(painter, row, box, left)
        if row.icon:
            left = self._icon(painter, row, box, left, chosen)
        right = self._trailing(painter, row, box, right)
        ink = "text.disabled" if not row.enabled else "accent.text" if chosen and not row.subtitle else "text.primary"
        if not row.subtitle:
            room = right - left - self._beside_width(row)
            self._words(painter, tr(row.title), "dense", ink, QRect(left, box.top(), room, box.height()))
            width = QFontMetrics(theme.font_for("dense", tr(row.title))).horizontalAdvance(tr(row.title))
            self._beside(painter, row, box, left + min(width, room))
            return
        middle = box.center().y() + 1
        line = theme.line("dense")
        self._words(painter, tr(row.title), "dense", ink, QRect(left, middle - line - 1, right - left, line))
        quiet = "text.secondary" if row.enabled else "text.tertiary"
        self._words(painter, tr(row.subtitle), "caption", quiet, QRect(left, middle + 1, right - left, line))

    def _chevron(self, painter: QPainter, row: Row, box: QRect, left: int) -> int:
        size = theme.scaled(14)
        place = QRectF(left, box.center().y() - size / 2 + 1, size, size)
        paint_icon(painter, "chevron-down" if row.open else "chevron-right", "text.tertiary", place)
        return left + size + theme.size("space.1")

    def _badge(self, painter: QPainter, row: Row, box: QRect, right: int) -> int:
        words = tr(row.badge)
        font = theme.font_for("caption", words)
        width = QFontMetrics(font).horizontalAdvance(words) + theme.size("space.2") * 2
        height = theme.scaled(18)
        frame = QRectF(right - width, box.center().y() - height / 2 + 1, width, height)
        painter.setPen(theme.colour("warning.border"))
        painter.setBrush(theme.colour("warning.muted"))
        painter.drawRoundedRect(frame, theme.size("radius.sm"), theme.size("radius.sm"))
        painter.setFont(font)
        painter.setPen(theme.colour("warning.text"))
        painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, words)
        return int(right - width - theme.size("space.2"))

    def _beside_width(self, row: Row) -> int:
        mark = QFontMetrics(theme.font("caption")).horizontalAdvance(tr(row.mark)) + theme.scaled(18) if row.mark else 0
        return mark + (theme.scaled(22) if row.after else 0)

    def _beside(self, painter: QPainter, row: Row, box: QRect, left: int) -> None:
        """What stands after the title: an icon, a word in a frame."""
        if row.after:
            size = theme.scaled(14)
            square = QRectF(left + theme.scaled(8), box.center().y() - size / 2 + 1, size, size)
            paint_icon(painter, row.after, "text.secondary", square)
            left += theme.scaled(22)
        if row.mark:
            fill, edge, ink = badge_colours(row.mark_tone)
            width = QFontMetrics(theme.font("caption")).horizontalAdvance(tr(row.mark)) + theme.scaled(10)
            height = theme.scaled(17)
            ground = QRectF(left + theme.scaled(8), box.center().y() - height / 2 + 1, width, height)
            painter.setPen(QPen(theme.colour(edge), 1))
            painter.setBrush(theme.colour(fill))
            painter.drawRoundedRect(ground, theme.size("radius.sm"), theme.size("radius.sm"))
            painter.setFont(theme.font("caption"))
            painter.setPen(theme.colour(ink))
            painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, tr(row.mark))

    def _icon(self, painter: QPainter, row: Row, box: QRect, left: int, chosen: bool) -> int:
        size = theme.scaled(24 if row.tile else 16)
        glyph = theme.scaled(14 if row.tile else 16)
        square = QRectF(left, box.center().y() - size / 2 + 1, size, size)
        if row.joined:
            middle, gap = left + size / 2, theme.scaled(3)
            line = QRectF(middle - 0.5, square.bottom() + gap, 1, box.height() - size - 2 * gap)
            painter.fillRect(line, theme.colour("border.control"))
        if row.tile:
            ground = theme.colour(row.colour)
            ground.setAlphaF(theme.tokens["node"]["iconTile"]["fillAlpha"])
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(square, theme.size("radius.md"), theme.size("radius.md"))
        colour = "accent.text" if chosen and row.colour == "text.secondary" else row.colour
        inset = (size - glyph) / 2
        paint_icon(
            painter, row.icon, colour if row.enabled else "text.disabled", square.adjusted(inset, inset, -inset, -inset)
        )
        return left + size + theme.size("space.2")

    def _trailing(self, painter: QPainter, row: Row, box: QRect, right: int) -> int:
        right -= row.room
        if row.tone:
            size = theme.scaled(8)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(dot_colour(row.tone)))
            painter.drawEllipse(QRectF(right - size, box.center().y() - size / 2 + 1, size, size))
            right -= size + theme.size("space.2")
        if row.badge:
            right = self._badge(painter, row, box, right)
        words = tr(row.trailing)
        if words:
            width = QFontMetrics(theme.font_for("dense", words)).horizontalAdvance(words)
            self._words(
                painter, words, "dense", "text.secondary", QRect(right - width, box.top(), width + 1, box.height())
            )
            right -= width + theme.size("space.2")
        return right

    def _words(self, painter: QPainter, words: str, role: str, ink: str, box: QRect) -> None:
        painter.setFont(theme.font_for(role, words))
        painter.setPen(theme.colour(ink))
        cut = QFontMetrics(painter.font()).elidedText(words, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, cut)
