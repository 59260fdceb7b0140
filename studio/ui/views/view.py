"""What every view is: a centre, and panels beside it that collapse and remember their sizes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.widgets.panel import Divider, Header

if TYPE_CHECKING:
    from studio.ui.studio import Studio

NARROWEST_CENTRE = 480


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
    """Splitters around the centre. Where the room is short, the inspector lies over the centre, then the side panel goes."""

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
        self._restore()
        theme.changed.connect(self._limit)

    def is_shown(self, which: str) -> bool:
        return which in self.panels and not self.panels[which].isHidden()

    def show_panel(self, which: str, on: bool) -> None:
        if which not in self.panels:
            return
        self._memory[f"{which}_open"] = on
        if not on:
            self._keep_sizes()
        self.panels[which].setVisible(on)
        if which == "inspector" and self._overlay:
            self._place_overlay()
        elif on:
            self._give(which)
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
            splitter.splitterMoved.connect(self._moved)

    def _limit(self) -> None:
        limits = {"side": ("min", "max", "sidePanel"), "inspector": ("min", "max", "inspector")}
        for which, (least, most, row) in limits.items():
            if which in self.panels:
                self.panels[which].setMinimumWidth(theme.size(f"layout.{row}.{least}"))
                self.panels[which].setMaximumWidth(theme.size(f"layout.{row}.{most}"))
        if "bottom" in self.panels:
            self.panels["bottom"].setMinimumHeight(theme.size("layout.bottomPanel.min"))
        self.centre.setMinimumWidth(theme.scaled(240))

    def _default(self, which: str) -> int:
        rows = {
            "side": self._view.side_width,
            "inspector": "layout.inspector.default",
            "bottom": "layout.bottomPanel.default",
        }
        wanted = theme.scaled(self._view.bottom_height) if which == "bottom" else 0
        return int(self._memory.get(which) or wanted or theme.size(rows[which]))

    def _restore(self) -> None:
        for which, panel in self.panels.items():
            panel.setVisible(bool(self._memory.get(f"{which}_open", True)))
        for which in self.panels:
            self._give(which)

    def _give(self, which: str) -> None:
        """Give a panel the size that is remembered; the centre gets the rest."""
        splitter = self.down if which == "bottom" else self.across
        whole = self.height() if which == "bottom" else self.width()
        sizes = splitter.sizes()
        for name, panel in self.panels.items():
            place = splitter.indexOf(panel)
            if place >= 0 and not panel.isHidden():
                sizes[place] = self._default(name)
        centre = splitter.indexOf(self.centre if which == "bottom" else self.down)
        others = sum(size for place, size in enumerate(sizes) if place != centre)
        sizes[centre] = max(1, whole - others)
        splitter.setSizes(sizes)

    def _moved(self) -> None:
        self._keep_sizes()
        self._view.studio.window.memory.save_soon()

    def _keep_sizes(self) -> None:
        for which, panel in self.panels.items():
            if panel.isVisible() and not (which == "inspector" and self._overlay):
                self._memory[which] = panel.height() if which == "bottom" else panel.width()

    def _fit(self) -> None:
        side = self._default("side") if self._wanted("side") else 0
        room = self.width() - theme.scaled(NARROWEST_CENTRE)
        inspector = self._default("inspector") if "inspector" in self.panels else 0
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
            self._give("inspector")

    def _place_overlay(self) -> None:
        width = min(self._default("inspector"), self.width())
        self.panels["inspector"].setGeometry(self.width() - width, 0, width, self.height())
        self.panels["inspector"].raise_()
        self._edge.setGeometry(self.width() - width - 1, 0, 1, self.height())
        self._edge.setVisible(not self.panels["inspector"].isHidden())
        self._edge.raise_()


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
