"""What a person does with a whole collection: making one, its menu, its settings, one file to take along."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from studio.engine.errors import Conflict, StudioError
from studio.engine.events import Notice
from studio.engine.knowledge.document import Collection
from studio.engine.text import Text, plural
from studio.ui.language import tr
from studio.ui.making import MAKERS
from studio.ui.studio import Studio
from studio.ui.views.knowledge_parts.cut import CutFields
from studio.ui.widgets.ask import Ask, ask_before
from studio.ui.widgets.inputs import Choice, LineField

FILES = "*.knowledge"
IMPORT, IMPORTED = Text("Import a collection…", "导入文档集…"), Text("Import a collection", "导入文档集")
NAME = Text("Name", "名称")
OCR = Text("Text recognition (OCR)", "文字识别（OCR）")
OCR_CHOICES = [
    ("automatic", Text("Automatic: pictures and scanned pages", "自动：图片和扫描页")),
    ("never", Text("Never", "从不")),
]


class CollectionWork:
    """The menu of a collection, for the view that owns it. `gone` is called when the collection was deleted."""

    def __init__(
        self, view: QWidget, studio: Studio, chosen: Callable[[str], None], gone: Callable[[Any], None]
    ) -> None:
        self._view, self._studio, self._chosen, self._gone = view, studio, chosen, gone

    def menu(self, collection: Collection, place: QPoint) -> None:
        menu = QMenu(self._view)
        menu.addAction(
            tr(Text("Settings…", "设置…")), lambda: CollectionSettings(self._view, self._studio, collection).open()
        )
        menu.addAction(
            tr(Text("Index again", "重新建立索引")), lambda: self._run(self._knowledge.reindex(collection.id))
        )
        if folders := collection.settings.get("folders", []):
            followed = menu.addMenu(tr(Text("Followed folders", "跟踪的文件夹")))
            for folder in folders:
                words = Text(f"Stop following {folder}", f"停止跟踪 {folder}")
                followed.addAction(
                    tr(words), lambda folder=folder: self._run(self._knowledge.unwatch(collection.id, folder))
                )
        menu.addSeparator()
        menu.addAction(tr(Text("Export to one file…", "导出为单个文件…")), lambda: self.ask_export(collection))
        menu.addAction(tr(IMPORT), self.ask_import)
        menu.addSeparator()
        menu.addAction(tr(Text("Delete collection", "删除文档集")), lambda: self.delete(collection))
        menu.popup(place)

    def ask_export(self, collection: Collection) -> None:
        dialog = QFileDialog(
            self._view, tr(Text("Export to one file", "导出为单个文件")), str(Path.home()), f"({FILES})"
        )
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("knowledge")
        dialog.selectFile(f"{collection.name}.knowledge")
        dialog.filesSelected.connect(lambda files: self.export(collection.id, Path(files[0])))
        dialog.open()

    def export(self, collection_id: str, path: Path) -> None:
        """Write the collection; its job is seen among the others."""

        async def work() -> dict[str, Any]:
            job = await self._knowledge.packages.export(collection_id, path)
            return dict(await self._studio.engine.jobs.wait(job.id))

        self._studio.bridge.run(self._view, work(), self._exported)

    def ask_import(self) -> None:
        dialog = QFileDialog(self._view, tr(IMPORT), str(Path.home()), f"{tr(Text('Collections', '文档集'))} ({FILES})")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.filesSelected.connect(lambda files: self.take(Path(files[0])))
        dialog.open()

    def take(self, path: Path) -> None:
        """Read a collection from its file, and show it; where its name is taken, another one is asked for."""

        def failed(error: StudioError) -> None:
            if isinstance(error, Conflict):
                self._ask_name(path, error)
            else:
                self._studio.window.show_error(error)

        work = self._knowledge.packages.take(path)
        self._studio.bridge.run(self._view, work, lambda made: self._chosen(made.id), failed)

    def _ask_name(self, path: Path, taken: Conflict) -> None:
        dialog = Ask(IMPORTED, Text("Import", "导入"), taken.whole(), parent=self._view)
        name = LineField("", name=NAME)
        dialog.add(NAME, name)

        def made(collection: Collection) -> None:
            dialog.accept()
            self._chosen(collection.id)

        def take() -> None:
            dialog.agree.setEnabled(False)
            work = self._knowledge.packages.take(path, " ".join(name.text().split()))
            self._studio.bridge.run(dialog, work, made, dialog.fail)

        dialog.when_agreed(take)
        dialog.open()

    def delete(self, collection: Collection) -> None:
        name, count = collection.name, collection.document_count
        ask_before(
            self._view,
            Text(f"Delete “{name}”?", f"删除“{name}”？"),
            Text(
                f"It holds {plural(count, 'document', 'documents')}, taken out of the index for good; the files stay where they are.",
                f"其中有 {count:,} 个文档，将从索引中永久删除。原文件不受影响。",
            ),
            Text("Delete collection", "删除文档集"),
            lambda: self._studio.bridge.run(self._view, self._knowledge.delete(collection.id), self._gone),
        )

    @property
    def _knowledge(self) -> Any:
        return self._studio.engine.knowledge

    def _run(self, work: Any) -> None:
        self._studio.bridge.run(self._view, work)

    def _exported(self, told: dict[str, Any]) -> None:
        words = Text(
            f"{plural(told['documents'], 'document', 'documents')} and {plural(told['chunks'], 'chunk', 'chunks')}, with their vectors, are in {told['path']}.",
            f"{told['documents']} 个文档、{told['chunks']:,} 个片段及其向量已写入 {told['path']}。",
        )
        self._studio.window.notice(Notice("info", Text("Collection exported", "文档集已导出"), words))


class NewCollection(Ask):
    """A name, and what it is for. `made` is given the id of the collection."""

    def __init__(self, parent: QWidget, studio: Studio, made: Callable[[str], None]) -> None:
        super().__init__(
            MAKERS["collection"].title,
            Text("Create collection", "创建文档集"),
            Text("Its documents are searched together.", "其中的文档会一起检索。"),
            parent=parent,
        )
        self._studio, self._made = studio, made
        self.name = LineField(Text("For example: Service manuals", "例如：服务手册"), name=NAME)
        self.description = LineField("", name=Text("Description", "说明"))
        self.add(NAME, self.name)
        self.add(Text("Description", "说明"), self.description)
        self.name.setFocus()

    def submit(self) -> None:
        self.agree.setEnabled(False)
        work = self._studio.engine.knowledge.create(self.name.text(), self.description.text())
        self._studio.bridge.run(self, work, self._done, self.fail)

    def _done(self, collection: Collection) -> None:
        self.accept()
        self._made(collection.id)


class CollectionSettings(Ask):
    """Name, embedding model, how documents are read and cut, and who ranks last. A new model or cut indexes again."""

    def __init__(self, parent: QWidget, studio: Studio, collection: Collection) -> None:
        super().__init__(
            Text(f"Settings of “{collection.name}”", f"“{collection.name}”的设置"),
            Text("Save", "保存"),
            Text(
                "A different embedding model, chunk size or text recognition indexes the documents again; chunks that stay the same "
                "keep their vectors.",
                "更换向量模型、分段大小或文字识别方式会重新建立索引；未变的片段保留原有向量。",
            ),
            parent=parent,
        )
        self._studio, self._collection = studio, collection
        self.name = LineField("", name=NAME)
        self.name.setText(collection.name)
        self.embedder = Choice(
            [(collection.embedder, collection.embedder)], collection.embedder, Text("Embedding model", "向量模型")
        )
        self.cut = CutFields(collection, studio.engine.settings.knowledge, note=False)
        self.ocr = Choice(OCR_CHOICES, collection.settings.get("ocr", "automatic"), OCR)
        none = [("", Text("None", "无"))]
        self.reranker = Choice(none, "", Text("Rerank model", "重排模型"))
        for title, field in (
            (NAME, self.name), (Text("Embedding model", "向量模型"), self.embedder),
            (Text("How documents are cut", "分段方式"), self.cut), (OCR, self.ocr),
            (Text("Rerank model", "重排模型"), self.reranker),
        ):  # fmt: skip
            self.add(title, field)
        studio.bridge.run(self, studio.engine.models.list(), self._set_models, lambda _: None)

    def _set_models(self, models: list[Any]) -> None:
        embedders = {one.id: one.name for one in models if one.kind == "embedding"}
        known = {self._collection.embedder: self._collection.embedder, **embedders}
        self.embedder.set_choices(list(known.items()), self._collection.embedder)
        rankers = [(one.id, one.name) for one in models if one.kind == "rerank"]
        self.reranker.set_choices([("", Text("None", "无")), *rankers], self._collection.settings.get("reranker", ""))

    def submit(self) -> None:
        knowledge, collection = self._studio.engine.knowledge, self._collection
        cut = {**self.cut.values(), "ocr": str(self.ocr.value())}
        other_cut = self.cut.changed_from_start() or cut["ocr"] != collection.settings.get("ocr", "automatic")
        embedder, name, reranker = str(self.embedder.value()), self.name.text(), str(self.reranker.value() or "")

        async def work() -> None:
            await knowledge.update(collection.id, name, reranker=reranker, **cut)
            if embedder != collection.embedder or other_cut:
                await knowledge.reindex(collection.id, embedder)

        self.agree.setEnabled(False)
        self._studio.bridge.run(self, work(), lambda _: self.accept(), self.fail)
