"""Tool servers: the entries of mcp.json, tried, edited and allowed; what is changed in the file by hand shows at once."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QFileSystemWatcher, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.engine.workflows.mcp_entry import McpServer
from studio.engine.workflows.mcp_file import Listed
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.settings_parts.page import Page
from studio.ui.views.settings_parts.server_card import ServerCard
from studio.ui.views.settings_parts.server_dialog import ServerDialog
from studio.ui.widgets.ask import Ask, ask_before
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.discard import discard
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Card
from studio.ui.widgets.states import Empty

TITLE = Text("Tool servers", "工具服务")
ADD = Text("Add server", "添加服务")
LEAD = Text(
    "Programs and addresses that offer tools (MCP) to the steps and agents of workflows. They stand in this file, which other programs use too: edit it by hand or here.",
    "向工作流的节点和智能体提供工具的程序或地址（MCP）。配置保存在下面的文件中，其他程序也使用此格式；可手动编辑，也可在此编辑。",
)  # fmt: skip


class ToolServersPage(Page):
    """A card for each server, in the order of the file."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(TITLE, LEAD)
        self._studio = studio
        self.servers = studio.engine.workflows.mcp
        self.cards: dict[str, ServerCard] = {}
        self.add = Button(ADD, "plus", "primary")
        self.folder = Button(Text("Open the folder", "打开文件夹"), "folder-open")
        self.add.clicked.connect(lambda: self.edit(None))
        self.folder.clicked.connect(self._open_folder)
        self.problem = Card("danger")
        self._why, self._repair = Label("", "body", wrap=True), Label("", "dense", "text.secondary", wrap=True)
        self.empty = Empty(
            "plug", Text("No tool server yet", "还没有工具服务"),
            Text("Add a program such as npx server-files, or an address.", "添加一个程序（如 npx server-files）或一个地址。"),
        )  # fmt: skip
        self._list = QVBoxLayout()
        self._watch = QFileSystemWatcher(self)
        self._watch.directoryChanged.connect(self.load)
        self._watch.fileChanged.connect(self.load)
        self._lay_out()
        self.load()

    def load(self, _: object = None) -> None:
        """The file as it is now."""
        path = self.servers.file.path
        self._watch.addPaths([str(one) for one in (path.parent, path) if one.exists()])
        self._studio.bridge.run(self, self.servers.listed(), self._show, self._fail, of="servers")

    def edit(self, server: McpServer | None) -> ServerDialog:
        """The form of one server, or of a new one."""
        dialog = ServerDialog(self._studio, server)
        dialog.begun.connect(self._forget)
        dialog.saved.connect(self.load)
        dialog.open()
        return dialog

    def ask_remove(self, name: str) -> Ask:
        """Its secrets go with it, so it asks."""
        return ask_before(
            self._studio.window,
            Text(f"Remove “{name}”?", f"移除“{name}”？"),
            Text("Its entry leaves the file, and its secrets are deleted.", "将从文件中移除该配置，并删除其密钥。"),
            Text("Remove", "移除"),
            lambda: self._studio.bridge.run(self, self.servers.remove(name), lambda _: self.load()),
        )

    def _forget(self, name: str) -> None:
        """Its entry is being written, and its secrets, which stand elsewhere."""
        if name in self.cards:
            self.cards[name].forget()

    def _show(self, listed: list[Listed]) -> None:
        self.problem.hide()
        self.add.setEnabled(True)
        self.empty.setVisible(not listed)
        for name in [name for name in self.cards if name not in {one.name for one in listed}]:
            gone = self.cards.pop(name)
            self._list.removeWidget(gone)
            discard(gone)
        for place, one in enumerate(listed):
            card = self.cards.get(one.name) or self._card(one.name)
            self._list.insertWidget(place, card)
            card.show_entry(one)

    def _fail(self, error: StudioError) -> None:
        """What is there stays; nothing is written over a file that is not understood."""
        self._why.say(error.message)
        self._repair.say(error.repair or "")
        self.problem.show()
        self.empty.hide()
        self.add.setEnabled(False)

    def _card(self, name: str) -> ServerCard:
        card = self.cards[name] = ServerCard(self._studio, name)
        card.wants_edit.connect(self.edit)
        card.wants_removal.connect(partial(self.ask_remove, name))
        card.changed.connect(self.load)
        return card

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.servers.file.path.parent)))

    def _lay_out(self) -> None:
        path = Label(str(self.servers.file.path), "mono", "text.secondary", elide="middle")
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.2"))
        for button in (self.add, self.folder):
            row.addWidget(button)
        row.addStretch(1)
        self.problem.hide()
        self.problem.body.addWidget(self._why)
        self.problem.body.addWidget(self._repair)
        self._list.setSpacing(theme.size("space.3"))
        self.column.addWidget(path)
        self.column.addLayout(row)
        self.column.addWidget(self.problem)
        self.column.addLayout(self._list)
        self.column.addWidget(self.empty)
        self.end()
