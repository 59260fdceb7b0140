"""All that is known of one column, below its header: counts, quantiles, histogram, and values to filter by."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.datasets.dataset import Bar, ColumnProfile
from studio.engine.text import Text, plural
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.cells import ICONS, kind_of
from studio.ui.widgets.chart import HistogramStrip
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Divider, Glyph, paint_raised
from studio.ui.widgets.rows import Row, RowList

NAMES = {0.01: "1 %", 0.05: "5 %", 0.25: "25 %", 0.5: "50 %", 0.75: "75 %", 0.95: "95 %", 0.99: "99 %"}


class ProfilePopup(QWidget):
    """`filter_wanted` carries a frequent value; `all_wanted` asks for a profile of all rows instead of a sample."""

    filter_wanted = Signal(str, object)  # column, value
    all_wanted = Signal()

    def __init__(self, found: ColumnProfile, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.profile = found
        self.values: RowList | None = None
        column = QVBoxLayout(self)
        pad = theme.size("space.3")
        column.setContentsMargins(pad, pad, pad, pad)
        column.setSpacing(theme.size("space.2"))
        column.addLayout(self._head())
        if found.histogram:
            bars = HistogramStrip([bar.count for bar in found.histogram], _ends(found.histogram))
            bars.setFixedHeight(theme.scaled(72))
            column.addWidget(bars)
        column.addLayout(_facts(facts_of(found)))
        if found.top:
            column.addWidget(Divider())
            column.addWidget(self._top(found))
        column.addLayout(self._foot())
        self.setFixedWidth(theme.scaled(320))

    def open_at(self, place: QPoint) -> None:
        self.adjustSize()
        room = self.screen().availableGeometry()
        self.move(min(place.x(), room.right() - self.width()), min(place.y(), room.bottom() - self.height()))
        self.show()
        (self.values or self).setFocus()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_raised(self)

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(Glyph(ICONS[kind_of(self.profile.type)], "text.secondary"))
        row.addWidget(Label(self.profile.name, "bodyStrong", elide="end"), 1)
        row.addWidget(Label(self.profile.type, "monoSmall", "text.secondary"))
        return row

    def _top(self, found: ColumnProfile) -> RowList:
        rows = [
            Row(f"{place}", bar.label or Text("(empty text)", "（空文本）"), icon="list-filter", trailing=f"{bar.count:,} · {_share(bar.count, found.rows)}",
                hint=Text("Filter by this value", "按此值筛选"))
            for place, bar in enumerate(found.top)
        ]  # fmt: skip
        self.values = RowList(Text("Most frequent values", "最常见的值"), rows, 26, activate_on_click=True)
        self.values.setFixedHeight(theme.scaled(26) * len(rows) + 4)
        self.values.activated.connect(self._filter)
        return self.values

    def _filter(self, place: str) -> None:
        self.filter_wanted.emit(self.profile.name, self.profile.top[int(place)].label)
        self.close()

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(Label(short_basis(self.profile), "caption", "text.secondary"), 1)
        if self.profile.sampled:
            every = Button(Text("Profile all rows", "分析全部行"), "sigma", "ghost", "sm")
            every.clicked.connect(self._ask_all)
            row.addWidget(every)
        return row

    def _ask_all(self) -> None:
        self.all_wanted.emit()
        self.close()


def basis(found: ColumnProfile) -> Text:
    """Which rows a profile is of."""
    if found.sampled:
        return Text(f"Profile from a sample of {plural(found.rows, 'row', 'rows')}", f"概况基于 {found.rows:,} 行样本")
    return Text(f"Profile of all {plural(found.rows, 'row', 'rows')}", f"概况基于全部 {found.rows:,} 行")


def short_basis(found: ColumnProfile) -> Text:
    """The same in a narrow place."""
    rows = f"{found.rows:,}"
    return (
        Text(f"Sample of {rows} rows", f"{rows} 行样本")
        if found.sampled
        else Text(f"All {rows} rows", f"全部 {rows} 行")
    )


def _share(count: int, rows: int) -> str:
    share = count / max(1, rows)
    return f"{share:.1%}" if share >= 0.001 or not count else "< 0.1%"


def facts_of(found: ColumnProfile) -> list[tuple[Text, str]]:
    """What there is to say, in rows; values digit by digit."""
    about = "" if found.distinct_exact or found.type.startswith(("struct", "list", "map")) else "≈ "
    facts = [(Text("Nulls", "空值"), f"{found.nulls:,} ({_share(found.nulls, found.rows)})")]
    if not found.type.startswith(("struct", "list", "map")):
        facts.append((Text("Different values", "不同值"), f"{about}{found.distinct:,}"))
    if found.empty:
        facts.append((Text("Empty texts", "空文本"), f"{found.empty:,}"))
    for title, value in ((Text("Smallest", "最小值"), found.low), (Text("Largest", "最大值"), found.high)):
        if value is not None:
            facts.append((title, value))
    if found.mean is not None:
        facts.append((Text("Mean", "平均值"), f"{found.mean:,.6g}"))
    if found.deviation is not None:
        facts.append((Text("Standard deviation", "标准差"), f"{found.deviation:,.6g}"))
    if found.longest is not None:
        characters = tr(Text(plural(found.longest, "character", "characters"), f"{found.longest} 个字符"))
        facts.append((Text("Length", "长度"), f"{found.shortest} – {characters}"))
    return facts + [(Text.same(NAMES[each.at]), each.value) for each in found.quantiles if each.at in NAMES]


def _ends(bars: list[Bar]) -> Text:
    low, high = bars[0].low, bars[-1].high
    if isinstance(low, float) and isinstance(high, float):
        return Text.same(f"{low:,.6g} – {high:,.6g}")
    return Text.same(f"{low} – {high}")


def _facts(facts: list[tuple[Text, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(theme.size("space.3"))
    grid.setVerticalSpacing(2)
    grid.setColumnStretch(1, 1)
    for place, (title, value) in enumerate(facts):
        grid.addWidget(Label(title, "dense", "text.secondary"), place, 0)
        value_label = Label(value, "dense", elide="end")
        value_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(value_label, place, 1)
    return grid
