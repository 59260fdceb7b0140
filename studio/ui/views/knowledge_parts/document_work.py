"""What a person does with one document: its menu, its tags, indexing it again, taking it out."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu, QWidget

from studio.engine.knowledge.document import Document
from studio.engine.text import Text, plural
from studio.ui.language import tr
from studio.ui.studio import Studio
from studio.ui.widgets.ask import Ask, ask_before
from studio.ui.widgets.inputs import LineField


class DocumentWork:
    """For the view that owns it. `find` gives a document by its id, where it is shown."""

    def __init__(self, view: QWidget, studio: Studio, find: Callable[[str], Document | None]) -> None:
        self._view, self._studio, self._find = view, studio, find

    def menu(self, document_id: str, place: QPoint) -> None:
        menu = QMenu(self._view)
        menu.addAction(tr(Text("Index again", "重新索引")), lambda: self.retry(document_id))
        menu.addAction(tr(Text("Tags…", "标签…")), lambda: self.ask_tags(document_id))
        menu.addAction(tr(Text("Remove", "移除")), lambda: self.remove(document_id))
        menu.popup(place)

    def retry(self, document_id: str) -> None:
        self._studio.bridge.run(self._view, self._studio.engine.knowledge.retry(document_id))

    def remove(self, document_id: str) -> None:
        """Take a document out of the index, once a person agrees."""
        document = self._find(document_id)
        if document is None:
            return
        name, count = document.file_name, document.chunk_count
        ask_before(
            self._view,
            Text(f"Remove “{name}”?", f"移除“{name}”？"),
            Text(
                f"{plural(count, 'chunk is', 'chunks are')} deleted and can no longer be found. The file itself stays where it is.",
                f"它的 {count:,} 个片段将被删除，无法再检索到。原文件不受影响。",
            ),
            Text("Remove document", "移除文档"),
            lambda: self._studio.bridge.run(self._view, self._studio.engine.knowledge.delete_document(document_id)),
        )

    def ask_tags(self, document_id: str) -> None:
        document = self._find(document_id)
        if document is None:
            return
        title = Text(f"Tags of “{document.file_name}”", f"“{document.file_name}”的标签")
        dialog = Ask(title, Text("Save tags", "保存标签"), parent=self._view)
        field = LineField(Text("With commas between", "用逗号分隔"), name=Text("Tags", "标签"))
        field.setText(", ".join(document.tags))
        dialog.add(Text("Tags", "标签"), field)

        def save() -> None:
            tags = field.text().replace("，", ",").split(",")
            self._studio.bridge.run(self._view, self._studio.engine.knowledge.tag(document_id, tags))

        dialog.accepted.connect(save)
        dialog.open()
        field.setFocus()
