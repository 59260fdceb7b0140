"""The objects of one bucket: up and down with progress, into the trash and back, and the states that are kept of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from studio.engine.jobs import JobChanged, JobState
from studio.engine.text import Text
from studio.ui import when
from studio.ui.bridge import bridge
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.views.data_parts import words
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.labels import Label
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.panel_tabs import PanelTabs
from studio.ui.widgets.rows import Row, RowList

if TYPE_CHECKING:
    from studio.engine.objects.store import Infos, InTrash, ObjectVersion, Versions
    from studio.ui.studio import Studio

MOST = 1000  # objects that are listed
OBJECTS, TRASH, VERSIONS = "objects", "trash", "versions"


class BucketDialog(Ask):
    """`address` is a bucket or a folder of it, as s3://bucket/folder/."""

    def __init__(self, studio: Studio, address: str, parent: QWidget) -> None:
        super().__init__(Text(f"Objects in {address}", f"{address} 中的对象"), Text("Close", "关闭"), parent=parent)
        self.studio, self.address = studio, address
        self.place = address.rpartition("/")[0] + "/" if not address.endswith("/") else address
        self.bucket = "/".join(address.split("/")[:3])
        self.job: JobState | None = None
        self._looked_at = ""  # the object whose versions are shown
        self.tabs = PanelTabs(
            [
                (OBJECTS, Text("Objects", "对象")),
                (TRASH, Text("Trash", "回收站")),
                (VERSIONS, Text("Versions", "版本")),
            ]
        )
        self.list = RowList(Text("Objects", "对象"), height=40)
        self.upload_button = Button(Text("Upload…", "上传…"), "upload", size="sm")
        self.download_button = Button(Text("Download…", "下载…"), "download", size="sm")
        self.trash_button = Button(Text("Move to trash", "移到回收站"), "trash-2", size="sm")
        self.restore_button = Button(Text("Restore", "恢复"), "undo-2", size="sm")
        self.told, self.meter = (
            Label("", "dense", "text.secondary"),
            Meter(None, width=160, name=Text("Progress", "进度")),
        )
        self.stop_button = Button(Text("Cancel", "取消"), "x", "ghost", "sm")
        self._lay_out()
        self._listen()
        self.reload()

    def reload(self) -> None:
        """Read what the tab in front shows."""
        objects, shown = self.studio.engine.objects, self.tabs.value()
        self._offer()
        if shown == TRASH:
            bridge.run(self, objects.trashed(self.place), self._show_trash, self.fail, of="list")
        elif shown == VERSIONS and self._looked_at:
            bridge.run(self, objects.versions(self._looked_at), self._show_versions, self.fail, of="list")
        elif shown == VERSIONS:
            self.list.set_rows([Row("none", Text("Choose an object first", "请先选择一个对象"), heading=True)])
        else:
            bridge.run(self, objects.list(self.place), self._show_objects, self.fail, of="list")

    def ask_upload(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, tr(Text("File to upload", "要上传的文件")))
        if path:
            self.upload(Path(path))

    def upload(self, file: Path) -> None:
        """Keep a copy of a file below the address."""
        self._run(self._begin(file, f"{self.place}{file.name}", True))

    def ask_download(self) -> None:
        url = self._chosen()
        path = QFileDialog.getSaveFileName(self, "", url.rpartition("/")[2])[0] if url else ""
        if path:
            self.download(Path(path))

    def download(self, file: Path) -> None:
        """Write the chosen object to a file."""
        self._run(self._begin(file, self._chosen(), False))

    def stop(self) -> None:
        """End the transfer; the same one goes on later where it was."""
        if self.job is not None:
            bridge.run(self, self.studio.engine.jobs.cancel(self.job.id), lambda _: None, lambda _error: None)

    def to_trash(self) -> None:
        if url := self._chosen():
            bridge.run(self, self.studio.engine.objects.delete(url), lambda _: self.reload(), self.fail)

    def restore(self) -> None:
        if url := self._chosen():
            bridge.run(self, self.studio.engine.objects.restore(url), lambda _: self.reload(), self.fail)

    # Inside

    def _lay_out(self) -> None:
        tools, moving = QHBoxLayout(), QHBoxLayout()
        for button in (self.upload_button, self.download_button, self.trash_button, self.restore_button):
            tools.addWidget(button)
        tools.addStretch(1)
        moving.addWidget(self.told, 1)
        moving.addWidget(self.meter)
        moving.addWidget(self.stop_button)
        self.tabs.setFixedHeight(theme.scaled(32))
        self.list.setMinimumHeight(theme.scaled(320))
        self.body.addWidget(self.tabs)
        self.body.addWidget(self.list, 1)
        self.body.addLayout(tools)
        self.body.addLayout(moving)
        self.setMinimumWidth(theme.scaled(680))
        self.cancel.hide()
        self._show_job(None)

    def _listen(self) -> None:
        self.tabs.changed.connect(lambda _: self.reload())
        self.list.selected.connect(self._picked)
        self.upload_button.clicked.connect(self.ask_upload)
        self.download_button.clicked.connect(self.ask_download)
        self.trash_button.clicked.connect(self.to_trash)
        self.restore_button.clicked.connect(self.restore)
        self.stop_button.clicked.connect(self.stop)
        bridge.listen(self, JobChanged, self._moved)

    async def _begin(self, file: Path, url: str, up: bool) -> JobState:
        from studio.engine.objects import transfers

        engine = self.studio.engine
        if up:
            return await transfers.upload(engine.objects, engine.jobs, file, url)
        return await transfers.download(engine.objects, engine.jobs, url, file)

    def _run(self, work: object) -> None:
        self.problem.hide()
        bridge.run(self, work, self._show_job, self.fail)  # type: ignore[arg-type]

    def _moved(self, event: JobChanged) -> None:
        if self.job is None or event.job.id != self.job.id:
            return
        self._show_job(event.job if event.job.status == "running" else None)
        if event.job.status == "failed" and event.job.error is not None:
            self.problem.say(event.job.error)
            self.problem.show()
        if event.job.status != "running":
            self.reload()

    def _show_job(self, job: JobState | None) -> None:
        self.job = job if job is not None and job.status == "running" else None
        for widget in (self.told, self.meter, self.stop_button):
            widget.setVisible(self.job is not None)
        if self.job is not None:
            self.told.say(self.job.title)
            self.meter.set(self.job.progress)

    def _picked(self, row_id: str) -> None:
        if self.tabs.value() != VERSIONS:
            self._looked_at = self._chosen()
        self._offer()

    def _chosen(self) -> str:
        """The address of the row under the cursor."""
        key = self.list.current()
        return f"{self.bucket}/{key}" if key and key != "none" and self.tabs.value() != VERSIONS else ""

    def _offer(self) -> None:
        shown, chosen = self.tabs.value(), bool(self._chosen())
        for button in (self.upload_button, self.download_button, self.trash_button):
            button.setVisible(shown == OBJECTS)
        self.restore_button.setVisible(shown == TRASH)
        for button in (self.download_button, self.trash_button, self.restore_button):
            button.setEnabled(chosen)

    def _show_objects(self, found: Infos) -> None:
        rows = [
            Row(each.key, each.key, when.moment(each.modified), "file", trailing=words.size(each.size))
            for each in found[:MOST]
        ]
        if len(found) > MOST:
            left = len(found) - MOST
            rows.append(Row("none", Text(f"{left:,} more", f"还有 {left:,} 个"), heading=True))
        self._fill(rows, Text("Nothing is here yet", "暂无对象"))

    def _show_trash(self, found: InTrash) -> None:
        rows = {
            each.key: Row(each.key, each.key, when.moment(each.deleted_at), "trash-2", trailing=words.size(each.size))
            for each in reversed(found)
        }
        self._fill(list(reversed(rows.values())), Text("The trash is empty", "回收站是空的"))

    def _show_versions(self, found: Versions) -> None:
        self._fill([_version(each) for each in found], Text("No states are kept", "没有保留的版本"))

    def _fill(self, rows: list[Row], nothing: Text) -> None:
        self.list.set_rows(rows or [Row("none", nothing, heading=True)])
        self._offer()


def _version(each: ObjectVersion) -> Row:
    state = Text("deleted", "已删除") if each.removed else Text("current", "当前") if each.latest else Text("", "")
    return Row(
        each.version or each.etag, when.moment(each.modified), state, "git-commit-horizontal",
        trailing=words.size(each.size), hint=each.version,
    )  # fmt: skip
