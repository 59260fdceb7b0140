"""Files that are dropped on a sheet: each becomes a dataset, and a step that reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from studio.ui.canvas import editing

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset
    from studio.ui.views.workflows_parts.sheet import Sheet

APART = 160  # of the steps, one below the other


def add_files(sheet: Sheet, paths: Sequence[str], place: QPointF) -> None:
    """Register each file, and put its step where it was dropped."""

    def add(made: Dataset, at: QPointF) -> None:
        sheet.show_names({**sheet.document.names, made.id: made.name})
        editing.add_node(sheet.canvas, sheet.document.types["dataset"], at, dataset=made.id)

    for number, path in enumerate(paths):
        at = place + QPointF(0, APART * number)
        work = sheet.studio.engine.datasets.register(path)
        sheet.studio.bridge.run(sheet, work, lambda made, at=at: add(made, at))
