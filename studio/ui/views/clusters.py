"""Clusters: this computer and the servers that a person added, with their state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from studio.engine.clusters.kind import kinds
from studio.engine.clusters.service import ClusterChanged, ClusterState
from studio.engine.datasets.dataset import DatasetsChanged
from studio.engine.text import Text
from studio.ui.actions import Action
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.views.clusters_parts.here import HerePage
from studio.ui.views.clusters_parts.inspector import AttentionPanel
from studio.ui.views.clusters_parts.remote import RemotePage
from studio.ui.views.clusters_parts.side import ClustersPanel
from studio.ui.views.clusters_parts.words import HERE, ICONS, THIS_COMPUTER, TONES
from studio.ui.views.view import View
from studio.ui.widgets.ask import Ask, ask_before
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.inputs import Choice, LineField
from studio.ui.widgets.labels import Badge, Label
from studio.ui.widgets.panel import Header, Surface

if TYPE_CHECKING:
    from studio.ui.studio import Studio

TITLE = Text("Clusters", "集群")
ADD = Text("Add cluster", "添加集群")
STATES = {
    "unknown": Text("Not checked", "未检查"),
    "reachable": Text("Reachable", "可访问"),
    "unreachable": Text("No answer", "无应答"),
    "unauthorised": Text("Key refused", "密钥被拒绝"),
}


class Clusters(View):
    """The list at the side, one cluster in the centre, what needs attention in the inspector."""

    name: ClassVar[str] = "clusters"
    title: ClassVar[Text] = TITLE
    icon: ClassVar[str] = "server"
    order: ClassVar[int] = 8
    side_width: ClassVar[str] = "layout.sidePanel.data"

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._clusters: dict[str, ClusterState] = {}
        self._chosen = HERE

    def steps(self) -> Iterator[object]:
        studio = self.studio
        self.side, self.attention = ClustersPanel(), AttentionPanel()
        yield
        self.centre = Centre(studio)
        yield
        self.build(self.centre, self.side, self.attention)
        self.side.chosen.connect(self._choose)
        self.side.asked_new.connect(self.add_cluster)
        self.centre.remote.retried.connect(self._check)
        self.attention.retried.connect(self._check)
        self.centre.asked_remove.connect(self._remove)
        self.centre.here.read.connect(lambda status: self.side.set_engine(_engine_words(status)))
        self.attention.asked_data.connect(lambda: studio.window.show_view("data"))
        studio.bridge.listen(self, ClusterChanged, self._changed)
        studio.bridge.listen(self, DatasetsChanged, self._data_changed)
        studio.opener("cluster", lambda cluster_id, **_: self._choose(cluster_id))

    @classmethod
    def register(cls, studio: Studio) -> None:
        def add() -> None:
            studio.window.show_view(cls.name, lambda view: view.add_cluster())

        studio.actions.add(Action("clusters.add", ADD, add, "server-plus", "", TITLE))

    def shown(self) -> None:
        bridge, engine = self.studio.bridge, self.studio.engine
        bridge.run(self, engine.clusters.list(), self._set_clusters, of="clusters")
        bridge.run(self, engine.datasets.list(), self.attention.set_datasets, of="datasets")
        bridge.run(self, _about(engine), self._set_about)

    def add_cluster(self) -> None:
        """Ask for a name, an address, a kind and a key."""
        dialog = Ask(
            ADD, ADD,
            Text("The studio may connect to this address from then on.", "添加后，程序可以访问该地址。"),
            parent=self,
        )  # fmt: skip
        kind = Choice([(one.name, one.title) for one in kinds], "studio", Text("Kind", "类型"))
        name = LineField(Text("For example: Lab", "例如：实验室"), name=Text("Name", "名称"))
        url = LineField(kinds.get("studio").example, name=Text("Address", "地址"))
        key = LineField(Text("Only if it asks for one", "仅在需要时填写"), name=Text("Key", "密钥"), secret=True)
        kind.changed.connect(lambda chosen: say(url.setPlaceholderText, kinds.get(chosen).example))
        fields = (
            (Text("Name", "名称"), name),
            (Text("Kind", "类型"), kind),
            (Text("Address", "地址"), url),
            (Text("Key", "密钥"), key),
        )
        for title, field in fields:
            dialog.add(title, field)
        dialog.when_agreed(lambda: self._add(dialog, name.text(), url.text(), kind.value(), key.text()))
        dialog.open()
        name.setFocus()

    def _add(self, dialog: Ask, name: str, url: str, kind: str, key: str) -> None:
        def added(cluster: ClusterState) -> None:
            self._clusters[cluster.id] = cluster
            self._show_list()
            self._choose(cluster.id)
            dialog.accept()

        dialog.agree.setEnabled(False)
        self.studio.bridge.run(dialog, self.studio.engine.clusters.add(name, url, kind, key), added, dialog.fail)

    def _check(self, cluster_id: str) -> None:
        self.centre.remote.checking()
        self.studio.bridge.run(self, self.studio.engine.clusters.check(cluster_id))

    def _remove(self) -> None:
        cluster = self._clusters.get(self._chosen)
        if cluster is None:
            return
        ask_before(
            self,
            Text(f"Remove “{cluster.name}”?", f"移除“{cluster.name}”？"),
            Text(
                "Its address and key are forgotten here; nothing changes on the cluster itself.",
                "本机将不再保存其地址和密钥，集群本身不受影响。",
            ),
            Text("Remove cluster", "移除集群"),
            lambda: self.studio.bridge.run(self, self.studio.engine.clusters.remove(cluster.id)),
        )

    def _set_clusters(self, clusters: list[ClusterState]) -> None:
        self._clusters = {one.id: one for one in clusters}
        self._show_list()
        self._choose(self._chosen)

    def _set_about(self, about: tuple[Any, Text, str]) -> None:
        hardware, where, version = about
        self.side.set_where(where)
        self.attention.set_hardware(hardware, str(self.studio.engine.paths.data), version)

    def _changed(self, event: ClusterChanged) -> None:
        if event.cluster is None:
            self._clusters.pop(event.cluster_id, None)
        else:
            self._clusters[event.cluster_id] = event.cluster
            self.centre.remote.note(event.cluster)
        self._show_list()
        if event.cluster_id == self._chosen:
            self._choose(self._chosen if event.cluster else HERE)

    def _data_changed(self, _event: DatasetsChanged) -> None:
        if self.isVisible():
            self.studio.bridge.run(self, self.studio.engine.datasets.list(), self.attention.set_datasets, of="datasets")

    def _show_list(self) -> None:
        clusters = list(self._clusters.values())
        self.side.set_clusters(clusters)
        self.attention.set_clusters(clusters)
        bad = any(one.state in ("unreachable", "unauthorised") for one in clusters)
        self.set_badge("warning" if bad else None)

    def _choose(self, cluster_id: str) -> None:
        self._chosen = cluster_id if cluster_id in self._clusters else HERE
        self.side.list.select(self._chosen)
        self.centre.show_cluster(self._clusters.get(self._chosen))


class Centre(Surface):
    """The header of a cluster and its page."""

    asked_remove = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__("content")
        self.here, self.remote = HerePage(studio), RemotePage()
        self._name, self._state = Label(THIS_COMPUTER, "bodyStrong"), Badge("", "success", "circle-check")
        self._remove = Button(Text("Remove", "移除"), "trash-2")
        self._remove.clicked.connect(self.asked_remove)
        self._stack = QStackedWidget()
        for page in (self.here, self.remote):
            self._stack.addWidget(page)
        header = Header(40, "content", wide=True)
        header.row.setSpacing(theme.size("space.3"))
        for widget in (self._name, self._state):
            header.row.addWidget(widget)
        header.row.addStretch(1)
        header.row.addWidget(self._remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(header)
        column.addWidget(self._stack, 1)
        self.show_cluster(None)

    def show_cluster(self, cluster: ClusterState | None) -> None:
        """A cluster, or this computer for None."""
        self._remove.setVisible(cluster is not None)
        self._name.say(cluster.name if cluster else THIS_COMPUTER)
        if cluster is None:
            self._state.say(Text("default", "默认"))
            self._state.set_tone("neutral", "monitor")
            self._stack.setCurrentWidget(self.here)
            return
        self._state.say(STATES[cluster.state])
        self._state.set_tone(TONES[cluster.state], ICONS[cluster.state])
        self.remote.show_cluster(cluster)
        self._stack.setCurrentWidget(self.remote)


def _engine_words(status: Any) -> Text:
    gpu = f", {status.gpus[0].name}" if status.gpus else ""
    return Text(f"Engine {status.version}{gpu}", f"引擎 {status.version}{gpu}")


async def _about(engine: Any) -> tuple[Any, Text, str]:
    """The hardware, where keys are kept, and the version."""
    import asyncio

    status = await engine.status()
    return await engine.models.hardware(), await asyncio.to_thread(engine.secrets.where), status.version
