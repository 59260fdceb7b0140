"""How each step of a run ended, told from its events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from studio.engine.workflows.journal import RunEvent
from studio.engine.workflows.values import is_table, plain

BRIEF_ROWS = 1_000


def results_of(events: Iterable[RunEvent]) -> dict[str, dict[str, Any]]:
    """By step: status (waiting, running, completed, failed, skipped), started_at, completed_at, seconds, cached, tokens, progress,
    error, outputs (a preview by port)."""
    results: dict[str, dict[str, Any]] = {}
    for event in events:
        if event.kind == "run_started":
            for step in event.data.get("steps", []):
                results.setdefault(step, {"status": "waiting"})
        elif event.step:
            _note(results.setdefault(event.step, {"status": "waiting"}), event)
        elif event.kind in ("run_stopped", "run_failed", "run_interrupted"):
            _leave(results)
    return results


def _note(result: dict[str, Any], event: RunEvent) -> None:
    data = event.data
    match event.kind:
        case "started":
            result.update(status="running", started_at=event.at, error=None)
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
            if "rows" in data:
                result.update(rows=data["rows"], failed_rows=data["failed"])
        case "failed":
            result.setdefault("started_at", event.at - data["seconds"])
            result.update(status="failed", completed_at=event.at, seconds=data["seconds"], error=data["error"])
        case "skipped":
            result.update(status="skipped")


def _leave(results: dict[str, dict[str, Any]]) -> None:
    for result in results.values():
        if result["status"] == "running":
            result["status"] = "stopped"


def brief(value: Any) -> Any:
    """An output as the execution's record holds it: tables as rows, the first thousand of them."""
    return plain(value.slice(0, BRIEF_ROWS)) if is_table(value) else plain(value)
