"""The views in the middle of the window, each made when it is first shown; before that, and where one fails, what stands there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from studio.engine.errors import StudioError, from_unexpected
from studio.engine.text import Text
from studio.ui.turns import Turns
from studio.ui.views.view import View
from studio.ui.widgets.discard import discard
from studio.ui.widgets.states import Coming, Failure, Loading

if TYPE_CHECKING:
    from studio.ui.frame.rail import Rail
    from studio.ui.studio import Studio

log = logging.getLogger(__name__)
AGAIN = Text("Try again", "重试")
Then = Callable[[Any], object]  # takes the view


@dataclass
class Making:
    """A view whose parts are being made, and what is asked of it meanwhile."""

    view: View
    then: list[Then] = field(default_factory=list)


class ViewStack(QStackedWidget):
    """`brought` carries the title of the view that came to the front."""

    brought = Signal(object)

    def __init__(self, studio: Studio, rail: Rail, wanted: str) -> None:
        super().__init__()
        self.studio, self.rail = studio, rail
        self.kinds: dict[str, type[View]] = {}
        self.current = ""
        self.wanted = wanted  # the view that is in front or comes to it next
        self.finding = True  # some views are not known as yet
        self._views: dict[str, QWidget] = {}
        self._making: dict[str, Making] = {}
        self._then: Then | None = None  # what is to be done with the wanted view once it is found
        self._loading = Loading(text=Text("Starting the engine", "正在启动引擎"))
        self._coming = Coming()
        self.addWidget(self._loading)
        self.addWidget(self._coming)

    # Which views there are

    def names(self) -> list[str]:
        """In the order of the rail."""
        return self.rail.names() if self.finding else list(self.kinds)

    def register(self, kinds: list[type[View]]) -> None:
        """These views may be shown now; the actions of those that are new are there from now on."""
        fresh = [kind for kind in kinds if kind.name not in self.kinds]
        self.kinds = {kind.name: kind for kind in kinds}
        for kind in fresh:
            self._guarded(partial(kind.register, self.studio))

    def current_view(self) -> View | None:
        page = self._views.get(self.current)
        return page if isinstance(page, View) else None

    def is_wanted_on_its_way(self) -> bool:
        """Whether the view that is wanted is there, or is being made."""
        return self.wanted in self._views or self.wanted in self._making

    def is_making_first(self) -> bool:
        """Whether the first view is on its way, and no other one is asked for."""
        return not self.current and self.wanted in self._making

    # Going to one

    def show_view(self, name: str, then: Then | None = None) -> View | None:
        """Bring a view to the front, and do `then` with it.

        The first time it is made part by part, and its place is shown meanwhile: then it is not given back yet. Before the
        engine is there and the view is found, it is only remembered.
        """
        if self.studio.bridge.engine is None or (self.finding and name not in self.kinds):
            self.wanted, self._then = name, then
            self.rail.set_current(name)
            return None
        if name not in self.kinds:
            return None
        self.wanted = name
        self.studio.window.memory.set("view", name)
        self.rail.set_current(name)
        page = self._views.get(name) or self._make(name, then)
        if page is None:
            self._hold_place(name)
            return None
        stood_there = name == self.current
        self._bring(name, page)
        if not isinstance(page, View):
            return None
        if then is not None and stood_there:
            self._guarded(lambda: then(page))
        elif then is not None:
            Turns(self._later(partial(then, page)), page).start()
        return page

    def show_wanted(self) -> None:
        """The view that was asked for before it could be shown; the first one where there is none of that name."""
        then, self._then = self._then, None
        known = self.wanted in self.kinds or self.finding
        self.show_view(self.wanted if known else next(iter(self.kinds), ""), then)

    def show_loading(self) -> None:
        self.setCurrentWidget(self._loading)

    def show_start_failure(self, error: StudioError, *ways: tuple[Text, Callable[[], object]]) -> None:
        """Why the engine did not start, in place of all views, with a button for each way out."""
        for old in self.findChildren(Failure, "start", Qt.FindChildOption.FindDirectChildrenOnly):
            self.removeWidget(old)
            discard(old)
        page = Failure(error, *ways)
        page.setObjectName("start")
        self.setCurrentIndex(self.addWidget(page))

    # Inside

    def _later(self, call: Callable[[], object]) -> Iterator[object]:
        """Once what was changed has been painted: both in one turn would hold the window up for too long."""
        yield
        self._guarded(call)

    def _bring(self, name: str, page: QWidget) -> None:
        self.current = name
        self.setCurrentWidget(page)
        self.brought.emit(self.kinds[name].title)
        if isinstance(page, View):
            self._guarded(page.shown)

    def _hold_place(self, name: str) -> None:
        """The frame is at once where a person went: its title and a skeleton, until the view is made."""
        if not self.current or name == self.current:
            return
        self.current = name
        self._coming.say(self.kinds[name].title)
        self.setCurrentWidget(self._coming)

    def _make(self, name: str, then: Then | None) -> QWidget | None:
        """The view, where it is there at once; else None, and it comes to the front when its parts are made."""
        making = self._making.get(name)
        try:
            if making is None:
                making = Making(self.kinds[name](self.studio))
                steps = making.view.steps()
                if Turns(steps, self, partial(self._made, name), partial(self._not_made, name)).start():
                    return self._keep(name, making.view)
                self._making[name] = making
        except Exception as error:
            return self._keep(name, self._failure(name, error))
        if then is not None:
            making.then.append(then)
        return None

    def _made(self, name: str) -> None:
        making = self._making.pop(name)
        self._keep(name, making.view)
        Turns(self._bring_first(name, making), self).start()

    def _bring_first(self, name: str, making: Making) -> Iterator[object]:
        yield
        _lay_out(making.view, self.size())
        yield
        if self.wanted != name:  # a person went elsewhere meanwhile
            return
        self._bring(name, making.view)
        for then in making.then:
            yield
            self._guarded(partial(then, making.view))

    def _not_made(self, name: str, error: Exception) -> None:
        making = self._making.pop(name)
        discard(making.view)
        page = self._keep(name, self._failure(name, error))
        if self.wanted == name:
            self._bring(name, page)

    def _failure(self, name: str, error: Exception) -> Failure:
        log.error("the view %s failed", name, exc_info=error)
        return Failure(from_unexpected(error), (AGAIN, lambda: self._again(name)))

    def _keep(self, name: str, page: QWidget) -> QWidget:
        self._views[name] = page
        self.addWidget(page)
        return page

    def _again(self, name: str) -> None:
        old = self._views.pop(name)
        self.show_view(name)
        self.removeWidget(old)
        discard(old)

    def _guarded(self, call: Callable[[], object]) -> None:
        try:
            call()
        except Exception as error:
            log.exception("a view failed")
            self.studio.window.show_error(from_unexpected(error))


def _lay_out(page: QWidget, size: QSize) -> None:
    """Measure and place a page's parts before it is shown: showing and painting it take long enough."""
    layout = page.layout()
    page.resize(size)
    if layout is not None:
        layout.activate()
