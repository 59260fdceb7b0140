"""The side panel: what is in the workflow above, what can be added below; or the trash in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.engine.workflows.node import NodeType
from studio.ui.theme import theme
from studio.ui.views.workflows_parts.outline import Outline
from studio.ui.views.workflows_parts.palette import Palette
from studio.ui.views.workflows_parts.sheet import Sheet
from studio.ui.views.workflows_parts.trash import TRASH, TrashPanel
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Divider, Glyph, Header, Surface

if TYPE_CHECKING:
    from studio.ui.studio import Studio

WORKFLOWS = Text("Workflows", "工作流")


class Side(Surface):
    """Outline above palette, with the workflow's name on top."""

    def __init__(self, studio: Studio, types: list[NodeType], parent: QWidget | None = None) -> None:
        super().__init__("panel", parent)
        self.trash = TrashPanel(studio)
        self.bin = Button(TRASH, "trash-2", "ghost")
        self.bin.clicked.connect(lambda: self.show_trash(not self.in_trash()))
        self.trash.restored.connect(lambda _: self.show_trash(False))
        self.outline, self.palette_ = Outline(), Palette(types)
        self.name = Label(WORKFLOWS, "bodyStrong", elide="end")
        self.count = Label("", "dense", "text.tertiary")
        self._build()

    def in_trash(self) -> bool:
        return self._pages.currentWidget() is self.trash

    def show_trash(self, shown: bool) -> None:
        """The trash in place of outline and nodes; False shows those again."""
        self.bin.say(Text("Back to the nodes", "返回节点") if shown else TRASH)
        self.bin.set_icon("arrow-left" if shown else "trash-2")
        self._pages.setCurrentWidget(self.trash if shown else self._parts)
        if shown:
            self.trash.load()

    def show_sheet(self, sheet: Sheet | None) -> None:
        if sheet is None:
            self.name.say(WORKFLOWS)
            self.count.say(Text.same(""))
            self.outline.show_document(None, {})
            return
        self.name.say(Text.same(sheet.document.graph.name))
        self.count.say(Text.same(f"{len(sheet.document.nodes):,}"))
        self.outline.show_document(sheet.document, sheet.lives())

    def _build(self) -> None:
        head = Header(40)
        head.row.addWidget(Glyph("workflow", "accent.text"))
        head.row.addWidget(self.name, 1)
        above, below = (
            _part(Text("Outline", "大纲"), self.outline, self.count),
            _part(Text("Nodes", "节点"), self.palette_),
        )
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setHandleWidth(1)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(above)
        splitter.addWidget(below)
        splitter.setSizes([theme.scaled(300), theme.scaled(520)])
        self._parts, self._pages = splitter, QStackedWidget()
        for page in (splitter, self.trash):
            self._pages.addWidget(page)
        foot = QVBoxLayout()
        side = theme.size("space.2")
        foot.setContentsMargins(side, theme.size("space.1"), side, theme.size("space.1"))
        foot.addWidget(self.bin)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(self._pages, 1)
        column.addWidget(Divider())
        column.addLayout(foot)


def _part(title: Text, content: QWidget, count: Label | None = None) -> QWidget:
    part = QWidget()
    column = QVBoxLayout(part)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    head = Header(32)
    head.row.addWidget(Label(title, "denseStrong"))
    if count is not None:
        head.row.addWidget(count)
    head.row.addStretch(1)
    column.addWidget(head)
    column.addWidget(content, 1)
    return part
