"""How each step of a run ended, told from its events."""

from __future__ import annotations

from typing import Any

from studio.engine.workflows.run_event import ENDS, RunEvent
from studio.engine.workflows.store import preview
from studio.engine.workflows.values import is_table, plain

BRIEF_ROWS = 1_000
NOTED = (
    "run_started", "queued", "started", "retry", "progress", "output", "finished", "failed", "skipped", "asked", "answered", "exchange", *sorted(ENDS),
)  # fmt: skip

Used = dict[str, tuple[int, int]]


class Results:
    """How each step of a run stands, kept up to date by its events: a window notes each as it comes.

    `steps` has by step: status (waiting, running, completed, failed, skipped, stopped, unreached where the run ended
    before, left_out where the run was asked for other steps only), started_at, completed_at, seconds, cached, tokens, used (by model: tokens read and written), progress, error, question, retries, outputs (a preview by port), rows and
    failed_rows in a map.
    """

    def __init__(self) -> None:
        self.steps: dict[str, dict[str, Any]] = {}
        self.tokens = 0
        self.started_at: float | None = None
        self.completed_at: float | None = None

    def note(self, event: RunEvent) -> None:
        """Take one event, in the order of the journal."""
        if event.step:
            _note(self.steps.setdefault(event.step, {"status": "waiting"}), event)
            self.tokens += event.data.get("tokens", 0) if event.kind == "finished" else 0
            return
        if event.kind == "run_started":
            self._begin(event)
        elif event.kind in ENDS:
            self.completed_at = event.at
            self.tokens = event.data.get("tokens", self.tokens)
            self._leave(event)

    def used(self) -> Used:
        """The tokens of the whole run."""
        return used_in(self.steps)

    def next_step(self) -> str:
        """Where a run that is resumed goes on: the first step that is not done; "" when all are."""
        done = ("completed", "skipped", "left_out")
        return next((step for step, result in self.steps.items() if result["status"] not in done), "")

    def _begin(self, event: RunEvent) -> None:
        self.started_at = self.started_at or event.at
        self.completed_at = None
        left_out = frozenset(event.data.get("left_out", ()))
        for step in event.data.get("steps", []):
            result = self.steps.setdefault(step, {"status": "waiting"})
            if result["status"] in ("waiting", "failed", "stopped", "unreached", "left_out"):
                result.update(status="left_out" if step in left_out else "waiting", error=None)

    def _leave(self, end: RunEvent) -> None:
        """What was under way was stopped; what had not begun was not reached. A question outlives the studio, not the run."""
        for result in self.steps.values():
            asking = bool(result.get("question")) and result["status"] == "waiting"
            if asking and end.kind == "run_interrupted":
                continue
            if asking or result["status"] == "running":
                result.update(status="stopped", completed_at=end.at)
                result.pop("question", None)
            elif result["status"] in ("waiting", "queued"):
                result.update(status="unreached")


def _note(result: dict[str, Any], event: RunEvent) -> None:
    data = event.data
    match event.kind:
        case "queued" | "skipped":
            result["status"] = event.kind
        case "started" | "answered":
            _started(result, event)
        case "asked":
            result.update(status="waiting", question=data["question"])
        case "retry":
            result["retries"] = data["attempt"]
        case "progress":
            result.setdefault("started_at", event.at)
            over = data.get("total") and data["done"] >= data["total"]
            result.update(status="completed" if over else "running", progress=data, completed_at=event.at)
        case "output":
            result.setdefault("outputs", {})[data["port"]] = data["preview"]
        case "exchange" if "model" in data:
            used = result.setdefault("used", {})
            read, written = used.get(data["model"], (0, 0))
            used[data["model"]] = (read + data["read"], written + data["written"])
        case "finished":
            _finished(result, event)
        case "failed" if "row" in data:
            result["error"] = data["error"]
        case "failed":
            result.setdefault("started_at", event.at - data["seconds"])
            result.update(status="failed", completed_at=event.at, seconds=data["seconds"], error=data["error"])


def _started(result: dict[str, Any], event: RunEvent) -> None:
    if event.kind == "answered":
        result.pop("question", None)
    result.update(status="waiting" if result.get("question") else "running", error=None)
    if not result.get("progress"):
        result["started_at"] = event.at


def _finished(result: dict[str, Any], event: RunEvent) -> None:
    data = event.data
    result.setdefault("started_at", event.at - data["seconds"])
    result.update(
        {name: data[name] for name in ("seconds", "cached", "tokens")}, status="completed", completed_at=event.at
    )
    result.pop("question", None)
    shown = {port: preview(ref["value"]) for port, ref in data["outputs"].items() if ref["kind"] == "inline"}
    if shown:
        result.setdefault("outputs", {}).update(shown)
    if "rows" in data:
        result.update(rows=data["rows"], failed_rows=data["failed"])


def used_in(steps: dict[str, dict[str, Any]]) -> Used:
    """By model: the tokens that were read and written in all of these results of steps."""
    sums: Used = {}
    for result in steps.values():
        for model, (read, written) in result.get("used", {}).items():
            before = sums.get(model, (0, 0))
            sums[model] = (before[0] + read, before[1] + written)
    return sums


def brief(value: Any) -> Any:
    """An output as the execution's record holds it: tables as rows, the first thousand of them."""
    return plain(value.slice(0, BRIEF_ROWS)) if is_table(value) else plain(value)
