"""Charts that can be read as tables, and pages with their marks."""

from math import nan

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QColor, QImage

from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.widgets.chart import BarChart, LineChart, Series, round_step, short
from studio.ui.widgets.page_view import PageView


def test_a_chart_can_be_read_as_a_table(qtbot):
    chart = LineChart(Text("Speed", "速度"))
    qtbot.addWidget(chart)
    chart.show_series([Series("tok/s", [61, nan, 58.5])], ["0:00", "0:01", "0:02"])
    assert chart.rows() == [["", "tok/s"], ["0:00", "61"], ["0:01", "nan"], ["0:02", "58.5"]]
    assert chart.accessibleDescription() == "tok/s: lowest 58.5, highest 61, last 58.5"


@pytest.mark.parametrize("kind", [LineChart, BarChart])
@pytest.mark.parametrize("values", [[], [5], [0, 0], [-3, nan, 4], [nan]])
def test_a_chart_paints_whatever_comes(qtbot, kind, values):
    chart = kind("c")
    qtbot.addWidget(chart)
    chart.resize(200, 100)
    chart.show_series([Series("s", values)])
    assert not chart.grab().isNull()


def test_a_bar_has_the_first_colour_of_the_charts(qtbot):
    chart = BarChart("c")
    qtbot.addWidget(chart)
    chart.resize(300, 150)
    chart.show_series([Series("s", [1, 2])], ["华东", "华南"])
    image = chart.grab().toImage()
    seen = {QColor(image.pixel(x, y)).name() for x in range(image.width()) for y in range(image.height())}
    assert theme.css("chart.0") in seen


def test_axis_numbers_are_round_and_short():
    assert [round_step(value) for value in (0.3, 7, 120)] == [0.5, 10, 200]
    assert [short(value) for value in (0, 950, 12_500, 3_400_000)] == ["0", "950", "12.5 k", "3.4 M"]


def png(width: int = 400, height: int = 600) -> bytes:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    room = QByteArray()
    buffer = QBuffer(room)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(room.data())


@pytest.fixture
def view(qtbot):
    made = PageView()
    qtbot.addWidget(made)
    made.resize(320, 300)
    made.show()
    return made


def test_a_cited_place_is_brought_into_view_and_marked(view, qtbot):
    view.show_page(png(), 41, 186, [(0.1, 0.9, 0.9, 0.95)])
    qtbot.waitUntil(lambda: view.sheet.page_size().height() > 0)
    rect = view.sheet.box_rect((0.1, 0.9, 0.9, 0.95))
    assert view.sheet.viewport().rect().contains(rect.center().toPoint())
    image = view.sheet.viewport().grab().toImage()
    assert QColor(image.pixel(rect.center().toPoint())) != QColor("white")
    assert view.sheet.box_at(rect.center().toPoint()) == 0


def test_turning_asks_for_pages_that_exist(view, qtbot):
    asked: list[int] = []
    view.page_requested.connect(asked.append)
    view.show_page(png(), 1, 2)
    view.turn(-1)
    view.forth.click()
    qtbot.keyClick(view.sheet, Qt.Key.Key_PageDown)
    assert asked == [2, 2]
    assert not view.back.isEnabled()


def test_zooming_makes_the_page_larger_and_clear_takes_it_away(view, qtbot):
    view.show_page(png(), 1, 1)
    qtbot.waitUntil(lambda: view.sheet.page_size().width() > 0)
    before = view.sheet.page_size().width()
    view.sheet.zoom(1)
    assert view.sheet.page_size().width() > before
    view.clear()
    assert view.sheet.page_size().width() == 0


def test_an_older_page_that_comes_late_is_not_shown(view, qtbot):
    view.show_page(png(400, 600), 1, 2)
    view.show_page(png(600, 400), 2, 2)
    qtbot.waitUntil(lambda: view.sheet.page_size().width() > view.sheet.page_size().height())
    assert view.page == 2
