"""Small painted charts: lines with an area, bars, and a histogram strip. Each can be read as a table too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.engine.text import Text
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.widgets.strip import Strip, paint_strip

SERIES_COLOURS = 6
UNITS = ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e4, " k"))


@dataclass(frozen=True)
class Series:
    """One line of a chart. NaN leaves a gap."""

    name: str
    values: Sequence[float]


class Chart(QWidget):
    """What all charts share: a frame with a grid, labels, and the numbers for “Show as table”."""

    def __init__(self, title: Text | str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self.labels: list[str] = []
        self.series: list[Series] = []
        self.unit = ""
        self.setMinimumSize(120, 64)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        theme.changed.connect(self.update)

    def show_series(self, series: Sequence[Series], labels: Sequence[str] = (), unit: str = "") -> None:
        """Draw these; a label per value, of which as many are shown as there is room."""
        self.series, self.labels, self.unit = list(series), list(labels), unit
        self.setAccessibleName(tr(self._title))
        self.setAccessibleDescription(self.in_words())
        self.update()

    def rows(self) -> list[list[str]]:
        """The chart as a table, its head first."""
        count = max((len(one.values) for one in self.series), default=0)
        head = ["", *(one.name for one in self.series)]
        return [head, *([self.label(place), *self._row(place)] for place in range(count))]

    def _row(self, place: int) -> list[str]:
        return [exact(one.values[place]) if place < len(one.values) else "" for one in self.series]

    def label(self, place: int) -> str:
        return self.labels[place] if place < len(self.labels) else str(place + 1)

    def in_words(self) -> str:
        """For a screen reader: each line's lowest, highest and last value."""
        said = Text("{name}: lowest {low}, highest {high}, last {last}", "{name}：最低 {low}，最高 {high}，最新 {last}")
        return "\n".join(
            tr(said.format(name=one.name, low=short(min(good)), high=short(max(good)), last=short(good[-1])))
            for one in self.series
            if (good := [value for value in one.values if isfinite(value)])
        )

    def sizeHint(self) -> QSize:
        return QSize(320, 160)

    def plot(self) -> QRectF:
        """The room for the data, within the axis labels."""
        metrics = QFontMetrics(theme.figures("caption"))
        left = max((metrics.horizontalAdvance(short(tick)) for tick in self.ticks()), default=0) + theme.scaled(8)
        above, below = _row() / 2, _row() + theme.scaled(4) if self.labels else _row() / 2
        return QRectF(left, above, max(1, self.width() - left - 8), max(1, self.height() - above - below))

    def limits(self) -> tuple[float, float]:
        """From zero, or below it, to the round number above the highest value."""
        good = [value for one in self.series for value in one.values if isfinite(value)]
        low, high = (min(0.0, *good), max(0.0, *good)) if good else (0.0, 0.0)
        if high <= low:
            return low, low + 1
        step = round_step((high - low) / 3)
        return floor(low / step) * step, ceil(high / step) * step

    def ticks(self) -> list[float]:
        """Three or so round numbers."""
        low, high = self.limits()
        step = round_step((high - low) / 3)
        return [place * step for place in range(ceil(low / step), floor(high / step) + 1)]

    def y_of(self, value: float, plot: QRectF) -> float:
        low, high = self.limits()
        return plot.bottom() - (value - low) / (high - low) * plot.height()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            plot = self.plot()
            self._paint_grid(painter, plot)
            self._paint_labels(painter, plot)
            self.paint_data(painter, plot)

    def paint_data(self, painter: QPainter, plot: QRectF) -> None:
        """What makes the kind of chart."""

    def _paint_grid(self, painter: QPainter, plot: QRectF) -> None:
        painter.setFont(theme.figures("caption"))
        side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for tick in self.ticks():
            y = round(self.y_of(tick, plot)) + 0.5
            painter.setPen(theme.colour("chartGrid"))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(theme.colour("text.tertiary"))
            painter.drawText(QRectF(0, y - _row() / 2, plot.left() - theme.scaled(6), _row()), side, short(tick))

    def _paint_labels(self, painter: QPainter, plot: QRectF) -> None:
        if not self.labels:
            return
        dates = any("-" in label for label in self.labels)  # figures of one width tear hyphens apart
        painter.setFont(theme.font("caption") if dates else theme.figures("caption"))
        metrics = painter.fontMetrics()
        widest = max(metrics.horizontalAdvance(label) for label in self.labels) + 12
        step = max(1, ceil(len(self.labels) * widest / plot.width()))
        painter.setPen(theme.colour("text.tertiary"))
        free = 0.0
        for place in range(0, len(self.labels), step):
            box = QRectF(self.x_of(place, plot) - widest / 2, plot.bottom() + theme.scaled(4), widest, _row())
            box.moveRight(min(box.right(), self.width()))
            box.moveLeft(max(box.left(), plot.left() - theme.scaled(6)))
            if box.left() >= free:
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.labels[place])
                free = box.right()

    def x_of(self, place: int, plot: QRectF) -> float:
        count = max(len(self.labels), *(len(one.values) for one in self.series), 2)
        return plot.left() + plot.width() * place / (count - 1)

    def at(self, x: float) -> int:
        """The place in the series that a point of the widget belongs to."""
        count = max((len(one.values) for one in self.series), default=0)
        plot = self.plot()
        return min(range(count), key=lambda place: abs(self.x_of(place, plot) - x), default=-1)

    def event(self, event: object) -> bool:  # type: ignore[override]
        if isinstance(event, QHelpEvent):
            place = self.at(event.pos().x())
            if place >= 0:
                values = "\n".join(
                    f"{one.name}  {value}" for one, value in zip(self.series, self._row(place), strict=True)
                )
                QToolTip.showText(event.globalPos(), f"{self.label(place)}\n{values}{self.unit}", self)
            return True
        return super().event(event)  # type: ignore[arg-type]


class LineChart(Chart):
    """Lines; a single one has its area filled."""

    def __init__(self, title: Text | str = "", *, area: bool = True, colour: int = 0, parent: QWidget | None = None):
        super().__init__(title, parent)
        self._area, self._first = area, colour

    def paint_data(self, painter: QPainter, plot: QRectF) -> None:
        for number, one in enumerate(self.series):
            colour = theme.colour(f"chart.{(number + self._first) % SERIES_COLOURS}")
            for run in self._runs(one, plot):
                if self._area and len(self.series) == 1:
                    self._fill(painter, run, plot, colour)
                painter.setPen(QPen(colour, 1.5))
                painter.drawPolyline(QPolygonF(run))

    def _runs(self, one: Series, plot: QRectF) -> list[list[QPointF]]:
        """The points, cut where a value is missing."""
        runs: list[list[QPointF]] = [[]]
        for place, value in enumerate(one.values):
            if isfinite(value):
                runs[-1].append(QPointF(self.x_of(place, plot), self.y_of(value, plot)))
            elif runs[-1]:
                runs.append([])
        return [run for run in runs if run]

    def _fill(self, painter: QPainter, run: list[QPointF], plot: QRectF, colour: QColor) -> None:
        path = QPainterPath(QPointF(run[0].x(), plot.bottom()))
        for point in run:
            path.lineTo(point)
        path.lineTo(run[-1].x(), plot.bottom())
        soft = QColor(colour)
        soft.setAlphaF(0.16)
        painter.fillPath(path, soft)


class BarChart(Chart):
    """Upright bars, grouped where there are several series."""

    def x_of(self, place: int, plot: QRectF) -> float:
        count = max(len(self.labels), *(len(one.values) for one in self.series), 1)
        return plot.left() + plot.width() * (place + 0.5) / count

    def paint_data(self, painter: QPainter, plot: QRectF) -> None:
        count = max((len(one.values) for one in self.series), default=0)
        if not count:
            return
        room = min(48.0, plot.width() / count * 0.7) / len(self.series)
        painter.setPen(Qt.PenStyle.NoPen)
        for number, one in enumerate(self.series):
            painter.setBrush(theme.colour(f"chart.{number % SERIES_COLOURS}"))
            for place, value in enumerate(one.values):
                if isfinite(value):
                    left = self.x_of(place, plot) - room * len(self.series) / 2 + number * room
                    top, zero = self.y_of(value, plot), self.y_of(0, plot)
                    bar = QRectF(left, min(top, zero), max(1, room - 1), max(1, abs(zero - top)))
                    painter.drawRoundedRect(bar, 2, 2)


class ScatterChart(Chart):
    """Points by two numbers: the places on the x axis are the series' own."""

    def __init__(self, title: Text | str = "", parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self._places: list[float] = []

    def show_points(self, series: Sequence[Series], places: Sequence[float], x_name: str = "") -> None:
        """Draw the series' values over `places`; both are numbers."""
        self._places = list(places)
        self.show_series(series, [f"{x_name} {exact(place)}".strip() for place in places])

    def x_limits(self) -> tuple[float, float]:
        good = [place for place in self._places if isfinite(place)]
        low, high = min(good, default=0.0), max(good, default=1.0)
        return (low, high) if high > low else (low - 0.5, low + 0.5)

    def limits(self) -> tuple[float, float]:
        """Points need no zero: the room is for where they are."""
        good = [value for one in self.series for value in one.values if isfinite(value)]
        low, high = min(good, default=0.0), max(good, default=1.0)
        rim = (high - low or 1.0) * 0.05
        return low - rim, high + rim

    def x_of(self, place: int, plot: QRectF) -> float:
        low, high = self.x_limits()
        rim = 6
        share = (self._places[place] - low) / (high - low) if place < len(self._places) else 0.0
        return plot.left() + rim + (plot.width() - 2 * rim) * share

    def paint_data(self, painter: QPainter, plot: QRectF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        for number, one in enumerate(self.series):
            colour = QColor(theme.colour(f"chart.{number % SERIES_COLOURS}"))
            colour.setAlphaF(0.7)
            painter.setBrush(colour)
            for place, value in enumerate(one.values):
                if isfinite(value):
                    painter.drawEllipse(QPointF(self.x_of(place, plot), self.y_of(value, plot)), 3, 3)

    def _paint_labels(self, painter: QPainter, plot: QRectF) -> None:
        low, high = self.x_limits()
        step = round_step((high - low) / max(2, plot.width() / 90))
        painter.setPen(theme.colour("text.tertiary"))
        for tick in range(ceil(low / step), floor(high / step) + 1):
            x = plot.left() + 6 + (plot.width() - 12) * (tick * step - low) / (high - low)
            painter.drawText(
                QRectF(x - 60, plot.bottom() + theme.scaled(4), 120, _row()),
                Qt.AlignmentFlag.AlignCenter,
                short(tick * step),
            )


def _row() -> int:
    """The height of an axis label."""
    return theme.line("caption")


class HistogramStrip(QWidget):
    """A histogram without axes, with a line of words under it: a column's profile in the inspector."""

    def __init__(self, bars: Sequence[float] = (), caption: Text | str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(48)
        theme.changed.connect(self.update)
        self.show_bars(bars, caption)

    def show_bars(self, bars: Sequence[float], caption: Text | str = "") -> None:
        self._bars, self._caption = list(bars), caption
        self.setAccessibleName(tr(caption))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            paint_strip(painter, self.rect(), Strip(bars=self._bars, caption=self._caption))


def round_step(rough: float) -> float:
    """The next of 1, 2, 5, 10, 20 …: what a person would choose for a grid."""
    if rough <= 0 or not isfinite(rough):
        return 1.0
    power = 10.0 ** floor(log10(rough))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= rough * 0.999)


def short(value: float) -> str:
    """A number for an axis: 12,500 is 12.5 k."""
    for size, unit in UNITS:
        if abs(value) >= size:
            return f"{value / (size if size != 1e4 else 1e3):.4g}{unit}"
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def exact(value: float) -> str:
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
