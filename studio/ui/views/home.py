"""Home: the first steps, whether this computer is ready, and what was worked on last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.events import Event
from studio.engine.jobs import JobChanged
from studio.engine.models.model import ModelChanged
from studio.engine.text import Text
from studio.ui.language import language
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.home_parts.cards import SampleCard, StepCard, StepCards
from studio.ui.views.home_parts.links import TeamCard, link_rows
from studio.ui.views.home_parts.ready import ReadyPanel
from studio.ui.views.home_parts.recent import Item, RecentList, recent
from studio.ui.views.view import View
from studio.ui.widgets.buttons import Segmented
from studio.ui.widgets.gap import gap
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Surface, scroll

if TYPE_CHECKING:
    from studio.engine.engine import Engine

WIDEST = 1264
CHECK_AFTER = 800  # ms after the first look, so that trying engines never delays the first painting
DEMO_ANSWERS = Text("Until then a tiny demo answers, often wrongly.", "在此之前由微型演示模型应答，回答经常出错。")
NOBODY_ANSWERS = Text("Until then questions show their sources only.", "在此之前，提问只会给出来源。")
SETTLE = 400  # ms in which several changes become one reading
DATA_WORDS = Text(
    "CSV, Parquet, JSON lines or S3. Browse millions of rows without copying them.",
    "CSV、Parquet、JSONL 或 S3，无需复制即可浏览数百万行。",
)
ASK_WORDS = Text(
    "Chat with your tables and documents, or build a workflow that runs over every row.",
    "与表格和文档对话，或构建逐行运行的工作流。",
)


class HomeView(View):
    name: ClassVar[str] = "home"
    title: ClassVar[Text] = Text("Home", "首页")
    icon: ClassVar[str] = "house"
    order: ClassVar[int] = 1

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._checked = False

    def steps(self) -> Iterator[object]:
        studio = self.studio
        self.ready, self.recent = ReadyPanel(studio), RecentList()
        self.ready.better.connect(self._better)
        self.recent.opened.connect(studio.open)
        yield
        self.sample = SampleCard(studio)
        yield
        yield from self._make_cards()
        centre = Surface("content")
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll(self._page()))
        yield
        self.build(centre)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE)
        self._settle.timeout.connect(self._read)
        studio.bridge.listen(self, Event, self._something_changed)
        language.changed.connect(self._show_language)

    def shown(self) -> None:
        self._read()
        if not self._checked:
            self._checked = True
            QTimer.singleShot(CHECK_AFTER, self.ready, self.ready.check_all)

    # the parts

    def _page(self) -> QHBoxLayout:
        page = QWidget()
        page.setMaximumWidth(theme.scaled(WIDEST))
        column = QVBoxLayout(page)
        column.setContentsMargins(
            theme.size("space.6"), theme.size("space.10"), theme.size("space.6"), theme.size("space.8")
        )
        column.setSpacing(theme.size("space.6"))
        column.addLayout(self._heading())
        columns = QHBoxLayout()
        columns.setSpacing(theme.size("space.8"))
        columns.addLayout(self._left(), 68)
        columns.addLayout(self._right(), 32)
        column.addLayout(columns)
        column.addStretch(1)
        middle = QHBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.addStretch(1)
        middle.addWidget(page, 1000)
        middle.addStretch(1)
        return middle

    def _heading(self) -> QHBoxLayout:
        words = QVBoxLayout()
        words.setSpacing(theme.size("space.1"))
        words.addWidget(
            Label(
                Text("Start with your data, or with a question", "从数据开始，或从一个问题开始"), "display", wrap=True
            )
        )
        words.addWidget(
            Label(
                Text(
                    "Everything runs on this computer until you choose a cluster.",
                    "在选择集群之前，一切都在本机运行。",
                ),
                "body",
                "text.secondary",
                wrap=True,
            )
        )
        self.spoken = Segmented([("en", "English"), ("zh", "简体中文")], language.current)
        self.spoken.changed.connect(lambda chosen: self.studio.window.choose_language(str(chosen)))
        row = QHBoxLayout()
        row.addLayout(words, 1)
        row.addWidget(self.spoken, 0, Qt.AlignmentFlag.AlignBottom)
        return row

    def _make_cards(self) -> Iterator[object]:
        window = self.studio.window
        self.data = StepCard(
            1,
            "data",
            Text("Open your data", "打开数据"),
            DATA_WORDS,
            [
                (Text("Open files", "打开文件"), "file-plus", lambda: self._do("data", "data.add")),
                (Text("Browse", "浏览"), "", lambda: window.show_view("data")),
            ],
        )
        yield
        self.model = StepCard(
            2,
            "model",
            Text("Get a model ready", "准备模型"),
            Text("Looking at this computer…", "正在检查本机…"),
            [
                (Text("See models", "查看模型"), "box", self._better),
                (Text("Add a file", "添加文件"), "", lambda: self._do("models", "models.add")),
            ],
            primary=True,
        )
        yield
        self.ask = StepCard(
            3,
            "ask",
            Text("Ask or automate", "提问或自动化"),
            ASK_WORDS,
            [
                (Text("New chat", "新对话"), "message-square", lambda: self._do("chat", "chat.new")),
                (Text("New workflow", "新建工作流"), "", lambda: self._do("workflows", "workflows.new")),
            ],
        )
        yield

    def _left(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(theme.size("space.4"))
        column.addWidget(StepCards((self.data, self.model, self.ask)))
        column.addWidget(self.sample)
        gap(column, "space.2")
        column.addWidget(self.recent, 1)
        return column

    def _right(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(theme.size("space.4"))
        column.addWidget(self.ready)
        column.addWidget(TeamCard(self.studio))
        links = QVBoxLayout()
        links.setSpacing(0)
        for row in link_rows(self.studio):
            links.addWidget(row)
        column.addLayout(links)
        column.addStretch(1)
        return column

    # what is shown

    def _show_language(self) -> None:
        self.spoken.set_value(language.current)

    def _something_changed(self, event: Event) -> None:
        """Changes of things, not the ticking of a job."""
        if isinstance(event, JobChanged) and event.job.status == "running":
            return
        if type(event).__name__.endswith(("Changed", "Renamed")):
            self._settle.start()
        if isinstance(event, ModelChanged) and self._checked and event.state in ("removed", "available", "missing"):
            self.ready.check("chat")

    def _read(self) -> None:
        if self.isVisible() and self.studio.bridge.engine is not None:
            self.studio.bridge.run(self, _read_all(self.studio.engine), self._show, of="all")

    def _show(self, found: tuple[list[Item], Text, bool]) -> None:
        items, model_words, model_ready = found
        self.recent.show_items(items)
        kinds = {item.kind for item in items}
        self.data.mark.set_done("dataset" in kinds)
        self.model.mark.set_done(model_ready)
        self.ask.mark.set_done("thread" in kinds)
        self.model.words.say(model_words)

    def _better(self) -> None:
        self.studio.window.show_view("models", lambda view: getattr(view, "show_discover", lambda: None)())

    def _do(self, view: str, action: str) -> None:
        """Go where an action belongs and do it, or only go there where it is not offered."""
        actions = self.studio.actions
        self.studio.window.show_view(view, lambda _: actions.has(action) and actions.trigger(action))


async def _read_all(engine: Engine) -> tuple[list[Item], Text, bool]:
    """What is recent, words about the model, and whether a real chat model is there."""
    models = [model for model in await engine.models.list("chat") if model.state != "missing"]
    real = [model for model in models if not model.demo]
    items = await recent(engine)
    if real:
        speed = f", {real[0].tokens_per_second:,.0f}" if real[0].tokens_per_second else ""
        return (
            items,
            Text(
                f"{real[0].name} is here{speed + ' tokens a second' if speed else ''}. Load it, or add others.",
                f"{real[0].name} 已就绪{speed.replace(', ', '，每秒 ') + ' 个词元' if speed else ''}。可以加载它，或添加其他模型。",
            ),
            True,
        )
    best = next((offer for offer in await engine.models.recommend() if offer.best), None)
    if best is None:
        return (
            items,
            Text("Little memory is free: add a small GGUF model.", "可用内存较少，可添加一个小型 GGUF 模型。"),
            False,
        )
    until = DEMO_ANSWERS if models else NOBODY_ANSWERS
    return (
        items,
        Text(
            f"{best.name} suits this computer: {best.why.en} {until.en}",
            f"{best.name} 适合本机：{best.why.zh}{until.zh}",
        ),
        False,
    )
