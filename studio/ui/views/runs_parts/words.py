"""How a run and a step stand, in words, icons and tones; and times as people read them."""

from __future__ import annotations

from typing import Any, NamedTuple

from studio.engine.text import Text, plural
from studio.engine.workflows import library
from studio.engine.workflows.graph import Graph
from studio.ui.canvas.faces import words_of
from studio.ui.canvas.model import STATE_ICONS, State
from studio.ui.canvas.node_paint import STATE_WORDS
from studio.ui.canvas.times import seconds_in_words


class Look(NamedTuple):
    """What a status looks like: words, icon, the tone of a badge, the colour of a bar and of the icon."""

    words: Text
    icon: str
    tone: str
    bar: str
    ink: str


def _as_on_canvas(state: State, tone: str = "neutral", bar: str = "border.control") -> Look:
    """A step that stands so is called the same under its node: one source of the words and of the icon."""
    words, (icon, ink) = STATE_WORDS[state], STATE_ICONS[state]
    return Look(Text(words.en[0].upper() + words.en[1:], words.zh), icon, tone, bar, ink)


LOOKS: dict[str, Look] = {
    "pending": _as_on_canvas("waiting"),
    "waiting": _as_on_canvas("waiting"),
    "queued": Look(Text("Queued", "排队中"), "clock", "neutral", "border.control", "text.tertiary"),
    "asking": _as_on_canvas("asking", "warning", "warning.solid"),
    "running": _as_on_canvas("running", "accent", "accent.solid"),
    "completed": Look(Text("Completed", "已完成"), "check", "success", "success.solid", "success.text"),
    "cached": Look(Text("From cache", "来自缓存"), "zap", "cached", "cached.solid", "cached.text"),
    "failed": _as_on_canvas("failed", "danger", "danger.solid"),
    "stopped": _as_on_canvas("stopped"),
    "interrupted": Look(Text("Interrupted", "已中断"), "circle-pause", "warning", "warning.solid", "warning.text"),
    "skipped": _as_on_canvas("skipped"),
    "unreached": _as_on_canvas("unreached"),
    "left_out": _as_on_canvas("left_out"),
}
RESUMABLE = frozenset({"failed", "stopped", "interrupted"})


def look(status: str, result: dict[str, Any] | None = None) -> Look:
    """The look of a status; a step that was served from the cache, or that asks a person, has one of its own."""
    if result and result.get("question") and status == "waiting":
        return LOOKS["asking"]
    return LOOKS["cached" if result and result.get("cached") else status]


def look_of_run(status: str) -> Look:
    """The same of a run: one that waits always waits for a person."""
    return LOOKS["asking" if status == "waiting" else status]


def duration(seconds: float | None) -> str:
    return "" if seconds is None else seconds_in_words(seconds)


def tokens(count: int) -> Text:
    return Text(plural(count, "token", "tokens"), f"{count:,} 个词元")


def titles_of(graph: Graph) -> dict[str, Text]:
    """What each step is called."""
    types = library.nodes.all()
    return {node.id: words_of(node, types.get(node.type)) for node in graph.nodes}


def depths_of(graph: Graph) -> dict[str, int]:
    """How deep in frames each step lies."""
    parents = {node.id: node.parent for node in graph.nodes}

    def depth(step: str) -> int:
        parent = parents.get(step)
        return 0 if parent is None else 1 + depth(parent)

    return {step: depth(step) for step in parents}
