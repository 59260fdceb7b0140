"""One run as the view follows it: what its events have said so far."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from studio.engine.models.prices import Prices
from studio.engine.text import Text, plural
from studio.engine.workflows.execution import Execution
from studio.engine.workflows.graph import Graph
from studio.engine.workflows.results import Results
from studio.engine.workflows.run_event import ENDS, RunEvent
from studio.engine.workflows.telling import line_of
from studio.engine.workflows.waits import Waits
from studio.ui.views.runs_parts.words import depths_of, duration, titles_of
from studio.ui.widgets.question import answer_in_words, asks_in_words

LOG_LINES = 5_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log."""

    at: float
    step: str
    words: Text
    tone: str = ""


@dataclass
class Watched:
    """A run, its graph, and its steps as they stand. `order` is that of the graph, a frame's steps after it."""

    execution: Execution
    graph: Graph
    results: Results = field(default_factory=Results)
    lines: list[Line] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    prices: dict[str, Prices] = field(default_factory=dict)  # by model, where somebody has set one
    models: dict[str, str] = field(default_factory=dict)  # what models are called
    asks: int = 0  # questions and answers so far: another number is another state of what is open

    def __post_init__(self) -> None:
        self._waits = Waits()
        self._rows: dict[str, int] = {}
        self._asked: dict[str, dict[str, Any]] = {}  # the last question of each step
        self._heard: dict[str, int | None] = {}
        self.titles = titles_of(self.graph)
        self.depths = depths_of(self.graph)
        self.order = _order(self.graph, None)

    @property
    def running(self) -> bool:
        return self.execution.status in ("running", "waiting")

    @property
    def started(self) -> float:
        return self.results.started_at or self.execution.started_at or self.execution.created_at

    @property
    def elapsed(self) -> float:
        """Seconds from the first start to the end, or to now, with all that it waited."""
        end = time.time() if self.running else self.results.completed_at or self.execution.completed_at or self.started
        return max(0.0, end - self.started)

    @property
    def waited(self) -> float:
        """Seconds that it stood still: for a person, or until it was resumed."""
        return min(self.elapsed, self._waits.seconds(time.time()))

    @property
    def worked(self) -> float:
        return self.elapsed - self.waited

    def result(self, step: str) -> dict[str, Any]:
        return self.results.steps.get(step, {"status": "waiting"})

    def note(self, event: RunEvent) -> bool:
        """Take an event; the answer tells whether the run has ended with it."""
        self.results.note(event)
        self._waits.note(event)
        self.asks += event.kind in ("asked", "answered")
        if event.kind == "token":
            self._hear(event.step, event.data.get("row"), event.data["text"])
        elif event.kind == "row":
            self._rows = {step: row for step, row in self._rows.items() if row != event.data["row"]}
        if event.kind == "asked":
            self._asked[event.step] = event.data["question"]
        line = _line(event, self._asked.get(event.step))
        if line is not None:
            self.lines.append(line)
            del self.lines[:-LOG_LINES]
        return event.kind in ENDS

    def _hear(self, step: str, row: int | None, text: str) -> None:
        """Text as it is written; of the rows of a map that are written side by side, one at a time."""
        if row is not None and self._rows.setdefault(step, row) != row:
            return
        fresh = row is not None and self._heard.get(step) != row
        self._heard[step] = row
        self.texts[step] = text if fresh else (self.texts.get(step, "") + text)[-4_000:]


def _order(graph: Graph, frame: str | None) -> list[str]:
    return [step for node in graph.children(frame) for step in (node.id, *_order(graph, node.id))]


def _line(event: RunEvent, question: dict[str, Any] | None = None) -> Line | None:
    data = event.data
    row = Text(f"row {data['row']}: ", f"第 {data['row']} 行：") if isinstance(data.get("row"), int) else Text("", "")
    match event.kind:
        case "run_started":
            words = Text("resumed", "继续运行") if data.get("resumed") else Text("started", "开始运行")
            return Line(event.at, "", words)
        case "finished":
            return Line(event.at, event.step, _finished(data), "cached" if data["cached"] else "")
        case "failed":
            message = data["error"]["message"]
            return Line(event.at, event.step, Text(row.en + message["en"], row.zh + message["zh"]), "danger")
        case "skipped":
            return Line(event.at, event.step, Text("skipped", "已跳过"))
        case "asked":
            asked = asks_in_words(data["question"])
            return Line(event.at, event.step, Text(f"asks: {asked.en}", f"提问：{asked.zh}"), "warning")
        case "answered":
            words = answer_in_words(data.get("answer"), question)
            by = Text(f" ({data['by']})", f"（{data['by']}）") if data.get("by") else Text("", "")
            return Line(event.at, event.step, Text(f"answered: {words.en}{by.en}", f"已回答：{words.zh}{by.zh}"))
        case "log":
            line = line_of(data)
            return Line(event.at, event.step, Text(row.en + line.en, row.zh + line.zh))
        case "run_finished":
            return Line(event.at, "", Text("completed", "运行完成"), "success")
        case "run_failed":
            return Line(event.at, "", Text("failed", "运行失败"), "danger")
        case "run_stopped":
            return Line(event.at, "", Text("stopped", "已停止"))
        case "run_interrupted":
            return Line(
                event.at, "", Text("interrupted: the studio ended in the middle", "运行中断：程序中途退出"), "warning"
            )
    return None


def _finished(data: dict[str, Any]) -> Text:
    seconds = duration(data["seconds"])
    if data["cached"]:
        return Text("from cache", "来自缓存")
    if "rows" in data:
        failed = data["failed"]
        more = Text(f", {failed:,} failed", f"，{failed:,} 行失败") if failed else Text("", "")
        return Text(
            f"{plural(data['rows'], 'row', 'rows')}{more.en}, {seconds} in all",
            f"{data['rows']:,} 行{more.zh}，共 {seconds}",
        )
    if data.get("tokens"):
        return Text(
            f"done, {plural(data['tokens'], 'token', 'tokens')}, {seconds}",
            f"完成，{data['tokens']:,} 个词元，{seconds}",
        )
    return Text(f"done, {seconds}", f"完成，{seconds}")
