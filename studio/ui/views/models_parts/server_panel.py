"""The local server: where programs reach it, with which key, how busy it is, and what they asked last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.models.model import ModelChanged, ModelStatistics, ThroughputChanged
from studio.engine.models.request_log import RequestChanged, ServedRequest
from studio.engine.settings import SettingsChanged
from studio.engine.text import Text
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.models_parts.request_rows import RequestRows
from studio.ui.widgets.ask import ask_before
from studio.ui.widgets.buttons import Button, IconButton, Toggle
from studio.ui.widgets.labels import Badge, Label
from studio.ui.widgets.meter import Sparkline
from studio.ui.widgets.panel import Panel

if TYPE_CHECKING:
    from studio.engine.engine import Engine

LINES = 200
SHOW_EVERY = 250  # ms; many requests at once become one painting
LOOK_EVERY = 2000  # ms, for the address, which has no event of its own


class ServerPanel(Panel):
    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        self.studio = studio
        self.on = Toggle(name=Text("Serve the API", "提供 API"))
        self.badge = Badge(Text("Off", "未启动"), "neutral")
        self.settings = Button(Text("Server settings", "服务设置"), "settings-2", "ghost", "sm")
        note = Label(Text("OpenAI-compatible", "兼容 OpenAI"), "dense", "text.secondary")
        super().__init__(
            Text("Local server", "本地服务"),
            [self.badge, note, self.settings, self.on],
            36,
            "server",
            parent=parent,
            wide=True,
        )
        self.endpoint, self.key = Label("", "mono", elide="end"), Label("", "mono")
        self.figures = Label("", "dense")
        self.chart = Sparkline(
            colour="port.model", limit=300, name=Text("Tokens a second, five minutes", "五分钟内的生成速度")
        )
        self.chart.setMinimumHeight(theme.scaled(40))
        self.log = RequestRows()
        self._requests: dict[int, ServedRequest] = {}
        self._token = ""
        self.add(self._lay_out(), 1)
        self._connect()

    @property
    def address(self) -> str:
        """What programs are given, while it listens."""
        port = self._port()
        return f"http://127.0.0.1:{port}/v1" if port else ""

    def showEvent(self, event: object) -> None:
        self._look.start()
        self._read()

    def hideEvent(self, event: object) -> None:
        self._look.stop()

    # the parts

    def _lay_out(self) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        side = theme.size("space.4")
        row.setContentsMargins(side, theme.size("space.2"), side, theme.size("space.3"))
        row.setSpacing(theme.size("space.4"))
        column = QVBoxLayout()
        column.setSpacing(theme.size("space.2"))
        self.copy = Button(Text("Copy", "复制"), "copy", "ghost", "sm")
        column.addLayout(_line(self.endpoint, self.copy, stretch=self.endpoint))
        self.copy_key = IconButton("copy", Text("Copy the key", "复制密钥"))
        self.rotate = IconButton("rotate-ccw", Text("Make a new key", "更换密钥"))
        self.curl = Button("curl", "code-xml", "ghost", "sm")
        self.python = Button("Python", None, "ghost", "sm")
        name = Label(Text("Key", "密钥"), "dense", "text.secondary")
        keys = _line(name, self.key, self.copy_key, self.rotate)
        keys.addStretch(1)
        keys.addWidget(self.curl)
        keys.addWidget(self.python)
        column.addLayout(keys)
        column.addWidget(self.figures)
        column.addWidget(self.chart, 1)
        row.addLayout(column, 3)
        row.addWidget(self.log, 4)
        return holder

    def _connect(self) -> None:
        self.copy.clicked.connect(lambda: self._copy(self.address, Text("Address copied", "已复制地址")))
        self.copy_key.clicked.connect(lambda: self._copy(self._token, Text("Key copied", "已复制密钥")))
        self.curl.clicked.connect(
            lambda: self._copy(curl(self.address), Text("curl command copied", "已复制 curl 命令"))
        )
        self.python.clicked.connect(
            lambda: self._copy(python(self.address), Text("Python code copied", "已复制 Python 代码"))
        )
        self.rotate.clicked.connect(self._ask_rotate)
        self.settings.clicked.connect(lambda: self.studio.open("settings", "server"))
        self.on.clicked.connect(lambda on: self._set("server.enabled", on))
        self._look = QTimer(self, interval=LOOK_EVERY)
        self._look.timeout.connect(self._show_server)
        self._paint = QTimer(self, singleShot=True, interval=SHOW_EVERY)
        self._paint.timeout.connect(self._show_log)
        bridge = self.studio.bridge
        bridge.listen(self, ThroughputChanged, lambda event: self._show_statistics(event.statistics))
        bridge.listen(self, ModelChanged, lambda _: self.isVisible() and self._read())
        bridge.listen(self, RequestChanged, lambda event: self._hear(event.request))
        bridge.listen(self, SettingsChanged, lambda event: event.key.startswith("server.") and self._look_soon())

    # what is shown

    def _read(self) -> None:
        if self.studio.bridge.engine is not None:
            self.studio.bridge.run(self, _state(self.studio.engine), self._show_all)

    def _show_all(self, state: tuple[str, ModelStatistics, list[ServedRequest]]) -> None:
        self._token, statistics, requests = state
        self._requests = {one.number: one for one in reversed(requests)}
        self._show_server()
        self._show_statistics(statistics)
        self._show_log()

    def _show_server(self) -> None:
        address = self.address
        enabled = self.studio.settings.server.enabled
        self.on.setChecked(enabled)
        if address:
            self.badge.say(Text("Running", "运行中"))
            self.badge.set_tone("success", None)
        else:
            self.badge.say(Text("Not running", "未运行") if enabled else Text("Off", "已关闭"))
            self.badge.set_tone("warning" if enabled else "neutral", None)
        off = Text("Off: programs cannot reach it", "未开启，程序无法访问")
        self.endpoint.set_type("mono" if address else "dense")
        self.endpoint.say(address or off)
        self.key.say(masked(self._token))
        for button in (self.copy, self.curl, self.python):
            button.setEnabled(bool(address))

    def _show_statistics(self, statistics: ModelStatistics) -> None:
        speed = f"{statistics.tokens_per_second or 0:,.0f}"
        busy, slots, minute = statistics.active - statistics.waiting, statistics.slots, statistics.requests_per_minute
        self.figures.say(
            Text(
                f"{speed} tok/s    {busy} of {slots} slots busy    {minute} requests/min",
                f"{speed} 词元/秒    {busy}/{slots} 个槽位忙    每分钟 {minute} 次请求",
            )
        )
        self.chart.set_values([float(value) for value in statistics.throughput])

    def _hear(self, request: ServedRequest) -> None:
        self._requests[request.number] = request
        while len(self._requests) > LINES:
            del self._requests[next(iter(self._requests))]
        if self.isVisible() and not self._paint.isActive():
            self._paint.start()

    def _show_log(self) -> None:
        self.log.show_requests(list(self._requests.values()))

    # what is done

    def _port(self) -> int | None:
        engine = self.studio.bridge.engine
        return engine.ownership.port if engine is not None else None

    def _copy(self, words: str, told: Text) -> None:
        QGuiApplication.clipboard().setText(words)
        self.studio.window.toast(told)

    def _set(self, key: str, value: object) -> None:
        self.studio.bridge.run(self, self.studio.settings.set(key, value), lambda _: self._look_soon())

    def _look_soon(self) -> None:
        self._show_server()
        QTimer.singleShot(400, self, self._show_server)

    def _ask_rotate(self) -> None:
        ask_before(
            self,
            Text("Make a new key?", "更换密钥？"),
            Text("Programs that use the old one are refused from now on.", "使用旧密钥的程序将立即被拒绝。"),
            Text("Make a new key", "更换密钥"),
            self._rotate,
        )

    def _rotate(self) -> None:
        def shown(token: str) -> None:
            self._token = token
            self._show_server()

        self.studio.bridge.run(self, _rotated(self.studio.engine), shown)


async def _state(engine: Engine) -> tuple[str, ModelStatistics, list[ServedRequest]]:
    import asyncio

    token = await asyncio.to_thread(engine.tokens.ensure)
    return token, engine.models.statistics(), engine.models.requests.last(LINES)


async def _rotated(engine: Engine) -> str:
    import asyncio

    return await asyncio.to_thread(engine.tokens.rotate)


def masked(token: str) -> str:
    """Enough to tell keys apart: “one-••••••••7f2c”."""
    return f"{token[:4]}••••••••{token[-4:]}" if len(token) > 12 else ""


def curl(address: str) -> str:
    return (
        f"curl {address}/chat/completions -H 'Content-Type: application/json' \\\n"
        """  -d '{"model": "default", "messages": [{"role": "user", "content": "Hello"}]}'"""
    )


def python(address: str) -> str:
    """With the key from the environment: code that is pasted somewhere should hold none."""
    return "\n".join(
        (
            "import os",
            "",
            "from openai import OpenAI",
            "",
            f'client = OpenAI(base_url="{address}", api_key=os.environ.get("ONE_DATA_TOKEN", "none"))',
            'answer = client.chat.completions.create(model="default", messages=[{"role": "user", "content": "Hello"}])',
            "print(answer.choices[0].message.content)",
        )
    )


def _line(*widgets: QWidget, stretch: QWidget | None = None) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(theme.size("space.2"))
    for widget in widgets:
        row.addWidget(widget, 1 if widget is stretch else 0)
    return row
