"""One end of a wire: a port of a step."""

from __future__ import annotations

from dataclasses import dataclass

from studio.ui.canvas.layout import Spot


@dataclass(frozen=True, slots=True)
class End:
    """A port, with the step that it belongs to."""

    node_id: str
    spot: Spot

    @property
    def begins(self) -> bool:
        return self.spot.port.begins
