"""The command palette: one list of commands, objects and what was used lately."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.actions import Action, Found
from studio.ui.language import language, say, tr
from studio.ui.search import NameIndex
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.widgets.box import paint_box
from studio.ui.widgets.gap import gap
from studio.ui.widgets.labels import KeyCap, Label
from studio.ui.widgets.panel import Divider, Glyph
from studio.ui.widgets.rows import Row, RowList

PREFIXES = {
    ">": Text("Commands", "命令"),
    "@": Text("Data", "数据"),
    "#": Text("Runs", "运行"),
    "?": Text("Help", "帮助"),
}
LIMIT, RECENT = 50, 8


@dataclass(slots=True)
class Entry:
    """One line of the palette. `why_not` says why it cannot be done now."""

    key: str
    title: Text
    subtitle: Text | str
    icon: str
    run: Callable[[], Any]
    keys: str = ""
    why_not: Text | None = None
    boost: float = 0


class Palette(QWidget):
    """Lies over the window. Opens with Ctrl+K on everything, with Ctrl+P on objects; Esc gives the focus back."""

    def __init__(self, window: QWidget, studio: Studio) -> None:
        super().__init__(window)
        self._studio = studio
        self.index = NameIndex()
        self._entries: dict[str, Entry] = {}
        self._found: list[Found] = []
        self._asked, self._objects_only = 0, False
        self._opener: QWidget | None = None
        self._build()
        self._pause = QTimer(self, singleShot=True, interval=60)
        self._pause.timeout.connect(self._search)
        self.hide()
        window.installEventFilter(self)
        language.changed.connect(self._list)

    def prepare(self) -> None:
        """Look up the pinyin of all commands, off the window's thread."""
        texts = [action.title for action in self._studio.actions.all()]
        self._studio.bridge.run(self, asyncio.to_thread(self.index.prepare, texts))

    def open(self, text: str = "", objects_only: bool = False) -> None:
        self._opener = QApplication.focusWidget()
        self._objects_only, self._found = objects_only, []
        self.field.setText(text)
        self.prepare()
        self._cover()
        self.show()
        self.raise_()
        self.field.setFocus()
        self._list()
        self._search()

    def look_again(self) -> None:
        """What can be done or found has changed; what a person has typed and chosen stays."""
        if not self.isVisible():
            return
        chosen = self.list.current()
        self._list()
        if chosen in self._entries:
            self.list.select(chosen)
        self._search()

    def close_palette(self) -> None:
        self.hide()
        if self._opener is not None and self._opener.isVisible():
            self._opener.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.parent() and event.type() == QEvent.Type.Resize and self.isVisible():
            self._cover()
        if watched is self.field and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.close_palette()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.colour("surface.scrim"))

    def entries(self) -> list[Entry]:
        """What is listed now, best first."""
        return list(self._entries.values())

    def _build(self) -> None:
        self.box = _Box(self)
        column = QVBoxLayout(self.box)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(
            theme.size("space.4"), theme.size("space.3"), theme.size("space.4"), theme.size("space.3")
        )
        head.setSpacing(theme.size("space.3"))
        self.field = QLineEdit()
        self.field.setFrame(False)
        say(self.field.setPlaceholderText, Text("Search or run a command", "搜索或执行命令"))
        say(self.field.setAccessibleName, Text("Command palette", "命令面板"))
        self.field.textChanged.connect(self._typed)
        self.field.installEventFilter(self)
        head.addWidget(Glyph("search"))
        head.addWidget(self.field, 1)
        head.addWidget(KeyCap("Esc"))
        column.addLayout(head)
        column.addWidget(Divider())
        self.list = RowList(Text("Results", "结果"), height=36, activate_on_click=True)
        self.list.activated.connect(self._run)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        gap(column, "space.1")
        column.addWidget(self.list, 1)
        column.addWidget(Divider())
        column.addLayout(self._foot())

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(
            theme.size("space.4"), theme.size("space.1"), theme.size("space.4"), theme.size("space.1")
        )
        row.setSpacing(theme.size("space.1"))
        for prefix, words in PREFIXES.items():
            row.addWidget(KeyCap(prefix))
            row.addWidget(Label(words, "caption", "text.secondary"))
            gap(row, "space.2")
        row.addStretch(1)
        self.why = Label("", "caption", "warning.text")
        row.addWidget(self.why)
        return row

    def _cover(self) -> None:
        window = self.parentWidget()
        self.setGeometry(window.rect())
        self.field.setFont(theme.font("reading"))
        width, height = min(theme.scaled(640), window.width() - 80), min(theme.scaled(460), window.height() - 120)
        self.box.setGeometry((window.width() - width) // 2, theme.scaled(56), width, height)

    def _key(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.close_palette()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run(self.list.current())
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            QApplication.sendEvent(self.list, event)
        elif key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            pass
        else:
            return False
        return True

    def _typed(self) -> None:
        self._found = []
        self._list()
        self._pause.start()

    def _asked_for(self) -> tuple[str, str]:
        text = self.field.text()
        return (text[0], text[1:].strip()) if text[:1] in PREFIXES else ("", text.strip())

    def _search(self) -> None:
        prefix, query = self._asked_for()
        if prefix in (">", "?") or self._studio.bridge.engine is None:
            return
        self._asked += 1
        asked = self._asked
        finders = self._studio.actions.finders(prefix)
        for find in finders:
            self._studio.bridge.run(self, find(query), lambda found: self._add(asked, found), lambda _: None)

    def _add(self, asked: int, found: list[Found]) -> None:
        if asked != self._asked or not self.isVisible():
            return
        known = {(one.title, one.icon) for one in self._found}
        self._found += [one for one in found if (one.title, one.icon) not in known]
        self._list()

    def _list(self) -> None:
        if not self.isVisible():
            return
        prefix, query = self._asked_for()
        scored = [(self._score(query, entry), entry) for entry in self._candidates(prefix)]
        best = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])[:LIMIT]
        self._entries = {entry.key: entry for _, entry in best}
        self.list.set_rows(self._row(entry) for entry in self._entries.values())
        first = next(iter(self._entries), "")
        self.list.select(first)
        self.why.say(Text("Nothing found", "未找到结果") if not self._entries else "")

    def _score(self, query: str, entry: Entry) -> float:
        found = self.index.score(query, entry.title)
        return found + entry.boost - (15 if entry.why_not else 0) if found else 0

    def _candidates(self, prefix: str) -> list[Entry]:
        entries: list[Entry] = []
        if prefix in ("", ">") and not self._objects_only:
            entries += [self._command(action) for action in self._studio.actions.all()]
        if prefix == "?":
            entries += self._help()
        if prefix in ("", "@", "#"):
            entries += [_object(found) for found in self._found]
        return entries

    def _command(self, action: Action) -> Entry:
        recent: list[str] = self._studio.window.memory.get("recent_actions", [])
        boost = 12 - recent.index(action.id) if action.id in recent else 0
        keys = self._studio.actions.keys_of(action)
        return Entry(
            f"action:{action.id}",
            action.title,
            action.category,
            action.icon or "command",
            lambda: self._command_run(action),
            keys,
            action.enabled(),
            boost,
        )

    def _command_run(self, action: Action) -> None:
        memory = self._studio.window.memory
        recent = [action.id, *(known for known in memory.get("recent_actions", []) if known != action.id)]
        memory.set("recent_actions", recent[:RECENT])
        self._studio.actions.trigger(action.id)

    def _help(self) -> list[Entry]:
        entries = [
            Entry(f"prefix:{prefix}", words, prefix, "search", lambda prefix=prefix: self.open(prefix))  # type: ignore[misc]
            for prefix, words in PREFIXES.items()
            if prefix != "?"
        ]
        known = [action for action in self._studio.actions.all() if self._studio.actions.keys_of(action)]
        return [*entries, *(self._command(action) for action in known)]

    def _row(self, entry: Entry) -> Row:
        subtitle = entry.why_not or ""
        trailing = entry.keys or entry.subtitle
        return Row(
            entry.key,
            entry.title,
            subtitle,
            entry.icon,
            trailing,
            enabled=entry.why_not is None,
            hint=entry.why_not or "",
        )

    def _run(self, key: str) -> None:
        entry = self._entries.get(key)
        if entry is None or entry.why_not is not None:
            return
        self.close_palette()
        entry.run()


class _Box(QWidget):
    """The raised box of the palette; a click in it stays in it."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_box(self, "border.strong", "surface.raised", "radius.lg")


def _object(found: Found) -> Entry:
    subtitle = found.subtitle
    return Entry(
        f"object:{found.icon}:{found.title}:{tr(subtitle)}",
        Text.same(found.title),
        subtitle,
        found.icon,
        found.run,
        boost=2,
    )
