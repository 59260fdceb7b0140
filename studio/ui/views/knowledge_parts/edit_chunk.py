"""A chunk's words, to be changed by hand."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from studio.engine.text import Text
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.inputs import TextArea


class EditChunk(Ask):
    """What is written here is searched and answered from; the chunk's place in the file stays what is shown.

    `keep` is given the dialog and the words; it closes the dialog, or says what is wrong in it.
    """

    def __init__(self, parent: QWidget, words: str, keep: Callable[[EditChunk, str], None]) -> None:
        super().__init__(
            Text("Edit chunk", "编辑片段"),
            Text("Save chunk", "保存片段"),
            Text(
                "Searches and answers use these words. They hold until the file says something else here.",
                "检索和回答将使用这些文字，直到文件在此处的内容改变。",
            ),
            parent=parent,
        )
        self.text = TextArea(value=words, name=Text("Words", "文字"), rows=10)
        self.add(Text("Words", "文字"), self.text)
        self.when_agreed(lambda: keep(self, self.text.toPlainText()))
        self.text.setFocus()
