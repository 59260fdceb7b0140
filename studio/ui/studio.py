"""What a view is given: the engine, the window, and the way to every object."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from studio.engine.text import Text
from studio.ui.actions import Actions
from studio.ui.bridge import Bridge

if TYPE_CHECKING:
    from studio.engine.engine import Engine
    from studio.engine.settings import Settings
    from studio.ui.window import Window

# The view that shows a kind of object, so that it is made before it is asked to open one.
HOMES = {
    "dataset": "data",
    "query": "data",
    "connection": "data",
    "collection": "knowledge",
    "document": "knowledge",
    "model": "models",
    "workflow": "workflows",
    "thread": "chat",
    "run": "runs",
    "cluster": "clusters",
    "settings": "settings",
}
NO_KEY = Text("Without a key", "不登录")
Opener = Callable[..., Any]


class Studio:
    """One per window. Views reach each other only through `open`."""

    def __init__(self, window: Window, bridge: Bridge, actions: Actions) -> None:
        self.window = window
        self.bridge = bridge
        self.actions = actions
        self._openers: dict[str, Opener] = {}

    @property
    def engine(self) -> Engine:
        engine: Engine = self.bridge.engine
        return engine

    @property
    def settings(self) -> Settings:
        return self.engine.settings

    def opener(self, kind: str, open_one: Opener) -> None:
        """Say how to open objects of that kind: `open_one(id, **place)`. The view is in front when it is called."""
        self._openers[kind] = open_one

    def open(self, kind: str, object_id: str, **place: Any) -> None:
        """Bring an object to the front in its view."""
        if HOMES.get(kind) in self.window.view_names():
            self.window.show_view(HOMES[kind], lambda _: self._open(kind, object_id, place))
        else:
            self._open(kind, object_id, place)

    def _open(self, kind: str, object_id: str, place: dict[str, Any]) -> None:
        if kind in self._openers:
            self._openers[kind](object_id, **place)

    async def choices(self, kind: str) -> list[tuple[str, Text | str]]:
        """What a picker offers for a `Ref` kind: (value, words), by name."""
        engine = self.engine
        if kind == "dataset":
            return [(one.id, one.name) for one in await engine.datasets.list()]
        if kind == "collection":
            return [(one.id, one.name) for one in await engine.knowledge.collections()]
        if kind == "workflow":
            return [(one.id, one.name) for one in await engine.workflows.list()]
        if kind == "service":
            return [("", NO_KEY), *((one.name, one.name) for one in await engine.connections.list("web"))]
        if kind == "tool_server":
            return [(one.name, one.name) for one in await engine.workflows.mcp.listed()]
        if kind == "model":
            return await self._models()
        return []

    async def _models(self) -> list[tuple[str, Text | str]]:
        models = await self.engine.models.list()
        aliases = await self.engine.models.aliases()
        named = [(alias, Text(f"{alias} (alias)", f"{alias}（别名）")) for alias in {"default": "", **aliases}]
        return [*named, *((model.id, model.name) for model in models)]
