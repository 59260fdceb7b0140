"""The Models view: the library, what fits this computer, loading, and the names that programs ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from studio.engine.jobs import JobChanged
from studio.engine.models.download import DownloadChanged
from studio.engine.models.model import ModelChanged
from studio.engine.settings import SettingsChanged
from studio.engine.text import Text
from studio.ui.actions import Action
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.turns import Turns
from studio.ui.views.models_parts import adding
from studio.ui.views.models_parts.aliases import AliasPanel
from studio.ui.views.models_parts.asking import InstallDialog
from studio.ui.views.models_parts.discover import Discover
from studio.ui.views.models_parts.inspector import ModelInspector
from studio.ui.views.models_parts.menu import open_menu
from studio.ui.views.models_parts.server_panel import ServerPanel
from studio.ui.views.models_parts.side import ModelsSide
from studio.ui.views.models_parts.snapshot import Snapshot, read
from studio.ui.views.models_parts.strip import HardwareStrip
from studio.ui.views.models_parts.table import ModelTable
from studio.ui.views.models_parts.work import ModelWork
from studio.ui.views.view import View
from studio.ui.widgets.buttons import Button, IconButton, Segmented
from studio.ui.widgets.inputs import SearchField
from studio.ui.widgets.panel import Header, Surface
from studio.ui.widgets.panel_tabs import PanelTabs

if TYPE_CHECKING:
    from studio.engine.errors import StudioError
    from studio.engine.jobs import JobState
    from studio.engine.models.model import Model

LOOK_EVERY = 3000  # ms, while the view is seen
SETTLE = 60  # ms in which several changes become one reading
CATEGORY = Text("Models", "模型")


class ModelsView(View):
    name: ClassVar[str] = "models"
    title: ClassVar[Text] = Text("Models", "模型")
    icon: ClassVar[str] = "box"
    order: ClassVar[int] = 4

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self.snapshot = Snapshot()
        self.measuring = ""  # the id of the job
        self._reading = False

    def steps(self) -> Iterator[object]:
        studio = self.studio
        self.strip, self.table, self.discover = HardwareStrip(), ModelTable(), Discover(studio)
        yield
        self.inspector = ModelInspector(studio)
        yield
        yield from self.inspector.load.steps()
        yield
        self.aliases, self.server = AliasPanel(), ServerPanel(studio)
        yield
        plus = IconButton("plus", Text("Add a model", "添加模型"))
        plus.clicked.connect(lambda: self._open_adding(plus))
        self.side = ModelsSide(plus)
        yield
        self.work = ModelWork(self, self, self.inspector.load)
        self.build(self._centre(), self.side, self.inspector, self._below())
        yield
        self.setAcceptDrops(True)
        self._connect()
        studio.opener("model", self.open_model)

    @classmethod
    def register(cls, studio: Studio) -> None:
        studio.actions.add(
            Action(
                "models.add",
                Text("Add a model file", "添加模型文件"),
                lambda: _add(studio),
                "file-plus",
                category=CATEGORY,
            )
        )
        studio.actions.add(
            Action(
                "models.demo",
                Text("Load the default chat model", "加载默认对话模型"),
                lambda: _load_default(studio),
                "power",
                category=CATEGORY,
            )
        )

    def shown(self) -> None:
        self._timer.start()
        self.refresh()

    def hideEvent(self, event: object) -> None:
        self._timer.stop()

    def refresh(self) -> None:
        """Read everything anew; several calls at once become one."""
        self._settle.start()

    def open_model(self, model_id: str, tab: str = "load", **_: object) -> None:
        """Choose a model, as others ask for it."""
        self.pages.setCurrentWidget(self.library)
        self.where.set_value("library")
        self._choose(model_id)
        self.inspector.show_tab(tab)
        self.show_panel("inspector")
        self.refresh()

    def show_discover(self) -> None:
        """The page of better models."""
        self.where.set_value("discover")
        self.pages.setCurrentWidget(self.discover)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for url in event.mimeData().urls():
            adding.add_path(self, self.studio, url.toLocalFile(), self._added)

    # the parts

    def _centre(self) -> QWidget:
        centre = Surface("content")
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head())
        self.library = QWidget()
        column = QVBoxLayout(self.library)
        column.setContentsMargins(0, theme.size("space.3"), 0, 0)
        column.setSpacing(theme.size("space.3"))
        padded = QVBoxLayout()
        padded.setContentsMargins(theme.size("space.4"), 0, theme.size("space.4"), 0)
        padded.addWidget(self.strip)
        column.addLayout(padded)
        column.addWidget(self.table, 1)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.library)
        self.pages.addWidget(self.discover)
        layout.addWidget(self.pages, 1)
        return centre

    def _below(self) -> QWidget:
        """The local server, and the names that programs ask for."""
        below = Surface("panel")
        tabs = PanelTabs(
            [("server", Text("Local server", "本地服务")), ("names", Text("Names for programs", "供程序使用的名称"))]
        )
        pages = QStackedWidget()
        pages.addWidget(self.server)
        pages.addWidget(self.aliases)
        tabs.changed.connect(lambda which: pages.setCurrentIndex(int(which == "names")))
        head = Header(32, wide=True)
        head.row.addWidget(tabs)
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(pages, 1)
        return below

    def _head(self) -> Header:
        header = Header(40, "content", wide=True)
        self.where = Segmented(
            [("library", Text("This computer", "本机")), ("discover", Text("Discover", "发现"))], "library"
        )
        self.search = SearchField(Text("Find a model, or paste a path or link", "查找模型，或粘贴路径、链接"))
        self.search.setMaximumWidth(theme.scaled(300))
        self.search.setMinimumWidth(theme.scaled(40))  # it gives way before the words beside it are cut
        self.speed = Button(Text("Measure speed", "测速"), "gauge", "ghost")
        self.add = Button(Text("Get models", "获取模型"), "download", "primary")
        header.row.addWidget(self.where)
        header.row.addWidget(self.search, 1)
        header.row.addStretch(1)
        header.row.addWidget(self.speed)
        header.row.addWidget(self.add)
        return header

    def _connect(self) -> None:
        work = self.work
        self._timer = QTimer(self, interval=LOOK_EVERY)
        self._timer.timeout.connect(self.refresh)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE)
        self._settle.timeout.connect(self._read)
        self.where.changed.connect(lambda which: self.pages.setCurrentIndex(int(which == "discover")))
        self.pages.currentChanged.connect(lambda _: self.search.setHidden(self.pages.currentWidget() is self.discover))
        self.search.searched.connect(lambda words: self.table.set_filter(words="" if _is_place(words) else words))
        self.search.returnPressed.connect(self._take_place)
        self.add.clicked.connect(self.show_discover)
        self.discover.add.connect(lambda: adding.choose_file(self, self.studio, self._added))
        self.discover.wanted.connect(
            lambda repository, wanted: work.download(repository, wanted, lambda: self.show_panel("side"))
        )
        self.discover.known.connect(
            lambda paths: work.run(self.studio.engine.models.add_discovered(paths), self._known)
        )
        self.side.downloads.asked.connect(work.change_download)
        self.table.download_asked.connect(work.change_download)
        self.side.stop.connect(lambda job_id: work.run(self.studio.engine.jobs.cancel(job_id)))
        self.side.install.connect(lambda state: InstallDialog(self, state, work.install).open())
        self.speed.clicked.connect(self._measure)
        self.side.filtered.connect(lambda kind: self.table.set_filter(kind=kind))
        for part in (self.table, self.inspector):
            part.asked.connect(work.do)
            part.menu.connect(self._open_menu)
        self.table.chosen.connect(self._choose)
        self.aliases.changed.connect(work.set_alias)
        bridge = self.studio.bridge
        bridge.listen(self, ModelChanged, lambda _: self.refresh())
        bridge.listen(self, DownloadChanged, self._show_download)
        bridge.listen(self, JobChanged, lambda event: self._show_job(event.job))
        bridge.listen(self, SettingsChanged, lambda event: event.key.startswith("models.") and self.refresh())

    # what is shown

    def _read(self) -> None:
        if not self._reading and self.studio.bridge.engine is not None:
            self._reading = True
            self.studio.bridge.run(self, read(self.studio.engine), self._came, self._not_read)

    def _not_read(self, error: StudioError) -> None:
        self._reading = False
        self.studio.bridge.unhandled(error)

    def _came(self, snapshot: Snapshot) -> None:
        self._reading = False
        Turns(self._showing(snapshot), self).start()

    def _show(self, snapshot: Snapshot) -> None:
        for _ in self._showing(snapshot):
            pass

    def _showing(self, snapshot: Snapshot) -> Iterator[object]:
        self.strip.show_snapshot(snapshot)
        self.table.show_snapshot(snapshot)
        yield
        self.side.show_snapshot(snapshot)
        yield
        self.discover.show_snapshot(snapshot)
        yield
        self.aliases.show_snapshot(snapshot)
        yield
        if snapshot.model(self.table.current()) is None and snapshot.models:
            self.table.select(
                next((model.id for model in snapshot.models if model.kind == "chat"), snapshot.models[0].id)
            )
        yield
        self.inspector.show_snapshot(snapshot, self.table.current())
        chosen = snapshot.model(self.table.current())
        able = chosen is not None and chosen.kind == "chat" and chosen.state != "missing"
        self.speed.setEnabled(able and not self.measuring)
        self.snapshot = snapshot  # when all of it is seen

    def _choose(self, model_id: str) -> None:
        self.table.select(model_id)
        if self.snapshot.model(model_id) is not None:
            self._show(self.snapshot)

    # what is done

    def _show_download(self, event: DownloadChanged) -> None:
        one = event.download
        self.snapshot.downloads = [one if known.id == one.id else known for known in self.snapshot.downloads]
        self.table.show_download(one)
        if not self.side.downloads.show_one(one):
            self.refresh()

    def _measure(self) -> None:
        model = self.snapshot.model(self.table.current())
        if model is None:
            return
        self.speed.setEnabled(False)
        self.work.run(self.studio.engine.benches.start(model.id))

    def _show_job(self, job: JobState) -> None:
        if job.kind == "model-bench":
            self._show_measuring(job)
        elif job.kind == "engine-install":
            self.side.show_job(job)
            if job.status not in ("running", "failed"):
                self.refresh()

    def _show_measuring(self, job: JobState) -> None:
        """In its row, whoever began it; at the end what came out."""
        runs, model_id = job.status == "running", str(job.payload.get("model_id", ""))
        self.measuring = job.id if runs else ""
        self.table.show_measuring(model_id, (job.progress or 0.0) if runs else None)
        self.speed.setEnabled(not runs)
        if job.status == "done":
            self.work.run(self.studio.engine.models.get(model_id), self._say_speed)
        elif job.status == "failed" and job.error is not None:
            self.studio.window.toast(Text(**job.error["message"]))

    def _say_speed(self, model: Model) -> None:
        speed = model.tokens_per_second or 0.0
        self.studio.window.toast(
            Text(
                f"{model.name} writes {speed:,.0f} tokens a second here",
                f"{model.name} 在此每秒生成 {speed:,.0f} 个词元",
            )
        )

    def _known(self, models: list[Model]) -> None:
        if models:
            self._added(models[0])

    def _take_place(self) -> None:
        """A pasted path is added; a pasted link opens the dialog of remote servers."""
        place = self.search.text().strip().strip("\"'")
        if place.startswith(("http://", "https://")):
            adding.RemoteDialog(self, self.studio, self._added, place).open()
        elif _is_place(place):
            adding.add_path(self, self.studio, place, self._added)

    def _added(self, model: Model) -> None:
        self.search.clear()
        self.open_model(model.id)

    def _open_adding(self, button: QWidget) -> None:
        demo = any(model.demo for model in self.snapshot.models)
        adding.open_menu(self, self.studio, self._added, demo, button.mapToGlobal(button.rect().bottomLeft()))

    def _open_menu(self, model_id: str, place: QPoint) -> None:
        model = self.snapshot.model(model_id)
        if model is not None:
            self._choose(model_id)
            open_menu(self, self.studio, self.work, model, place)


def _is_place(words: str) -> bool:
    return words.startswith(("/", "~", "http://", "https://", "file://")) or words.lower().endswith(".gguf")


def _add(studio: Studio) -> None:
    studio.window.show_view("models")
    adding.choose_file(studio.window, studio, lambda model: studio.open("model", model.id))


def _load_default(studio: Studio) -> None:
    studio.bridge.run(studio.window, studio.engine.models.load(""), lambda model: studio.open("model", model.id))
