"""The list of clusters: this computer first, then what a person added."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.engine.clusters.service import ClusterState
from studio.engine.text import Text
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.views.clusters_parts.words import HERE, THIS_COMPUTER, TONES, host_of, state_words
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Divider, Glyph, Panel
from studio.ui.widgets.rows import Row, RowList


class ClustersPanel(Panel):
    """`chosen` carries a cluster's id, or `HERE` for this computer."""

    chosen = Signal(str)
    asked_new = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        add = Button(Text("Add", "添加"), "plus")
        say(add.setAccessibleName, Text("Add cluster", "添加集群"))
        super().__init__(Text("Clusters", "集群"), [add], header=40, parent=parent)
        add.clicked.connect(self.asked_new)
        self._engine = Text("Engine starting", "引擎启动中")
        self._clusters: list[ClusterState] = []
        self.list = RowList(Text("Clusters", "集群"), height=48)
        self.list.selected.connect(self.chosen)
        self.body.setContentsMargins(0, theme.size("space.1"), 0, 0)
        self.body.addWidget(self.list, 1)
        self.body.addWidget(Divider())
        self._secrets = Label("", "caption", "text.secondary", wrap=True)
        row = QHBoxLayout()
        side = theme.size("space.3")
        row.setContentsMargins(side, theme.size("space.2"), side, theme.size("space.2"))
        row.setSpacing(theme.size("space.2"))
        row.addWidget(Glyph("key-round", "text.tertiary", 14))
        row.addWidget(self._secrets, 1)
        self.body.addLayout(row)
        self._show()

    def set_engine(self, words: Text) -> None:
        self._engine = words
        self._show()

    def set_clusters(self, clusters: list[ClusterState]) -> None:
        self._clusters = clusters
        self._show()

    def set_where(self, where: Text) -> None:
        """Where keys are kept."""
        self._secrets.say(Text(f"Keys: {where.en}", f"密钥：{where.zh}"))

    def _show(self) -> None:
        here = Row(HERE, THIS_COMPUTER, self._engine, "monitor", tone="success")
        self.list.set_rows([here, *map(_row, self._clusters)])
        if not self.list.current():
            self.list.select(HERE)


def _row(cluster: ClusterState) -> Row:
    words, host = state_words(cluster), host_of(cluster.url)
    return Row(
        cluster.id, cluster.name, Text(f"{words.en} · {host}", f"{words.zh} · {host}"), "server",
        tone=TONES[cluster.state], hint=cluster.url,
    )  # fmt: skip
