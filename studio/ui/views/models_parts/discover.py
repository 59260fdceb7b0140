"""Better models than the demo, by what this computer holds, with where to get them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.models.recommend import Recommendation
from studio.engine.text import Text
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.models_parts.snapshot import Snapshot
from studio.ui.widgets import figures
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.discard import discard
from studio.ui.widgets.labels import Badge, Label
from studio.ui.widgets.panel import Card, Glyph, scroll

STEPS = Text(
    "Copy a link, download the file with your browser, then add it here. The studio finds files in its models folder by itself.",
    "复制链接，用浏览器下载文件，然后在此添加。放入模型文件夹的文件会被自动识别。",
)


class Discover(QWidget):
    """`add` asks for the file dialog."""

    add = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self._cards: list[_Offer] = []
        self._list = QVBoxLayout()
        self._list.setSpacing(theme.size("space.2"))
        column = QVBoxLayout()
        side = theme.size("space.4")
        column.setContentsMargins(side, side, side, side)
        column.setSpacing(theme.size("space.3"))
        column.addWidget(Label(Text("Models that suit this computer", "适合此电脑的模型"), "title"))
        row = QHBoxLayout()
        row.addWidget(Label(STEPS, "body", "text.secondary", wrap=True), 1)
        button = Button(Text("Add a file you downloaded", "添加已下载的文件"), "file-plus", "primary")
        button.clicked.connect(self.add)
        row.addWidget(button)
        column.addLayout(row)
        column.addLayout(self._list)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll(column))

    def show_snapshot(self, snapshot: Snapshot) -> None:
        if [card.offer for card in self._cards] == snapshot.better:
            return
        for card in self._cards:
            card.setParent(None)
            discard(card)
        self._cards = [_Offer(offer, self.studio) for offer in snapshot.better]
        for card in self._cards:
            self._list.addWidget(card)


class _Offer(Card):
    def __init__(self, offer: Recommendation, studio: Studio) -> None:
        super().__init__(pad=12)
        self.offer = offer
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.3"))
        row.addWidget(Glyph("box", "port.model", 14, tile=24))
        column = QVBoxLayout()
        column.setSpacing(0)
        head = QHBoxLayout()
        head.addWidget(Label(offer.name, "denseStrong"))
        if offer.best:
            head.addWidget(Badge(Text("Suits this computer", "适合此电脑"), "accent", "sparkles"))
        head.addStretch(1)
        column.addLayout(head)
        size = figures.size(offer.size_bytes)
        words = Text(f"{offer.why.en} About {size}, {offer.licence}.", f"{offer.why.zh}约 {size}，{offer.licence}。")
        column.addWidget(Label(words, "dense", "text.secondary", elide="end"))
        column.addWidget(Label(f"{offer.hub} · {offer.file}", "monoSmall", "text.tertiary", elide="middle"))
        row.addLayout(column, 1)
        fits = (Text("Fits the memory", "内存足够"), "success", "circle-check")
        short = (Text("Too large", "内存不足"), "danger", "circle-x")
        row.addWidget(Badge(*(fits if offer.fits else short)))
        copy = Button(Text("Copy link", "复制链接"), "copy")
        copy.clicked.connect(lambda: self._copy(studio))
        row.addWidget(copy)
        self.body.addLayout(row)

    def _copy(self, studio: Studio) -> None:
        QGuiApplication.clipboard().setText(self.offer.url)
        studio.window.toast(Text(f"Link of {self.offer.name} copied", f"已复制 {self.offer.name} 的链接"))
