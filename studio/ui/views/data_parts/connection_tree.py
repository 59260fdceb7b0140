"""The rows of connections, what is below them, and what of it is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.engine.text import Text
from studio.ui.views.data_parts import words
from studio.ui.widgets.rows import Row

if TYPE_CHECKING:
    from studio.engine.connections.connection import Branch, Connection
    from studio.engine.errors import StudioError

ADD = "conn:+"
ICONS = {"bucket": "folder", "folder": "folder", "file": "file", "database": "database", "schema": "layers", "table": "table-2", "more": "ellipsis"}  # fmt: skip
KINDS = {"s3": "cloud", "web": "globe"}
TONES = {"reachable": "success", "unreachable": "danger"}
Place = tuple[str, tuple[str, ...]]  # a connection and a path in it


class ConnectionTree(QObject):
    """Plain data and the rows made of it. `wanted` asks for what is below a branch that was opened for the first time."""

    changed = Signal()
    wanted = Signal(str, tuple)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.connections: list[Connection] = []
        self.registered: set[str] = set()  # addresses of datasets
        self._open: set[Place] = set()
        self._below: dict[Place, list[Branch]] = {}
        self._failed: dict[Place, StudioError] = {}
        self._places: dict[str, tuple[Connection, Branch | None]] = {}

    def show(self, connections: Sequence[Connection]) -> None:
        """Show what there is; what is below one that is gone, or was changed, is forgotten. One that is back is asked again."""
        before = {each.id: each for each in self.connections}
        self.connections = list(connections)
        same = {each.id for each in connections if each.id in before and before[each.id].settings == each.settings}
        back = {
            each.id
            for each in connections
            if each.state == "reachable" and each.id in same and before[each.id].state != each.state
        }
        self._below = {place: found for place, found in self._below.items() if place[0] in same}
        self._failed = {place: error for place, error in self._failed.items() if place[0] in same - back}
        self._open = {place for place in self._open if place[0] in {each.id for each in connections}}
        self.changed.emit()
        for place in [place for place in self._open if place[0] in back and place not in self._below]:
            self.wanted.emit(*place)

    def at(self, row_id: str) -> tuple[Connection, Branch | None] | None:
        """The connection of a row, and the branch that it is unless it is the connection itself."""
        return self._places.get(row_id)

    def fold(self, row_id: str, open: bool | None = None) -> None:
        """Open or close a branch; without `open`, what it is not."""
        found = self.at(row_id)
        if found is None or (found[1] is not None and found[1].leaf):
            return
        place = (found[0].id, found[1].path if found[1] else ())
        if place in self._open and open is not True:
            self._open.discard(place)
        elif open is not False:
            self._open.add(place)
            if place not in self._below:
                self.wanted.emit(*place)
        self.changed.emit()

    def answer(self, place: Place, found: list[Branch] | None, problem: StudioError | None = None) -> None:
        """What is below a place, or what keeps it from being seen."""
        self._failed.pop(place, None)
        if found is not None:
            self._below[place] = found
        elif problem is not None:
            self._failed[place] = problem
        self.changed.emit()

    def forget(self, connection_id: str) -> None:
        """Ask anew for all that is open below a connection."""
        for place in [place for place in self._below if place[0] == connection_id]:
            self._below.pop(place)
        for place in [place for place in self._open if place[0] == connection_id]:
            self.wanted.emit(*place)

    def rows(self, sought: str = "") -> list[Row]:
        """The group of connections; when something is sought, what was seen of it already."""
        self._places.clear()
        rows = [row for each in self.connections for row in self._connection(each, sought)]
        if sought:
            return [Row("connections", CONNECTIONS, heading=True), *rows] if rows else []
        add = Row(ADD, Text("Add connection…", "添加连接…"), icon="plus", colour="text.tertiary")
        return [Row("connections", CONNECTIONS, heading=True), *rows, add]

    def _connection(self, connection: Connection, sought: str) -> list[Row]:
        row_id = f"conn:{connection.id}"
        self._places[row_id] = (connection, None)
        place: Place = (connection.id, ())
        below = self._rows_below(connection, place, 1, sought)
        if sought and not below and sought not in connection.name.lower():
            return []
        signing = connection.state == "sign_in"
        row = Row(
            row_id, connection.name, icon=KINDS.get(connection.kind, "database"), tone=TONES.get(connection.state),
            open=bool(sought) or place in self._open, hint=connection.reason or "",
            badge=Text("Sign in", "登录") if signing else "",
        )  # fmt: skip
        return [row, *below]

    def _rows_below(self, connection: Connection, place: Place, depth: int, sought: str) -> list[Row]:
        if not sought and place not in self._open:
            return []
        if place in self._failed:
            told = self._failed[place].whole()
            return [
                Row(f"conn:{place}!", told, icon="triangle-alert", colour="danger.text", depth=depth + 1, hint=told)
            ]
        if place not in self._below:
            waiting = Row(f"conn:{place}…", Text("Looking…", "正在查看…"), depth=depth + 1, enabled=False)
            return [] if sought else [waiting]
        if not self._below[place] and not sought:
            return [Row(f"conn:{place}0", Text("Nothing here", "没有内容"), depth=depth + 1, enabled=False)]
        return [row for branch in self._below[place] for row in self._branch(connection, branch, depth, sought)]

    def _branch(self, connection: Connection, branch: Branch, depth: int, sought: str) -> list[Row]:
        place: Place = (connection.id, branch.path)
        row_id = f"conn:{connection.id}/{'/'.join(part.replace('/', '%2F') for part in branch.path)}"
        self._places[row_id] = (connection, branch)
        below = self._rows_below(connection, place, depth + 1, sought)
        if sought and not below and sought not in branch.name.lower():
            return []
        known = branch.address in self.registered
        row = Row(
            row_id, branch.name if branch.kind != "more" else MORE, icon=ICONS[branch.kind], trailing=_trailing(branch),
            depth=depth + (1 if branch.leaf else 0), open=None if branch.leaf else bool(sought) or place in self._open,
            twice=branch.leaf, enabled=branch.kind != "more", colour="accent.text" if known else "text.secondary",
            hint=branch.address,
        )  # fmt: skip
        return [row, *below]


CONNECTIONS = Text("Connections", "连接")
MORE = Text("More; open the folder as one table", "更多内容，可将文件夹作为一张表打开")


def _trailing(branch: Branch) -> str:
    if branch.count is not None:
        return f"≈ {words.short(branch.count)}" if branch.about and branch.count >= 1000 else words.short(branch.count)
    return words.size(branch.size_bytes) if branch.size_bytes is not None else ""
