"""What was worked on last, of every kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.engine.text import Text, plural
from studio.ui import when
from studio.ui.icons import paint_icon
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Pressable, Segmented
from studio.ui.widgets.discard import discard
from studio.ui.widgets.gap import gap
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Divider

if TYPE_CHECKING:
    from studio.engine.engine import Engine

SHOWN = 7
KINDS = {
    "dataset": (Text("Dataset", "数据集"), "table-2", "port.table"),
    "collection": (Text("Collection", "文档集"), "library", "port.docs"),
    "workflow": (Text("Workflow", "工作流"), "workflow", "accent.ring"),
    "thread": (Text("Thread", "对话"), "message-square", "port.model"),
}
GROUPS = {"data": ("dataset", "collection"), "workflow": ("workflow",), "thread": ("thread",)}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that can be opened again."""

    kind: str
    id: str
    name: Text
    detail: Text
    at: float


async def recent(engine: Engine) -> list[Item]:
    """The newest first: what was opened or changed last, whichever is later."""
    opened = {(one.kind, one.object_id): one.opened_at for one in await engine.recent.list()}
    items = [*await _datasets(engine), *await _collections(engine), *await _workflows(engine), *await _threads(engine)]
    last = [
        Item(one.kind, one.id, one.name, one.detail, max(one.at, opened.get((one.kind, one.id), 0.0))) for one in items
    ]
    return sorted(last, key=lambda one: -one.at)


async def _datasets(engine: Engine) -> list[Item]:
    def detail(rows: int | None) -> Text:
        return Text(plural(rows, "row", "rows"), f"{rows:,} 行") if rows is not None else Text("Not counted", "未统计")

    found = await engine.datasets.list()
    return [Item("dataset", one.id, Text.same(one.name), detail(one.row_count), one.updated_at) for one in found]


async def _collections(engine: Engine) -> list[Item]:
    def detail(count: int) -> Text:
        return Text(plural(count, "document", "documents"), f"{count:,} 篇文档")

    found = await engine.knowledge.collections()
    return [
        Item("collection", one.id, Text.same(one.name), detail(one.document_count), one.updated_at) for one in found
    ]


async def _workflows(engine: Engine) -> list[Item]:
    def detail(count: int) -> Text:
        return Text(plural(count, "node", "nodes"), f"{count:,} 个节点")

    found = await engine.workflows.list()
    return [
        Item("workflow", one.id, Text.same(one.name), detail(len(one.definition.nodes)), one.updated_at)
        for one in found
    ]


async def _threads(engine: Engine) -> list[Item]:
    found = await engine.chat.threads()
    here = Text("This computer", "本机")
    untitled = Text("New chat", "新对话")
    return [
        Item("thread", one.id, Text.same(one.title) if one.title else untitled, here, one.updated_at) for one in found
    ]


class RecentList(QWidget):
    """`opened` carries kind and id."""

    opened = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[Item] = []
        self.rows: list[RecentRow] = []
        self.filter = Segmented(
            [
                ("all", Text("All", "全部")),
                ("data", Text("Data", "数据")),
                ("workflow", Text("Workflows", "工作流")),
                ("thread", Text("Chat", "对话")),
            ],
            "all",
        )
        self.filter.changed.connect(lambda _: self._show())
        self.none = Label(
            Text("Nothing yet: open your data or the sample project.", "还没有内容，打开你的数据或示例项目即可开始。"),
            "body",
            "text.secondary",
            wrap=True,
        )
        self.none.setContentsMargins(0, theme.size("space.3"), 0, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        head = QHBoxLayout()
        head.addWidget(Label(Text("Recent", "最近"), "bodyStrong"), 1)
        head.addWidget(self.filter)
        layout.addLayout(head)
        gap(layout, "space.2")
        layout.addWidget(Divider())
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        layout.addLayout(self._list)
        layout.addWidget(self.none)
        layout.addStretch(1)

    def show_items(self, items: list[Item]) -> None:
        if items != self._items:
            self._items = items
            self._show()

    def _show(self) -> None:
        for row in self.rows:
            row.setParent(None)
            discard(row)
        kinds = GROUPS.get(str(self.filter.value()), tuple(KINDS))
        self.rows = [RecentRow(item) for item in self._items if item.kind in kinds][:SHOWN]
        for row in self.rows:
            row.clicked.connect(lambda _=False, item=row.item: self.opened.emit(item.kind, item.id))
            self._list.addWidget(row)
        self.none.setVisible(not self.rows)


class RecentRow(Pressable):
    def __init__(self, item: Item) -> None:
        super().__init__()
        self.item = item
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._say()
        theme.changed.connect(self._say)

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(300), theme.scaled(36))

    def enterEvent(self, event: QEvent) -> None:
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.isDown():
            painter.fillRect(self.rect(), theme.colour("surface.hover"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.colour("border.subtle"))
        kind, icon, colour = KINDS[self.item.kind]
        size, pad = theme.scaled(16), theme.size("space.2")
        paint_icon(painter, icon, colour, QRectF(pad, (self.height() - size) / 2, size, size))
        ago, detail, what = theme.scaled(88), theme.scaled(112), theme.scaled(84)
        right = self.width() - pad
        cells = [(tr(when.ago(self.item.at)), right - ago, ago, True)]
        if self.width() > theme.scaled(440):
            cells.append((tr(self.item.detail), right - ago - detail, detail, False))
            cells.append((tr(kind), right - ago - detail - what, what, False))
        left = 2 * pad + size
        cells.append((tr(self.item.name), left, min(cell[1] for cell in cells) - left - pad, False))
        for place, (words, start, width, at_end) in enumerate(cells):
            self._words(painter, words, QRect(start, 0, width, self.height()), at_end, place == len(cells) - 1)

    def _words(self, painter: QPainter, words: str, box: QRect, at_end: bool, strong: bool) -> None:
        painter.setFont(theme.font("body" if strong else "dense"))
        painter.setPen(theme.colour("text.primary" if strong else "text.secondary"))
        cut = QFontMetrics(painter.font()).elidedText(words, Qt.TextElideMode.ElideRight, box.width())
        side = Qt.AlignmentFlag.AlignRight if at_end else Qt.AlignmentFlag.AlignLeft
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | side, cut)

    def _say(self) -> None:
        self.setAccessibleName(f"{tr(KINDS[self.item.kind][0])}: {tr(self.item.name)}")
