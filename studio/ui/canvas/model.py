"""What is painted of a step and what a run has said about it: plain data, no Qt, no graph."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

State = Literal["idle", "waiting", "running", "done", "cached", "warning", "failed", "skipped"]
BlockKind = Literal["strong", "plain", "faint", "code", "stream"]
Side = Literal["input", "output", "inner_output", "inner_input"]


@dataclass(frozen=True, slots=True)
class PortFace:
    """One port as it is painted. `side` says where it stands and which way wires leave it."""

    name: str
    type: str
    label: str
    side: Side
    many: bool = False
    optional: bool = False

    @property
    def begins(self) -> bool:
        """Whether wires begin here (and do not end)."""
        return self.side in ("output", "inner_output")


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a step's body. `rows` is how many lines it always takes, so that streaming never changes the height."""

    kind: BlockKind
    lines: tuple[str, ...]
    language: str = ""
    rows: int = 0


@dataclass(frozen=True, slots=True)
class NodeFace:
    """All that is painted of a step when nothing runs."""

    id: str
    title: str
    icon: str
    tile: str
    ports: tuple[PortFace, ...] = ()
    blocks: tuple[Block, ...] = ()
    subtitle: str = ""
    kind: str = ""
    frame: bool = False
    bypass: bool = False
    streams: bool = False


@dataclass(slots=True)
class Live:
    """What the latest run has said about a step. Times in seconds; `done` of `total` counts rows of a map."""

    state: State = "idle"
    seconds: float | None = None
    started: float | None = None
    rows: int | None = None
    done: int = 0
    total: int = 0
    text: str = ""
    message: str = ""
    repair: str = ""
    note: str = ""
    stale: bool = False
    pieces: int = 0
    spans: list[tuple[float, float, State]] = field(default_factory=list)

    @property
    def progress(self) -> float | None:
        """How much is done, 0 to 1; None when nobody knows."""
        return self.done / self.total if self.total else None


STATE_ICONS: dict[str, tuple[str, str]] = {
    "waiting": ("clock", "text.tertiary"),
    "running": ("loader-circle", "accent.ring"),
    "done": ("check", "success.text"),
    "cached": ("zap", "cached.text"),
    "warning": ("triangle-alert", "warning.text"),
    "failed": ("circle-x", "danger.text"),
    "skipped": ("minus", "text.tertiary"),
}
