"""The runs view in a real window over a real engine."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractButton

from studio.engine.models.prices import Prices
from studio.engine.workflows.graph import Graph
from studio.engine.workflows.schedule import ScheduleSettings
from studio.ui.language import language
from studio.ui.theme import theme
from studio.ui.views.runs import Runs
from studio.ui.views.runs_parts.gantt import AXIS, ROW
from studio.ui.views.workflows import Workflows
from tests.ui.real import desk_with
from tests.workflows.conftest import EchoModels
from tests.workflows.graphs import field, graph, step


def sums(code: str = "return [{'n': n} for n in range(value)]") -> Graph:
    return graph(
        step("start", "start", fields=[field("n", "number", default=3)]), step("python", "python", code=code, output="table", seconds=60),
        step("each", "map", fields=["n"], results=["square"]), step("square", "python", "each", code="return n * n", inputs=["n"]),
        step("out", "output"),
        "start.n > python.value", "python.value > each.rows", "each.n > square.n", "square.value > each.square", "each.table > out.result",
    )  # fmt: skip


@pytest.fixture
def desk(bridge, qtbot, tmp_path, monkeypatch, request):
    with desk_with(getattr(request, "param", Runs), tmp_path, bridge, qtbot, monkeypatch) as made:
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
    assert view.inspector.none.isVisible()


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
    desk.until(lambda: "completed" in view.bottom.log.toPlainText())  # hidden behind the values: it hears later
    said = view.bottom.log.toPlainText()
    assert "0.00 s" not in said, "times are told as on the timeline"
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
    for state, count in (("failed", 0), ("stopped", 1)):
        view.side.filter.set_value(state)
        view.side.filter.changed.emit(state)
        desk.until(lambda count=count: len(view.side.list.rows()) == count)


@pytest.mark.parametrize("desk", [[Runs, Workflows]], indirect=True)
@pytest.mark.parametrize("for_good", [False, True])
def test_a_run_is_seen_on_its_canvas_though_its_workflow_was_deleted(desk, for_good):
    made = desk.wait(desk.engine.workflows.create("Sums", sums()))
    started = desk.wait(desk.engine.workflows.start(made.id))
    desk.wait(desk.engine.workflows.wait(started.id))
    desk.wait(desk.engine.workflows.delete(made.id))
    if for_good:
        desk.wait(desk.engine.workflows.forget(made.id))
    desk.window.show_view("runs")
    desk.until(lambda: isinstance(desk.window.current_view(), Runs))
    view = shown(desk, started.id)
    desk.qtbot.mouseClick(view.centre.canvas, Qt.MouseButton.LeftButton)
    desk.until(lambda: view.question is not None)
    assert "Sums" in view.question.windowTitle()
    assert ("not kept" if for_good else "trash") in view.question.windowTitle()
    desk.qtbot.mouseClick(view.question.agree, Qt.MouseButton.LeftButton)
    desk.until(lambda: isinstance(desk.window.current_view(), Workflows))
    canvas = desk.window.current_view()
    desk.until(lambda: canvas.sheet is not None and canvas.sheet.run is not None)
    assert (canvas.sheet.workflow.id == made.id) is not for_good
    assert canvas.sheet.run.execution_id == started.id and canvas.sheet.document.graph.name == "Sums"


def test_the_list_is_narrowed_by_all_its_filters_and_widened_again(desk):
    made = desk.wait(desk.engine.workflows.create("Alpha", sums()))
    schedule = desk.wait(
        desk.engine.workflows.schedules.add(made.id, ScheduleSettings(kind="webhook", inputs={"n": 4711}))
    )
    desk.wait(desk.engine.workflows.schedules.trigger(schedule.id))
    view = ran(desk, sums("return 1 / 0"), "Beta")
    side = view.side
    titles = lambda: [row.title for row in side.list.rows()]  # noqa: E731
    desk.until(lambda: titles() == ["Beta", "Alpha"])

    def choose(choice, value):
        choice.set_value(value)
        choice.changed.emit(value)

    for choice, value, found in (
        (side.filter, "failed", ["Beta"]), (side.filter, "all", ["Beta", "Alpha"]), (side.trigger, "schedule", ["Alpha"]),
        (side.trigger, "any", ["Beta", "Alpha"]), (side.workflow, made.id, ["Alpha"]), (side.workflow, "", ["Beta", "Alpha"]),
    ):  # fmt: skip
        choose(choice, value)
        desk.until(lambda found=found: titles() == found)
    side.search.setText("4711")  # what a run was given
    desk.until(lambda: titles() == ["Alpha"])
    choose(side.filter, "failed")
    desk.until(lambda: side.none.isVisible() and not titles())
    desk.qtbot.mouseClick(side.clear, Qt.MouseButton.LeftButton)
    desk.until(lambda: titles() == ["Beta", "Alpha"] and not side.clear.isVisible())


def test_a_run_says_what_its_tokens_cost_where_a_price_is_set_and_only_there(desk, monkeypatch):
    monkeypatch.setattr(desk.engine.models, "chat", EchoModels().chat)
    sheet = graph(
        step("words", "prompt", template="a b c"), step("one", "llm", model="demo-smollm2"), step("out", "output"),
        "words.text > one.prompt", "one.text > out.result",
    )  # fmt: skip
    view = ran(desk, sheet, "Letters")
    desk.until(lambda: "4 tokens" in view.centre.figures.whole())
    assert "$" not in view.centre.figures.whole()
    desk.wait(desk.engine.models.set_prices("demo-smollm2", Prices(input=1, output=25)))
    view.shown()
    desk.until(lambda: "$0.000100" in view.centre.figures.whole())
    assert ("Cost", "$0.000100") in [(name.whole(), value.whole()) for name, value in view.inspector._said]
    first = view._run.execution.id
    ran(desk, sheet, "Letters")  # from the cache, which costs nothing
    view.compare(first)
    desk.until(lambda: "Cost —, then $0.000100." in view.bottom.comparison.hint.whole())


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
    desk.until(lambda: len(view.side.list.rows()) == 2)
    desk.qtbot.mouseClick(view.centre.compare, Qt.MouseButton.LeftButton)
    desk.until(lambda: view.choosing is not None)
    (entry,) = view.choosing.actions()
    entry.trigger()
    view.choosing.close()
    rows = view.bottom.comparison.rows
    desk.until(lambda: bool(view.bottom.comparison.rows))
    rows = {row.step: (row.settings.en, row.output.en) for row in view.bottom.comparison.rows}
    assert rows["start"] == ("same", "same")
    assert rows["python"] == ("different", "different")
    assert rows["each"] == ("same", "different")
    table = view.bottom.comparison.table
    assert table.rowCount() == 5 and view.bottom.comparison.isVisibleTo(view)
    words = QFontMetrics(table.horizontalHeader().font())
    for place in range(table.columnCount()):
        title = table.horizontalHeaderItem(place).text()
        assert table.columnWidth(place) > words.horizontalAdvance(title), f"“{title}” is seen whole"
    shown(desk, first.id)
    desk.until(lambda: not view.bottom.comparison.rows and table.isHidden())


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
