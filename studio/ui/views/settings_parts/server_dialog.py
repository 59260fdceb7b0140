"""The form of one tool server."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.engine.workflows.mcp_entry import McpServer
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.inputs import Choice, LineField, TextArea
from studio.ui.widgets.labels import Label
from studio.ui.widgets.pairs import PairsField
from studio.ui.widgets.panel import scroll

PROGRAM, ADDRESS = "program", "address"
KINDS = [(PROGRAM, Text("A program of this computer", "本机程序")), (ADDRESS, Text("An address", "网络地址"))]
KEPT = Text("A secret is kept with the studio's, and the file only names it.", "密钥由本程序保管，文件中只写它的名称。")
SAVE = Text("Save", "保存")
BESIDE = 190  # of a window's height, for what stands above and below the fields


class ServerDialog(Ask):
    """`begun` gives the server's name before it is written, `saved` once it is in the file."""

    begun, saved = Signal(str), Signal(str)

    def __init__(self, studio: Studio, server: McpServer | None) -> None:
        title = Text("Edit tool server", "编辑工具服务") if server else Text("Add tool server", "添加工具服务")
        trust = Text(
            "A program is started with your rights; add only what you trust.",
            "程序会以你的权限运行，请只添加信任的服务。",
        )
        super().__init__(title, SAVE, trust, parent=studio.window)
        self._studio = studio
        self._before = server or McpServer.model_construct()
        self._secrets: dict[str, str] = {}
        self._soon = QTimer(self, singleShot=True, interval=0)  # Qt shows a new row, and counts it, a turn later
        self._soon.timeout.connect(self._fit)
        known = self._before
        self.name = LineField(Text("For example: files", "例如：files"), known.name, Text("Name", "名称"))
        self.kind = Choice(KINDS, ADDRESS if known.url else PROGRAM, Text("Kind", "类型"))
        self.command = LineField("npx", known.command, Text("Command", "命令"), mono=True)
        self.args = TextArea(Text("One per line", "每行一个"), "\n".join(known.args), Text("Arguments", "参数"), rows=3)
        self.url = LineField("https://…/mcp", known.url, Text("Address", "地址"), mono=True)
        self.env, self.headers = PairsField(), PairsField()
        self.env.set_value(known.env)
        self.headers.set_value(known.headers)
        self.secret = Button(Text("Add a secret", "添加密钥"), "key-round", size="sm")
        self.secret.clicked.connect(self.ask_secret)
        self.kind.changed.connect(lambda _: self._turn())
        for pairs in (self.env, self.headers):
            pairs.changed.connect(lambda _: self._soon.start())
        self.when_agreed(self.save)
        self._lay_out()
        self._turn()

    def entry(self) -> McpServer:
        """What the fields say; of the other kind nothing is kept. `ValueError` where that is no server."""
        program = self.kind.value() == PROGRAM
        given: dict[str, Any] = {
            "name": self.name.text().strip(),
            "command": self.command.text().strip() if program else "",
            "args": self.args.toPlainText().splitlines() if program else [],
            "env": self.env.value() if program else {},
            "url": "" if program else self.url.text().strip(),
            "headers": {} if program else self.headers.value(),
        }
        return McpServer.model_validate({**self._before.model_dump(), **given})

    def save(self) -> None:
        if not self.name.text().strip():
            self.say_problem(Text("Give it a name.", "请填写名称。"))
            return
        try:
            server = self.entry()
        except ValueError:
            program = self.kind.value() == PROGRAM
            self.say_problem(
                Text("Give its command.", "请填写命令。") if program else Text("Give its address.", "请填写地址。")
            )
            return
        self.begun.emit(server.name)
        work = self._studio.engine.workflows.mcp.save(server, self._before.name, self._secrets)
        self._studio.bridge.run(self, work, lambda _: self._done(server.name), self.fail)

    def ask_secret(self) -> Ask:
        """A name and a value that is not shown; the row says where it is kept."""
        dialog = Ask(Text("Add a secret", "添加密钥"), Text("Add", "添加"), KEPT, parent=self)
        program = self.kind.value() == PROGRAM
        name = LineField("API_KEY" if program else "Authorization", name=Text("Name", "名称"), mono=True)
        value = LineField("" if program else "Bearer …", name=Text("Secret", "密钥"), secret=True)
        dialog.add(Text("Variable", "变量") if program else Text("Header", "请求头"), name)
        dialog.add(Text("Secret", "密钥"), value)
        dialog.accepted.connect(lambda: self._keep(name.text().strip(), value.text()))
        dialog.open()
        return dialog

    def _keep(self, name: str, value: str) -> None:
        if not name or not value:
            return
        kept = f"{self.name.text().strip() or 'server'}/{name}"
        pairs = self.env if self.kind.value() == PROGRAM else self.headers
        self._secrets[kept] = value
        pairs.set_value({**pairs.value(), name: f"${{secret:{kept}}}"})
        self._soon.start()

    def _done(self, name: str) -> None:
        self.saved.emit(name)
        self.accept()

    def _turn(self) -> None:
        program = self.kind.value() == PROGRAM
        for widget in self._of_program:
            widget.setVisible(program)
        for widget in self._of_address:
            widget.setVisible(not program)
        self._fit()

    def _fit(self) -> None:
        """As tall as the fields, or as the window where they are taller: then they scroll, and the buttons stay in sight."""
        self._fields.activate()
        room = self._studio.window.height() - theme.scaled(BESIDE)
        self._scroller.setFixedHeight(max(0, min(self._fields.sizeHint().height(), room)))
        layout = self.layout()
        layout.activate()
        self.resize(self.width(), layout.totalHeightForWidth(self.width()))

    def _lay_out(self) -> None:
        self._fields = QVBoxLayout()
        self._fields.setContentsMargins(0, 0, 0, 0)
        self._fields.setSpacing(theme.size("space.2"))
        self._part(Text("Name", "名称"), self.name)
        self._part(Text("Kind", "类型"), self.kind)
        self._of_program = [
            *self._part(Text("Command", "命令"), self.command), *self._part(Text("Arguments", "参数"), self.args),
            *self._part(Text("Environment", "环境变量"), self.env),
        ]  # fmt: skip
        self._of_address = [
            *self._part(Text("Address", "地址"), self.url), *self._part(Text("Headers", "请求头"), self.headers)
        ]  # fmt: skip
        row = QHBoxLayout()
        row.addWidget(self.secret)
        row.addWidget(Label(KEPT, "caption", "text.tertiary", wrap=True), 1)
        self._fields.addLayout(row)
        self._fields.addStretch(1)
        self._scroller = scroll(self._fields)
        self.body.addWidget(self._scroller)

    def _part(self, title: Text, field: QWidget) -> list[QWidget]:
        words = Label(title, "dense", "text.secondary")
        words.setBuddy(field)
        self._fields.addWidget(words)
        self._fields.addWidget(field)
        return [words, field]
