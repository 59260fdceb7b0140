"""Adding models: a file, a folder, a remote server, the demo; by dialog, path or pasted address."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QWidget

from studio.engine.errors import StudioError
from studio.engine.models.trust import Untrusted
from studio.engine.text import Text
from studio.ui.icons import icon
from studio.ui.language import tr
from studio.ui.studio import Studio
from studio.ui.views.models_parts.asking import TrustDialog
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.inputs import Choice, LineField

Added = Callable[[object], object]


def add_menu(parent: QWidget, studio: Studio, added: Added, demo_is_there: bool) -> QMenu:
    """What can be added. `added` gets the model."""
    menu = QMenu(parent)
    entries: list[tuple[str, Text, Callable[[], object]]] = [
        ("file-plus", Text("Model file (GGUF)…", "模型文件（GGUF）…"), lambda: choose_file(parent, studio, added)),
        ("folder-open", Text("Folder of models…", "模型文件夹…"), lambda: choose_folder(parent, studio, added)),
        ("cloud", Text("Remote server…", "远程服务器…"), lambda: RemoteDialog(parent, studio, added).open()),
    ]
    if not demo_is_there:
        demo = studio.engine.models.add_demo
        entries.append(
            ("box", Text("Included demo model", "内置演示模型"), lambda: studio.bridge.run(parent, demo(), added))
        )
    for name, words, run in entries:
        menu.addAction(icon(name), tr(words)).triggered.connect(lambda _=False, run=run: run())
    return menu


def open_menu(parent: QWidget, studio: Studio, added: Added, demo_is_there: bool, place: QPoint) -> None:
    menu = add_menu(parent, studio, added, demo_is_there)
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(place)


def choose_file(parent: QWidget, studio: Studio, added: Added) -> None:
    title = tr(Text("Add a model file", "添加模型文件"))
    chosen, _ = QFileDialog.getOpenFileName(parent, title, "", tr(Text("GGUF models (*.gguf)", "GGUF 模型 (*.gguf)")))
    if chosen:
        add_path(parent, studio, chosen, added)


def choose_folder(parent: QWidget, studio: Studio, added: Added) -> None:
    chosen = QFileDialog.getExistingDirectory(parent, tr(Text("Add a folder of models", "添加模型文件夹")))
    if chosen:
        add_path(parent, studio, chosen, added)


def add_path(parent: QWidget, studio: Studio, path: str, added: Added) -> None:
    """What is wrong with the file comes as a notice that names it; code in a folder asks for trust."""

    def refused(error: StudioError) -> None:
        if isinstance(error, Untrusted):
            TrustDialog(parent, path, error, lambda: trust(error)).open()
        else:
            studio.bridge.unhandled(error)

    def trust(error: Untrusted) -> None:
        work = studio.engine.models.trust(path, error.digest)
        studio.bridge.run(parent, work, lambda _: add_path(parent, studio, path, added))

    studio.bridge.run(parent, studio.engine.models.add(path), added, refused)


class RemoteDialog(Ask):
    """A server that speaks the OpenAI protocol: its address, its key, and which of its models."""

    def __init__(self, parent: QWidget, studio: Studio, added: Added, url: str = "") -> None:
        super().__init__(
            Text("Add a remote server", "添加远程服务器"),
            Text("Add model", "添加模型"),
            Text(
                "Questions to this model leave this computer. The key is kept with the system's secrets.",
                "向此模型提问时，内容会离开本机。密钥保存在系统密钥库中。",
            ),
            parent=parent,
        )
        self.studio, self._added = studio, added
        self.url = LineField("https://host/v1", url, Text("Address", "地址"), mono=True)
        self.key = LineField(
            Text("Leave empty if none is needed", "不需要时留空"), name=Text("Key", "密钥"), secret=True
        )
        self.model = Choice(name=Text("Model", "模型"))
        self.name = LineField(
            Text("As the server calls it", "与服务器上的名称相同"), name=Text("Name here", "在此显示的名称")
        )
        self.look = Button(Text("List its models", "列出模型"), "list")
        self.look.clicked.connect(self._look)
        self.add(Text("Address", "地址"), self.url)
        self.add(Text("Key", "密钥"), self.key)
        self.add(Text("Model", "模型"), self._models())
        self.add(Text("Name here", "在此显示的名称"), self.name)
        self.agree.setEnabled(False)

    def _models(self) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.model, 1)
        row.addWidget(self.look)
        return holder

    def _look(self) -> None:
        self.look.setEnabled(False)
        work = self.studio.engine.models.remote_models(self.url.text(), self.key.text())
        self.studio.bridge.run(self, work, self._listed, self._failed)

    def _listed(self, names: list[str]) -> None:
        self.look.setEnabled(True)
        self.problem.hide()
        self.model.set_choices([(name, name) for name in names], names[0] if names else None)
        self.agree.setEnabled(bool(names))
        if not names:
            self.say_problem(Text("The server answers, and offers no model.", "服务器有响应，但没有提供模型。"))

    def submit(self) -> None:
        self.agree.setEnabled(False)
        work = self.studio.engine.models.add_remote(
            self.name.text(), self.url.text(), self.key.text(), str(self.model.value())
        )
        self.studio.bridge.run(self, work, self._saved, self._failed)

    def _saved(self, model: object) -> None:
        self.accept()
        self._added(model)

    def _failed(self, error: StudioError) -> None:
        self.look.setEnabled(True)
        self.agree.setEnabled(self.model.value() is not None)
        self.say_problem(error.whole())
