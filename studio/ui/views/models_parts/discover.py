"""Getting models: those that suit this computer, those that other programs keep here, and everything on the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text, plural
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.models_parts.hub_results import FoundCard, under_of
from studio.ui.views.models_parts.snapshot import Snapshot
from studio.ui.widgets import figures
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.discard import discard
from studio.ui.widgets.inputs import LineField, SearchField
from studio.ui.widgets.labels import Badge, Label
from studio.ui.widgets.panel import Card, Glyph, scroll

if TYPE_CHECKING:
    from studio.engine.errors import StudioError
    from studio.engine.models.fit import Fit
    from studio.engine.models.hub_source import HubModel, HubPage
    from studio.engine.models.on_disk import OnDisk
    from studio.engine.models.recommend import Recommendation


class Discover(QWidget):
    """`add` asks for the file dialog, `wanted` carries a repository and a quantization or a file of it, `known` the paths
    of what is to be added from this computer."""

    add = Signal()
    wanted = Signal(str, str)
    known = Signal(list)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.cards: list[FoundCard] = []
        self.offers: list[FoundCard] = []
        self.here: list[_HereRow] = []
        self._offered: list[Recommendation] = []
        self._asked = ""
        self.search = SearchField(
            Text("Search the hub: a name or publisher/model", "搜索模型库：名称，或“发布者/模型”")
        )
        self.search.searched.connect(self.look)
        self.token = Button(Text("Access token", "访问令牌"), "key-round", "ghost")
        self.token.clicked.connect(self._ask_token)
        self.file = Button(Text("Add a file", "添加文件"), "file-plus")
        self.file.clicked.connect(self.add)
        self.state = Label("", "dense", "text.secondary", wrap=True)
        self.found, self.better, self.disk = QVBoxLayout(), QVBoxLayout(), QVBoxLayout()
        self.better_title = Label(Text("Models that suit this computer", "适合本机的模型"), "title")
        self.disk_title = Label(Text("Found on this computer", "本机已有的模型"), "title")
        self._lay_out()

    def _lay_out(self) -> None:
        column = QVBoxLayout()
        side = theme.size("space.4")
        column.setContentsMargins(side, side, side, side)
        column.setSpacing(theme.size("space.3"))
        head = QHBoxLayout()
        head.setSpacing(theme.size("space.2"))
        head.addWidget(self.search, 1)
        head.addWidget(self.token)
        head.addWidget(self.file)
        column.addLayout(head)
        column.addWidget(self.state)
        for part in (self.found, self.better, self.disk):
            part.setSpacing(theme.size("space.2"))
        column.addLayout(self.found)
        column.addWidget(self.better_title)
        column.addLayout(self.better)
        column.addWidget(self.disk_title)
        column.addLayout(self.disk)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll(column))

    def showEvent(self, event: object) -> None:
        self._say_hub()
        self.studio.bridge.run(self, self.studio.engine.models.discover(), self.show_here)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        if self._offered == snapshot.better:
            return
        self._offered = list(snapshot.better)
        self.offers = self._fill(self.better, self.offers, [_offer(offer) for offer in snapshot.better])

    def look(self, words: str) -> None:
        """Search the hub; what is recommended comes back when the field is empty."""
        words = words.strip()
        self._asked = words
        for one in (self.better_title, self.disk_title, *self.offers, *self.here):
            one.setVisible(not words)
        if not words:
            self.cards = self._fill(self.found, self.cards, [])
            self._say_hub()
            self.disk_title.setVisible(bool(self.here))
            return
        self.state.say(Text("Searching…", "正在搜索…"))
        self.state.set_colour("text.secondary")
        done = lambda found: words == self._asked and self._show_found(found)  # noqa: E731
        failed = lambda error: words == self._asked and self._say_problem(error)  # noqa: E731
        self.studio.bridge.run(self, self.studio.engine.hub.search(words), done, failed)

    def show_here(self, found: list[OnDisk]) -> None:
        new = [one for one in found if not one.known]
        for row in self.here:
            row.setParent(None)
            discard(row)
        self.here = [_HereRow(one) for one in new]
        self.disk_title.setVisible(bool(new) and not self._asked)
        for row in self.here:
            row.setVisible(not self._asked)
            row.button.clicked.connect(lambda _=False, path=row.one.path: self.known.emit([path]))
            self.disk.addWidget(row)

    def _show_found(self, found: list[HubModel]) -> None:
        cards = [FoundCard(one.id, one.licence, under_of(one), one.gated) for one in found]
        self.cards = self._fill(self.found, self.cards, cards)
        if found:
            self.state.say(
                Text(f"{plural(len(found), 'model', 'models')} with GGUF files", f"{len(found)} 个含 GGUF 文件的模型")
            )
        else:
            self.state.say(Text("Nothing of that name with GGUF files.", "没有找到含 GGUF 文件的同名模型。"))

    def _fill(self, place: QVBoxLayout, old: list[FoundCard], new: list[FoundCard]) -> list[FoundCard]:
        for card in old:
            card.setParent(None)
            discard(card)
        for card in new:
            card.opened.connect(lambda repository, card=card: self._open(card, repository))
            card.wanted.connect(self.wanted)
            place.addWidget(card)
        return new

    def _open(self, card: FoundCard, repository: str) -> None:
        work = self._page(repository)
        self.studio.bridge.run(
            card, work, lambda result: card.show_page(*result), lambda error: card.say_problem(error.whole())
        )

    async def _page(self, repository: str) -> tuple[HubPage, list[Fit]]:
        engine: Any = self.studio.engine
        page = await engine.hub.page(repository)
        computer = await engine.models.hardware()
        return page, [engine.models.fit_of_size(choice.size_bytes, computer) for choice in page.choices]

    def _say_problem(self, error: StudioError) -> None:
        self.state.say(error.whole())
        self.state.set_colour("danger.text")

    def _say_hub(self) -> None:
        hub = self.studio.engine.hub.endpoint
        self.state.set_colour("text.secondary")
        self.state.say(
            Text(f"Hub: {hub}. Settings › Models names another.", f"模型库：{hub}，可在“设置 › 模型”中更换。")
        )

    def _ask_token(self) -> None:
        hub = self.studio.engine.hub.endpoint
        dialog = Ask(
            Text("Access token of the hub", "模型库的访问令牌"),
            Text("Save token", "保存令牌"),
            Text(
                f"Gated models of {hub} ask for one. It is kept with the system's secrets and sent to this hub only.",
                f"{hub} 的受限模型需要令牌。令牌保存在系统密钥库中，只会发送给该模型库。",
            ),
            parent=self,
        )
        field = LineField(Text("Empty forgets it", "留空则删除"), name=Text("Access token", "访问令牌"), secret=True)
        dialog.add(Text("Access token", "访问令牌"), field)
        dialog.accepted.connect(lambda: self.studio.bridge.run(self, self.studio.engine.hub.set_token(field.text())))
        dialog.open()


def _offer(offer: Recommendation) -> FoundCard:
    size = figures.size(offer.size_bytes)
    words = Text(f"{offer.why.en} About {size} as {offer.file}.", f"{offer.why.zh}约 {size}（{offer.file}）。")
    card = FoundCard(offer.hub, offer.licence, words)
    card.head.insertWidget(1, Badge(*(_SUITS if offer.best else _FITS if offer.fits else _SHORT)))
    get = Button(Text(f"Download {size}", f"下载 {size}"), "download", "primary" if offer.best else "default")
    get.clicked.connect(lambda: card.wanted.emit(offer.hub, offer.file))
    card.tools.insertWidget(1, get)  # after the space that pushes them to the right
    card.open.say(Text("Other files", "其他文件"))
    return card


_SUITS = (Text("Suits this computer", "适合本机"), "accent", "sparkles")  # what suits fits, too
_FITS = (Text("Fits the memory", "内存足够"), "success", "circle-check")
_SHORT = (Text("Too large", "内存不足"), "danger", "circle-x")


class _HereRow(Card):
    """What another program keeps on this computer."""

    def __init__(self, one: OnDisk) -> None:
        super().__init__(pad=10)
        self.one = one
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.3"))
        row.addWidget(Glyph("hard-drive", "port.model", 14, tile=24))
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(Label(one.name, "denseStrong", elide="end"))
        places = 1 + len(one.also)
        under = f"{figures.size(one.size_bytes)} · {one.path}"
        doubled = Text(f"{one.title.en} · in {places} places · ", f"{one.title.zh} · 共 {places} 处 · ")
        words = doubled if places > 1 else Text(f"{one.title.en} · ", f"{one.title.zh} · ")
        column.addWidget(Label(Text(words.en + under, words.zh + under), "dense", "text.secondary", elide="middle"))
        if one.problem is not None:
            column.addWidget(Label(one.problem, "dense", "warning.text", elide="end"))
        row.addLayout(column, 1)
        self.button = Button(Text("Add without copying", "添加（不复制）"), "plus")
        row.addWidget(self.button)
        self.body.addLayout(row)
