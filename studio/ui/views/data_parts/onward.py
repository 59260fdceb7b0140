"""Where a table leads: a conversation about it, a workflow that reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.ui.bridge import bridge
from studio.ui.views.data_parts.filters import where

if TYPE_CHECKING:
    from studio.ui.studio import Studio
    from studio.ui.views.data_parts.table_tab import TableTab


def ask(studio: Studio, table: TableTab) -> None:
    """Start a conversation about a table."""
    work = studio.engine.chat.create(datasets=[table.dataset_id])
    bridge.run(studio.window, work, lambda thread: studio.open("thread", thread.id))


def use(studio: Studio, table: TableTab) -> None:
    """Start a workflow that reads a table, with its filters."""
    if table.dataset is None:
        return
    name, params = table.dataset.name, {"dataset": table.dataset_id, "where": where(table.bar.filters)}
    step = {"id": "dataset", "type": "dataset", "title": name, "params": params, "position": [80.0, 120.0]}
    work = studio.engine.workflows.create(name, {"nodes": [step], "edges": []})
    bridge.run(studio.window, work, lambda made: studio.open("workflow", made.id))
