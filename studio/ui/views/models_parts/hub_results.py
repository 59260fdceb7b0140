"""What a search of the hub found, and for each model what can be downloaded of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui import when
from studio.ui.theme import theme
from studio.ui.views.models_parts import words
from studio.ui.widgets import figures
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.discard import discard, widgets_of
from studio.ui.widgets.labels import Badge, Label
from studio.ui.widgets.panel import Card, Glyph

if TYPE_CHECKING:
    from studio.engine.models.choices import Choice
    from studio.engine.models.fit import Fit
    from studio.engine.models.hub_source import HubModel, HubPage


BESIDE = 760  # pixels from which a card has its buttons beside its words


class FoundCard(Card):
    """One model on the hub. `opened` asks for its files; `wanted` carries repository and the choice's first file."""

    opened = Signal(str)
    wanted = Signal(str, str)

    def __init__(self, repository: str, licence: str = "", under: Text | str = "", gated: bool = False) -> None:
        super().__init__(pad=12)
        self.repository = repository
        self.choices: list[ChoiceRow] = []
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.3"))
        row.addWidget(Glyph("box", "port.model", 14, tile=24))
        column = QVBoxLayout()
        column.setSpacing(0)
        self.head = QHBoxLayout()
        self.head.setSpacing(theme.size("space.2"))
        self.head.addWidget(Label(repository, "denseStrong", elide="middle").shrinkable())
        if gated:
            self.head.addWidget(Badge(Text("Gated", "需授权"), "warning", "lock"))
        if licence:
            self.head.addWidget(Badge(licence, "neutral", "scale"))
        self.head.addStretch(1)
        column.addLayout(self.head)
        column.addWidget(Label(under, "dense", "text.secondary", elide="end"))
        row.addLayout(column, 1)
        self.open = Button(Text("Choose a file", "选择文件"), "chevron-down")
        self.open.clicked.connect(self._toggle)
        self.tools = QHBoxLayout()
        self.tools.addStretch(1)
        self.tools.addWidget(self.open)
        self._line = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        for part in (self.tools, self._line):
            part.setSpacing(theme.size("space.3"))
        self._line.addLayout(row, 1)
        self._line.addLayout(self.tools)
        self.body.addLayout(self._line)
        self.problem = Label("", "dense", "danger.text", wrap=True)
        self.problem.hide()
        self.body.addWidget(self.problem)
        self._list = QVBoxLayout()
        self._list.setSpacing(theme.size("space.1"))
        self.body.addLayout(self._list)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The buttons stand beside the words where there is room, else below them."""
        super().resizeEvent(event)
        ways = QBoxLayout.Direction
        self._line.setDirection(ways.LeftToRight if self.width() >= theme.scaled(BESIDE) else ways.TopToBottom)

    def show_page(self, page: HubPage, fits: list[Fit]) -> None:
        """Its files, each with whether it fits this computer."""
        self.open.setEnabled(True)
        self._clear()
        if not page.choices:
            self.say_problem(Text("It holds no GGUF and no safetensors files.", "其中没有 GGUF 或 safetensors 文件。"))
        for choice, fit in zip(page.choices, fits, strict=True):
            line = ChoiceRow(choice, fit)
            line.button.clicked.connect(lambda _=False, name=choice.name: self.wanted.emit(page.id, name))
            self.choices.append(line)
            self._list.addWidget(line)

    def say_problem(self, words: Text) -> None:
        self.open.setEnabled(True)
        self.problem.say(words)
        self.problem.show()

    def _toggle(self) -> None:
        if self.choices:
            self._clear()
            return
        self.problem.hide()
        self.open.setEnabled(False)
        self.opened.emit(self.repository)

    def _clear(self) -> None:
        for line in widgets_of(self._list):
            line.setParent(None)
            discard(line)
        self.choices = []


class ChoiceRow(QWidget):
    """One quantization with its size, its fit and the button that says what it does."""

    def __init__(self, choice: Choice, fit: Fit) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.scaled(36), 0, 0, 0)
        row.setSpacing(theme.size("space.3"))
        quantization = Label(choice.quantization or "–", "mono")
        quantization.setFixedWidth(theme.scaled(96))
        row.addWidget(quantization)
        parts = len(choice.files) - choice.projector
        more = Text(f" · {parts} files", f" · {parts} 个文件") if parts > 1 else Text.same("")
        eyes = Text(" · sees images", " · 支持图片") if choice.projector else Text.same("")
        name = Text(f"{choice.name}{more.en}{eyes.en}", f"{choice.name}{more.zh}{eyes.zh}")
        row.addWidget(Label(name, "dense", "text.secondary", elide="middle"), 1)
        tone, icon = words.FITS[fit.level]
        self.fit = Badge(fit.text, tone, icon)
        place = QWidget()
        place.setFixedWidth(theme.scaled(136))
        inside = QHBoxLayout(place)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.fit)
        inside.addStretch(1)
        row.addWidget(place)
        size = figures.size(choice.size_bytes)
        self.button = Button(Text(f"Download {size}", f"下载 {size}"), "download", size="sm")
        self.button.setMinimumWidth(theme.scaled(132))
        row.addWidget(self.button)


def under_of(found: HubModel) -> Text:
    downloads, likes = figures.short(found.downloads), figures.short(found.likes)
    changed = when.ago(found.updated_at) if found.updated_at else when.UNKNOWN
    kind = f"{found.kind} · " if found.kind else ""
    return Text(
        f"{kind}{downloads} downloads · {likes} likes · changed {changed.en}",
        f"{kind}{downloads} 次下载 · {likes} 个赞 · 更新于 {changed.zh}",
    )
