"""What a person does with connections: add, sign in, look around, open a table, remove."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from studio.engine.errors import StudioError
from studio.engine.params import Params, fields_of
from studio.engine.text import Text
from studio.ui.bridge import bridge
from studio.ui.forms import ParamsForm
from studio.ui.language import tr
from studio.ui.views.data_parts.bucket_dialog import BucketDialog
from studio.ui.views.data_parts.connection_tree import ADD, ConnectionTree
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.discard import discard
from studio.ui.widgets.inputs import Choice, LineField
from studio.ui.widgets.menus import Menu

if TYPE_CHECKING:
    from studio.engine.connections.connection import Branch, Connection
    from studio.engine.connections.kind import ConnectionKind
    from studio.engine.datasets.dataset import Dataset
    from studio.ui.studio import Studio


class Connecting(QObject):
    """Between the tree and the engine. `opened` carries the id of a dataset."""

    opened = Signal(str)

    def __init__(self, studio: Studio, tree: ConnectionTree, window: QWidget) -> None:
        super().__init__(window)
        self.studio, self.tree, self._window = studio, tree, window
        self._datasets: dict[str, str] = {}  # address to id
        self._opening: set[str] = set()
        self.studio.opener("connection", lambda place, **_: self.sign_in(place))
        self._listen()
        self.reload()

    def show_datasets(self, datasets: Sequence[Dataset]) -> None:
        """Tables that are datasets already are opened, not registered again."""
        self._datasets = {each.storage_path: each.id for each in datasets}
        if self.tree.registered != set(self._datasets):
            self.tree.registered = set(self._datasets)
            self.tree.changed.emit()

    def reload(self) -> None:
        bridge.run(self._window, self.studio.engine.connections.list(), self.tree.show, of="connections")

    def activate(self, row_id: str) -> None:
        """A click on a branch opens it, a double click on a table or file opens its rows."""
        if row_id == ADD:
            self.add()
            return
        found = self.tree.at(row_id)
        if found is None:
            return
        connection, branch = found
        if branch is not None and branch.leaf:
            self.open_table(branch)
        elif branch is None and connection.state == "sign_in":
            self.edit(connection)
        else:
            self.tree.fold(row_id)

    def open_table(self, branch: Branch) -> None:
        """Register what lies at a branch, unless it is a dataset already, and open it."""
        address = branch.address
        if address in self._datasets:
            self.opened.emit(self._datasets[address])
            return
        if not address or address in self._opening:
            return
        self._opening.add(address)

        def done(dataset: Dataset) -> None:
            self._opening.discard(address)
            self.opened.emit(dataset.id)

        def failed(error: StudioError) -> None:
            self._opening.discard(address)
            self.studio.window.show_error(error)

        bridge.run(self._window, self.studio.engine.datasets.register(address), done, failed)

    def look_into(self, address: str) -> BucketDialog:
        """Open the objects of a bucket or a folder: upload, download, trash, versions."""
        dialog = BucketDialog(self.studio, address, self._window)
        dialog.open()
        return dialog

    def add(self) -> ConnectionDialog:
        """Open the dialog that adds a connection."""
        dialog = ConnectionDialog(self.studio, None, self._window)
        dialog.open()
        return dialog

    def sign_in(self, place: str) -> None:
        """Ask for the name and password of the connection that wants them; `place` tells which where there are several."""

        def ask(connections: list[Connection]) -> None:
            wanting = [one for one in connections if one.state == "sign_in"]
            named = [one for one in wanting or connections if _speaks_of(place, one)]
            if found := (named or wanting):
                self.edit(found[0])

        bridge.run(self._window, self.studio.engine.connections.list(), ask)

    def edit(self, connection: Connection) -> None:
        """Change a connection, or sign in."""
        work = self.studio.engine.connections.values(connection.id)

        def show(values: dict[str, Any]) -> None:
            ConnectionDialog(self.studio, connection, self._window, values).open()

        bridge.run(self._window, work, show)

    def remove(self, connection: Connection) -> None:
        """Forget a connection, with Undo; datasets behind it stay listed."""
        connections = self.studio.engine.connections
        told = Text(f"Removed the connection “{connection.name}”.", f"已移除连接“{connection.name}”。")

        async def forget() -> dict[str, Any]:
            values = await connections.values(connection.id)
            await connections.remove(connection.id)
            return values

        def removed(values: dict[str, Any]) -> None:
            def undo() -> None:
                bridge.run(self._window, connections.add(connection.kind, connection.name, values), lambda _: None)

            self.studio.window.toast(told, undo)

        bridge.run(self._window, forget(), removed)

    def menu(self, row_id: str, place: QPoint) -> None:
        found = self.tree.at(row_id)
        if found is None:
            return
        connection, branch = found
        menu = Menu(self._window)
        if branch is None:
            self._of_connection(menu, connection)
        else:
            self._of_branch(menu, branch)
        menu.open_at(place)

    def _of_connection(self, menu: Menu, connection: Connection) -> None:
        menu.addAction(tr(Text("Look again", "重新查看"))).triggered.connect(lambda: self._look_again(connection))
        title = Text("Sign in…", "登录…") if connection.state == "sign_in" else Text("Edit…", "编辑…")
        menu.addAction(tr(title)).triggered.connect(lambda: self.edit(connection))
        describe = menu.addAction(tr(Text("Describe databases…", "描述数据库…")))
        describe.triggered.connect(lambda: self.studio.actions.trigger("data.databases"))
        menu.addSeparator()
        menu.addAction(tr(Text("Remove", "移除"))).triggered.connect(lambda: self.remove(connection))

    def _of_branch(self, menu: Menu, branch: Branch) -> None:
        if not branch.address:
            menu.addAction(tr(Text("This is no table", "这不是表"))).setEnabled(False)
            return
        title = Text("Open", "打开") if branch.leaf else Text("Open as one table", "作为一张表打开")
        menu.addAction(tr(title)).triggered.connect(lambda: self.open_table(branch))
        if branch.kind in ("bucket", "folder"):
            menu.addAction(tr(Text("Objects…", "对象…"))).triggered.connect(lambda: self.look_into(branch.address))
        copy = menu.addAction(tr(Text("Copy address", "复制地址")))
        copy.triggered.connect(lambda: QGuiApplication.clipboard().setText(branch.address))

    def _look_again(self, connection: Connection) -> None:
        work = self.studio.engine.connections.check(connection.id)
        bridge.run(self._window, work, lambda _: self.tree.forget(connection.id))

    def _listen(self) -> None:
        from studio.engine.connections.connection import ConnectionsChanged

        bridge.listen(self._window, ConnectionsChanged, lambda _event: self.reload())
        self.tree.wanted.connect(self._fetch)

    def _fetch(self, connection_id: str, path: tuple[str, ...]) -> None:
        place = (connection_id, path)
        work = self.studio.engine.connections.branches(connection_id, path)
        bridge.run(
            self._window,
            work,
            lambda found: self.tree.answer(place, found),
            lambda error: self.tree.answer(place, None, error),
        )


class ConnectionDialog(Ask):
    """Kind, name and what the kind needs. A connection that cannot be reached is kept, and the dialog says what is wrong."""

    def __init__(
        self, studio: Studio, connection: Connection | None, parent: QWidget, values: dict[str, Any] | None = None
    ) -> None:
        from studio.engine.connections.kind import kinds

        title = Text("Add connection", "添加连接") if connection is None else Text("Connection", "连接")
        super().__init__(title, Text("Connect", "连接"), parent=parent)
        self.studio, self.connection = studio, connection
        self._kinds: dict[str, ConnectionKind] = kinds.all()
        first = connection.kind if connection else "mysql"
        self.kind = Choice([(name, kind.title) for name, kind in self._kinds.items()], first, Text("Kind", "类型"))
        self.kind.setEnabled(connection is None)
        self.kind.changed.connect(self._show_kind)
        self.name = LineField(Text("Such as support-prod", "例如 support-prod"), connection.name if connection else "", Text("Name", "名称"))  # fmt: skip
        self.add(Text("Kind", "类型"), self.kind)
        self.add(Text("Name", "名称"), self.name)
        self.form = self._form(self._kinds[first].params, values or {})
        self.body.addWidget(self.form)

    def submit(self) -> None:
        """Keep it and look at it."""
        if not self.form.validate() or not self.name.text().strip():
            self.name.setFocus()
            return
        self.agree.setEnabled(False)
        connections, values = self.studio.engine.connections, self._values()
        if self.connection is None:
            work = connections.add(self.kind.value(), self.name.text().strip(), values)
        else:
            work = connections.change(self.connection.id, self.name.text().strip(), **values)
        bridge.run(self, work, self._done, self.fail)

    def _done(self, connection: Connection) -> None:
        self.connection = connection
        self.kind.setEnabled(False)
        if connection.state == "reachable":
            self.accept()
            return
        self.agree.setEnabled(True)
        self.say_problem(connection.reason or Text("", ""))

    def _values(self) -> dict[str, Any]:
        """What was given, with what stands in the form untouched."""
        params = self._kinds[self.kind.value()].params
        defaults = {field.name: field.default for field in fields_of(params) if field.default is not ...}
        return {**defaults, **self.form.values()}

    def _show_kind(self, name: str) -> None:
        old, self.form = self.form, self._form(self._kinds[name].params, {})
        self.body.replaceWidget(old, self.form)
        discard(old)

    def _form(self, params: type[Params], values: dict[str, Any]) -> ParamsForm:
        form = ParamsForm(params, values, self.studio)
        for row in form.fields.values():
            row.show_problem(None)  # nobody has done anything wrong yet
        return form


def _speaks_of(place: str, connection: Connection) -> bool:
    """Whether an error's place names this connection, its host or its address."""
    known = (connection.name, *map(connection.settings.get, ("host", "endpoint")))
    return any(isinstance(one, str) and one and one in place for one in known)
