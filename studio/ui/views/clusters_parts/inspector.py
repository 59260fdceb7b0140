"""What needs attention among the clusters, and what this computer is made of."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.clusters.service import ClusterState
from studio.engine.datasets.dataset import Dataset
from studio.engine.models.hardware import Hardware
from studio.engine.text import Text, plural
from studio.ui.theme import theme
from studio.ui.views.clusters_parts.words import ICONS, TONES, cannot_be_read, gigabytes, state_words
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.discard import empty
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Card, Divider, Glyph, Panel, Section, scroll

NAMED = 5  # datasets
ENGINES = {"vllm": "vLLM", "llama_cpp": "llama.cpp"}


class AttentionPanel(Panel):
    """`retried` carries the id of a cluster that shall be asked again."""

    retried = Signal(str)
    asked_data = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Text("Needs attention", "需要处理"), header=40, parent=parent)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(theme.size("space.2"))
        side = theme.size("space.3")
        self._cards.setContentsMargins(side, side, side, side)
        self._facts = QGridLayout()
        self._facts.setContentsMargins(side, theme.size("space.1"), side, side)
        self._facts.setHorizontalSpacing(theme.size("space.3"))
        self._facts.setVerticalSpacing(theme.size("space.2"))
        self._facts.setColumnStretch(1, 1)
        computer = Section(Text("This computer", "本机"))
        computer.body.addLayout(self._facts)
        inner = QVBoxLayout()
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addLayout(self._cards)
        inner.addWidget(Divider())
        inner.addWidget(computer)
        inner.addStretch(1)
        self.body.addWidget(scroll(inner))
        self._clusters: list[ClusterState] = []
        self._datasets: list[Dataset] = []
        self._show()

    def set_clusters(self, clusters: list[ClusterState]) -> None:
        self._clusters = [one for one in clusters if one.state in ("unreachable", "unauthorised")]
        self._show()

    def set_datasets(self, datasets: list[Dataset]) -> None:
        self._datasets = [one for one in datasets if cannot_be_read(one)]
        self._show()

    def _show(self) -> None:
        empty(self._cards)
        for cluster in self._clusters:
            self._cards.addWidget(self._card(cluster))
        if self._datasets:
            self._cards.addWidget(self._card_of_data())
        if not self._clusters and not self._datasets:
            self._cards.addWidget(Label(Text("Nothing", "没有需要处理的事项"), "dense", "text.secondary"))

    def set_hardware(self, hardware: Hardware, folder: str, version: str) -> None:
        """The facts of this computer."""
        empty(self._facts)
        gpus = ", ".join(gpu.name for gpu in hardware.gpus)
        facts = [
            (Text("Engine", "引擎"), Text.same(version)),
            (Text("Processor", "处理器"), Text.same(hardware.cpu)),
            (
                Text("Cores", "核心"),
                Text(f"{hardware.cores}, {hardware.threads} threads", f"{hardware.cores} 核 {hardware.threads} 线程"),
            ),
            (Text("Memory", "内存"), Text.same(gigabytes(hardware.ram_total))),
            (
                Text("Disk free", "磁盘可用"),
                Text.same(f"{gigabytes(hardware.disk_free)} / {gigabytes(hardware.disk_total)}"),
            ),
            (Text("GPU", "GPU"), Text.same(gpus) if gpus else Text("none found", "未检测到")),
            (Text("Models run on", "模型运行于"), Text.same(ENGINES.get(hardware.engine, hardware.engine))),
            (Text("Why", "原因"), hardware.why),
            (Text("Data folder", "数据文件夹"), Text.same(folder)),
        ]
        for row, (title, words) in enumerate(facts):
            self._facts.addWidget(Label(title, "dense", "text.secondary"), row, 0, Qt.AlignmentFlag.AlignTop)
            self._facts.addWidget(Label(words, "dense", wrap=True), row, 1)

    def _card_of_data(self) -> QWidget:
        count, names = len(self._datasets), [one.name for one in self._datasets]
        card = Card("warning")
        head = QHBoxLayout()
        head.addWidget(Glyph("triangle-alert", "warning.text"))
        said = plural(count, "dataset is not readable", "datasets are not readable")
        head.addWidget(Label(Text(said, f"{count:,} 个数据集无法读取"), "denseStrong", wrap=True), 1)
        card.body.addLayout(head)
        more = Text(f" and {count - NAMED:,} more", f"等 {count:,} 个") if count > NAMED else Text.same("")
        words = Text(", ".join(names[:NAMED]) + more.en, "、".join(names[:NAMED]) + more.zh)
        card.body.addWidget(Label(words, "dense", "text.secondary", wrap=True))
        row = QHBoxLayout()
        go = Button(Text("Open Data", "打开数据"), "database", size="sm")
        go.clicked.connect(lambda _=False: self.asked_data.emit())
        row.addWidget(go)
        row.addStretch(1)
        card.body.addLayout(row)
        return card

    def _card(self, cluster: ClusterState) -> QWidget:
        card = Card(TONES[cluster.state])
        head = QHBoxLayout()
        head.addWidget(Glyph(ICONS[cluster.state], f"{TONES[cluster.state]}.text"))
        head.addWidget(Label(cluster.name, "denseStrong", elide="end"), 1)
        card.body.addLayout(head)
        card.body.addWidget(Label(state_words(cluster), "dense", wrap=True))
        if cluster.reason:
            card.body.addWidget(Label(cluster.reason, "dense", "text.secondary", wrap=True))
        row = QHBoxLayout()
        retry = Button(Text("Retry", "重试"), "refresh-cw", size="sm")
        retry.clicked.connect(lambda: self.retried.emit(cluster.id))
        row.addWidget(retry)
        row.addStretch(1)
        card.body.addLayout(row)
        return card
