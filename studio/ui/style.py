"""How Qt's own widgets are painted: Fusion, with the window's colours. The kit's painted widgets do not need it.

It is a style and not a style sheet: with a sheet on the application Qt matches every widget against every rule when it is shown,
moved or dressed anew, which took half of each first showing and 1.4 s of a change of theme. Only what paints is overridden;
lengths, which Qt asks for thousands of times, stay in C++.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QProxyStyle,
    QStyle,
    QStyleOption,
    QStyleOptionComplex,
    QStyleOptionFrame,
    QStyleOptionSlider,
    QStyleOptionViewItem,
    QWidget,
)

Colour = Callable[[str], QColor]
Size = Callable[[str], int]
Primitive, Control, Complex = QStyle.PrimitiveElement, QStyle.ControlElement, QStyle.ComplexControl
State = QStyle.StateFlag
Paint = Callable[[QPainter, QStyleOption, QWidget | None], None]


class Style(QProxyStyle):
    """`colour` and `size` give the theme's colours and lengths in force, whenever something is painted."""

    def __init__(self, colour: Colour, size: Size) -> None:
        super().__init__("Fusion")
        self._colour, self._size = colour, size
        self._primitives: dict[Primitive, Paint] = {
            Primitive.PE_PanelLineEdit: self._line_edit,
            Primitive.PE_Frame: self._frame,
            Primitive.PE_PanelItemViewItem: self._item,
            Primitive.PE_FrameFocusRect: _nothing,
            Primitive.PE_PanelMenu: self._popup,
            Primitive.PE_FrameMenu: _nothing,
            Primitive.PE_PanelTipLabel: self._tip,
        }
        self._controls: dict[Control, Paint] = {
            Control.CE_Splitter: self._splitter,
            Control.CE_HeaderSection: self._header,
            Control.CE_HeaderEmptyArea: self._header,
            Control.CE_HeaderLabel: self._header_label,
        }

    def drawPrimitive(
        self, element: Primitive, option: QStyleOption, painter: QPainter, widget: QWidget | None = None
    ) -> None:
        paint = self._primitives.get(element)
        if paint is None:
            super().drawPrimitive(element, option, painter, widget)
        else:
            paint(painter, option, widget)

    def drawControl(
        self, element: Control, option: QStyleOption, painter: QPainter, widget: QWidget | None = None
    ) -> None:
        paint = self._controls.get(element)
        if paint is None:
            super().drawControl(element, option, painter, widget)
        else:
            paint(painter, option, widget)

    def drawComplexControl(
        self, control: Complex, option: QStyleOptionComplex, painter: QPainter, widget: QWidget | None = None
    ) -> None:
        if control == Complex.CC_ScrollBar and isinstance(option, QStyleOptionSlider):
            self._scroll_bar(painter, option, widget)
        else:
            super().drawComplexControl(control, option, painter, widget)

    def subControlRect(
        self, control: Complex, option: QStyleOptionComplex, part: QStyle.SubControl, widget: QWidget | None = None
    ) -> QRect:
        """A scroll bar is all groove: no arrows at its ends."""
        if control == Complex.CC_ScrollBar and isinstance(option, QStyleOptionSlider):
            return _scroll_bar_part(option, part, self._size("control.scrollbar.minThumb"))
        return super().subControlRect(control, option, part, widget)

    # what is painted

    def _line_edit(self, painter: QPainter, option: QStyleOption, widget: QWidget | None) -> None:
        if not isinstance(option, QStyleOptionFrame) or option.lineWidth > 0:
            self._field(painter, option, widget)

    def _frame(self, painter: QPainter, option: QStyleOption, widget: QWidget | None) -> None:
        """A box for a field of several lines and for a list that opens; nothing around a scroller inside a view."""
        if widget is not None and widget.property("field"):
            self._field(painter, option, widget)
        elif widget is None or widget.isWindow():
            self._popup(painter, option, widget)

    def _field(self, painter: QPainter, option: QStyleOption, widget: QWidget | None) -> None:
        enabled, focused = option.state & State.State_Enabled, widget is not None and widget.hasFocus()
        hovered = option.state & State.State_MouseOver
        edge = "accent.ring" if focused else "border.control" if hovered and enabled else "border.strong"
        if widget is not None and widget.property("bad"):
            edge = "danger.text"
        self._box(painter, option.rect, "surface.input" if enabled else "surface.panel", edge, "radius.md")

    def _popup(self, painter: QPainter, option: QStyleOption, widget: QWidget | None) -> None:
        painter.setPen(self._colour("border.strong"))
        painter.setBrush(self._colour("surface.raised"))
        painter.drawRect(option.rect.adjusted(0, 0, -1, -1))

    def _tip(self, painter: QPainter, option: QStyleOption, widget: QWidget | None) -> None:
        painter.fillRect(option.rect, self._colour("surface.tooltip"))

    def _item(self, painter: QPainter, option: QStyleOption, widget: QWidget | None) -> None:
        if option.state & State.State_Selected:
            painter.fillRect(option.rect, option.palette.highlight())
        elif option.state & State.State_MouseOver and option.state & State.State_Enabled:
            painter.fillRect(option.rect, self._colour("surface.hover"))
        elif isinstance(option, QStyleOptionViewItem):
            painter.fillRect(option.rect, option.backgroundBrush)

    def _splitter(self, painter: QPainter, option: QStyleOption, widget: QWidget | None) -> None:
        held = option.state & (State.State_MouseOver | State.State_Sunken)
        painter.fillRect(option.rect, self._colour("accent.ring" if held else "border.default"))

    def _header(self, painter: QPainter, option: QStyleOption, widget: QWidget | None) -> None:
        box = option.rect
        painter.fillRect(box, self._colour("surface.panel"))
        painter.fillRect(box.left(), box.bottom(), box.width(), 1, self._colour("border.default"))
        painter.fillRect(box.right(), box.top(), 1, box.height(), self._colour("border.subtle"))

    def _header_label(self, painter: QPainter, option: QStyleOption, widget: QWidget | None) -> None:
        pad = self._size("space.2")
        option.rect = option.rect.adjusted(pad, 0, -pad, 0)
        super().drawControl(Control.CE_HeaderLabel, option, painter, widget)

    def _scroll_bar(self, painter: QPainter, option: QStyleOptionSlider, widget: QWidget | None) -> None:
        thumb = self.subControlRect(Complex.CC_ScrollBar, option, QStyle.SubControl.SC_ScrollBarSlider, widget)
        if option.maximum <= option.minimum:
            return
        held = option.activeSubControls & QStyle.SubControl.SC_ScrollBarSlider and option.state & State.State_Enabled
        thick = self._size("control.scrollbar.idle")
        across = QRectF(thumb).adjusted(0, 2, 0, -2)
        across.setWidth(thick)
        if option.orientation == Qt.Orientation.Horizontal:
            across = QRectF(thumb).adjusted(2, 0, -2, 0)
            across.setHeight(thick)
        across.moveCenter(QRectF(thumb).center())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour("border.control" if held else "border.strong"))
        painter.drawRoundedRect(across, thick / 2, thick / 2)
        painter.restore()

    def _box(self, painter: QPainter, rect: QRect, fill: str, edge: str, radius: str) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._colour(edge), 1))
        painter.setBrush(self._colour(fill))
        round_ = self._size(radius)
        painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), round_, round_)
        painter.restore()


def palettes(base: QPalette, colour: Colour) -> dict[str, QPalette]:
    """What differs from the window's palette, by the class of Qt's widget."""
    lists = _with(
        base, Base=QColor(0, 0, 0, 0), Highlight=colour("accent.muted"), HighlightedText=colour("text.primary")
    )
    raised = colour("surface.raised")
    menus = _with(
        base, Window=raised, Base=raised, Highlight=colour("surface.hover"), HighlightedText=colour("text.primary")
    )
    return {
        "QAbstractItemView": lists,
        "QHeaderView": _with(lists, ButtonText=colour("text.secondary")),
        "QComboBoxListView": _with(lists, Base=raised, Highlight=colour("surface.hover")),
        "QMenu": menus,
        "QTipLabel": _with(base, Window=colour("surface.tooltip"), WindowText=colour("qpalette.ToolTipText")),
        "QDialog": _with(base, Window=colour("surface.app")),
        "Window": _with(base, Window=colour("surface.app")),
    }


def _with(palette: QPalette, **roles: QColor) -> QPalette:
    changed = QPalette(palette)
    for name, value in roles.items():
        changed.setColor(getattr(QPalette.ColorRole, name), value)
    return changed


def _scroll_bar_part(option: QStyleOptionSlider, part: QStyle.SubControl, shortest: int) -> QRect:
    box, across = option.rect, option.orientation == Qt.Orientation.Horizontal
    length = box.width() if across else box.height()
    span = option.maximum - option.minimum
    thumb = length if span <= 0 else max(min(shortest, length), length * option.pageStep // (span + option.pageStep))
    start = QStyle.sliderPositionFromValue(
        option.minimum, option.maximum, option.sliderPosition, length - thumb, option.upsideDown
    )
    if part == QStyle.SubControl.SC_ScrollBarGroove:
        return box
    places = {
        QStyle.SubControl.SC_ScrollBarSlider: (start, thumb),
        QStyle.SubControl.SC_ScrollBarSubPage: (0, start),
        QStyle.SubControl.SC_ScrollBarAddPage: (start + thumb, length - start - thumb),
    }
    if part not in places:
        return QRect()
    begin, size = places[part]
    if across:
        return QStyle.visualRect(option.direction, box, QRect(box.left() + begin, box.top(), size, box.height()))
    return QRect(box.left(), box.top() + begin, box.width(), size)


def _nothing(painter: QPainter, option: QStyleOption, widget: QWidget | None) -> None:
    """Qt's own focus frame: the kit shows focus in its own way."""
