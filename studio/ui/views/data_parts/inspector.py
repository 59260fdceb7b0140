"""What a dataset is: description, place, state, columns, where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text, plural
from studio.ui import when
from studio.ui.language import language, tr
from studio.ui.theme import theme
from studio.ui.turns import Turns
from studio.ui.views.data_parts import words
from studio.ui.views.data_parts.known import Known, column_row, step_row, use_row, version_row
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.discard import discard, empty
from studio.ui.widgets.labels import Badge, Label
from studio.ui.widgets.panel import Card, Divider, Glyph, Header, Section, Surface, scroll
from studio.ui.widgets.rows import Row, RowList
from studio.ui.widgets.states import Empty

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset

FIRST_COLUMNS = 12
DESCRIBE = Text("Describe", "添加说明")
AS_COPIED = Text(" · Refresh takes new ones", " · 刷新可获取新数据")
MOST_USES, MOST_VERSIONS = 30, 20


class Inspector(Surface):
    """Shows one dataset, or says that none is chosen."""

    menu_wanted = Signal(str, QPoint)
    refresh_wanted = Signal(str)
    locate_wanted = Signal(str)
    bad_lines_wanted = Signal(object)
    edit_wanted = Signal(str)
    column_wanted = Signal(str, QPoint)  # name, where a menu fits
    version_wanted = Signal(int, QPoint)
    step_wanted = Signal(int)
    use_wanted = Signal(int)

    def __init__(self) -> None:
        super().__init__("panel")
        self.dataset: Dataset | None = None
        self.known: Known | None = None
        self._all_columns = False
        self._round = 0  # of building: what belongs to an earlier one is not added any more
        self._columns: RowList | None = None
        self._parts_known: dict[str, QWidget] = {}
        self._body = QVBoxLayout()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        language.changed.connect(self._build)
        self._build()

    def show_dataset(self, dataset: Dataset | None) -> None:
        if dataset == self.dataset:
            return
        if dataset is None or self.dataset is None or dataset.id != self.dataset.id:
            self._all_columns = False
        self.dataset = dataset
        if self.known is not None and (dataset is None or self.known.dataset_id != dataset.id):
            self.known = None
        self._build()

    def show_known(self, known: Known) -> None:
        """Show what was found out about the dataset that is shown."""
        if self.dataset is not None and known.dataset_id == self.dataset.id and known != self.known:
            self.known = known
            if self._columns is not None:  # else it is being built, and will tell this too
                self._round += 1
                Turns(self._learn(self._round), self).start()

    def _learn(self, round_: int) -> Iterator[object]:
        """The parts that tell it, one at a turn of the event loop; what is there already stays."""
        rows = self._column_rows(self.dataset) if self.dataset is not None else []
        if self._columns is not None and rows != self._columns.rows():
            self._columns.set_rows(rows)
        for name, make in (("origin", self._origin), ("uses", self._uses), ("versions", self._versions)):
            yield
            if round_ != self._round or self.known is None or self.known.lineage is None:
                return
            made, old = make(self.known), self._parts_known.get(name)
            if old is not None:
                self._body.insertWidget(self._body.indexOf(old), made)
                discard(old)
            else:
                for part in (Divider(), made):
                    self._body.insertWidget(self._body.count() - 1, part)
            self._parts_known[name] = made

    def _build(self) -> None:
        self._round += 1
        Turns(self._building(self._round), self).start()

    def _building(self, round_: int) -> Iterator[object]:
        """What is seen first at once, the rest at the next turns of the event loop."""
        empty(self._layout)
        self._columns = None
        self._parts_known = {}
        dataset = self.dataset
        if dataset is None:
            self._layout.addWidget(_nothing(), 1)
            return
        self._layout.addWidget(self._header(dataset))
        body = self._body = QVBoxLayout()
        body.setContentsMargins(0, 0, 0, theme.size("space.3"))
        body.setSpacing(0)
        for part in self._parts(dataset):
            body.addWidget(part)
        body.addStretch(1)
        self._layout.addWidget(scroll(body), 1)
        yield
        if round_ == self._round:
            for part in (Divider(), self._schema(dataset)):
                body.insertWidget(body.count() - 1, part)
            yield from self._learn(round_)

    def _header(self, dataset: Dataset) -> QWidget:
        header = Header(40)
        said, tone = words.STATUS[dataset.status]
        more = IconButton("ellipsis", Text("More", "更多"))
        more.clicked.connect(lambda: self.menu_wanted.emit(dataset.id, more.mapToGlobal(QPoint(0, more.height()))))
        header.row.addWidget(Glyph("table-2", "accent.text"))
        name = Label(dataset.name, "bodyStrong")
        name.setMaximumWidth(theme.scaled(160))
        header.row.addWidget(name)
        header.row.addWidget(Badge(said, tone))
        header.row.addStretch(1)
        header.row.addWidget(more)
        return header

    def _parts(self, dataset: Dataset) -> list[QWidget]:
        parts: list[QWidget] = []
        if dataset.status_reason is not None:
            parts.append(_padded(self._trouble(dataset)))
        bad = dataset.statistics.get("bad_lines")
        if bad:
            parts.append(_padded(self._bad_lines(bad)))
        return [*parts, _padded(self._about(dataset))]

    def _about(self, dataset: Dataset) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.size("space.2"))
        if dataset.description:
            column.addWidget(Label(dataset.description, "dense", wrap=True))
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.1"))
        for tag in dataset.tags[:5]:
            row.addWidget(Badge(tag))
        if dataset.owner:
            row.addWidget(Badge(Text(f"owner {dataset.owner}", f"负责人 {dataset.owner}")))
        does = Text("Edit description, tags and owner", "编辑描述、标签和负责人")
        told = bool(dataset.description or dataset.tags or dataset.owner)
        edit = IconButton("pencil", does) if told else Button(DESCRIBE, "pencil", size="sm")
        edit.clicked.connect(lambda: self.edit_wanted.emit(dataset.id))
        row.addWidget(edit)
        row.addStretch(1)
        column.addLayout(row)
        column.addLayout(_facts(_facts_of(dataset)))
        return holder

    def _origin(self, known: Known) -> QWidget:
        """From the source to the table as it is."""
        section = Section(Text("Where it comes from", "数据来源"))
        steps = known.lineage.steps if known.lineage else ()
        rows = [step_row(place, step, place == len(steps) - 1) for place, step in enumerate(steps)]
        chosen = _list(section, Text("Where it comes from", "数据来源"), rows, 44)
        chosen.activated.connect(lambda row: self.step_wanted.emit(int(row.partition(":")[2])))
        return section

    def _uses(self, known: Known) -> QWidget:
        section = Section(Text("Used by", "使用者"))
        uses = known.lineage.uses if known.lineage else ()
        section.set_count(len(uses))
        if not uses:
            section.body.addWidget(_quiet(Text("Nothing uses it yet.", "暂时没有任何内容使用它。")))
            return section
        rows = [use_row(place, use) for place, use in enumerate(uses[:MOST_USES])]
        chosen = _list(section, Text("Used by", "使用者"), rows, 28)
        chosen.activated.connect(lambda row: self.use_wanted.emit(int(row.partition(":")[2])))
        return section

    def _versions(self, known: Known) -> QWidget:
        section = Section(Text("Versions", "版本"))
        section.set_count(len(known.versions))
        rows = [version_row(version) for version in known.versions[:MOST_VERSIONS]]
        chosen = _list(section, Text("Versions", "版本"), rows, 44)
        chosen.activated.connect(lambda row: self.version_wanted.emit(int(row), _below(chosen)))
        section.body.addWidget(
            _quiet(
                Text(
                    "Old content of files that were overwritten is kept within the limits in Settings › Data.",
                    "被覆盖文件的旧内容会在“设置 › 数据”的限额内保留。",
                )
            )
        )
        return section

    def _trouble(self, dataset: Dataset) -> QWidget:
        card = Card(words.STATUS[dataset.status][1])
        assert dataset.status_reason is not None
        card.body.addWidget(Label(dataset.status_reason, "dense", wrap=True))
        row = QHBoxLayout()
        if dataset.status != "changed":
            locate = Button(Text("Locate…", "重新定位…"), "folder-search", size="sm")
            locate.clicked.connect(lambda: self.locate_wanted.emit(dataset.id))
            row.addWidget(locate)
        refresh = Button(Text("Refresh", "刷新"), "refresh-cw", size="sm")
        refresh.clicked.connect(lambda: self.refresh_wanted.emit(dataset.id))
        row.addWidget(refresh)
        row.addStretch(1)
        card.body.addLayout(row)
        return card

    def _bad_lines(self, bad: dict[str, Any]) -> QWidget:
        card = Card("warning")
        told = words.bad_lines(int(bad["count"]), int(bad.get("kept", 0)))
        card.body.addWidget(Label(told, "dense", wrap=True))
        show = Button(Text("Show lines", "查看这些行"), "list-x", size="sm")
        show.clicked.connect(lambda: self.bad_lines_wanted.emit(bad))
        card.body.addWidget(show, 0, Qt.AlignmentFlag.AlignLeft)
        return card

    def _schema(self, dataset: Dataset) -> QWidget:
        section = Section(Text("Schema", "结构"))
        count = len(dataset.columns)
        section.set_count(tr(Text(plural(count, "column", "columns"), f"{count} 列")))
        rows = self._column_rows(dataset)
        schema = self._columns = _list(section, Text("Columns", "列"), rows, 26)
        schema.activated.connect(lambda name: self.column_wanted.emit(name, _below(schema)))
        left = count - len(rows)
        if left:
            more = Button(Text(f"Show {left} more", f"再显示 {left} 列"), kind="link", size="sm")
            more.clicked.connect(self._show_all)
            section.body.addWidget(more, 0, Qt.AlignmentFlag.AlignLeft)
        return section

    def _column_rows(self, dataset: Dataset) -> list[Row]:
        shown = dataset.columns if self._all_columns else dataset.columns[:FIRST_COLUMNS]
        return [column_row(each, self.known) for each in shown]

    def _show_all(self) -> None:
        self._all_columns = True
        self._build()


def _nothing() -> QWidget:
    return Empty(
        "table-2",
        Text("No dataset open", "未打开数据集"),
        Text("What it is and where it comes from appears here.", "其信息和来源会显示在这里。"),
    )


def _padded(widget: QWidget) -> QWidget:
    holder = QWidget()
    box = QVBoxLayout(holder)
    side, top = theme.size("space.3"), theme.size("space.3")
    box.setContentsMargins(side, top, side, theme.size("space.2"))
    box.addWidget(widget)
    return holder


def _list(section: Section, name: Text, rows: Sequence[Row], height: int) -> RowList:
    """A list as long as its rows, in a section."""
    made = RowList(name, rows, height, activate_on_click=True)
    made.setFixedHeight(theme.scaled(height) * len(rows) + 4)
    made.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    section.body.addWidget(made)
    return made


def _below(rows: RowList) -> QPoint:
    """Under the row that is chosen, on the screen."""
    place = rows.visualRect(rows.currentIndex()).bottomLeft()
    return rows.viewport().mapToGlobal(place + QPoint(theme.size("space.3"), 0))


def _quiet(words_: Text) -> QWidget:
    holder = QWidget()
    box = QVBoxLayout(holder)
    box.setContentsMargins(theme.size("space.3"), 0, theme.size("space.3"), theme.size("space.2"))
    box.addWidget(Label(words_, "caption", "text.secondary", wrap=True))
    return holder


def _facts_of(dataset: Dataset) -> Sequence[tuple[Text, str, str]]:
    files = int(dataset.statistics.get("files", 1))
    format = tr(words.format_title(dataset.format))
    count = tr(Text(plural(files, "file", "files"), f"{files} 个文件"))
    comma, full = tr(Text(", ", "，")), tr(words.rows_of(dataset))
    facts = [
        (Text("Location", "位置"), dataset.storage_path, "monoSmall"),
        (Text("Format", "格式"), f"{format}{comma}{count}", "dense"),
        (Text("Size", "大小"), f"{full}{comma}{words.size(dataset.size_bytes)}", "dense"),
        (
            Text("Updated", "更新"),
            tr(when.moment(dataset.updated_at)) + tr(Text(f", version {dataset.version}", f"，版本 {dataset.version}")),
            "dense",
        ),
    ]
    if taken := dataset.statistics.get("taken_at"):
        facts.append((Text("Rows of", "数据时间"), tr(when.moment(float(taken))) + tr(AS_COPIED), "dense"))
    encoding = dataset.statistics.get("encoding")
    return [*facts, (Text("Encoding", "编码"), str(encoding).upper(), "dense")] if encoding else facts


def _facts(facts: Sequence[tuple[Text, str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(theme.size("space.3"))
    grid.setVerticalSpacing(theme.size("space.1"))
    grid.setColumnStretch(1, 1)
    for place, (title, value, type_) in enumerate(facts):
        grid.addWidget(Label(title, "dense", "text.secondary"), place, 0)
        grid.addWidget(Label(value, type_, elide="middle" if type_ == "monoSmall" else "end"), place, 1)
    return grid
