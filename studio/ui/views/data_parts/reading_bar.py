"""How far the reading of a long file is, above its first rows, and the button that ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from studio.engine.jobs import JobChanged, JobState
from studio.engine.text import Text
from studio.ui.bridge import bridge
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.labels import Label
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.panel import Header

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset
    from studio.ui.studio import Studio


class ReadingBar(Header):
    """Shown while only the first rows of a dataset are there. `again_wanted` asks to read one on that was stopped."""

    again_wanted = Signal(str)

    def __init__(self, studio: Studio) -> None:
        super().__init__(32, "panel")
        self.studio = studio
        self.dataset: Dataset | None = None
        self.job: JobState | None = None
        self.words = Label("", "dense", "text.secondary")
        self.meter = Meter(None, width=120, name=Text("Progress of reading", "读取进度"))
        self.cancel = Button(Text("Cancel", "取消"), "x", "ghost", "sm")
        self.again = Button(Text("Read all", "读取全部"), "refresh-cw", "ghost", "sm")
        for widget in (self.words, self.meter):
            self.row.addWidget(widget)
        self.row.addStretch(1)
        for button in (self.again, self.cancel):
            self.row.addWidget(button)
        self.row.setSpacing(theme.size("space.2"))
        self.cancel.clicked.connect(self.stop)
        self.again.clicked.connect(lambda: self.dataset and self.again_wanted.emit(self.dataset.id))
        bridge.listen(self, JobChanged, self._moved)
        self.hide()

    def show_dataset(self, dataset: Dataset) -> None:
        """Show how far this one is, or nothing when it is there."""
        self.dataset = dataset
        if not dataset.reading:
            self.job = None
        self.setVisible(bool(dataset.reading))
        if dataset.reading == "running" and self.job is None:
            bridge.run(self, self._find(), self._found)
        self._tell()

    def stop(self) -> None:
        """End the reading; what is shown stays."""
        if self.job is not None:
            bridge.run(self, self.studio.engine.jobs.cancel(self.job.id), lambda _: None, lambda _error: None)

    async def _find(self) -> JobState | None:
        return next((job for job in self.studio.engine.jobs.running() if self._mine(job)), None)

    def _found(self, job: JobState | None) -> None:
        self.job = job
        self._tell()

    def _moved(self, event: JobChanged) -> None:
        if self._mine(event.job):
            self.job = event.job if event.job.status == "running" else None
            self._tell()

    def _mine(self, job: JobState) -> bool:
        """Datasets over the same files share one job; it names the first of them and the place."""
        dataset = self.dataset
        return (
            dataset is not None
            and job.kind == "read_dataset"
            and (job.payload.get("dataset") == dataset.id or job.payload.get("path") == dataset.storage_path)
        )

    def _tell(self) -> None:
        if self.dataset is None:
            return
        rows, stopped = int(self.dataset.statistics.get("first_rows", 0)), self.dataset.reading == "stopped"
        first = Text(f"The first {rows:,} rows are shown.", f"已显示前 {rows:,} 行。")
        share = self.job.progress if self.job is not None else None
        percent = "" if share is None else f" {share:.0%}"
        if stopped:
            said = Text(f"Reading was stopped. {first.en}", f"读取已停止。{first.zh}")
        else:
            said = Text(f"Reading the file…{percent} · {first.en}", f"正在读取文件…{percent} · {first.zh}")
        self.words.say(said)
        self.meter.set(share)
        self.meter.setVisible(not stopped)
        self.cancel.setVisible(not stopped)
        self.cancel.setEnabled(self.job is not None)
        self.again.setVisible(stopped)
