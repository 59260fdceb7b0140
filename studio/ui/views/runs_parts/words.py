"""How a run and a step stand, in words, icons and tones; and times as people read them."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

from studio.engine.text import Text
from studio.engine.workflows import library
from studio.engine.workflows.graph import Graph, Node


class Look(NamedTuple):
    """What a status looks like: words, icon, the tone of a badge, the colour of a bar and of the icon."""

    words: Text
    icon: str
    tone: str
    bar: str
    ink: str


LOOKS: dict[str, Look] = {
    "pending": Look(Text("Waiting", "等待中"), "clock", "neutral", "border.control", "text.tertiary"),
    "waiting": Look(Text("Waiting", "等待中"), "clock", "neutral", "border.control", "text.tertiary"),
    "running": Look(Text("Running", "运行中"), "loader-circle", "accent", "accent.solid", "accent.ring"),
    "completed": Look(Text("Completed", "已完成"), "check", "success", "success.solid", "success.text"),
    "cached": Look(Text("From cache", "来自缓存"), "zap", "cached", "cached.solid", "cached.text"),
    "failed": Look(Text("Failed", "失败"), "circle-x", "danger", "danger.solid", "danger.text"),
    "stopped": Look(Text("Stopped", "已停止"), "circle-stop", "neutral", "border.control", "text.secondary"),
    "interrupted": Look(Text("Interrupted", "已中断"), "circle-pause", "warning", "warning.solid", "warning.text"),
    "skipped": Look(Text("Skipped", "已跳过"), "minus", "neutral", "border.control", "text.tertiary"),
}
RESUMABLE = frozenset({"failed", "stopped", "interrupted"})


def look(status: str, result: dict[str, Any] | None = None) -> Look:
    """The look of a status; a step that was served from the cache has one of its own."""
    return LOOKS["cached" if result and result.get("cached") else status]


def duration(seconds: float | None) -> str:
    """12 ms, 0.4 s, 13 s, 2:08, 1:02:08."""
    if seconds is None:
        return ""
    if seconds < 0.0005:
        return "< 1 ms"
    if seconds < 0.05:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 60 else clock(seconds)


def clock(seconds: float) -> str:
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def moment(at: float | None) -> Text:
    """A time of day for today, with the date before that."""
    if at is None:
        return Text("", "")
    then, now = time.localtime(at), time.localtime()
    of_day = time.strftime("%H:%M:%S", then)
    if then[:3] == now[:3]:
        return Text(of_day, of_day)
    return Text(f"{time.strftime('%d %b', then)} {of_day[:5]}", f"{then.tm_mon} 月 {then.tm_mday} 日 {of_day[:5]}")


def tokens(count: int) -> Text:
    return Text(f"{count:,} tokens", f"{count:,} 个词元")


def title_of(node: Node) -> Text:
    """What a step is called: its own title, else its type's."""
    known = library.nodes.all().get(node.type)
    return Text.same(node.title) if node.title else known.title if known else Text.same(node.type)


def titles_of(graph: Graph) -> dict[str, Text]:
    return {node.id: title_of(node) for node in graph.nodes}


def depths_of(graph: Graph) -> dict[str, int]:
    """How deep in frames each step lies."""
    parents = {node.id: node.parent for node in graph.nodes}

    def depth(step: str) -> int:
        parent = parents.get(step)
        return 0 if parent is None else 1 + depth(parent)

    return {step: depth(step) for step in parents}
