"""The runs view in a real window over a real engine."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton

from studio.engine.workflows.graph import Graph
from studio.ui.language import language
from studio.ui.theme import theme
from studio.ui.views.runs import Runs
from studio.ui.views.runs_parts.gantt import AXIS, ROW
from tests.ui.real import desk_with
from tests.workflows.graphs import field, graph, step


def sums(code: str = "return [{'n': n} for n in range(value)]") -> Graph:
    return graph(
        step("start", "start", fields=[field("n", "number", default=3)]), step("python", "python", code=code, output="table", seconds=60),
        step("each", "map", fields=["n"], results=["square"]), step("square", "python", "each", code="return n * n", inputs=["n"]),
        step("out", "output"),
        "start.n > python.value", "python.value > each.rows", "each.n > square.n", "square.value > each.square", "each.table > out.result",
    )  # fmt: skip


@pytest.fixture
def desk(bridge, qtbot, tmp_path, monkeypatch):
    with desk_with(Runs, tmp_path, bridge, qtbot, monkeypatch) as made:
        yield made


def ran(desk, sheet: Graph, name: str = "Sums"):
    """A run that has ended, shown as ended: the view may have begun to follow it while it went on."""
    started = desk.wait(desk.engine.workflows.start(sheet, name=name))
    desk.wait(desk.engine.workflows.wait(started.id))
    view = shown(desk, started.id)
    desk.until(lambda: not view._run.running and not view._stream.running)
    return view


def shown(desk, run_id: str) -> Runs:
    view = desk.window.current_view()
    desk.window.studio.open("run", run_id)
    desk.until(lambda: view._run is not None and view._run.execution.id == run_id and not view._reading)
    return view


def test_with_no_runs_the_view_names_the_next_step(desk):
    view = desk.window.current_view()
    desk.until(lambda: view.centre._pages.currentIndex() == 2)


def test_a_finished_run_shows_its_steps_values_and_log(desk):
    view = ran(desk, sums())
    desk.until(lambda: view.centre.state.text() == "Completed")

    assert [row.title for row in view.side.list.rows()] == ["Sums"]
    assert [view._run.result(one)["status"] for one in view._run.order] == ["completed"] * 5
    gantt = view.centre.gantt
    place = QPoint(20, theme.scaled(AXIS) + theme.scaled(ROW) * view._run.order.index("each") + 5)
    desk.qtbot.mouseClick(gantt, Qt.MouseButton.LeftButton, pos=place)
    assert view._step == "each" and view.inspector.name.whole() == "Map over rows"
    desk.until(lambda: view.bottom.values.table.model.rowCount() == 3)
    assert "completed" in view.bottom.log.toPlainText()
    desk.qtbot.keyClick(gantt, Qt.Key.Key_Up)
    assert view._step == "python"


def test_a_failed_run_says_why_and_how_to_mend_it(desk):
    view = ran(desk, sums("return 1 / 0"))
    desk.until(lambda: view.centre.error.isVisible())
    assert "ZeroDivisionError" in view.centre.error.message.whole()
    assert "Mend the code" in view.centre.error.repair.whole()
    assert view.centre.resume.isVisible() and "Python code" in view.centre.hint.whole()


def test_a_run_is_stopped_and_resumed_with_its_buttons(desk):
    started = desk.wait(desk.engine.workflows.start(sums("while True: pass")))
    view = shown(desk, started.id)
    desk.until(lambda: view.centre.stop.isVisible())
    desk.qtbot.mouseClick(view.centre.stop, Qt.MouseButton.LeftButton)
    desk.until(lambda: view.centre.state.text() == "Stopped" and view.centre.resume.isVisible())
    desk.qtbot.mouseClick(view.centre.resume, Qt.MouseButton.LeftButton)
    desk.until(lambda: view.centre.state.text() == "Running")
    view.act("stop")
    desk.until(lambda: view.centre.state.text() == "Stopped")


def test_the_list_is_narrowed_by_state_and_words(desk):
    ran(desk, sums(), "Alpha")
    view = ran(desk, sums("return 1 / 0"), "Beta")
    desk.until(lambda: len(view.side.list.rows()) == 2)
    view.side.filter.set_value("failed")
    view.side.filter.changed.emit("failed")
    assert [row.title for row in view.side.list.rows()] == ["Beta"]
    view.side.filter.set_value("all")
    view.side.search.setText("alp")
    assert [row.title for row in view.side.list.rows()] == ["Alpha"]


def test_the_words_change_with_the_language(desk):
    view = ran(desk, sums())
    language.set("zh")
    assert view.centre.state.text() == "已完成" and "开始" in view.centre.figures.whole()
    desk.until(lambda: "运行完成" in view.bottom.log.toPlainText())  # hidden behind the values: it hears later


def test_two_runs_are_compared_step_by_step(desk):
    first = desk.wait(desk.engine.workflows.start(sums(), name="Sums"))
    desk.wait(desk.engine.workflows.wait(first.id))
    view = ran(desk, sums("return [{'n': n + 1} for n in range(value)]"))
    view._read_list()
    desk.until(lambda: len(view._runs) == 2)
    desk.qtbot.mouseClick(view.centre.compare, Qt.MouseButton.LeftButton)
    (entry,) = view.choosing.actions()
    entry.trigger()
    view.choosing.close()
    rows = view.bottom.comparison.rows
    desk.until(lambda: bool(view.bottom.comparison.rows))
    rows = {row.step: (row.settings.en, row.output.en) for row in view.bottom.comparison.rows}
    assert rows["start"] == ("same", "same")
    assert rows["python"] == ("different", "different")
    assert rows["each"] == ("same", "different")
    assert view.bottom.comparison.table.rowCount() == 5


def test_a_run_leads_to_the_datasets_that_it_read_and_wrote(desk, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("id,amount\n1,2\n2,3\n", "utf-8")
    dataset = desk.wait(desk.engine.datasets.register(str(path)))
    sheet = graph(
        step("d", "dataset", dataset=dataset.id), step("save", "save_dataset", name="kept"), "d.table > save.rows"
    )
    view = ran(desk, sheet)
    view.shown()
    asked = []
    view.centre.lineage.asked.disconnect()
    view.centre.lineage.asked.connect(lambda kind, name: asked.append((kind, name)))

    def chips() -> list[QAbstractButton]:
        return view.centre.lineage.findChildren(QAbstractButton)

    desk.until(lambda: len(chips()) == 2 and {"orders", "kept"} == {chip.text() for chip in chips()})
    for chip in chips():
        chip.click()
    kept = next(one for one in desk.wait(desk.engine.datasets.list()) if one.name == "kept")
    assert asked == [("dataset", dataset.id), ("dataset", kept.id)]
