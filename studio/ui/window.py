"""The window: a frame that is there at once, and the views once the engine is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QCloseEvent, QIcon, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.errors import StudioError
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
from studio.ui.frame.view_stack import AGAIN, Then, ViewStack
from studio.ui.language import say, tr
from studio.ui.palette import Palette
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.turns import Turns
from studio.ui.views import RAIL, View, find_views
from studio.ui.widgets.discard import discard

log = logging.getLogger(__name__)
COMPACT_BELOW = 1280


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
        self._new_notices = 0
        self._build()
        add_commands(self)
        self._draw_rail()
        actions.own_keys = dict(self.memory.get("keys", {}))
        actions.bind(self, lambda: self.stack.current)
        bridge.unhandled = self.show_error
        theme.changed.connect(self._restyle)
        self._restyle()
        self._restore()

    # What views call

    def show_view(self, name: str, then: Then | None = None) -> View | None:
        """Bring a view to the front, and do `then` with it; the view, where it is there at once."""
        return self.stack.show_view(name, then)

    def current_view(self) -> View | None:
        return self.stack.current_view()

    def view_names(self) -> list[str]:
        """In the order of the rail."""
        return self.stack.names()

    def notice(self, notice: Notice) -> None:
        """Keep a notice under the bell; warnings and errors are seen at once as well."""
        self.notices = [*self.notices, Kept(notice)][-KEPT:]
        self._new_notices += 1
        self.top.bell.set_count(self._new_notices)
        if notice.level in ("warning", "error", "success"):
            words = notice.title if notice.level == "success" else notice.whole()
            toast = self.toast(words, level=notice.level)
            if notice.repair and self.actions.has(notice.repair):
                toast.offer(self.actions.get(notice.repair).title, lambda: self.actions.trigger(notice.repair))

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
            self.stack.register([first])
        add_finders(self.studio)
        self._dress()
        self.top.engine.set_tone("success")
        self.status.start()
        self.stack.show_wanted()
        self.palette_box.prepare()
        self.palette_box.look_again()

    def views_found(self, kinds: list[type[View]], failures: list[PluginFailure]) -> None:
        """The other views are there as well."""
        self._take_views(kinds, failures)
        if not self.stack.is_wanted_on_its_way():  # asked for meanwhile
            self.stack.show_wanted()

    def engine_failed(
        self, error: StudioError, again: Callable[[], object], repair: tuple[Text, Callable[[], object]] | None = None
    ) -> None:
        """The whole window says what is wrong and the way out: `repair`, where there is one, before trying again."""
        ways = [*([repair] if repair else []), (AGAIN, again)]
        self.stack.show_start_failure(error, *((words, partial(self._begin_again, way)) for words, way in ways))
        self.top.engine.set_tone("danger")
        self.status.set_engine("danger", Text("engine did not start", "引擎未启动"))

    def _begin_again(self, way: Callable[[], object]) -> None:
        self.stack.show_loading()
        self.top.engine.set_tone("neutral")
        way()

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
        for turns in self.findChildren(Turns):
            turns.stop()  # the engine goes next
        super().closeEvent(event)

    def _build(self) -> None:
        self.top, self.rail = TopBar(), Rail()
        self.stack = ViewStack(self.studio, self.rail, str(self.memory.get("view", "home")))
        self.status = StatusBar(self.bridge)
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
        self.stack.brought.connect(lambda title: self.setAccessibleDescription(tr(title)))
        self.top.command.clicked.connect(lambda _=False: self.palette_box.open())
        self.top.bell.clicked.connect(self.open_notices)
        self.top.project.clicked.connect(lambda: open_project_menu(self))
        self.top.engine.clicked.connect(lambda: open_engine_menu(self))
        self.top.account.clicked.connect(lambda: open_account_menu(self))
        self.status.language.asked.connect(self.choose_language)
        self.status.problems_asked.connect(self.open_notices)
        self.status.jobs_asked.connect(self.show_view)

    def _take_views(self, kinds: list[type[View]], failures: list[PluginFailure]) -> None:
        self.stack.finding, self.view_failures = False, failures
        self.stack.register(kinds)
        for name in [name for name in self.rail.names() if name not in self.stack.kinds]:
            self.actions.remove(f"view.{name}")
        self.rail.keep(self.stack.kinds)
        for kind in kinds:
            if kind.name not in self.rail.names():
                self._add_place(kind.name, kind.title, kind.icon)
        self.palette_box.look_again()

    def _draw_rail(self) -> None:
        for name, (title, icon) in RAIL.items():
            self._add_place(name, title, icon)
        self.rail.set_current(self.stack.wanted)

    def _add_place(self, name: str, title: Text, icon: str) -> None:
        self.rail.add(name, title, icon)
        add_view_command(self, name, title, icon)

    def _dress(self, changed: SettingsChanged | None = None) -> None:
        """Language, theme and scale as the settings say."""
        if self.bridge.engine is None or (changed and not changed.key.startswith("appearance.")):
            return
        look = self.bridge.engine.settings.appearance
        theme.reduced_motion = look.reduced_motion
        self.look.wear(look.language, look.theme, look.scale)

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


def _window_icon() -> QIcon:
    image = QPixmap(64, 64)
    image.fill(Qt.GlobalColor.transparent)
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_logo(painter, image.rect().toRectF().center(), 56, theme.colour("accent.solid"))
    return QIcon(image)
