"""A run as it is shown: events go in, states, times, text, logs and outputs come out. No Qt; it is told, it asks nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from studio.engine.text import Text
from studio.engine.workflows.run_event import ENDS, RunEvent
from studio.engine.workflows.store import digest_of, preview
from studio.engine.workflows.telling import line_of
from studio.engine.workflows.waits import Waits
from studio.ui import when
from studio.ui.canvas.model import Live
from studio.ui.canvas.times import rows_in_words, seconds_in_words
from studio.ui.language import joined, tr
from studio.ui.widgets.question import answer_in_words, asked_in_words, asks_in_words

LINES_KEPT = 5_000
TEXT_KEPT = 20_000
STARTED = Text("run started", "运行开始")
RESUMED = Text("run goes on", "继续运行")
FINISHED = Text("run finished in {took}", "运行完成，用时 {took}")
STOPPED = Text("run stopped", "运行已停止")
ASKED = Text("asks: {question}", "提问：{question}")
ANSWERED = Text("answered: {answer}", "已回答：{answer}")
INTERRUPTED = Text("run was interrupted; it can go on", "运行被中断，可以继续")
FROM_CACHE = Text("from cache", "取自缓存")
SKIPPED = Text("skipped", "已跳过")
RETRIED, FAILED_ROWS = Text("{count} retried", "重试 {count} 次"), Text("{count} failed", "{count} 行失败")
RATE = Text("{rate:.0f} tok/s", "{rate:.0f} 词元/秒")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log."""

    at: float
    step: str
    said: Text | str
    tone: str = ""

    @property
    def words(self) -> str:
        return " ".join(tr(self.said).split())

    @property
    def clock(self) -> str:
        return when.clock(self.at, seconds=True)


@dataclass(slots=True)
class Output:
    """What a step gave at one port: where it is and what it begins with."""

    port: str
    ref: dict[str, Any]
    preview: dict[str, Any]


@dataclass(slots=True)
class RunState:
    """`touched` gathers the steps that changed since somebody last looked; `take_touched` empties it."""

    execution_id: str
    lives: dict[str, Live] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    outputs: dict[str, list[Output]] = field(default_factory=dict)
    status: str = "running"
    started: float | None = None
    ended: float | None = None
    error: dict[str, Any] | None = None
    cached: int = 0
    last: int = 0
    touched: set[str] = field(default_factory=set)
    rows: dict[str, int] = field(default_factory=dict)
    open: dict[str, str] = field(default_factory=dict)  # questions that nobody has answered, by step
    asked: dict[str, dict[str, Any]] = field(default_factory=dict)  # the last question of each step
    waits: Waits = field(default_factory=Waits)
    asks: int = 0  # questions and answers so far: another number is another state of what is open

    @property
    def running(self) -> bool:
        return self.status == "running"

    def live(self, step: str) -> Live:
        return self.lives.setdefault(step, Live())

    def take(self, event: RunEvent) -> None:
        """Learn of one event. Those that were heard already are passed over, so a stream may begin anew."""
        if event.seq <= self.last:
            return
        self.last = event.seq
        self.waits.note(event)
        handler = getattr(self, f"_{event.kind}", None)
        if handler is not None:
            handler(event)
        if event.step:
            self.touched.add(event.step)
        if event.kind in ENDS:
            self._end(event)

    def take_touched(self, now: float) -> dict[str, Live]:
        """The steps that changed, and those that run, with their time so far."""
        running = {step for step, live in self.lives.items() if live.state == "running"}
        found = {step: self.lives[step] for step in self.touched | running if step in self.lives}
        for live in found.values():
            if live.state == "running" and live.started is not None:
                live.seconds = max(0.0, now - live.started)
        self.touched.clear()
        return found

    def elapsed(self, now: float) -> float:
        return max(0.0, (self.ended or now) - self.started) if self.started else 0.0

    def waited(self, now: float) -> float:
        """Of that: the seconds that it stood still."""
        return min(self.elapsed(now), self.waits.seconds(now))

    def _run_started(self, event: RunEvent) -> None:
        self.status, self.ended, self.error = "running", None, None
        self.started = self.started or event.at
        self.order = list(event.data["steps"])
        left_out = frozenset(event.data.get("left_out", ()))
        for step in self.order:
            if self.live(step).state not in ("done", "cached", "warning"):
                self.lives[step] = Live("left_out" if step in left_out else "waiting")
        self.touched.update(self.order)
        self._say(event, RESUMED if event.data.get("resumed") else STARTED)

    def _queued(self, event: RunEvent) -> None:
        self.live(event.step).state = "waiting"

    def _started(self, event: RunEvent) -> None:
        live = self.live(event.step)
        live.state, live.started, live.text, live.message = "running", event.at, "", self.open.get(event.step, "")
        if live.message:  # asked before the studio was closed, and not answered yet
            live.state = "asking"
        live.retries = 0

    def _progress(self, event: RunEvent) -> None:
        live = self.live(event.step)
        if live.state not in ("running", "done", "cached", "failed"):
            live.started, live.text = event.at, ""
            live.state = "running"
        live.done, live.total = int(event.data.get("done") or 0), int(event.data.get("total") or 0)
        if live.done and event.step not in self.outputs:
            live.spans = [(live.started or event.at, event.at, "running")]

    def _token(self, event: RunEvent) -> None:
        live = self.live(event.step)
        if live.state != "running":
            live.state, live.started = "running", event.at
        row = event.data.get("row")
        if row is not None and self.rows.get(event.step) != row:
            self.rows[event.step], live.text = row, ""
        live.pieces += 1
        live.text = (live.text + event.data["text"])[-TEXT_KEPT:]

    def _output(self, event: RunEvent) -> None:
        self._keep(event.step, Output(event.data["port"], event.data.get("ref", {}), event.data.get("preview", {})))

    def _keep(self, step: str, found: Output) -> None:
        kept = [output for output in self.outputs.get(step, []) if output.port != found.port]
        self.outputs[step] = [*kept, found]
        live = self.live(step)
        if found.preview.get("type") == "table":
            live.rows = found.preview["rows"]
        if found.preview.get("type") == "text" and not live.text:
            live.text = found.preview["text"]

    def _finished(self, event: RunEvent) -> None:
        live = self.live(event.step)
        self.open.pop(event.step, None)
        for port, ref in event.data.get("outputs", {}).items():
            if ref.get("kind") == "inline":
                self._keep(event.step, Output(port, {**ref, "digest": digest_of(ref["value"])}, preview(ref["value"])))
            elif all(known.port != port for known in self.outputs.get(event.step, [])):
                self._keep(
                    event.step, Output(port, ref, {})
                )  # taken over from another run: it is read when it is shown
        cached, failed = bool(event.data.get("cached")), int(event.data.get("failed") or 0)
        live.state = "cached" if cached else "warning" if failed or live.retries else "done"
        live.seconds = float(event.data.get("seconds") or 0.0)
        ended = live.spans[0][1] if live.spans and live.total and "rows" in event.data else event.at
        live.spans = [((live.started or event.at - live.seconds), ended, live.state)]
        self.cached += cached
        tokens = event.data.get("tokens") or 0
        live.note = tr(RATE.format(rate=tokens / live.seconds)) if tokens and live.seconds > 0.05 and not cached else ""
        if live.state == "warning":
            live.note = tr(FAILED_ROWS.format(count=failed) if failed else RETRIED.format(count=live.retries))
        self._say(event, self._result(live, cached))

    def _failed(self, event: RunEvent) -> None:
        error = event.data["error"]
        if "row" in event.data:
            message, row = _text(error["message"]), event.data["row"]
            self._say(event, Text(f"{row}: {message.en}", f"{row}：{message.zh}"), "warning")
            return
        live = self.live(event.step)
        live.state, live.message = "failed", _words(error["message"])
        live.repair = _words(error["repair"]) if error.get("repair") else ""
        fix = error.get("fix") or {}
        live.fix = (fix.get("kind", "edit"), fix.get("target", ""))
        live.seconds = float(event.data.get("seconds") or 0.0)
        live.spans = [(live.started or event.at - live.seconds, event.at, "failed")]
        self._say(event, _text(error["message"]), "danger")

    def _retry(self, event: RunEvent) -> None:
        """It is tried again: a warning, even where the next try succeeds."""
        self.live(event.step).retries += 1

    def _skipped(self, event: RunEvent) -> None:
        self.live(event.step).state = "skipped"
        self._say(event, SKIPPED, "quiet")

    def _asked(self, event: RunEvent) -> None:
        live, question = self.live(event.step), asked_in_words(event.data["question"])
        live.message = self.open[event.step] = " ".join(tr(question).split())
        live.state, live.started = "asking", live.started or event.at
        self.asked[event.step] = event.data["question"]
        self.asks += 1
        self._say(event, ASKED.format(question=asks_in_words(event.data["question"])), "warning")

    def _answered(self, event: RunEvent) -> None:
        live = self.live(event.step)
        live.state, live.message = "running", ""
        self.open.pop(event.step, None)
        self.asks += 1
        words = answer_in_words(event.data.get("answer"), self.asked.get(event.step))
        self._say(event, ANSWERED.format(answer=words))

    def _log(self, event: RunEvent) -> None:
        self._say(event, line_of(event.data))

    def _run_finished(self, event: RunEvent) -> None:
        self._say(event, FINISHED.format(took=seconds_in_words(event.data.get("seconds") or 0.0)), "success")

    def _run_failed(self, event: RunEvent) -> None:
        self.error = event.data["error"]
        if not event.data.get("step"):
            self._say(event, _text(self.error["message"]), "danger")

    def _run_stopped(self, event: RunEvent) -> None:
        self._say(event, STOPPED, "warning")

    def _run_interrupted(self, event: RunEvent) -> None:
        self._say(event, INTERRUPTED, "warning")

    def _end(self, event: RunEvent) -> None:
        """What was under way was stopped; what had not begun was not reached."""
        self.status, self.ended = event.kind.removeprefix("run_"), event.at
        for step, live in self.lives.items():
            if live.state in ("waiting", "running", "asking"):
                live.state, live.message = "unreached" if live.state == "waiting" else "stopped", ""
                live.spans = [(live.started, event.at, "stopped")] if live.started else []
                self.touched.add(step)

    def _result(self, live: Live, cached: bool) -> Text:
        if cached:
            return FROM_CACHE
        rows = rows_in_words(live.rows) if live.rows is not None else None
        return joined(seconds_in_words(live.seconds or 0.0), rows)

    def _say(self, event: RunEvent, words: Text | str, tone: str = "") -> None:
        self.lines.append(Line(event.at, event.step, words, tone))
        if len(self.lines) > LINES_KEPT:
            del self.lines[: LINES_KEPT // 10]


def _text(text: dict[str, str] | str) -> Text:
    return Text.same(text) if isinstance(text, str) else Text(**text)


def _words(text: dict[str, str] | str) -> str:
    return tr(_text(text))
