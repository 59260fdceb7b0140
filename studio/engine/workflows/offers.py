"""Which wires could be drawn, asked by the hundred: what the judge looks up for each is looked up once for all."""

from __future__ import annotations

from studio.engine.errors import StudioError
from studio.engine.workflows.graph import Edge, Graph
from studio.engine.workflows.links import Place, PortsOf, Sheet


class Offers:
    """Says of each wire what `check_link` would, of a graph in which nothing changes meanwhile. With `replacing`, the wires
    that a new one would take the place of count as gone."""

    def __init__(self, graph: Graph, ports_of: PortsOf, replacing: bool = False) -> None:
        self._sheet = Sheet(graph, ports_of)
        self._replacing = replacing
        self._follows = self._sheet.follows(graph.wires())
        self._leads_to: dict[Place, list[Place]] = {}
        for place, later in self._follows.items():
            for other in later:
                self._leads_to.setdefault(other, []).append(place)
        self._before: dict[Place, set[Place]] = {}
        self._after: dict[Place, set[Place]] = {}

    def leaves(self, edge: Edge) -> bool:
        """Whether this wire may be; made for many that begin at one step."""
        start, end = self._sheet.places(edge)
        return end not in _reached(self._before, self._leads_to, start) and self._holds(edge)

    def enters(self, edge: Edge) -> bool:
        """The same; made for many that end at one step."""
        start, end = self._sheet.places(edge)
        return start not in _reached(self._after, self._follows, end) and self._holds(edge)

    def _holds(self, edge: Edge) -> bool:
        try:
            self._sheet.check(edge, self._replacing)
        except StudioError:
            return False
        return True


def _reached(known: dict[Place, set[Place]], ways: dict[Place, list[Place]], start: Place) -> set[Place]:
    """All places that are reached from one, itself among them."""
    if start not in known:
        found, waiting = {start}, [start]
        while waiting:
            fresh = [place for place in ways.get(waiting.pop(), ()) if place not in found]
            found.update(fresh)
            waiting.extend(fresh)
        known[start] = found
    return known[start]
