"""The window: a frame that is there at once, and the views once the engine is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QIcon, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.engine.errors import StudioError, from_unexpected
from studio.engine.events import Notice
from studio.engine.registry import PluginFailure
from studio.engine.settings import SettingsChanged
from studio.engine.text import Text
from studio.ui.actions import Actions
from studio.ui.bridge import Bridge
from studio.ui.commands import add_commands, add_view_command, app
from studio.ui.finders import add_finders
from studio.ui.frame.focus import FocusRing, move_region
from studio.ui.frame.look import Look
from studio.ui.frame.memory import Memory
from studio.ui.frame.menus import open_account_menu, open_engine_menu, open_project_menu
from studio.ui.frame.notices import KEPT, Kept, NoticesPanel, Toast
from studio.ui.frame.rail import Rail
from studio.ui.frame.status_bar import StatusBar
from studio.ui.frame.top_bar import TopBar, paint_logo
from studio.ui.language import language, say
from studio.ui.palette import Palette
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.turns import Turns
from studio.ui.views import RAIL, View, find_views
from studio.ui.widgets.discard import discard
from studio.ui.widgets.states import Failure, Loading

log = logging.getLogger(__name__)
COMPACT_BELOW = 1280
Then = Callable[[Any], object]  # takes the view


@dataclass
class Making:
    """A view whose parts are being made, and what is asked of it meanwhile."""

    view: View
    then: list[Then] = field(default_factory=list)


class Window(QWidget):
    """Top bar, rail, a stack of views made when first shown, status bar."""

    def __init__(self, bridge: Bridge, actions: Actions, memory_file: Path | None = None) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.bridge, self.actions = bridge, actions
        self.memory = Memory(memory_file)
        self.studio = Studio(self, bridge, actions)
        self.look = Look(self)
        self.view_failures: list[PluginFailure] = []
        self.notices: list[Kept] = []
        self._kinds: dict[str, type[View]] = {}
        self._views: dict[str, QWidget] = {}
        self._making: dict[str, Making] = {}
        self._current = ""
        self._wanted = str(self.memory.get("view", "home"))
        self._then: Then | None = None  # what is to be done with the wanted view once it is found
        self._finding = True
        self._new_notices = 0
        self._build()
        add_commands(self)
        self._draw_rail()
        actions.own_keys = dict(self.memory.get("keys", {}))
        actions.bind(self, lambda: self._current)
        bridge.unhandled = self.show_error
        theme.changed.connect(self._restyle)
        self._restyle()
        self._restore()

    # What views call

    def show_view(self, name: str, then: Then | None = None) -> View | None:
        """Bring a view to the front, and do `then` with it.

        The first time it is made part by part while the one before stays in sight: then it is not given back yet. Before the
        engine is there and the view is found, it is only remembered.
        """
        if self.bridge.engine is None or (self._finding and name not in self._kinds):
            self._wanted, self._then = name, then
            self.rail.set_current(name)
            return None
        if name not in self._kinds:
            return None
        self._wanted = name
        self.memory.set("view", name)
        self.rail.set_current(name)
        page = self._views.get(name) or self._make(name, then)
        if page is None:
            return None
        stood_there = name == self._current
        self._bring(name, page)
        if not isinstance(page, View):
            return None
        if then is not None and stood_there:
            self._guarded(lambda: then(page))
        elif then is not None:  # once it has been painted: both would hold the window up for too long
            QTimer.singleShot(0, page, lambda: self._guarded(lambda: then(page)))
        return page

    def current_view(self) -> View | None:
        page = self._views.get(self._current)
        return page if isinstance(page, View) else None

    def is_making_first(self) -> bool:
        """Whether the first view is on its way, and no other one is asked for."""
        return not self._current and self._wanted in self._making

    def view_names(self) -> list[str]:
        """In the order of the rail."""
        return self.rail.names() if self._finding else list(self._kinds)

    def wanted(self) -> str:
        """The view that is in front or comes to it next."""
        return self._wanted

    def notice(self, notice: Notice) -> None:
        """Keep a notice under the bell; warnings and errors are seen at once as well."""
        self.notices = [*self.notices, Kept(notice)][-KEPT:]
        self._new_notices += 1
        self.top.bell.set_count(self._new_notices)
        if notice.level in ("warning", "error", "success"):
            words = notice.title if notice.level == "success" else notice.whole()
            self.toast(words, level=notice.level)

    def toast(self, text: Text, undo: Callable[[], object] | None = None, level: str = "info") -> Toast:
        """A word at the bottom that goes by itself; with `undo`, a button that takes it back."""
        for old in self.findChildren(Toast):
            discard(old)
        return Toast(self, text, undo, level)

    def show_error(self, error: StudioError) -> None:
        """An error nobody else shows, as a notice."""
        self.notice(Notice("error", error.message, error.repair))

    def set_badge(self, name: str, tone: str | None) -> None:
        self.rail.set_badge(name, tone)

    def rename_project(self, name: str) -> None:
        """Give the project a name; it is kept with the data."""
        self.bridge.run(self, self.bridge.engine.project.rename(Text.same(name)))

    # The engine comes and goes

    def engine_ready(self, engine: Any, first: type[View] | None = None) -> None:
        """Views may be made now. With `first`, only this one is known as yet: `views_found` brings the others."""
        # late, because it brings SQLAlchemy along, for which the first paint must not wait
        from studio.engine.project import ProjectRenamed

        self.bridge.opened(engine)
        self.bridge.listen(self, Notice, self.notice)
        self.bridge.listen(self, SettingsChanged, self._dress)
        self.bridge.listen(self, ProjectRenamed, lambda event: self.top.project.say(event.name))
        self.bridge.run(self, engine.project.name(), self.top.project.say)
        if first is None:
            self._take_views(*find_views())
        else:
            self._register([first])
        add_finders(self.studio)
        self._dress()
        self.top.engine.set_tone("success")
        self.status.start()
        self._show_wanted()
        self.palette_box.prepare()

    def views_found(self, kinds: list[type[View]], failures: list[PluginFailure]) -> None:
        """The other views are there as well."""
        self._take_views(kinds, failures)
        if self._wanted not in self._views and self._wanted not in self._making:  # asked for meanwhile
            self._show_wanted()

    def engine_failed(
        self, error: StudioError, again: Callable[[], object], repair: tuple[Text, Callable[[], object]] | None = None
    ) -> None:
        """The whole window says what is wrong and the way out: `repair`, where there is one, before trying again."""
        ways = [(Text("Try again", "重试"), again)]
        buttons = [
            (words, lambda mend=mend: (self.show_loading(), mend()))
            for words, mend in ([repair] if repair else []) + ways
        ]
        for old in self.stack.findChildren(Failure, "start", Qt.FindChildOption.FindDirectChildrenOnly):
            self.stack.removeWidget(old)
            discard(old)
        page = Failure(error, *buttons)
        page.setObjectName("start")
        self.stack.setCurrentIndex(self.stack.addWidget(page))
        self.top.engine.set_tone("danger")
        self.status.set_engine("danger", Text("engine did not start", "引擎未启动"))

    def show_loading(self) -> None:
        self.stack.setCurrentWidget(self._loading)
        self.top.engine.set_tone("neutral")

    # Keys of the frame

    def move_region(self, step: int) -> None:
        """F6: top bar, rail, the view's regions, status bar."""
        view = self.current_view()
        inside = view.regions() if view is not None else [self.stack]
        move_region([self.top, self.rail, *inside, self.status], step)

    def open_notices(self) -> None:
        panel = NoticesPanel(self.top.bell, self.notices, self.actions)
        panel.cleared.connect(self.notices.clear)
        self._new_notices = 0
        self.top.bell.set_count(0)
        panel.open_below(theme.scaled(360), theme.scaled(440))

    def choose_language(self, wanted: str) -> None:
        self.choose_look("language", wanted)

    def choose_theme(self, wanted: str) -> None:
        self.choose_look("theme", wanted)

    def choose_look(self, which: str, value: str | int) -> None:
        """Change the look now and keep it; before the engine is there it holds for this window only."""
        self.look.wear(**{which: value})
        if self.bridge.engine is not None:
            self.bridge.run(self, self.bridge.engine.settings.set(f"appearance.{which}", value))

    # Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
        for toast in self.findChildren(Toast):
            toast.place()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.memory.values["geometry"] = bytes(self.saveGeometry().toBase64().data()).decode()
        self.memory.save()
        super().closeEvent(event)

    def _build(self) -> None:
        self.top, self.rail, self.stack = TopBar(), Rail(), QStackedWidget()
        self.status = StatusBar(self.bridge)
        self._loading = Loading(text=Text("Starting the engine", "正在启动引擎"))
        self.stack.addWidget(self._loading)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        middle.addWidget(self.stack, 1)
        column.addWidget(self.top)
        column.addLayout(middle, 1)
        column.addWidget(self.status)
        self.palette_box = Palette(self, self.studio)
        self.ring = FocusRing(app())
        self._connect()

    def _connect(self) -> None:
        self.rail.chosen.connect(self.show_view)
        self.top.command.clicked.connect(lambda _=False: self.palette_box.open())
        self.top.bell.clicked.connect(self.open_notices)
        self.top.project.clicked.connect(lambda: open_project_menu(self))
        self.top.engine.clicked.connect(lambda: open_engine_menu(self))
        self.top.account.clicked.connect(lambda: open_account_menu(self))
        self.status.language.asked.connect(self.choose_language)
        self.status.problems_asked.connect(self.open_notices)
        self.status.jobs_asked.connect(lambda: self.show_view("runs"))

    def _show_wanted(self) -> None:
        then, self._then = self._then, None
        self.show_view(
            self._wanted if self._wanted in self._kinds or self._finding else next(iter(self._kinds), ""), then
        )

    def _register(self, kinds: list[type[View]]) -> None:
        fresh = [kind for kind in kinds if kind.name not in self._kinds]
        self._kinds = {kind.name: kind for kind in kinds}
        for kind in fresh:
            self._guarded(lambda kind=kind: kind.register(self.studio))  # type: ignore[misc]

    def _take_views(self, kinds: list[type[View]], failures: list[PluginFailure]) -> None:
        self._finding, self.view_failures = False, failures
        self._register(kinds)
        for name in [name for name in self.rail.names() if name not in self._kinds]:
            self.actions.remove(f"view.{name}")
        self.rail.keep(self._kinds)
        for kind in kinds:
            if kind.name not in self.rail.names():
                self._add_place(kind.name, kind.title, kind.icon)

    def _draw_rail(self) -> None:
        for name, (title, icon) in RAIL.items():
            self._add_place(name, title, icon)
        self.rail.set_current(self._wanted)

    def _add_place(self, name: str, title: Text, icon: str) -> None:
        self.rail.add(name, title, icon)
        add_view_command(self, name, title, icon)

    def _bring(self, name: str, page: QWidget) -> None:
        self._current = name
        self.stack.setCurrentWidget(page)
        self.setAccessibleDescription(self._kinds[name].title.in_language(language.current))
        if isinstance(page, View):
            self._guarded(page.shown)

    def _make(self, name: str, then: Then | None) -> QWidget | None:
        """The view, where it is there at once; else None, and it comes to the front when its parts are made."""
        making = self._making.get(name)
        try:
            if making is None:
                making = Making(self._kinds[name](self.studio))
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
        lay_out(making.view, self.stack.size())
        yield
        if self._wanted != name:  # a person went elsewhere meanwhile
            return
        self._bring(name, making.view)
        for then in making.then:
            yield
            self._guarded(partial(then, making.view))

    def _not_made(self, name: str, error: Exception) -> None:
        making = self._making.pop(name)
        discard(making.view)
        page = self._keep(name, self._failure(name, error))
        if self._wanted == name:
            self._bring(name, page)

    def _failure(self, name: str, error: Exception) -> Failure:
        log.error("the view %s failed", name, exc_info=error)
        return Failure(from_unexpected(error), (Text("Try again", "重试"), lambda: self._again(name)))

    def _keep(self, name: str, page: QWidget) -> QWidget:
        self._views[name] = page
        self.stack.addWidget(page)
        return page

    def _again(self, name: str) -> None:
        old = self._views.pop(name)
        self.show_view(name)
        self.stack.removeWidget(old)
        discard(old)

    def _dress(self, changed: SettingsChanged | None = None) -> None:
        """Language, theme and scale as the settings say."""
        if self.bridge.engine is None or (changed and not changed.key.startswith("appearance.")):
            return
        look = self.bridge.engine.settings.appearance
        theme.reduced_motion = look.reduced_motion
        self.look.wear(look.language, look.theme, look.scale)

    def _guarded(self, call: Callable[[], object]) -> None:
        try:
            call()
        except Exception as error:
            log.exception("a view failed")
            self.show_error(from_unexpected(error))

    def _restyle(self) -> None:
        least = theme.tokens["layout"]["window"]["min"]
        self.setMinimumSize(*least)
        self._fit()

    def _fit(self) -> None:
        self.rail.set_compact(self.width() < theme.scaled(COMPACT_BELOW))
        self.top.set_logo_width(self.rail.width())

    def _restore(self) -> None:
        say(self.setWindowTitle, Text.same("ONE Data Studio"))
        self.setWindowIcon(_window_icon())
        kept = self.memory.get("geometry")
        if not kept or not self.restoreGeometry(QByteArray.fromBase64(kept.encode())):
            screen = self.screen().availableSize()
            wide, high = theme.tokens["layout"]["window"]["default"]
            self.resize(min(wide, screen.width()), min(high, screen.height()))


def lay_out(page: QWidget, size: QSize) -> None:
    """Measure and place a page's parts before it is shown: showing and painting it take long enough."""
    layout = page.layout()
    page.resize(size)
    if layout is not None:
        layout.activate()


def _window_icon() -> QIcon:
    image = QPixmap(64, 64)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_logo(painter, image.rect().toRectF().center(), 56, theme.colour("accent.solid"))
    painter.end()
    return QIcon(image)
