"""A chart that was worked out elsewhere, with its title and “Show as table”."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.chart import SERIES_COLOURS, BarChart, LineChart, ScatterChart, Series
from studio.ui.widgets.labels import Label
from studio.ui.widgets.table import VirtualTable

if TYPE_CHECKING:
    from typing import Any

    from studio.engine.workflows.vega import Drawn
    from studio.ui.bridge import Bridge

TITLE = Text("Chart", "图表")


class DrawnChart(QWidget):
    """Bars, lines or points; the same numbers as a table when that is wanted."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.charts = {"bar": BarChart(TITLE), "line": LineChart(TITLE), "scatter": ScatterChart(TITLE)}
        self.title = Label("", "denseStrong", elide="end")
        self.names = [Label("", "caption", f"chart.{number}") for number in range(SERIES_COLOURS)]
        self.as_table = Button(Text("Show as table", "显示为表格"), "table-2", "ghost", "sm")
        self.as_table.setCheckable(True)
        self.table = VirtualTable(bridge=bridge)
        self.stack = QStackedWidget()
        self._shape = "bar"
        self._rows: list[list[str]] = []
        self._lay_out()

    def _lay_out(self) -> None:
        side, gap = theme.size("space.3"), theme.size("space.1")
        head = QHBoxLayout()
        head.setContentsMargins(side, gap, side, gap)
        head.setSpacing(theme.size("space.2"))
        head.addWidget(self.title, 1)
        for name in self.names:
            head.addWidget(name)
        head.addWidget(self.as_table)
        for chart in self.charts.values():
            room = QWidget()
            inner = QVBoxLayout(room)
            inner.setContentsMargins(side, 0, side, gap)
            inner.addWidget(chart)
            self.stack.addWidget(room)
        self.stack.addWidget(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.stack, 1)
        self.as_table.toggled.connect(lambda _: self._front())

    def show_chart(self, drawn: Drawn) -> None:
        """Draw it in place of what was there."""
        series = [Series(name, values) for name, values in zip(drawn.names, drawn.values, strict=True)]
        chart = self.charts[drawn.shape]
        if isinstance(chart, ScatterChart):
            chart.show_points(series, drawn.places, drawn.x)
        else:
            chart.show_series(series, drawn.labels)
        self._shape = drawn.shape
        self.title.say(drawn.title or f"{', '.join(drawn.names)} · {drawn.x}")
        for number, label in enumerate(self.names):
            label.say(f"● {drawn.names[number]}" if number < len(drawn.names) else "")
            label.setVisible(1 < len(drawn.names) > number)
        head, *self._rows = chart.rows()
        columns = [(drawn.x, "string"), *((name, "double") for name in head[1:])]
        self.table.set_source(self._fetch, columns, len(self._rows))
        self._front()

    async def _fetch(self, offset: int, limit: int) -> Any:
        import pyarrow

        part = self._rows[offset : offset + limit]
        return pyarrow.table({str(place): list(column) for place, column in enumerate(zip(*part, strict=True))})

    def _front(self) -> None:
        places = list(self.charts)
        self.stack.setCurrentIndex(len(places) if self.as_table.isChecked() else places.index(self._shape))
