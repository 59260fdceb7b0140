"""The result of a query as a chart, that fits its types at first and can be chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.sql import figures
from studio.engine.sql.figures import Aggregate, ChartPlan, Points, Shape
from studio.engine.text import Text
from studio.ui.bridge import Handle, bridge
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.chart import BarChart, LineChart, ScatterChart, Series
from studio.ui.widgets.inputs import Choice
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Header
from studio.ui.widgets.table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio.engine.datasets.dataset import Column
    from studio.ui.studio import Studio

SHAPES: tuple[tuple[Shape, Text], ...] = (
    ("bar", Text("Bars", "柱状图")),
    ("line", Text("Lines", "折线图")),
    ("scatter", Text("Points", "散点图")),
)
AGGREGATES: tuple[tuple[Aggregate, Text], ...] = (
    ("none", Text("As it is", "原值")), ("sum", Text("Sum", "合计")), ("avg", Text("Average", "平均")),
    ("count", Text("Count", "计数")), ("min", Text("Lowest", "最小")), ("max", Text("Highest", "最大")),
)  # fmt: skip

ROOMY = 460  # what the choices and the button take with their words, and a little


class ChartTab(QWidget):
    """Draws when it is looked at."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio = studio
        self.plan: ChartPlan | None = None
        self.points: Points | None = None
        self._rows: Any = None
        self._columns: Sequence[Column] = ()
        self._drawn = True
        self._drawing: Handle | None = None
        self.shape, self.x, self.y, self.aggregate = (
            Choice(SHAPES, name=Text("Kind of chart", "图表类型"), icon="chart-column"),
            Choice(name=Text("Along the axis", "横轴")),
            Choice(name=Text("Number that is shown", "显示的数值")),
            Choice(AGGREGATES, name=Text("What one point is", "汇总方式")),
        )
        self.as_table = Button(Text("Show as table", "显示为表格"), "table-2", "ghost", "sm")
        self.as_table.setCheckable(True)
        title = Text("Chart of the result", "查询结果图表")
        self.charts = {"bar": BarChart(title), "line": LineChart(title), "scatter": ScatterChart(title)}
        self.table = VirtualTable(bridge=bridge)
        self.note = Label("", "dense", "text.secondary", wrap=True)
        self.stack = QStackedWidget()
        self._lay_out()

    def show_rows(self, columns: Sequence[Column], rows: Any, count: int) -> None:
        """Another result; drawn at once when the chart is in view."""
        kept = self.plan if list(columns) == list(self._columns) else None
        self._columns, self._rows = columns, rows
        self.plan = kept or figures.plan_for(columns, count)
        self._offer()
        self._drawn = False
        if self.isVisible():
            self.draw()

    def draw(self) -> None:
        """Compute the points and show them."""
        if self._drawn:
            return
        self._drawn = True
        if self.plan is None:
            self._say(Text("There is nothing here that could be drawn.", "没有可绘制的数据。"))
            return
        if self._drawing is not None:
            self._drawing.cancel()
        work = figures.points(self.studio.engine.sql, self._rows, self.plan)
        self._drawing = bridge.run(self, work, self._show, self._fail)

    def showEvent(self, event: object) -> None:
        self.draw()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = Header(40, "content")
        for widget in (self.shape, self.x, self.y, self.aggregate):
            head.row.addWidget(widget)
        head.row.addStretch(1)
        head.row.addWidget(self.as_table)
        head.bare_below(ROOMY, self.as_table)
        column.addWidget(head)
        self.message = QWidget()
        inner, pad = QHBoxLayout(self.message), theme.size("space.3")
        inner.setContentsMargins(0, pad, 0, pad)
        inner.addWidget(self.note)
        for widget in (self.message, self.table, *self.charts.values()):
            self.stack.addWidget(widget)
        below = QVBoxLayout()
        below.setContentsMargins(pad, 0, pad, theme.size("space.2"))
        below.addWidget(self.stack)
        column.addLayout(below, 1)
        for choice in (self.shape, self.x, self.y, self.aggregate):
            choice.changed.connect(lambda _: self._chosen())
        self.as_table.toggled.connect(lambda _: self._front())

    def _offer(self) -> None:
        names = [(column.name, column.name) for column in self._columns]
        numbers = [(column.name, column.name) for column in self._columns if figures.is_number(column)]
        plan = self.plan
        self.x.set_choices(names, plan.x if plan else None)
        self.y.set_choices(numbers or names, plan.ys[0] if plan else None)
        self.shape.set_value(plan.shape if plan else None)
        self.aggregate.set_value(plan.aggregate if plan else None)
        for choice in (self.shape, self.x, self.y, self.aggregate):
            choice.setEnabled(plan is not None)
            choice.updateGeometry()

    def _chosen(self) -> None:
        if self.plan is None:
            return
        shape, aggregate = cast(Shape, self.shape.value()), cast(Aggregate, self.aggregate.value())
        ys = self.plan.ys if self.y.value() == self.plan.ys[0] else (str(self.y.value()),)
        self.plan = replace(self.plan, shape=shape, x=str(self.x.value()), ys=ys, aggregate=aggregate)
        self._drawn = False
        self.draw()

    def _show(self, points: Points) -> None:
        assert self.plan is not None
        self.points = points
        chart = self.charts[self.plan.shape]
        series = [Series(name, values) for name, values in zip(points.names, points.values, strict=True)]
        if isinstance(chart, ScatterChart):
            chart.show_points(series, points.places, self.plan.x)
        else:
            chart.show_series(series, points.labels)
        rows = chart.rows()
        head = [self.plan.x, *rows[0][1:]]
        columns = [(head[0], "string"), *((name, "double") for name in head[1:])]
        self.table.set_source(self._fetch, columns, len(points.labels))
        cut = len(points.labels) < points.of
        self.as_table.setToolTip("")
        self._front()
        if cut:
            shown = len(points.labels)
            self.studio.window.toast(
                Text(
                    f"The chart shows {shown:,} of {points.of:,} points.",
                    f"图表显示 {points.of:,} 个点中的 {shown:,} 个。",
                )
            )

    async def _fetch(self, offset: int, limit: int) -> Any:
        import pyarrow

        assert self.points is not None
        columns = [self.points.labels, *self.points.values]
        names = ["", *(f"y{place}" for place in range(len(self.points.values)))]
        return pyarrow.table(dict(zip(names, columns, strict=True))).slice(offset, limit)

    def _front(self) -> None:
        if self.plan is not None and self.points is not None:
            self.stack.setCurrentWidget(self.table if self.as_table.isChecked() else self.charts[self.plan.shape])

    def _fail(self, error: StudioError) -> None:
        self._say(error.whole())

    def _say(self, words: Text) -> None:
        self.note.say(words)
        self.stack.setCurrentWidget(self.message)
