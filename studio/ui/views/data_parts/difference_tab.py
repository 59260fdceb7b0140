"""Two versions side by side: what happened to columns, how many rows differ, and those rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.text import Text, listed, plural
from studio.ui.bridge import bridge
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Segmented
from studio.ui.widgets.discard import discard
from studio.ui.widgets.inputs import Choice
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Header
from studio.ui.widgets.states import Failure, Loading
from studio.ui.widgets.table import VirtualTable

if TYPE_CHECKING:
    from studio.engine.datasets.comparisons import RowChange
    from studio.engine.datasets.difference import Difference
    from studio.ui.studio import Studio

CHANGE = "±"
WORDS = {"added": Text("added", "新增"), "removed": Text("removed", "删除"), "changed": Text("changed", "修改")}
TONES = {"added": "success", "removed": "danger", "changed": "warning"}


class DifferenceTab(QWidget):
    """The differences of one dataset's versions; `before` and `after` are their numbers."""

    def __init__(self, studio: Studio, dataset_id: str, before: int, after: int) -> None:
        super().__init__()
        self.studio, self.dataset_id, self.before, self.after = studio, dataset_id, before, after
        self.found: Difference | None = None
        self.key = Choice([], None, Text("Key column", "主键列"))
        self.kind = Segmented([("", Text("All", "全部")), *WORDS.items()])
        self.summary = Label("", "dense", elide="end").shrinkable()
        self.columns_told = Label("", "caption", "text.secondary", wrap=True)
        self.table = VirtualTable(bridge=bridge)
        self.stack = QStackedWidget()
        self._lay_out()
        self.key.changed.connect(lambda _: self.open())
        self.kind.changed.connect(lambda _: self._show_rows())
        self.table.failed.connect(self._fail)
        self.open()

    def open(self) -> None:
        """Compare, with the key that is chosen."""
        self.stack.setCurrentWidget(self.loading)
        work = self.studio.engine.datasets.history.compare(self.dataset_id, self.before, self.after, self._key())
        bridge.run(self, work, self._show, self._fail, of="difference")

    def _key(self) -> list[str]:
        value = self.key.value()
        return [value] if value else []

    def _show(self, found: Difference) -> None:
        first, self.found = self.found is None, found
        if first:
            bridge.run(self, self._columns(), self._offer_keys, self._fail)
        counts = Text(
            f"{found.added:,} added · {found.removed:,} removed · {found.changed:,} changed · {found.same:,} the same",
            f"新增 {found.added:,} · 删除 {found.removed:,} · 修改 {found.changed:,} · 相同 {found.same:,}",
        )
        self.summary.say(counts)
        self.columns_told.say(columns_told(found))
        self.columns_told.setVisible(bool(columns_told(found).en))
        self.stack.setCurrentWidget(self.content)
        self._show_rows()

    async def _columns(self) -> list[str]:
        history = self.studio.engine.datasets.history
        old = await history.dataset(self.dataset_id, self.before)
        new = await history.dataset(self.dataset_id, self.after)
        there = {column.name for column in old.columns}
        return [column.name for column in new.columns if column.name in there]

    def _offer_keys(self, names: list[str]) -> None:
        assert self.found is not None
        chosen = self.found.key[0] if self.found.key else ""
        self.key.blockSignals(True)
        self.key.set_choices(
            [("", Text("Whole rows, or a unique column", "整行或唯一列")), *((name, name) for name in names)], chosen
        )
        self.key.blockSignals(False)

    def _show_rows(self) -> None:
        found = self.found
        if found is None:
            return
        kind = str(self.kind.value() or "")
        total = getattr(found, kind) if kind else found.total
        bridge.run(self, self._names(), lambda names: self._show_table(names, kind, total), self._fail, of="rows")

    async def _names(self) -> list[str]:
        assert self.found is not None
        new = await self.studio.engine.datasets.history.dataset(self.dataset_id, self.after)
        gone = [column.name for column in self.found.removed_columns]
        names = [*(column.name for column in new.columns), *gone]
        first = [*self.found.key, *self.found.changed_columns]
        return [*first, *(name for name in names if name not in first)]

    def _show_table(self, names: list[str], kind: str, total: int) -> None:
        told = {change: tr(text) for change, text in WORDS.items()}
        history, key = self.studio.engine.datasets.history, self._key()
        versions = (self.dataset_id, self.before, self.after)

        async def fetch(offset: int, limit: int) -> Any:
            rows = await history.changes(*versions, key, offset=offset, limit=limit, change=kind)
            return side_by_side(rows, names, told)

        self.table.set_source(fetch, [(CHANGE, "string"), *((name, "string") for name in names)], total)
        self.table.set_dots({CHANGE: {told[change]: tone for change, tone in TONES.items()}})

    def _fail(self, error: StudioError) -> None:
        if self.stack.count() > 2:
            old = self.stack.widget(2)
            self.stack.removeWidget(old)
            discard(old)
        self.stack.addWidget(Failure(error, (Text("Try again", "重试"), self.open)))
        self.stack.setCurrentIndex(2)

    def _lay_out(self) -> None:
        self.loading, self.content = Loading(), QWidget()
        bar = Header(40, "panel")
        bar.row.addWidget(
            Label(Text(f"Version {self.before} → {self.after}", f"版本 {self.before} → {self.after}"), "bodyStrong")
        )
        bar.row.addWidget(self.summary, 1)
        bar.row.addWidget(Label(Text("Key", "主键"), "dense", "text.secondary"))
        bar.row.addWidget(self.key)
        bar.row.addWidget(self.kind)
        column = QVBoxLayout(self.content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        note = QVBoxLayout()
        note.setContentsMargins(
            theme.size("space.3"), theme.size("space.2"), theme.size("space.3"), theme.size("space.2")
        )
        note.addWidget(self.columns_told)
        column.addLayout(note)
        column.addWidget(self.table, 1)
        self.stack.addWidget(self.loading)
        self.stack.addWidget(self.content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)


def columns_told(found: Difference) -> Text:
    """What happened to columns, and in which ones values changed."""
    parts: list[Text] = []
    if found.added_columns:
        names = listed(column.name for column in found.added_columns)
        parts.append(Text(f"New columns: {names.en}", f"新增列：{names.zh}"))
    if found.removed_columns:
        names = listed(column.name for column in found.removed_columns)
        parts.append(Text(f"Removed columns: {names.en}", f"删除列：{names.zh}"))
    if found.retyped_columns:
        names = listed(f"{each.name} ({each.before} → {each.after})" for each in found.retyped_columns)
        parts.append(Text(f"Other type: {names.en}", f"类型变化：{names.zh}"))
    if found.changed_columns:
        counts = ", ".join(f"{name} ({plural(count, 'row', 'rows')})" for name, count in found.changed_columns.items())
        chinese = "、".join(f"{name} {count:,} 行" for name, count in found.changed_columns.items())
        parts.append(Text(f"Values changed: {counts}", f"值有变化：{chinese}"))
    if not found.key:
        parts.append(Text("No unique column was found, so whole rows are compared", "没有找到唯一列，因此按整行比较"))
    return Text("  ·  ".join(part.en for part in parts), "  ·  ".join(part.zh for part in parts))


def side_by_side(rows: Sequence[RowChange], names: Sequence[str], told: dict[str, str]) -> Any:
    """Rows that differ as an Arrow table of texts: “30 → 35” where a value changed. Runs on the engine's thread."""
    import pyarrow

    columns: dict[str, list[str | None]] = {CHANGE: [told[row.change] for row in rows]}
    for name in names:
        columns[name] = [_cell(row, name) for row in rows]
    return pyarrow.table({name: pyarrow.array(values, "string") for name, values in columns.items()})


def _cell(row: RowChange, name: str) -> str | None:
    before, after = (row.before or {}).get(name), (row.after or {}).get(name)
    if name in row.columns:
        return f"{_text(before)} → {_text(after)}"
    value = after if row.after is not None and name in row.after else before
    return None if value is None else str(value)


def _text(value: Any) -> str:
    return "null" if value is None else str(value)
