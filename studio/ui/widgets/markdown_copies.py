"""A button on each code block that copies it."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication, QTextBlock
from PySide6.QtWidgets import QTextEdit

from studio.engine.text import Text
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.discard import discard
from studio.ui.widgets.markdown_code import Fence
from studio.ui.widgets.markdown_paint import code_box


class CopyButtons:
    """Real buttons over the text, since a document has none; moved whenever the text is laid out."""

    def __init__(self, view: QTextEdit) -> None:
        self._view = view
        self._made: list[tuple[QTextBlock, IconButton]] = []

    def offer(self, fence: Fence) -> None:
        self._made.append((fence.parts[0], self._button(fence)))

    def place(self) -> None:
        document = self._view.document()
        for block, button in self._made:
            box = code_box(block, document.documentLayout().blockBoundingRect(block), document.textWidth())
            button.move(int(box.right()) - button.sizeHint().width() - 6, int(box.top()) + 6)

    def clear(self) -> None:
        for _, button in self._made:
            discard(button)
        self._made.clear()

    def _button(self, fence: Fence) -> IconButton:
        button = IconButton("copy", Text("Copy code", "复制代码"))
        button.setParent(self._view.viewport())
        button.clicked.connect(lambda: QGuiApplication.clipboard().setText(fence.code()))
        button.show()
        return button
