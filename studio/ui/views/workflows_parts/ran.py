"""The steps of a run as they were when it ran: what was changed since then counts for the next run."""

from __future__ import annotations

from collections.abc import Mapping

from studio.engine.workflows.graph import Graph, Node


class Ran:
    """Of no run as yet nothing differs."""

    def __init__(self, graph: Graph | None = None) -> None:
        self.steps: dict[str, Node] = {node.id: node for node in graph.nodes} if graph is not None else {}

    def differs(self, now: Node | None) -> bool:
        """Whether a step is another one now."""
        before = self.steps.get(now.id) if now is not None else None
        return bool(before and now and before.work != now.work)

    def differ(self, now: Mapping[str, Node]) -> bool:
        """Whether these are other steps than those that ran."""
        if not self.steps:
            return False
        return self.steps.keys() != now.keys() or any(map(self.differs, now.values()))
