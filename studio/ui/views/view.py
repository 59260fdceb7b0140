"""What every view is: a centre, and panels beside it that collapse and remember their sizes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.widgets.panel import Divider, Header

if TYPE_CHECKING:
    from studio.ui.studio import Studio

NARROWEST_CENTRE = 480
ORIGIN = QPoint(0, 0)
BOTTOM_SHARE = 0.42  # of the height at most, for a panel below whose height nobody chose


class View(QWidget):
    """One per file in `views/`, made when it is first shown: the first lines in `__init__`, the parts in `steps`."""

    name: ClassVar[str] = ""
    title: ClassVar[Text]
    icon: ClassVar[str] = "square"
    order: ClassVar[int] = 100
    side_width: ClassVar[str] = "layout.sidePanel.default"  # a length of the tokens
    bottom_height: ClassVar[int] = 0  # of the panel below, before scaling; 0 takes the tokens'

    def __init__(self, studio: Studio) -> None:
        super().__init__(
            studio.window.stack
        )  # at once in its place: with a style sheet, each move dresses all parts anew
        self.studio = studio
        self.frame: ViewFrame | None = None

    def steps(self) -> Iterator[object]:
        """Make the parts and call `build`, with a `yield` after each few milliseconds: there the window paints and listens."""
        return iter(())

    @classmethod
    def register(cls, studio: Studio) -> None:
        """Called once at start, before the view is made: add actions and finders that must always be there."""

    def build(
        self,
        centre: QWidget,
        side: QWidget | None = None,
        inspector: QWidget | None = None,
        bottom: QWidget | None = None,
    ) -> None:
        """Put the parts in their places."""
        self.frame = ViewFrame(self, centre, side, inspector, bottom)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.frame)

    def shown(self) -> None:
        """Each time the view comes to the front."""

    def shows(self, kind: str, object_id: str) -> bool:
        """Whether a person who looks at this view sees that object: then nobody need be told of it."""
        return False

    def set_badge(self, tone: str | None) -> None:
        """A dot on the view's place in the rail: "accent" while something runs, "warning" or "danger" for trouble."""
        self.studio.window.set_badge(self.name, tone)

    def show_panel(self, which: str, on: bool = True) -> None:
        """Show or hide "side", "inspector" or "bottom"; what a person chose is remembered."""
        if self.frame is not None:
            self.frame.show_panel(which, on)

    def toggle_panel(self, which: str) -> None:
        if self.frame is not None and which in self.frame.panels:
            self.frame.show_panel(which, not self.frame.is_shown(which))

    def regions(self) -> list[QWidget]:
        """What F6 goes through, in order: side panel, header, content, inspector, bottom panel."""
        return self.frame.regions() if self.frame is not None else [self]


class ViewFrame(QWidget):
    """Splitters around the centre. Where the room is short, the inspector lies over the centre, then the side panel goes.

    What is remembered of sizes is what they would be at 100 %, so it holds at every scale.
    """

    def __init__(
        self, view: View, centre: QWidget, side: QWidget | None, inspector: QWidget | None, bottom: QWidget | None
    ) -> None:
        super().__init__(view)
        self._view = view
        self.centre = centre
        given = {"side": side, "inspector": inspector, "bottom": bottom}
        self.panels: dict[str, QWidget] = {name: panel for name, panel in given.items() if panel is not None}
        self._memory = view.studio.window.memory.panels(view.name)
        self._overlay = False
        self._edge = Divider(vertical=True, parent=self)
        self._edge.hide()
        self._lay_out()
        self._limit()
        for name, panel in self.panels.items():
            panel.setVisible(bool(self._memory.get(f"{name}_open", True)))
        self._share()
        theme.changed.connect(self._rescale)
        self.centre.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest and self._overlay:  # its header came or went
            self._place_overlay()
        return False

    def is_shown(self, which: str) -> bool:
        return which in self.panels and not self.panels[which].isHidden()

    def show_panel(self, which: str, on: bool) -> None:
        if which not in self.panels:
            return
        self._memory[f"{which}_open"] = on
        self.panels[which].setVisible(on)
        if which == "inspector" and self._overlay:
            self._place_overlay()
        elif on:
            self._share()
        self._view.studio.window.memory.save_soon()

    def regions(self) -> list[QWidget]:
        parts = [
            self.panels.get("side"),
            self.centre.findChild(Header),
            self.centre,
            self.panels.get("inspector"),
            self.panels.get("bottom"),
        ]
        return [part for part in parts if part is not None and part.isVisible()]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
        self._share()

    def _lay_out(self) -> None:
        # from the outside in: a splitter measures and so dresses what it is given, and a move later would dress it anew
        self.across = _Splitter(Qt.Orientation.Horizontal, self)
        self.down = _Splitter(Qt.Orientation.Vertical, self.across)
        self.down.addWidget(self.centre)
        if "bottom" in self.panels:
            self.down.addWidget(self.panels["bottom"])
        self.down.setStretchFactor(0, 1)
        if "side" in self.panels:
            self.across.addWidget(self.panels["side"])
        self.across.addWidget(self.down)
        self.across.setStretchFactor(self.across.indexOf(self.down), 1)
        if "inspector" in self.panels:
            self.across.addWidget(self.panels["inspector"])
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.across)
        for splitter in (self.across, self.down):
            splitter.splitterMoved.connect(partial(self._moved, splitter))

    def _limit(self) -> None:
        limits = {"side": ("min", "max", "sidePanel"), "inspector": ("min", "max", "inspector")}
        for which, (least, most, row) in limits.items():
            if which in self.panels:
                self.panels[which].setMinimumWidth(theme.size(f"layout.{row}.{least}"))
                self.panels[which].setMaximumWidth(theme.size(f"layout.{row}.{most}"))
        if "bottom" in self.panels:
            self.panels["bottom"].setMinimumHeight(theme.size("layout.bottomPanel.min"))
        self.centre.setMinimumWidth(theme.scaled(240))

    def _rescale(self) -> None:
        self._limit()
        self._fit()
        self._share()

    def _size(self, which: str) -> int:
        """What a panel gets: as a person left it or as the tokens say, within its limits and the room there is."""
        kept = self._memory.get(which)
        if which == "bottom":
            size = theme.scaled(kept or self._view.bottom_height) or theme.size("layout.bottomPanel.default")
            share = theme.tokens["layout"]["bottomPanel"]["maxRatio"] if kept else BOTTOM_SHARE
            return min(size, int(self.height() * share)) if self.height() > 0 else size
        size = theme.scaled(kept or 0) or theme.size(
            self._view.side_width if which == "side" else "layout.inspector.default"
        )
        panel = self.panels[which]
        most = min(panel.maximumWidth(), self._room()) if which == "side" and self.width() > 0 else panel.maximumWidth()
        return max(panel.minimumWidth(), min(size, most))

    def _room(self) -> int:
        """What the centre can spare at most for the panels beside it."""
        return self.width() - theme.scaled(NARROWEST_CENTRE) - self.across.handleWidth()

    def _share(self) -> None:
        """Give each panel its size; the centre gets the rest."""
        for splitter, centre, whole in (
            (self.across, self.down, self.width()),
            (self.down, self.centre, self.height()),
        ):
            sizes = splitter.sizes()
            for name, panel in self.panels.items():
                place = splitter.indexOf(panel)
                if place >= 0:
                    sizes[place] = 0 if panel.isHidden() else self._size(name)
            place = splitter.indexOf(centre)
            lines = splitter.handleWidth() * sum(size > 0 for at, size in enumerate(sizes) if at != place)
            sizes[place] = max(1, whole - lines - sum(sizes) + sizes[place])
            splitter.setSizes(sizes)

    def _moved(self, splitter: QSplitter, *_: int) -> None:
        """Keep what a person drew the panels of this splitter to, as it would be at 100 %."""
        for which, panel in self.panels.items():
            if splitter.indexOf(panel) >= 0 and panel.isVisible():
                size = panel.height() if which == "bottom" else panel.width()
                self._memory[which] = round(size * 100 / theme.scale, 2)
        self._share()
        self._view.studio.window.memory.save_soon()

    def _fit(self) -> None:
        side = self._size("side") if self._wanted("side") else 0
        room = self._room()
        inspector = self._size("inspector") if "inspector" in self.panels else 0
        self._set_overlay(bool(inspector) and self.width() > 0 and room < side + inspector)
        if "side" in self.panels and self.width() > 0:
            self.panels["side"].setVisible(self._wanted("side") and room >= theme.size("layout.sidePanel.min"))
        if self._overlay:
            self._place_overlay()

    def _wanted(self, which: str) -> bool:
        return which in self.panels and bool(self._memory.get(f"{which}_open", True))

    def _set_overlay(self, overlay: bool) -> None:
        if overlay == self._overlay or "inspector" not in self.panels:
            return
        self._overlay = overlay
        inspector = self.panels["inspector"]
        if overlay:
            inspector.setParent(self)
            inspector.setVisible(False)
        else:
            self._edge.hide()
            self.across.addWidget(inspector)
            inspector.setVisible(self._wanted("inspector"))
            self._share()

    def _place_overlay(self) -> None:
        width, top = min(self._size("inspector"), self.width()), self._head_of_centre()
        self.panels["inspector"].setGeometry(self.width() - width, top, width, self.height() - top)
        self.panels["inspector"].raise_()
        self._edge.setGeometry(self.width() - width - 1, top, 1, self.height() - top)
        self._edge.setVisible(not self.panels["inspector"].isHidden())
        self._edge.raise_()

    def _head_of_centre(self) -> int:
        """How high the centre's header is: what leads elsewhere must stay within reach."""
        heads = self.centre.findChildren(Header)
        there = [head for head in heads if head.isVisibleTo(self.centre) and not head.mapTo(self.centre, ORIGIN).y()]
        return max((head.height() for head in there), default=0)


class _Splitter(QSplitter):
    def __init__(self, orientation: Qt.Orientation, parent: QWidget) -> None:
        super().__init__(orientation, parent)
        self.setHandleWidth(1)  # Qt widens the hit area by itself
        self.setChildrenCollapsible(False)


def divider() -> QWidget:
    """A vertical line between two tools in a header."""
    line = Divider(vertical=True)
    line.setFixedHeight(theme.scaled(16))
    return line
