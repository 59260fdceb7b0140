"""Making what is missing: for each kind of thing that a setting can name, what makes one and where such things are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject

from studio.engine.connections.connection import ConnectionsChanged
from studio.engine.datasets.dataset import DatasetsChanged
from studio.engine.knowledge.document import CollectionsChanged
from studio.engine.models.model import ModelChanged
from studio.engine.text import Text
from studio.engine.workflows.service import WorkflowsChanged
from studio.ui.studio import Studio

Made = Callable[[str, "Text | str"], None]


@dataclass(frozen=True, slots=True)
class Maker:
    """What it says, the action that makes one, the view where that is done, and the event that tells of it."""

    title: Text
    action: str
    view: str
    event: type[Any]


MAKERS = {
    "dataset": Maker(Text("Add data", "添加数据"), "data.add", "data", DatasetsChanged),
    "collection": Maker(Text("New collection", "新建文档集"), "knowledge.new", "knowledge", CollectionsChanged),
    "model": Maker(Text("Add a model", "添加模型"), "models.add", "models", ModelChanged),
    "workflow": Maker(Text("New workflow", "新建工作流"), "workflows.new", "workflows", WorkflowsChanged),
    "service": Maker(Text("Add a connection", "添加连接"), "data.connect", "data", ConnectionsChanged),
}


def make(studio: Studio, kind: str, owner: QObject | None = None, made: Made | None = None) -> None:
    """Begin to make one; where its action is not at hand, its view. `made` hears, once, of the first new one, as long as the
    owner lives and asks for nothing else."""
    if owner is not None and made is not None:
        Awaited(studio, kind, owner, made)
        return
    _begin(studio, kind)


def _begin(studio: Studio, kind: str) -> None:
    maker = MAKERS[kind]
    if not (studio.actions.has(maker.action) and studio.actions.trigger(maker.action)):
        studio.window.show_view(maker.view)


class Awaited(QObject):
    """Waits for a thing that was not there when the making of it began. One at a time for each owner."""

    def __init__(self, studio: Studio, kind: str, owner: QObject, made: Made) -> None:
        for earlier in owner.findChildren(Awaited):
            earlier.leave()
        super().__init__(owner)
        self._studio, self._kind, self._made = studio, kind, made
        self._known: set[str] | None = None
        studio.bridge.run(self, studio.choices(kind), self._start)

    def leave(self) -> None:
        self._known = None
        self.deleteLater()

    def _start(self, choices: list[tuple[str, Text | str]]) -> None:
        self._known = {value for value, _ in choices}
        self._studio.bridge.listen(self, MAKERS[self._kind].event, lambda _: self._look())
        _begin(self._studio, self._kind)

    def _look(self) -> None:
        if self._known is not None:
            self._studio.bridge.run(self, self._studio.choices(self._kind), self._compare)

    def _compare(self, choices: list[tuple[str, Text | str]]) -> None:
        fresh = [pair for pair in choices if self._known is not None and pair[0] not in self._known]
        if fresh:
            self.leave()
            self._made(*fresh[0])
