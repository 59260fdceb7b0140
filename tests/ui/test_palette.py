"""Finding and running things by name."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.engine.text import Text
from studio.ui import window as frame
from studio.ui.actions import Action, Actions, Found
from studio.ui.search import NameIndex, names_of, score
from studio.ui.views.settings import SettingsView


@pytest.mark.parametrize("query", ["add data", "ad", "tjsjj", "tianjia", "数据", "添加数据集"])
def test_a_title_is_found_by_words_letters_and_pinyin_in_either_language(query):
    assert score(query, names_of(Text("Add dataset", "添加数据集"))) > 0


def test_a_beginning_counts_more_than_a_middle():
    index = NameIndex()
    data, add = Text("Data", "数据"), Text("Add data", "添加数据")
    index.prepare([data, add])
    assert index.score("sj", data) > index.score("sj", add) > 0
    assert index.score("xyzq", data) == 0


def titles(window):
    return [entry.title.en for entry in window.palette_box.entries()]


def test_pinyin_initials_find_a_command(window, qtbot):
    window.palette_box.open("szt")
    qtbot.waitUntil(lambda: "Dark theme" in titles(window))
    window.palette_box.field.setText("qwsz")
    qtbot.waitUntil(lambda: titles(window)[:1] == ["Go to Settings"])


def test_a_palette_that_is_open_while_the_engine_starts_offers_all_once_it_is_there(
    app, bridge, engine, qtbot, monkeypatch
):
    monkeypatch.setattr(frame, "find_views", lambda: ([SettingsView], []))
    window = frame.Window(bridge, Actions(), engine.paths.config / "window.json")
    qtbot.addWidget(window)
    window.show()
    window.palette_box.open(">tour")
    assert window.palette_box.entries()[0].why_not is not None
    window.engine_ready(engine)
    assert window.palette_box.entries()[0].why_not is None
    assert window.palette_box.field.text() == ">tour"


def test_enter_runs_the_first_and_escape_gives_the_focus_back(window, qtbot):
    done = []
    window.actions.add(Action("try.it", Text("Count the stars", "数星星"), lambda: done.append(1)))
    window.top.project.setFocus()
    window.palette_box.open()
    QTest.keyClicks(window.palette_box.field, "count the")
    assert titles(window)[0] == "Count the stars"
    QTest.keyClick(window.palette_box.field, Qt.Key.Key_Return)
    assert done == [1]
    assert not window.palette_box.isVisible()
    window.palette_box.open()
    QTest.keyClick(window.palette_box.field, Qt.Key.Key_Escape)
    assert not window.palette_box.isVisible()
    assert window.top.project.hasFocus()


def test_a_command_that_cannot_run_says_why_and_does_not_run(window):
    done = []
    why = Text("No model is loaded", "未加载模型")
    window.actions.add(
        Action("model.stop", Text("Stop the model", "停止模型"), lambda: done.append(1), enabled=lambda: why)
    )
    window.palette_box.open(">stop the model")
    entry = window.palette_box.entries()[0]
    assert entry.why_not == why
    row = window.palette_box.list.rows()[0]
    assert row.subtitle == why
    QTest.keyClick(window.palette_box.field, Qt.Key.Key_Return)
    assert done == []


def test_objects_come_from_finders_by_their_prefix(window, qtbot):
    opened = []

    async def orders(query):
        return [Found("orders", Text("Dataset", "数据集"), "table", lambda: opened.append("orders"))]

    window.actions.add_finder("@", orders)
    window.palette_box.open("@ord")
    qtbot.waitUntil(lambda: "orders" in titles(window))
    assert titles(window) == ["orders"]
    QTest.keyClick(window.palette_box.field, Qt.Key.Key_Return)
    assert opened == ["orders"]


def test_shortcuts_work_and_can_be_changed(window, qtbot):
    done = []
    window.actions.add(Action("try.keys", Text("Try", "试试"), lambda: done.append(1), keys="Ctrl+Alt+T"))
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    assert done == [1]
    window.actions.set_keys("try.keys", "Ctrl+Alt+U")
    QTest.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    assert done == [1]
    QTest.keyClick(window, Qt.Key.Key_U, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    assert done == [1, 1]
