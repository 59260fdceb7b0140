"""Two panes of open workflows side by side: each with its tabs; one of them is the one that is worked in."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.widgets.menus import Menu
from studio.ui.widgets.panel import Header
from studio.ui.widgets.tabs import Tab, TabBar

NEW, OPEN = Text("New workflow", "新建工作流"), Text("Open workflows", "打开的工作流")
LEFT, RIGHT = (
    Text("Open workflows, left", "打开的工作流（左侧）"),
    Text("Open workflows, right", "打开的工作流（右侧）"),
)
BESIDE, BACK = Text("Open beside", "在旁边打开"), Text("Move to the other side", "移到另一侧")
CLOSE = Text("Close", "关闭")
HERE = Text("Open here, beside the other", "在此处并排打开")
LEAST = 160
SIDES = ("left", "right")


class Pane(QWidget):
    """Tabs over pages. The tabs of the only pane stand in the view's header instead. Its least width is its own, not that of
    the widest page."""

    def __init__(self, name: Text) -> None:
        super().__init__()
        self.tabs = TabBar(add=NEW, name=name, draggable=True)
        self.pages = QStackedWidget()
        self.head = Header(40, flush=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.pages, 1)
        self.head.hide()
        theme.changed.connect(self._restyle)
        self._restyle()

    def take_tabs(self) -> None:
        self.head.row.addWidget(self.tabs)
        self.head.show()

    def _restyle(self) -> None:
        self.setMinimumWidth(theme.scaled(LEAST))


class Split(QSplitter):
    """Answers as one bar of tabs would: what is selected or added goes to the pane that is worked in.

    `selected` tells the workflow in front, also when the other pane is worked in from now on; `arranged` that panes changed.
    """

    selected = Signal(str)
    closed = Signal(str)
    added = Signal()
    arranged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.panes = [Pane(LEFT), Pane(RIGHT)]
        self.active = self.panes[0]
        self._target: Target | None = None
        self._moving = False
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)
        for pane in self.panes:
            self.addWidget(pane)
            pane.tabs.selected.connect(lambda tab_id, pane=pane: self._chose(pane, tab_id))
            pane.tabs.closed.connect(self.closed)
            pane.tabs.added.connect(lambda pane=pane: self._add_in(pane))
            pane.tabs.menu.connect(self._menu)
            pane.tabs.dragged.connect(self._drag)
            pane.tabs.dropped.connect(self._drop)
            pane.tabs.let_go.connect(self._clear_target)
        self.panes[1].hide()
        self.splitterMoved.connect(lambda *_: self.arranged.emit())
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._focus_moved)

    @property
    def is_split(self) -> bool:
        return not self.panes[1].isHidden()

    # as one bar of tabs

    def add(self, tab: Tab, select: bool = True) -> None:
        pane = self.pane_of(tab.id) or self.active
        pane.tabs.add(tab, select=False)
        if select:
            self.select(tab.id)

    def select(self, tab_id: str) -> None:
        pane = self.pane_of(tab_id)
        if pane is None:
            return
        if pane.tabs.current() != tab_id:
            pane.tabs.select(tab_id)
        elif pane is not self.active:
            self._chose(pane, tab_id)

    def remove(self, tab_id: str) -> None:
        pane = self.pane_of(tab_id)
        if pane is not None:
            pane.tabs.remove(tab_id)
            self._settle()

    def change(self, tab_id: str, title: Text | str | None = None, changed: bool | None = None) -> None:
        pane = self.pane_of(tab_id)
        if pane is not None:
            pane.tabs.change(tab_id, title, changed)

    def current(self) -> str:
        return self.active.tabs.current()

    def ids(self) -> list[str]:
        return [*self.panes[0].tabs.ids(), *self.panes[1].tabs.ids()]

    # pages

    def show_page(self, page: QWidget, tab_id: str) -> bool:
        """Put a workflow's page in front in the pane where its tab is; True where it was not in that pane before."""
        pane = self.pane_of(tab_id) or self.active
        new = pane.pages.indexOf(page) < 0
        if new:
            pane.pages.addWidget(page)
        pane.pages.setCurrentWidget(page)
        return new

    def remove_page(self, page: QWidget) -> None:
        for pane in self.panes:
            pane.pages.removeWidget(page)

    def pane_of(self, tab_id: str) -> Pane | None:
        return next((pane for pane in self.panes if tab_id in pane.tabs.ids()), None)

    # two sides

    def can_move(self, tab_id: str) -> bool:
        """Whether it would leave a pane that still has something, or come back to the other."""
        pane = self.pane_of(tab_id)
        return pane is not None and (self.is_split or len(pane.tabs.ids()) > 1)

    def move(self, tab_id: str) -> None:
        """A tab to the other side, which appears or goes with it; it is worked in there."""
        pane = self.pane_of(tab_id)
        if pane is None or not self.can_move(tab_id):
            return
        other = self._other(pane)
        self._moving = True  # the focus leaves a page that goes elsewhere; that is no choice of a side
        tab = pane.tabs.tab(tab_id)
        self._show(True)
        self.active = other
        other.tabs.add(tab, select=False)
        pane.tabs.remove(tab_id)
        self.active = other
        other.tabs.select(tab_id)
        self._settle()
        self._chose(self.pane_of(tab_id) or self.active, tab_id)
        self._moving = False
        page = self.active.pages.currentWidget()
        if page is not None and self.isVisible():
            page.setFocus()

    def other_side(self) -> None:
        """Work in the other pane."""
        if self.is_split:
            other = self._other(self.active)
            self._chose(other, other.tabs.current())

    # remembered

    def layout_now(self) -> dict[str, Any]:
        return {
            "right": self.panes[1].tabs.ids(),
            "current": [pane.tabs.current() for pane in self.panes],
            "active": SIDES[self.panes.index(self.active)],
            "sizes": self.sizes() if self.is_split else [],
        }

    def lay_out(self, remembered: dict[str, Any]) -> None:
        """As it was left; what is not open any more is passed over."""
        for tab_id in [one for one in remembered.get("right", []) if one in self.panes[0].tabs.ids()]:
            self.move(tab_id)
        for tab_id in remembered.get("current", []):
            self.select(tab_id)
        if self.is_split and len(remembered.get("sizes", [])) == len(self.panes):
            self.setSizes(remembered["sizes"])
        side = remembered.get("active", "left")
        if self.is_split and side in SIDES and self.panes[SIDES.index(side)] is not self.active:
            self.other_side()

    # within

    def _other(self, pane: Pane) -> Pane:
        return self.panes[1 - self.panes.index(pane)]

    def _show(self, both: bool) -> None:
        if both == self.is_split:
            return
        width = self.width()
        self.panes[1].setVisible(both)
        if both:
            self.setSizes([width // 2, width - width // 2])

    def _settle(self) -> None:
        """A pane without tabs goes; what is left is in the first."""
        left, right = self.panes
        if self.is_split and not left.tabs.ids():
            current = right.tabs.current()
            for tab_id in right.tabs.ids():
                left.tabs.add(right.tabs.tab(tab_id), select=False)
            for tab_id in left.tabs.ids():
                right.tabs.blockSignals(True)
                right.tabs.remove(tab_id)
                right.tabs.blockSignals(False)
            left.tabs.blockSignals(True)
            left.tabs.select(current)
            left.tabs.blockSignals(False)
            while right.pages.count():
                left.pages.addWidget(right.pages.widget(0))
            self.active = left
            self.selected.emit(current)
        if not right.tabs.ids():
            was_right, self.active = self.active is right, left
            self._show(False)
            if was_right:
                self.selected.emit(left.tabs.current())
        self._mark()
        self.arranged.emit()

    def _chose(self, pane: Pane, tab_id: str) -> None:
        self.active = pane
        self._mark()
        self.selected.emit(tab_id)

    def _mark(self) -> None:
        """The line over the chosen tab is strong only where work goes on."""
        for pane in self.panes:
            pane.tabs.set_quiet(self.is_split and pane is not self.active)

    def _add_in(self, pane: Pane) -> None:
        self.active = pane
        self.added.emit()

    def _focus_moved(self, _: QWidget | None, now: QWidget | None) -> None:
        if now is None or not self.is_split or self._moving:
            return
        for pane in self.panes:
            if pane is not self.active and pane.pages.isAncestorOf(now):
                self._chose(pane, pane.tabs.current())

    def _menu(self, tab_id: str, place: QPoint) -> None:
        menu = Menu(self)
        move = menu.addAction(tr(BACK if self.is_split else BESIDE) + "\tCtrl+\\", lambda: self.move(tab_id))
        move.setEnabled(self.can_move(tab_id))
        menu.addAction(tr(CLOSE), lambda: self.closed.emit(tab_id))
        menu.open_at(place)

    def _area(self, place: QPoint, tab_id: str) -> tuple[Pane | None, QRect]:
        """The side that a dragged tab would go to, and where that is; none where it is already."""
        here = self.mapFromGlobal(place)
        if not self.rect().contains(here) or not self.can_move(tab_id):
            return None, QRect()
        half = QRect(0, 0, self.width() // 2, self.height())
        if self.is_split:
            pane = next((one for one in self.panes if one.geometry().contains(here)), self.active)
            return (pane, pane.geometry()) if tab_id not in pane.tabs.ids() else (None, QRect())
        right = here.x() > self.width() // 2
        return (self.panes[1], half.translated(half.width(), 0)) if right else (None, QRect())

    def _drag(self, tab_id: str, place: QPoint) -> None:
        pane, area = self._area(place, tab_id)
        if pane is None:
            self._clear_target()
            return
        if self._target is None:
            self._target = Target(self.window())
        corner = self.window().mapFromGlobal(self.mapToGlobal(area.topLeft()))
        self._target.setGeometry(QRect(corner, area.size()))
        self._target.show()
        self._target.raise_()

    def _drop(self, tab_id: str, place: QPoint) -> None:
        pane, _ = self._area(place, tab_id)
        self._clear_target()
        if pane is not None:
            self.move(tab_id)

    def _clear_target(self) -> None:
        if self._target is not None:
            self._target.hide()


class Target(QWidget):
    """The outline over the side that a tab would go to, saying so."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("accent.selection"))
        painter.setPen(QPen(theme.colour("accent.ring"), 2))
        painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.setFont(theme.font("bodyStrong"))
        painter.setPen(theme.colour("text.primary"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, tr(HERE))
