"""The focus ring of every control, and F6 from region to region."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from weakref import WeakKeyDictionary, ref

import shiboken6
from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QApplication, QLayout, QWidget

from studio.ui.theme import theme
from studio.ui.widgets.slider import Slider


class FocusRing(QObject):
    """Two pixels around the control that the keyboard reached. Fields show their own border instead."""

    def __init__(self, app: QApplication) -> None:
        super().__init__()
        self._ring: _Ring | None = None
        self._target: QWidget | None = None
        app.focusChanged.connect(self._moved)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize):
            self._place()
        elif event.type() in (QEvent.Type.Hide, QEvent.Type.ParentAboutToChange):
            self._leave()
        return False

    def _moved(self, old: QWidget | None, new: QWidget | None) -> None:
        self._leave()
        by_mouse = QApplication.mouseButtons() != Qt.MouseButton.NoButton
        came_to_window = old is None  # the window was activated; nobody pressed Tab
        if not isinstance(new, (QAbstractButton, Slider)) or by_mouse or came_to_window or new.parentWidget() is None:
            return
        self._target = new
        new.installEventFilter(self)
        if self._ring is None or not shiboken6.isValid(self._ring):  # it goes with the widget it stood in
            self._ring = _Ring()
        self._ring.setParent(new.parentWidget())
        self._place()
        self._ring.show()
        self._ring.raise_()

    def _place(self) -> None:
        if self._target is not None and self._ring is not None and shiboken6.isValid(self._ring):
            ring = theme.tokens["control"]["focusRing"]
            reach = ring["width"] + ring["offset"]
            self._ring.setGeometry(self._target.geometry().adjusted(-reach, -reach, reach, reach))

    def _leave(self) -> None:
        target, self._target = self._target, None
        if target is not None and shiboken6.isValid(target):
            target.removeEventFilter(self)
        if self._ring is not None and shiboken6.isValid(self._ring):
            self._ring.hide()
            self._ring.setParent(None)


class _Ring(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            width = theme.tokens["control"]["focusRing"]["width"]
            painter.setPen(QPen(theme.colour("accent.ring"), width))
            radius = theme.size("radius.md") + theme.tokens["control"]["focusRing"]["radiusAdd"]
            inset = width / 2
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), radius, radius)


_left: WeakKeyDictionary[QWidget, ref[QWidget]] = WeakKeyDictionary()  # where the focus was in a region that F6 left


def move_region(regions: Sequence[QWidget], step: int) -> QWidget | None:
    """Give the focus to the next region that can take it, where it was when F6 left it; say which region it was."""
    focused = QApplication.focusWidget()
    # The innermost region counts: a view's header stands inside its content.
    inside = [place for place, region in enumerate(regions) if focused is not None and _holds(region, focused)]
    here = min(inside, key=lambda place: _depth_below(regions[place], focused)) if inside else (-1 if step > 0 else 0)
    if inside and focused is not None:
        _left[regions[here]] = ref(focused)
    for distance in range(1, len(regions) + 1):
        region = regions[(here + step * distance) % len(regions)]
        if _focus_again(region) or focus_first(
            region, [other for other in regions if other is not region and region.isAncestorOf(other)]
        ):
            return region
    return None


def _focus_again(region: QWidget) -> bool:
    """Focus what had it when this region was left, where that is still to be seen."""
    known = _left.get(region)
    widget = known() if known is not None else None
    if widget is None or not shiboken6.isValid(widget) or not _takes_focus(widget) or not _holds(region, widget):
        return False
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    return True


def focus_first(region: QWidget, without: Sequence[QWidget] = ()) -> bool:
    """Focus the first control of a region that Tab would reach; `without` are regions inside that are not meant."""
    able = {widget for widget in (region, *region.findChildren(QWidget)) if _takes_focus(widget)}
    able = {widget for widget in able if not any(_holds(other, widget) for other in without)}
    widget = region if able else None
    while widget is not None and widget not in able:  # Tab goes through the whole window: only to the first
        widget = widget.nextInFocusChain()
    if widget is not None:
        widget.setFocus(Qt.FocusReason.TabFocusReason)
    return widget is not None


def tab_through(before: QWidget, *parts: QWidget) -> None:
    """Let Tab go from a control through all that these parts hold: what is made later stands at the end of the window's chain."""
    for part in parts:
        for widget in _as_laid_out(part):
            reached = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None
            if reached and widget.window() is before.window():  # the list of a choice is a window of its own
                QWidget.setTabOrder(before, widget)
                before = widget


def _as_laid_out(widget: QWidget) -> Iterator[QWidget]:
    """A widget and all in it as they stand, whenever each was made; what no layout holds comes last."""
    yield widget
    placed = list(_placed(widget.layout()))
    rest = [each for each in widget.children() if isinstance(each, QWidget) and each not in placed]
    for each in (*placed, *rest):
        yield from _as_laid_out(each)


def _placed(layout: QLayout | None) -> Iterator[QWidget]:
    """By where each stands: a layout is never asked for its items (`widgets_of` says why)."""
    holder = layout.parentWidget() if layout is not None else None
    if layout is None or holder is None:
        return
    inside = [each for each in (*holder.children(), *layout.children()) if isinstance(each, QWidget | QLayout)]
    for place, each in sorted(((layout.indexOf(each), each) for each in inside), key=lambda pair: pair[0]):
        if place >= 0:
            yield from (each,) if isinstance(each, QWidget) else _placed(each)


def _takes_focus(widget: QWidget) -> bool:
    tabbed = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return tabbed and widget.isVisible() and widget.isEnabled()


def _holds(region: QWidget, widget: QWidget) -> bool:
    return region is widget or region.isAncestorOf(widget)


def _depth_below(region: QWidget, widget: QWidget | None) -> int:
    depth = 0
    while widget is not None and widget is not region:
        widget, depth = widget.parentWidget(), depth + 1
    return depth
