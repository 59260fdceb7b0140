"""One tool server: how it is reached, whether it answers, and which of its tools may be called without asking."""

from __future__ import annotations

import shlex

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.text import Text, plural
from studio.engine.workflows.mcp_entry import McpServer
from studio.engine.workflows.mcp_file import Listed
from studio.engine.workflows.mcp_servers import McpTool
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button, IconButton, Toggle
from studio.ui.widgets.discard import discard
from studio.ui.widgets.labels import Badge, Label
from studio.ui.widgets.panel import Card, Section

NOT_TESTED = Text("Not tested", "未测试")
TESTING = Text("Starting…", "正在启动…")
NO_ANSWER = Text("Does not answer", "无法使用")
NOT_UNDERSTOOD = Text("Not understood", "配置有误")
UNASKED = Text("Without asking", "无需询问")
LONGEST = 240  # characters of what a server says of a tool


class ServerCard(Card):
    """`changed` says that the file was written."""

    wants_edit = Signal(object)
    wants_removal = Signal()
    changed = Signal()

    def __init__(self, studio: Studio, name: str) -> None:
        super().__init__()
        self._studio, self.name = studio, name
        self.server: McpServer | None = None
        self.tools: list[McpTool] | None = None
        self.state = Badge(NOT_TESTED)
        self.how = Label("", "monoSmall", "text.secondary", elide="middle")
        self.test_button = Button(Text("Test", "测试"), "play", size="sm")
        self.edit_button = IconButton("pencil", Text("Edit", "编辑"))
        self.remove_button = IconButton("trash-2", Text("Remove", "移除"))
        self.why, self.repair = (
            Label("", "dense", "danger.text", wrap=True),
            Label("", "dense", "text.secondary", wrap=True),
        )
        self.details = Label("", "monoSmall", "text.secondary", wrap=True)
        self.all = Toggle(name=Text("All tools without asking", "所有工具无需询问"))
        self.rows: dict[str, ToolRow] = {}
        self.list = Section(Text("Tools", "工具"), collapsible=True, flush=True)
        self.test_button.clicked.connect(self.test)
        self.edit_button.clicked.connect(lambda: self.wants_edit.emit(self.server))
        self.remove_button.clicked.connect(self.wants_removal)
        self.all.clicked.connect(lambda on: self._allow(["*"] if on else []))
        self._lay_out()

    def show_entry(self, listed: Listed) -> None:
        """The entry as the file has it now; another one than before was not tested."""
        if self.server is not None and _reached(listed.server) != _reached(self.server):
            self.forget()
        self.server = listed.server
        self.edit_button.setEnabled(self.server is not None)
        self.test_button.setEnabled(self.server is not None and not self._testing)
        if self.server is None:
            assert listed.problem is not None
            self.tools = None
            self._fail(listed.problem, NOT_UNDERSTOOD)
        elif not self._tested:
            self._rest()
        self.how.setText(_how(self.server))
        self.how.setVisible(bool(self.how.whole()))
        self._show_tools()

    def forget(self) -> None:
        """What a test found holds no longer."""
        self.tools, self._tested, self._testing = None, False, False

    def test(self) -> None:
        """Start it, or connect to it, and ask for its tools."""
        self._tested = self._testing = True
        self.state.say(TESTING)
        self.state.set_tone("accent", "loader-circle")
        self.test_button.setEnabled(False)
        self._studio.bridge.run(self, self._studio.engine.workflows.mcp.test(self.name), self._answered, self._failed)

    def _answered(self, tools: list[McpTool]) -> None:
        self.tools, self._testing = tools, False
        self.test_button.setEnabled(True)
        self._explain(None)
        self.state.say(Text(plural(len(tools), "tool", "tools"), f"{len(tools)} 个工具"))
        self.state.set_tone("success", "check")
        self._show_tools()

    def _failed(self, error: StudioError) -> None:
        self.tools, self._testing = None, False
        self.test_button.setEnabled(True)
        self._fail(error, NO_ANSWER)
        self._show_tools()

    def _fail(self, error: StudioError, state: Text) -> None:
        self.state.say(state)
        self.state.set_tone("danger", "circle-alert")
        self._explain(error)

    def _rest(self) -> None:
        self.state.say(NOT_TESTED)
        self.state.set_tone("neutral", "")
        self._explain(None)

    def _explain(self, error: StudioError | None) -> None:
        said = (error.message, error.repair, error.details) if error is not None else (None, None, None)
        for label, words in zip((self.why, self.repair, self.details), said, strict=True):
            label.say(words or "")
            label.setVisible(bool(words))

    # Its tools

    def _show_tools(self) -> None:
        """Those that it told of, or else those that the file allows."""
        allowed = self.server.allow if self.server is not None else []
        about = {tool.name: tool.description for tool in self.tools} if self.tools is not None else {}
        about |= {name: "" for name in allowed if name != "*" and name not in about}
        self.list.setVisible(bool(about) or "*" in allowed)
        self.list.set_count(len(about) if self.tools is not None else None)
        self.all.setChecked("*" in allowed)
        for name in [name for name in self.rows if name not in about]:
            discard(self.rows.pop(name))
        for place, (name, words) in enumerate(about.items(), 1):
            row = self.rows.get(name) or self._row(name)
            self.list.body.insertWidget(place, row)
            row.show_tool(words, "*" in allowed or name in allowed, fixed="*" in allowed)

    def _row(self, name: str) -> ToolRow:
        row = self.rows[name] = ToolRow(name)
        row.toggle.clicked.connect(lambda on: self._allow_one(name, on))
        return row

    def _allow_one(self, name: str, on: bool) -> None:
        assert self.server is not None
        others = [one for one in self.server.allow if one not in (name, "*")]
        self._allow([*others, name] if on else others)

    def _allow(self, allowed: list[str]) -> None:
        assert self.server is not None
        self.server = self.server.model_copy(update={"allow": allowed})
        work = self._studio.engine.workflows.mcp.save(self.server, self.name)
        self._studio.bridge.run(self, work, lambda _: self.changed.emit())

    def _lay_out(self) -> None:
        self._tested = self._testing = False
        head = QHBoxLayout()
        head.setSpacing(theme.size("space.2"))
        head.addWidget(Label(self.name, "bodyStrong"))
        head.addWidget(self.state)
        head.addStretch(1)
        for button in (self.test_button, self.edit_button, self.remove_button):
            head.addWidget(button)
        whole = QHBoxLayout()
        words = Label(Text("All tools without asking", "所有工具无需询问"), "dense")
        whole.addWidget(words, 1)
        whole.addWidget(self.all)
        self.body.addLayout(head)
        for widget in (self.how, self.why, self.repair, self.details, self.list):
            self.body.addWidget(widget)
        self.list.body.addLayout(whole)
        self._explain(None)


class ToolRow(QWidget):
    """A tool with what its server says of it, and whether it may be called without asking."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.toggle = Toggle(name=Text(f"{name} without asking", f"{name} 无需询问"))
        self.about = Label("", "caption", "text.secondary", wrap=True)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Label(name, "mono"))
        words.addWidget(self.about)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, theme.size("space.1"), 0, theme.size("space.1"))
        row.addLayout(words, 1)
        row.addWidget(self.toggle)

    def show_tool(self, about: str, allowed: bool, fixed: bool) -> None:
        line = " ".join(about.split())
        self.about.setText(line[:LONGEST] + "…" if len(line) > LONGEST else line)
        self.about.setVisible(bool(line))
        self.toggle.setChecked(allowed)
        self.toggle.setEnabled(not fixed)


def _how(server: McpServer | None) -> str:
    if server is None:
        return ""
    return server.url or shlex.join([server.command, *server.args])


def _reached(server: McpServer | None) -> object:
    return server.model_dump(exclude={"allow"}) if server is not None else None
