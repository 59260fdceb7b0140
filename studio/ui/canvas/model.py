"""What is painted of a step and what a run has said about it: plain data, no Qt, no graph."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

State = Literal[
    "idle",
    "waiting",
    "asking",
    "running",
    "done",
    "cached",
    "warning",
    "failed",
    "stopped",
    "skipped",
    "unreached",
    "left_out",
]
BlockKind = Literal["strong", "plain", "faint", "code", "stream"]
Off = Literal["", "mute", "bypass"]
Side = Literal["input", "output", "inner_output", "inner_input"]


class PortFace(NamedTuple):
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


class Block(NamedTuple):
    """A part of a step's body. `rows` is how many lines it always takes, so that streaming never changes the height."""

    kind: BlockKind
    lines: tuple[str, ...]
    language: str = ""
    rows: int = 0


@dataclass(slots=True)
class NodeFace:
    """All that is painted of a step when nothing runs. `through` are the pairs of ports that a bypassed one joins."""

    id: str
    title: str
    icon: str
    tile: str
    ports: tuple[PortFace, ...] = ()
    blocks: tuple[Block, ...] = ()
    subtitle: str = ""
    kind: str = ""
    frame: bool = False
    off: Off = ""
    through: tuple[tuple[str, str], ...] = ()
    variant: bool = False
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
    fix: tuple[str, str] = ("edit", "")  # the kind of its repair, and what that is about
    retries: int = 0
    note: str = ""
    stale: bool = False
    pieces: int = 0
    spans: list[tuple[float, float, State]] = field(default_factory=list)

    @property
    def progress(self) -> float | None:
        """How much is done, 0 to 1; None when nobody knows."""
        return self.done / self.total if self.total else None


def wire_state(source: State, target: State, into_frame: bool) -> State:
    """What a wire shows, by the states of the steps at its ends."""
    if target == "running":
        return "done" if into_frame and source in ("done", "cached") else "running"
    if source in ("idle", "left_out") or target == "left_out":
        return "idle"
    if source in ("waiting", "asking", "running"):
        return "waiting"
    if source in ("skipped", "stopped", "failed", "unreached") or target in ("skipped", "unreached"):
        return "skipped"
    return "done" if target in ("done", "cached", "warning", "failed", "asking") else "waiting"


STATE_ICONS: dict[str, tuple[str, str]] = {
    "waiting": ("clock", "text.tertiary"),
    "asking": ("message-circle-question-mark", "warning.text"),
    "running": ("loader-circle", "accent.ring"),
    "done": ("check", "success.text"),
    "cached": ("zap", "cached.text"),
    "warning": ("triangle-alert", "warning.text"),
    "failed": ("circle-x", "danger.text"),
    "stopped": ("circle-stop", "text.secondary"),
    "skipped": ("minus", "text.tertiary"),
    "unreached": ("circle-slash", "text.tertiary"),
    "left_out": ("circle-dashed", "text.tertiary"),
}
