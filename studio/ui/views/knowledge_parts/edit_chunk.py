"""A chunk's words, to be changed by hand."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from studio.engine.knowledge.document import Chunk
from studio.engine.text import Text
from studio.ui.studio import Studio
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.inputs import TextArea


class EditChunk(Ask):
    """What is written here is searched and answered from; the chunk's place in the file stays what is shown."""

    def __init__(self, parent: QWidget, studio: Studio, chunk: Chunk, changed: Callable[[Chunk], None]) -> None:
        super().__init__(
            Text("Edit chunk", "编辑片段"),
            Text("Save chunk", "保存片段"),
            Text(
                "Searches and answers use these words. They hold until the file says something else here.",
                "检索和回答将使用这些文字，直到文件在此处的内容改变。",
            ),
            parent=parent,
        )
        self._studio, self._chunk, self._changed = studio, chunk, changed
        self.text = TextArea(value=chunk.text, name=Text("Words", "文字"), rows=10)
        self.add(Text("Words", "文字"), self.text)
        self.agree.clicked.disconnect()
        self.agree.clicked.connect(self._save)
        self.text.setFocus()

    def _save(self) -> None:
        work = self._studio.engine.knowledge.editing.reword(self._chunk.id, self.text.toPlainText())
        self._studio.bridge.run(self, work, self._saved, lambda error: self.say_problem(error.whole()))

    def _saved(self, chunk: Chunk) -> None:
        self._changed(chunk)
        self.accept()
