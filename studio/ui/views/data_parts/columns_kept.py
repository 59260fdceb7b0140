"""The columns of a table as a person left them: which are shown, in what order, how many are pinned, and how wide."""

from __future__ import annotations

from typing import Any

from studio.ui.frame.memory import Memory
from studio.ui.widgets.table import VirtualTable

MOST_REMEMBERED = 2_000  # columns whose order is kept


def keep(memory: Memory, dataset_id: str, table: VirtualTable) -> None:
    model = table.model
    every = [name for name, _ in model.columns]
    kept: dict[str, Any] = {"pinned": model.pinned, "widths": table.widths.chosen}
    if model.names != every and len(model.names) <= MOST_REMEMBERED:
        kept["shown"] = model.names
    memory.set(f"columns:{dataset_id}", kept)


def recall(memory: Memory, dataset_id: str, table: VirtualTable) -> None:
    kept = memory.get(f"columns:{dataset_id}")
    if not isinstance(kept, dict):
        return
    table.widths.start({name: int(width) for name, width in kept.get("widths", {}).items()})
    if "shown" in kept or kept.get("pinned"):
        names = kept.get("shown") or [name for name, _ in table.model.columns]
        table.columns.arrange(names, int(kept.get("pinned", 0)))
