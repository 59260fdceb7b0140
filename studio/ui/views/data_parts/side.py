"""The list of datasets and queries, the search above it and the drop zone below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.engine.datasets.reading import quoted
from studio.engine.text import Text
from studio.ui.icons import paint_icon
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.views.data_parts import words
from studio.ui.views.data_parts.connection_tree import ConnectionTree
from studio.ui.widgets.buttons import Button, IconButton, Pressable
from studio.ui.widgets.inputs import SearchField
from studio.ui.widgets.panel import Panel
from studio.ui.widgets.rows import Row, RowList
from studio.ui.widgets.things import Thing

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset
    from studio.engine.jobs import JobChanged
    from studio.engine.metadata.search import Hit
    from studio.engine.sql.saved import SavedQuery

MOST_SHOWN = 1000  # datasets in the list; the others are found
WHERE = {
    "column": Text("Column", "列"), "tag": Text("Tag", "标签"), "owner": Text("Owner", "负责人"),
    "description": Text("Description:", "描述："), "place": Text("At", "位于"), "value": Text("Value of", "值："),
}  # fmt: skip
TONES = {"changed": "warning", "unreachable": "danger", "broken": "danger"}


class Side(Panel):
    """What there is, to choose from. Ids of rows are "ds:…", "sql:…" and "conn:…"."""

    opened = Signal(str)
    menu_wanted = Signal(str, QPoint)
    add_wanted = Signal()
    refresh_wanted = Signal()
    search_wanted = Signal(str)  # what to look for in all that is known of datasets

    def __init__(self) -> None:
        refresh = IconButton("refresh-cw", Text("Check all datasets again", "重新检查所有数据集"))
        add = Button(Text("Add", "添加"), "plus", size="sm")
        super().__init__(Text("Data", "数据"), [refresh, add], 40)
        self.add_button = add
        refresh.clicked.connect(self.refresh_wanted)
        add.clicked.connect(self.add_wanted)
        self.search = SearchField(Text("Find tables, columns, values", "查找表、列和值"))
        self.list = RowList(Text("Datasets and queries", "数据集与查询"), activate_on_click=True)
        self.drop = DropZone()
        self.tree = ConnectionTree(self)
        self._datasets: Sequence[Dataset] = ()
        self._queries: Sequence[SavedQuery] = ()
        self._shares: dict[str, str] = {}  # how far datasets are read, by id
        self._hits: Sequence[Hit] = ()
        pad = theme.size("space.2")
        top, bottom = QVBoxLayout(), QVBoxLayout()
        for box in (top, bottom):
            box.setContentsMargins(pad, pad, pad, pad)
        top.addWidget(self.search)
        bottom.addWidget(self.drop)
        self.body.addLayout(top)
        self.body.addWidget(self.list, 1)
        self.body.addLayout(bottom)
        self.search.searched.connect(self._sought)
        self.list.activated.connect(self.opened)
        self.list.menu.connect(self.menu_wanted)
        self.list.folded.connect(self.tree.fold)
        self.tree.changed.connect(self._fill)
        self.drop.clicked.connect(self.add_wanted)

    def show_all(self, datasets: Sequence[Dataset], queries: Sequence[SavedQuery]) -> None:
        """Show what there is."""
        self._datasets, self._queries = datasets, queries
        self._fill()

    def show_job(self, event: JobChanged) -> None:
        """Show how far the reading of a dataset is, at its row."""
        job = event.job
        if job.kind != "read_dataset":
            return
        ids = {each.id for each in self._datasets if each.storage_path == job.payload.get("path") and each.reading}
        share = "…" if job.progress is None else f"{job.progress:.0%}"
        told = dict.fromkeys(ids, share) if job.status == "running" else {}
        kept = {key: value for key, value in self._shares.items() if key not in ids}
        if {**kept, **told} != self._shares:
            self._shares = {**kept, **told}
            self._fill()

    def show_hits(self, query: str, hits: Sequence[Hit]) -> None:
        """Show what was found, best first; what a person does not look for any more is left out."""
        if query == self.search.text().strip():
            self._hits = hits
            self._fill()

    def _sought(self, text: str) -> None:
        if text.strip():
            self.search_wanted.emit(text.strip())
        else:
            self._hits = ()
            self._fill()

    def _fill(self) -> None:
        sought = self.search.text().strip().lower()
        datasets = [_row(each, self._shares) for each in self._datasets[:MOST_SHOWN]]
        if sought:
            known = {each.id: each for each in self._datasets}
            datasets = [
                _found(known[hit.dataset_id], hit, self._shares) for hit in self._hits if hit.dataset_id in known
            ]
        queries = [
            Row(f"sql:{each.name}", each.name, icon="file-code", hint=each.sql[:400])
            for each in self._queries
            if sought in f"{each.name}\n{each.sql}".lower()
        ]
        rows = [Row("project", Text("In this project", "项目数据"), heading=True), *datasets] if datasets else []
        if queries:
            rows += [Row("queries", Text("Queries", "查询"), heading=True), *queries]
        left = len(self._datasets) - MOST_SHOWN
        if not sought and left > 0:
            rows.append(
                Row("more", Text(f"{left:,} more: find them above", f"还有 {left:,} 个，请在上方查找"), heading=True)
            )
        rows += self.tree.rows(sought)
        if not rows and sought:
            rows = [Row("nothing", Text("Nothing found", "没有找到"), heading=True)]
        self.list.set_rows(rows)


class DropZone(Pressable):
    """Files can be dropped anywhere in the view; this says so, and opens the dialog when it is pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lit = False
        say(self.setText, Text("Drop files or folders\nhere, or paste", "将文件或文件夹\n拖到这里，或粘贴"))
        say(self.setAccessibleName, Text("Add files", "添加文件"))

    def light(self, on: bool) -> None:
        self.lit = on
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(180), theme.scaled(56))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        hot = self.lit or self.underMouse() or self.hasFocus()
        painter.setPen(QPen(theme.colour("accent.ring" if hot else "border.control"), 1, Qt.PenStyle.DashLine))
        painter.setBrush(theme.colour("accent.muted") if self.lit else Qt.BrushStyle.NoBrush)
        radius = theme.size("radius.md")
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        size = theme.scaled(20)
        paint_icon(
            painter, "file-down", "text.secondary", QRectF(theme.scaled(12), (self.height() - size) / 2, size, size)
        )
        painter.setFont(theme.font("dense"))
        painter.setPen(theme.colour("text.secondary"))
        room = QRectF(theme.scaled(44), 0, self.width() - theme.scaled(48), self.height())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap, self.text())


def _row(dataset: Dataset, shares: Mapping[str, str]) -> Row:
    tone = TONES.get(dataset.status)
    hint = dataset.status_reason or dataset.description
    icon = "image" if dataset.format == "images" else "table-2"
    trailing = shares.get(dataset.id) or words.short_of(dataset)
    drag, thing = quoted(dataset.name), Thing("dataset", dataset.id, dataset.name)
    return Row(
        f"ds:{dataset.id}", dataset.name, icon=icon, trailing=trailing, tone=tone, hint=hint, drag=drag, thing=thing
    )


def _found(dataset: Dataset, hit: Hit, shares: Mapping[str, str]) -> Row:
    """A dataset with where in it the words were found."""
    row = _row(dataset, shares)
    if hit.where != "name":
        place = f"{hit.column}: {hit.text}" if hit.column and hit.where != "column" else hit.text
        row.subtitle = Text(
            f"{WHERE[hit.where].en} {place}",
            f"{WHERE[hit.where].zh}{place}" if WHERE[hit.where].zh.endswith("：") else f"{WHERE[hit.where].zh} {place}",
        )
    return row
