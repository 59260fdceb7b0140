"""Writing what a table shows to a file: the question where, the job, and the word when it is done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFileDialog, QWidget

from studio.engine.text import Text, plural
from studio.ui.bridge import bridge
from studio.ui.language import tr

if TYPE_CHECKING:
    from studio.ui.studio import Studio

KINDS = {
    ".csv": ("csv", "CSV"), ".parquet": ("parquet", "Parquet"), ".arrow": ("arrow", "Arrow"),
    ".jsonl": ("jsonl", "JSON Lines"), ".xlsx": ("excel", "Excel"),
}  # fmt: skip
OTHERS = {".feather": "arrow", ".ndjson": "jsonl"}


def kind_of_path(path: str) -> str:
    """The kind of file that a name asks for; CSV where it asks for nothing."""
    suffix = Path(path).suffix.lower()
    return KINDS[suffix][0] if suffix in KINDS else OTHERS.get(suffix, "csv")


def ask_path(parent: QWidget, name: str) -> str:
    """Where to, from a person; empty when they thought better of it."""
    kinds = ";;".join(f"{title} (*{suffix})" for suffix, (_, title) in KINDS.items())
    start = str(Path.home() / f"{name}.csv")
    path, chosen = QFileDialog.getSaveFileName(parent, tr(Text("Export", "导出")), start, kinds)
    if path and not Path(path).suffix:
        path += chosen.partition("(*")[2].rstrip(")")
    return path


def export(owner: QWidget, studio: Studio, dataset_id: str, path: str, **shown: Any) -> None:
    """Begin the job and tell how it ended; a failed one is told by its notice."""

    async def work() -> int:
        job = await studio.engine.datasets.export(dataset_id, path, kind_of_path(path), **shown)
        rows: int = await studio.engine.jobs.wait(job.id)
        return rows

    def done(rows: int) -> None:
        name = Path(path).name
        studio.window.toast(
            Text(f"Exported {plural(rows, 'row', 'rows')} to {name}.", f"已将 {rows:,} 行导出到 {name}。")
        )

    bridge.run(owner, work(), done, lambda error: studio.window.toast(error.whole()))
