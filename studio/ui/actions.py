"""Actions as data: the palette, menus, the shortcuts sheet and the keyboard all read them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import shiboken6
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from studio.engine.errors import NotFound
from studio.engine.text import Text

GENERAL = Text("General", "通用")


def always() -> Text | None:
    return None


@dataclass(slots=True)
class Action:
    """Something a person can do. `enabled` gives None, or why it cannot be done now. `view` limits its keys to a view."""

    id: str
    title: Text
    run: Callable[[], Any]
    icon: str = ""
    keys: str = ""
    category: Text = GENERAL
    enabled: Callable[[], Text | None] = always
    view: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """An object that a finder found by its name."""

    title: str
    subtitle: Text | str
    icon: str
    run: Callable[[], Any]


Finder = Callable[[str], Awaitable[list[Found]]]


@dataclass(slots=True)
class _Finders:
    prefix: str
    find: Finder


@dataclass(slots=True)
class _Keys:
    shortcut: QShortcut
    ids: list[str] = field(default_factory=list)


class Actions(QObject):
    """All actions by id, their keys (which a person may change), and the finders of objects."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.own_keys: dict[str, str] = {}  # what a person chose instead, by action id
        self._actions: dict[str, Action] = {}
        self._finders: list[_Finders] = []
        self._window: QWidget | None = None
        self._view: Callable[[], str] = lambda: ""
        self._keys: dict[str, _Keys] = {}

    def add(self, action: Action) -> Action:
        """Make an action known; one with the same id takes the place of the earlier one."""
        self._actions[action.id] = action
        self._bind(action)
        self.changed.emit()
        return action

    def remove(self, action_id: str) -> None:
        """Forget an action."""
        if self._actions.pop(action_id, None) is not None:
            self._bind_all()
            self.changed.emit()

    def get(self, action_id: str) -> Action:
        try:
            return self._actions[action_id]
        except KeyError:
            raise NotFound(Text(f"There is no action “{action_id}”.", f"没有名为“{action_id}”的操作。")) from None

    def has(self, action_id: str) -> bool:
        return action_id in self._actions

    def trigger(self, action_id: str) -> bool:
        """Do it, unless it cannot be done now."""
        action = self.get(action_id)
        if action.enabled() is not None:
            return False
        action.run()
        return True

    def all(self) -> list[Action]:
        return list(self._actions.values())

    def keys_of(self, action: Action) -> str:
        """The keys in force: the person's own, or the action's."""
        return self.own_keys.get(action.id, action.keys)

    def set_keys(self, action_id: str, keys: str | None) -> None:
        """Give an action other keys, or its own again with None."""
        if keys is None:
            self.own_keys.pop(action_id, None)
        else:
            self.own_keys[action_id] = keys
        self._bind_all()
        self.changed.emit()

    def add_finder(self, prefix: str, find: Finder) -> None:
        """Objects to find by name. `prefix` is "@" for data, "#" for runs, "" for everything else."""
        self._finders.append(_Finders(prefix, find))

    def finders(self, prefix: str = "") -> list[Finder]:
        """Those of a prefix; all of them for no prefix."""
        return [known.find for known in self._finders if not prefix or known.prefix == prefix]

    def bind(self, window: QWidget, current_view: Callable[[], str]) -> None:
        """Listen to the keyboard of a window."""
        self._window, self._view = window, current_view
        self._bind_all()

    def _bind_all(self) -> None:
        for keys in self._keys.values():
            if shiboken6.isValid(keys.shortcut):  # they go with the window they listened for
                keys.shortcut.setEnabled(False)
                keys.shortcut.deleteLater()
        self._keys.clear()
        for action in self._actions.values():
            self._bind(action)

    def _bind(self, action: Action) -> None:
        wanted = self.keys_of(action)
        if self._window is None or not wanted:
            return
        for sequence in wanted.split(" / "):
            normal = QKeySequence(sequence).toString()
            if normal not in self._keys:
                shortcut = QShortcut(QKeySequence(sequence), self._window)
                shortcut.activated.connect(lambda normal=normal: self._pressed(normal))
                shortcut.activatedAmbiguously.connect(lambda normal=normal: self._pressed(normal))
                self._keys[normal] = _Keys(shortcut)
            if action.id not in self._keys[normal].ids:
                self._keys[normal].ids.append(action.id)

    def _pressed(self, keys: str) -> None:
        view = self._view()
        known = [self._actions[name] for name in self._keys[keys].ids if name in self._actions]
        for action in sorted(known, key=lambda action: action.view != view):
            if action.view in ("", view) and action.enabled() is None:
                action.run()
                return


actions = Actions()
