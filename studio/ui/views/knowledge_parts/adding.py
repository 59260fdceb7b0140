"""What can be added besides files: folders that are followed, web pages, rows of a dataset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from studio.engine.datasets.dataset import Dataset
from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.ui.language import tr
from studio.ui.studio import Studio
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.inputs import Choice, LineField
from studio.ui.widgets.rows import Row, RowList

FILES = Text("Files…", "文件…")
FOLDER = Text("Folder that is followed…", "跟踪的文件夹…")
PAGE = Text("Web page…", "网页…")
FETCH = Text("Fetch and index", "获取并索引")
DATASET = Text("Rows of a dataset…", "数据集的行…")
Work = Callable[[Any], None]


def fill_add_menu(menu: QMenu, files: Callable[[], None], folder: Work, page: Work, dataset: Work) -> None:
    """The ways to add, in the words of now."""
    menu.clear()
    for words, work in ((FILES, files), (FOLDER, folder), (PAGE, page), (DATASET, dataset)):
        menu.addAction(tr(words), work)


def ask_folder(parent: QWidget, chosen: Callable[[Path], None]) -> None:
    dialog = QFileDialog(parent, tr(FOLDER), str(Path.home()))
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.filesSelected.connect(lambda folders: chosen(Path(folders[0])))
    dialog.open()


class AskPage(Ask):
    """An address; the dialog stays with the reason while it cannot be fetched. A host inside this network is allowed there."""

    def __init__(self, parent: QWidget, studio: Studio, collection_id: str) -> None:
        super().__init__(
            Text("Add a web page", "添加网页"),
            FETCH,
            Text(
                "The page is fetched once and kept here. Index it again to fetch it anew.",
                "网页会获取一次并保存在本机；重新索引时会再次获取。",
            ),
            parent=parent,
        )
        self._studio, self._collection_id = studio, collection_id
        self._inside = ""  # the host inside this network that is allowed with the next try
        self.address = LineField("https://", name=Text("Address", "网址"))
        self.add(Text("Address", "网址"), self.address)
        self.address.textChanged.connect(lambda _: self._offer(""))
        self.address.setFocus()

    def submit(self) -> None:
        self.agree.setEnabled(False)
        self._studio.bridge.run(
            self, self._fetch(self.address.text(), self._inside), lambda _: self.accept(), self.fail
        )

    def fail(self, error: StudioError) -> None:
        super().fail(error)
        if error.fix is not None and error.fix.kind == "host":
            self._offer(error.fix.target)

    async def _fetch(self, url: str, host: str) -> None:
        engine = self._studio.engine
        if host:
            await engine.settings.allow_hosts(host)
        await engine.knowledge.add_page(self._collection_id, url)

    def _offer(self, host: str) -> None:
        """What the button does next: fetch, or allow a host first."""
        self._inside = host
        self.agree.say(Text(f"Allow {host} and fetch", f"允许访问 {host} 并获取") if host else FETCH)


class AskDataset(Ask):
    """A dataset and its text columns; what was chosen is indexed row by row."""

    def __init__(self, parent: QWidget, studio: Studio, collection_id: str) -> None:
        super().__init__(
            Text("Add rows of a dataset", "添加数据集的行"),
            Text("Index rows", "索引行"),
            Text(
                "Each row becomes a chunk with the words of the chosen columns. All columns can be filtered by.",
                "每一行成为一个片段，内容取自所选列；所有列都可用于筛选。",
            ),
            parent=parent,
        )
        self._studio, self._collection_id = studio, collection_id
        self._datasets: dict[str, Dataset] = {}
        self.dataset = Choice(name=Text("Dataset", "数据集"))
        self.columns = RowList(Text("Text columns", "文本列"), height=28, activate_on_click=True)
        self.columns.setMinimumHeight(180)
        self.texts: set[str] = set()
        self.add(Text("Dataset", "数据集"), self.dataset)
        self.add(Text("Text columns: choose those to search in", "文本列：选择要检索的列"), self.columns)
        self.dataset.changed.connect(self._show_columns)
        for pressed in (self.columns.activated, self.columns.ticked):
            pressed.connect(self.toggle)
        self.agree.setEnabled(False)
        studio.bridge.run(self, studio.engine.datasets.list(), self._set_datasets, self._failed)

    def toggle(self, column: str) -> None:
        """Choose a column, or leave it out again."""
        self.texts ^= {column}
        self._draw()

    def _set_datasets(self, datasets: list[Dataset]) -> None:
        self._datasets = {one.id: one for one in datasets}
        if datasets:
            self.dataset.set_choices([(one.id, one.name) for one in datasets], datasets[0].id)
            self._show_columns(datasets[0].id)

    def _show_columns(self, dataset_id: str) -> None:
        known = self._datasets[dataset_id]
        self.texts = {column.name for column in known.columns if _is_prose(column.name, column.type)}
        self._draw()

    def _draw(self) -> None:
        known = self._datasets[self.dataset.value()]
        self.columns.set_rows(
            Row(
                column.name, column.name, icon="square-check" if column.name in self.texts else "square", trailing=column.type,
                colour="accent.text" if column.name in self.texts else "text.secondary",
            )
            for column in known.columns
        )  # fmt: skip
        self.agree.setEnabled(bool(self.texts))

    def submit(self) -> None:
        dataset = self._datasets[self.dataset.value()]
        columns = [column.name for column in dataset.columns if column.name in self.texts]
        work = self._studio.engine.knowledge.add_dataset(self._collection_id, dataset.id, columns)
        self.agree.setEnabled(False)
        self._studio.bridge.run(self, work, lambda _: self.accept(), self._failed)

    def _failed(self, error: Any) -> None:
        self.agree.setEnabled(bool(self.texts))
        self.say_problem(error.whole())


def _is_prose(name: str, kind: str) -> bool:
    words = (
        "text", "note", "comment", "descr", "title", "subject", "content", "body", "message", "备注", "内容", "描述", "说明",
        "标题", "主题",
    )  # fmt: skip
    is_text = any(word in kind.lower() for word in ("char", "string", "text"))
    return is_text and any(word in name.lower() for word in words)
