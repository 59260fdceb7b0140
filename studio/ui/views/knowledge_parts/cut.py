"""How documents of a collection are cut: two numbers beside each other."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from studio.engine.knowledge.document import Collection
from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.widgets.inputs import NumberField
from studio.ui.widgets.labels import Label

CHARACTERS, OVERLAP = Text("Characters per chunk", "每段字数"), Text("Overlap", "重叠字数")


class CutFields(QWidget):
    """The numbers as they hold for a collection now, to be changed."""

    def __init__(self, collection: Collection, default: Any, note: bool = True) -> None:
        super().__init__()
        settings = collection.settings
        self._telling = note and collection.document_count > 0
        self._start = {
            "chunk_characters": settings.get("chunk_characters") or default.chunk_characters,
            "chunk_overlap": settings.get("chunk_overlap", default.chunk_overlap),
        }
        self.characters = NumberField(self._start["chunk_characters"], 100, 8000, 50, name=CHARACTERS)
        self.overlap = NumberField(self._start["chunk_overlap"], 0, 2000, 10, name=OVERLAP)
        self._others = Label(
            Text("The documents that are there are cut anew too.", "已有的文档也会重新分段。"),
            "dense",
            "text.secondary",
        )
        self._others.hide()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.size("space.2"))
        for words, field in ((CHARACTERS, self.characters), (OVERLAP, self.overlap)):
            name = Label(words, "dense", "text.secondary")
            name.setBuddy(field)
            field.setMaximumWidth(theme.scaled(120))
            row.addWidget(name)
            row.addWidget(field)
            field.changed.connect(lambda _: self._others.setVisible(self._telling and self.changed_from_start()))
        row.addWidget(self._others)
        row.addStretch(1)

    def values(self) -> dict[str, int]:
        return {"chunk_characters": int(self.characters.value()), "chunk_overlap": int(self.overlap.value())}

    def changed_from_start(self) -> bool:
        return self.values() != self._start
