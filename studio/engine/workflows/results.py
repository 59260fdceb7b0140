"""How each step of a run ended, told from its events."""

from __future__ import annotations

from typing import Any

from studio.engine.workflows.journal import ENDS, RunEvent
from studio.engine.workflows.store import preview
from studio.engine.workflows.values import is_table, plain

BRIEF_ROWS = 1_000


class Results:
    """How each step of a run stands, kept up to date by its events: a window notes each as it comes.

    `steps` has by step: status (waiting, running, completed, failed, skipped, stopped), started_at, completed_at, seconds, cached,
    tokens, progress, error, question, retries, outputs (a preview by port), rows and failed_rows in a map.
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
            if event.kind != "run_finished":
                self._leave(event.at)

    def next_step(self) -> str:
        """Where a run that is resumed goes on: the first step that is not done; "" when all are."""
        done = ("completed", "skipped")
        return next((step for step, result in self.steps.items() if result["status"] not in done), "")

    def _begin(self, event: RunEvent) -> None:
        self.started_at = self.started_at or event.at
        self.completed_at = None
        for step in event.data.get("steps", []):
            result = self.steps.setdefault(step, {"status": "waiting"})
            if result["status"] in ("failed", "stopped"):
                result.update(status="waiting", error=None)

    def _leave(self, at: float) -> None:
        for result in self.steps.values():
            if result["status"] == "running":
                result.update(status="stopped", completed_at=at)


def _note(result: dict[str, Any], event: RunEvent) -> None:
    data = event.data
    match event.kind:
        case "started" | "answered":
            result.update(status="running", error=None)
            result.pop("question", None)
            if not result.get("progress"):
                result["started_at"] = event.at
        case "progress":
            result.setdefault("started_at", event.at)
            total = data.get("total")
            result.update(
                status="completed" if total and data["done"] >= total else "running",
                progress=data,
                completed_at=event.at,
            )
        case "output":
            result.setdefault("outputs", {})[data["port"]] = data["preview"]
        case "finished":
            result.setdefault("started_at", event.at - data["seconds"])
            result.update(
                status="completed",
                completed_at=event.at,
                seconds=data["seconds"],
                cached=data["cached"],
                tokens=data["tokens"],
            )
            result.pop("question", None)
            for port, ref in data["outputs"].items():
                if ref["kind"] == "inline":
                    result.setdefault("outputs", {})[port] = preview(ref["value"])
            if "rows" in data:
                result.update(rows=data["rows"], failed_rows=data["failed"])
        case "failed" if "row" in data:
            result["error"] = data["error"]
        case "failed":
            result.setdefault("started_at", event.at - data["seconds"])
            result.update(status="failed", completed_at=event.at, seconds=data["seconds"], error=data["error"])
        case "queued":
            result.update(status="queued")
        case "retry":
            result["retries"] = data["attempt"]
        case "asked":
            result.update(status="waiting", question=data["question"])
        case "skipped":
            result.update(status="skipped")


def brief(value: Any) -> Any:
    """An output as the execution's record holds it: tables as rows, the first thousand of them."""
    return plain(value.slice(0, BRIEF_ROWS)) if is_table(value) else plain(value)
