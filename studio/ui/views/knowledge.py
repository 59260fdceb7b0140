"""Knowledge: collections of documents, how they are indexed, and what a search of them finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QFileDialog

from studio.engine.knowledge.document import (
    Collection,
    CollectionsChanged,
    Document,
    DocumentChanged,
    DocumentDeleted,
    Found,
)
from studio.engine.text import Text
from studio.ui.actions import Action
from studio.ui.language import tr
from studio.ui.making import MAKERS
from studio.ui.views.knowledge_parts.adding import AskDataset, AskPage, ask_folder
from studio.ui.views.knowledge_parts.centre import ADD, Centre
from studio.ui.views.knowledge_parts.collection_work import IMPORT, CollectionWork, NewCollection
from studio.ui.views.knowledge_parts.collections import CollectionsPanel
from studio.ui.views.knowledge_parts.document_work import DocumentWork
from studio.ui.views.knowledge_parts.inspector import Inspector
from studio.ui.views.knowledge_parts.look_first import LookFirst
from studio.ui.views.knowledge_parts.words import has_trouble
from studio.ui.views.view import View

if TYPE_CHECKING:
    from studio.ui.studio import Studio

TITLE = Text("Knowledge", "知识库")
ADD_PAGE = Text("Add a web page", "添加网页")
ADD_ROWS = Text("Add rows of a dataset", "添加数据集的行")
Span = tuple[int, int]


class Knowledge(View):
    """Collections at the side, documents or the search test in the centre, the page and its chunks in the inspector."""

    name: ClassVar[str] = "knowledge"
    title: ClassVar[Text] = TITLE
    icon: ClassVar[str] = "library"
    order: ClassVar[int] = 3
    side_width: ClassVar[str] = "layout.sidePanel.data"

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._collections: list[Collection] = []
        self._collection: Collection | None = None
        self._asked = ""  # the collection that was asked for before it was known
        self._wanted: tuple[str, int | None, Span | None] | None = None  # a place to show once it is loaded

    def steps(self) -> Iterator[object]:
        studio = self.studio
        self.side = CollectionsPanel()
        yield
        self.centre = Centre(studio)
        yield
        self.inspector = Inspector(studio)
        yield
        self.work = CollectionWork(self, studio, self._taken, self._collection_gone)
        self.documents = DocumentWork(self, studio, self._document)
        self.build(self.centre, self.side, self.inspector)
        self._connect()
        self._listen()
        studio.opener("collection", self.open_collection)
        studio.opener("document", self.open_document)

    @classmethod
    def register(cls, studio: Studio) -> None:
        def on_view(work: str) -> Callable[[], object]:
            return lambda: studio.window.show_view(cls.name, lambda view: getattr(view, work)())

        files, add = on_view("add_documents"), studio.actions.add
        add(Action("knowledge.add", ADD, files, "file-plus", "Ctrl+O", TITLE, view=cls.name))
        for name, title, work, icon in (
            ("new", MAKERS["collection"].title, "new_collection", "folder-plus"),
            ("page", ADD_PAGE, "add_page", "globe"),
            ("dataset", ADD_ROWS, "add_dataset", "database"),
            ("import", IMPORT, "import_collection", "upload"),
        ):
            add(Action(f"knowledge.{name}", title, on_view(work), icon, "", TITLE))

    def shown(self) -> None:
        self.reload()

    def reload(self) -> None:
        """Read the collections again, and the documents of the chosen one."""
        self.studio.bridge.run(
            self, self.studio.engine.knowledge.collections(), self._set_collections, self.centre.show_error,
            of="collections",
        )  # fmt: skip

    def open_collection(self, collection_id: str, **place: Any) -> None:
        """Bring a collection to the front, by its id or name."""
        self._choose(collection_id)
        self.reload()

    def open_document(self, document_id: str, page: int | None = None, span: Span | None = None, **place: Any) -> None:
        """Show a document at a page, with a span of its text marked."""
        self._wanted = (document_id, page, tuple(span) if span else None)  # type: ignore[assignment]
        self.centre.tabs.set_value("documents")
        self.centre.show_tab("documents")
        self.show_panel("inspector")
        self.studio.bridge.run(self, self.studio.engine.knowledge.document(document_id), self._open_loaded)

    def add_documents(self) -> None:
        """Let a person choose files; how they would be cut is shown before they are indexed."""
        endings = " ".join(f"*{ending}" for ending in self.studio.engine.knowledge.suffixes())
        dialog = QFileDialog(self, tr(ADD), str(Path.home()), f"{tr(Text('Documents', '文档'))} ({endings})")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(lambda files: self.look_first([Path(file) for file in files]))
        dialog.open()

    def import_collection(self) -> None:
        """Let a person choose a collection's file."""
        self.work.ask_import()

    def new_collection(self) -> None:
        """Ask for a name and make a collection."""
        NewCollection(self, self.studio, self._taken).open()

    def _connect(self) -> None:
        self.side.chosen.connect(self._choose)
        self.side.asked_new.connect(self.new_collection)
        self.side.menu.connect(self._collection_menu)
        self.side.drop.dropped.connect(self.look_first)
        centre = self.centre
        centre.dropped.connect(self.look_first)
        centre.asked_add.connect(self.add_documents)
        centre.asked_new.connect(self.new_collection)
        centre.asked_folder.connect(lambda: ask_folder(self, lambda folder: self.look_first([folder], follow=True)))
        centre.asked_page.connect(self.add_page)
        centre.asked_dataset.connect(self.add_dataset)
        centre.asked_pause.connect(self._pause)
        centre.asked_stop.connect(self._stop)
        centre.asked_menu.connect(lambda place: self._collection and self._collection_menu(self._collection.id, place))
        centre.table.chosen.connect(self._choose_document)
        centre.table.menu.connect(self.documents.menu)
        centre.bench.chosen.connect(self._show_found)
        for part in (centre.attention, self.inspector):
            part.retried.connect(self.documents.retry)
            part.removed.connect(self.documents.remove)
        centre.table.removed.connect(self.documents.remove)

    def _listen(self) -> None:
        bridge = self.studio.bridge
        bridge.listen(self, CollectionsChanged, lambda _: self.reload())
        bridge.listen(self, DocumentChanged, self._document_changed)
        bridge.listen(self, DocumentDeleted, self._document_deleted)

    # What comes back

    def _set_collections(self, collections: list[Collection]) -> None:
        self._collections = collections
        self.side.set_collections(collections)
        known = {one.id: one for one in collections}
        chosen = self._collection.id if self._collection else self._asked
        self._collection = known.get(chosen) or next((one for one in collections if one.name == chosen), None)
        if self._collection is None and collections:
            self._collection = collections[0]
        if self._collection is None:
            self.inspector.clear()
            self.centre.show_nothing()
            return
        if self.inspector.document is not None and self.inspector.document.collection_id != self._collection.id:
            self.inspector.clear()
        self.side.list.select(self._collection.id)
        self.side.drop.target = self._collection.name
        self.centre.show_collection(self._collection)
        self._load_documents()

    def _choose(self, collection_id: str) -> None:
        """Show another collection."""
        chosen = next((one for one in self._collections if collection_id in (one.id, one.name)), None)
        if chosen is None:
            self._collection, self._asked = None, collection_id
            return
        if self._collection is not None and chosen.id == self._collection.id:
            return
        self._collection = chosen
        self.side.list.select(chosen.id)
        self.side.drop.target = chosen.name
        self.inspector.clear()
        self.centre.show_collection(chosen)
        self._load_documents()

    def _load_documents(self) -> None:
        if self._collection is None:
            return
        chosen = self._collection.id
        self.studio.bridge.run(
            self,
            self.studio.engine.knowledge.documents(chosen),
            lambda documents: self._set_documents(chosen, documents),
            self.centre.show_error,
            of=chosen,
        )

    def _set_documents(self, collection_id: str, documents: list[Document]) -> None:
        if self._collection is None or self._collection.id != collection_id:
            return
        self.centre.set_documents(documents)
        self._set_trouble()
        if self._wanted and self.centre.table.document(self._wanted[0]):
            self._show_wanted()
        elif documents and not self.centre.table.current() and self.centre.tabs.value() == "documents":
            self.centre.table.select(documents[0].id)

    def _open_loaded(self, document: Document) -> None:
        """The document that was asked for is known: go to its collection first."""
        if self._collection is not None and self._collection.id == document.collection_id:
            if self.centre.table.document(document.id):
                self._show_wanted()
            else:
                self._load_documents()
            return
        self._choose(document.collection_id)
        if self._collection is None:
            self.reload()

    def _show_wanted(self) -> None:
        """Show the place that was asked for. The list of documents may have come first and done so already."""
        if self._wanted is None:
            return
        (document_id, page, span), self._wanted = self._wanted, None
        document = self.centre.table.document(document_id)
        if document is None:
            return
        self.centre.table.blockSignals(True)
        self.centre.table.select(document_id)
        self.centre.table.blockSignals(False)
        self.inspector.show_document(document, page, span)

    def _choose_document(self, document_id: str) -> None:
        document = self.centre.table.document(document_id)
        if document is not None:
            self.inspector.show_document(document)

    def _show_found(self, found: Found) -> None:
        """A chunk of the search test: its page, with the best sentence marked."""
        self.inspector.show_document(found.document, found.chunk.page, (found.matched_start, found.matched_end))

    def _document_changed(self, event: DocumentChanged) -> None:
        document = event.document
        if self._collection is None or document.collection_id != self._collection.id:
            return
        if not self.centre.table.update_document(document):
            self._load_documents()
            return
        self.centre.show_work(self.centre.table.documents())
        if document.status not in ("queued", "reading"):
            self.centre.set_documents(self.centre.table.documents())
        self._set_trouble()
        if self.inspector.document is not None and self.inspector.document.id == document.id:
            finished = document.status == "indexed" and self.inspector.document.status != "indexed"
            show = self.inspector.show_document if finished else self.inspector.update_document
            show(document)

    def _document_deleted(self, event: DocumentDeleted) -> None:
        if self.inspector.document is not None and self.inspector.document.id == event.document_id:
            self.inspector.clear()
        self._load_documents()

    def _set_trouble(self) -> None:
        documents = self.centre.table.documents()
        busy = any(one.status in ("queued", "reading") for one in documents)
        self.set_badge("accent" if busy else "warning" if any(map(has_trouble, documents)) else None)

    # What a person does

    def _collection_menu(self, collection_id: str, place: QPoint) -> None:
        collection = next((one for one in self._collections if one.id == collection_id), None)
        if collection is not None:
            self.work.menu(collection, place)

    def look_first(self, paths: Sequence[Path], follow: bool = False) -> None:
        """Show how files, and those in folders, would be cut; index what a person agrees to."""
        if not paths:
            return

        def show(collection: Collection) -> None:
            LookFirst(self, self.studio, collection, paths, follow).open()

        def ready(id: str) -> None:
            self.studio.bridge.run(self, self.studio.engine.knowledge.collection(id), show)

        self._with_collection(ready)

    def add_page(self) -> None:
        """Ask for a web page's address."""
        self._with_collection(lambda id: AskPage(self, self.studio, id).open())

    def add_dataset(self) -> None:
        """Ask for a dataset and its text columns."""
        self._with_collection(lambda id: AskDataset(self, self.studio, id).open())

    def _with_collection(self, work: Callable[[str], object]) -> None:
        """Do something with the chosen collection; without any, a first one is made."""
        knowledge = self.studio.engine.knowledge
        chosen = self._collection.id if self._collection else ""

        async def prepare() -> str:
            return chosen or str((await knowledge.create(tr(Text("Documents", "文档")))).id)

        def ready(target: str) -> None:
            self._choose(target)
            work(target)

        self.studio.bridge.run(self, prepare(), ready)

    def _pause(self, pause: bool) -> None:
        if self._collection is not None:
            knowledge, id = self.studio.engine.knowledge, self._collection.id
            self.studio.bridge.run(self, knowledge.pause(id) if pause else knowledge.resume(id))

    def _stop(self) -> None:
        if self._collection is not None:
            self.studio.bridge.run(self, self.studio.engine.knowledge.stop(self._collection.id))

    def _document(self, document_id: str) -> Document | None:
        shown = self.inspector.document
        return self.centre.table.document(document_id) or (shown if shown and shown.id == document_id else None)

    def _taken(self, collection_id: str) -> None:
        """A collection was made, or came from its file."""
        self._choose(collection_id)
        self.reload()

    def _collection_gone(self, _: object) -> None:
        self._collection = None
        self.reload()
