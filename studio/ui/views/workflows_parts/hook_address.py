"""The address of a webhook, what else a caller has to send, and the line that calls it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.engine.workflows.schedule import Schedule
from studio.ui.theme import theme
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.inputs import LineField
from studio.ui.widgets.labels import Label

COPIED = Text("Address copied", "已复制地址")
CURL_COPIED = Text("curl command copied", "已复制 curl 命令")
OFF = Text("The server is off: Settings › Server.", "服务未启用，请在“设置 › 服务”中开启。")
NEEDS_TOKEN = Text(
    "The server requires its token: callers also send “Authorization: Bearer …” with the key from Settings › Server. "
    "Without that header the call is refused.",
    "服务要求令牌：调用方还须发送“Authorization: Bearer …”，密钥见“设置 › 服务”；缺少该请求头时调用会被拒绝。",
)
ENOUGH = Text(
    "This address is all that a caller on this computer needs; its last part is the secret.",
    "本机程序凭此地址即可调用，末段即为密钥。",
)
BODY = Text("The JSON that is sent is the input “body”.", "所发送的 JSON 即输入“body”。")


class HookAddress(QWidget):
    """`server` is where the studio listens, "" while it does not. `copied` carries a text for the clipboard and what to say."""

    copied = Signal(str, object)

    def __init__(self, schedule: Schedule, server: str, needs_token: bool) -> None:
        super().__init__()
        address = f"{server}/api/v1/hooks/{schedule.id}/{schedule.state.get('token', '')}"
        self.url = _shown(address, Text("Address", "地址"))
        self.curl = _shown(curl(address, needs_token), Text("Command that calls it", "调用命令"))
        self.copy = IconButton("copy", Text("Copy the address", "复制地址"), size=14)
        self.renew = IconButton("refresh-cw", Text("Make another secret", "更换密钥"), size=14)
        self.copy_curl = IconButton("code-xml", Text("Copy the curl command", "复制 curl 命令"), size=14)
        self.says = Label(NEEDS_TOKEN if needs_token else ENOUGH, "caption", "text.secondary", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.size("space.1"))
        column.addLayout(_line(self.url, self.copy, self.renew))
        column.addLayout(_line(self.curl, self.copy_curl))
        column.addWidget(self.says)
        column.addWidget(Label(BODY, "caption", "text.tertiary", wrap=True))
        if not server:
            column.addWidget(Label(OFF, "caption", "warning.text", wrap=True))
            for button in (self.copy, self.copy_curl):
                button.setEnabled(False)  # what it copies would work nowhere
        self.copy.clicked.connect(lambda: self.copied.emit(self.url.text(), COPIED))
        self.copy_curl.clicked.connect(lambda: self.copied.emit(self.curl.text(), CURL_COPIED))


def curl(address: str, needs_token: bool) -> str:
    """With the token from the environment: a line that is pasted somewhere should hold none."""
    token = ' -H "Authorization: Bearer $ONE_DATA_TOKEN"' if needs_token else ""
    return f"curl -X POST {address}{token} -H 'Content-Type: application/json' -d '{{\"order\": 7}}'"


def _shown(words: str, name: Text) -> LineField:
    made = LineField(mono=True, name=name)
    made.setText(words)
    made.setReadOnly(True)
    made.setCursorPosition(0)
    return made


def _line(field: QWidget, *buttons: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(theme.size("space.1"))
    row.addWidget(field, 1)
    for button in buttons:
        row.addWidget(button)
    return row
