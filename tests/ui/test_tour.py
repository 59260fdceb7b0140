"""The five-minute tour in a window with all its views over a real engine and the sample project."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest

from studio.engine.engine import Engine
from studio.engine.paths import Paths
from studio.ui.actions import Actions
from studio.ui.frame.tour import STOPS, Tour
from studio.ui.language import language
from studio.ui.window import Window
from tests.ui.real import Desk, close, let_go


@pytest.fixture
def desk(bridge, qtbot, copy_of_sample: Path):
    window = Window(bridge, Actions(), None)
    qtbot.addWidget(window)
    window.resize(1440, 900)
    window.show()
    desk = Desk(window, bridge, qtbot)
    engine = desk.wait(Engine.open(Paths.under(copy_of_sample)))
    window.engine_ready(engine)
    try:
        desk.until(window.current_view)
        yield desk
    finally:
        let_go()
        close(bridge, engine)


def test_the_tour_leads_from_home_through_data_question_and_workflow_by_keyboard(desk):
    desk.window.actions.trigger("help.tour")
    (tour,) = desk.window.findChildren(Tour)
    seen = []
    for place in range(1, len(STOPS)):
        QTest.keyClick(tour.next, Qt.Key.Key_Right)  # where the keyboard is
        desk.until(lambda place=place: tour.place_of == place)
        before = (seen or ["home"])[-1]
        desk.until(lambda before=before: desk.window.current_view() and desk.window.stack.wanted != before)
        seen.append(desk.window.current_view().name)
        desk.until(lambda: desk.window.rect().contains(tour.geometry()))
        desk.until(lambda: tour.body.height() >= tour.body.heightForWidth(tour.body.width()))  # all its words are seen
        if seen[-1] == "chat":
            send = desk.window.current_view().middle.composer.button
            desk.until(
                lambda send=send: (
                    not tour.geometry().intersects(QRect(send.mapTo(desk.window, QPoint(0, 0)), send.size()))
                )
            )
        if seen[-1] == "workflows":  # one that asks no model is through at once
            view = desk.window.current_view()
            desk.until(lambda view=view: view.sheet is not None and view.sheet.document.name.startswith("Returns"))
    assert seen == ["data", "knowledge", "chat", "workflows", "runs"]
    QTest.keyClick(tour.next, Qt.Key.Key_Left)
    assert tour.place_of == len(STOPS) - 2
    language.set("zh")
    assert tour.title.whole().startswith("4. 工作流")
    QTest.keyClick(tour.next, Qt.Key.Key_Escape)
    desk.until(lambda: not desk.window.findChildren(Tour))
