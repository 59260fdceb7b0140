"""What single nodes bring to the window, over a real engine."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent

from studio.ui.widgets.buttons import Button, IconButton
from tests.node_scenes import charted
from tests.workflows.conformance import INPUTS, graphs
from tests.workflows.graphs import field, graph, step

LEFT = Qt.MouseButton.LeftButton


def test_a_chat_begins_with_an_offered_question_and_its_chart_is_drawn(desk):
    made = desk.wait(desk.engine.workflows.create("Returns", charted()))
    view = desk.window.current_view()
    view.open_workflow(made.id)
    desk.until(lambda: view.sheet is not None)
    desk.qtbot.mouseClick(view.centre.run_button, Qt.MouseButton.LeftButton)
    desk.until(lambda: view.starting.form is not None)
    offered = [button for button in view.starting.form.findChildren(Button) if "退货最多" in button.text()]
    desk.qtbot.mouseClick(offered[0], Qt.MouseButton.LeftButton)
    assert view.starting.form.values() == {"query": "哪一天退货最多？"}
    view.starting.form.run()
    desk.until(lambda: view.sheet.settled)
    bottom = view.bottom
    bottom.show_tab("data")
    bottom.choose(["chart"])
    desk.until(lambda: bottom.preview.pages.currentWidget() is bottom.preview.chart)
    drawn = bottom.preview.chart
    line = drawn.charts["line"]
    assert line.isVisible() and [one.name for one in line.series] == ["returned", "kept"] and len(line.labels) == 24
    desk.qtbot.mouseClick(drawn.as_table, Qt.MouseButton.LeftButton)
    desk.until(lambda: drawn.table.isVisible() and drawn.table.model.cell(0, 1) is not None)
    assert drawn.table.model.cell(0, 0).text == "2026-03-01"


FILED = graph(
    step("s", "start", fields=[field("paper", "file"), field("more", "files", required=False)]),
    step("d", "load_documents", by="file"), step("o", "output", names=["docs", "more"]),
    "s.paper > d.files", "d.docs > o.docs", "s.more > o.more", name="Filed",
)  # fmt: skip


def drop(widget, *paths):
    held = QMimeData()
    held.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    rest = Qt.DropAction.CopyAction, held, LEFT, Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(QPoint(9, 9), *rest)
    widget.dragEnterEvent(entering)
    if entering.isAccepted():
        widget.dropEvent(QDropEvent(QPointF(9, 9), *rest))


def test_files_are_dropped_on_the_run_form_and_a_later_run_offers_them_again(desk, tmp_path):
    note, other = tmp_path / "水泵 note.txt", tmp_path / "b.txt"
    note.write_text("The K7 runs dry.")
    other.write_text("b")
    made = desk.wait(desk.engine.workflows.create("Filed", FILED))
    view = desk.window.current_view()
    view.open_workflow(made.id)
    desk.until(lambda: view.sheet is not None)
    desk.qtbot.mouseClick(view.centre.run_button, LEFT)
    desk.until(lambda: view.starting.form is not None)
    form = view.starting.form
    assert form.windowType() == Qt.WindowType.Dialog, "a popup closes when a file is dragged from elsewhere"
    paper, more = form.fields.inputs["paper"], form.fields.inputs["more"]
    form.run()
    assert view.sheet.run is None and form.isVisible()
    drop(paper, tmp_path)
    assert paper.value() is None, "a folder is no file"
    drop(paper, other)
    drop(paper, note)
    drop(more, note, other)
    assert (paper.value(), more.value()) == (note, [note, other])
    more.findChildren(IconButton)[0].click()
    assert more.value() == [other]
    form.run()
    desk.until(lambda: view.sheet.settled)
    run = desk.wait(desk.engine.workflows.execution(view.sheet.run.execution_id))
    assert run.outputs["docs"][0]["text"] == "The K7 runs dry."
    assert run.inputs["paper"].startswith("s3://run-files/") and len(run.inputs["more"]) == 1

    view.starting.remembered.clear()  # as after a new start
    note.unlink()
    view.starting.form = None
    view.run()
    desk.until(lambda: view.starting.form is not None)
    assert view.starting.form.values() == run.inputs
    view.starting.form.run()
    desk.until(lambda: view.sheet.settled and view.sheet.run.execution_id != run.id)
    again = desk.wait(desk.engine.workflows.execution(view.sheet.run.execution_id))
    assert again.outputs["docs"] == run.outputs["docs"]


SOME = ("text", "table", "map with a bad row", "loop-back", "error branch", "two outputs")


def test_the_window_gives_the_same_digests_as_the_engine_does(desk):
    """The same graphs that run over HTTP and from the command line (tests/workflows/test_conformance.py), by the run button's way."""
    view, sheets = desk.window.current_view(), graphs()
    workflows = desk.engine.workflows
    for name in SOME:
        sheet = sheets[name].model_copy(update={"name": name})
        for node in sheet.nodes:
            node.cache = "off"
        made = desk.wait(workflows.create(name, sheet))
        view.open_workflow(made.id)
        desk.until(lambda id=made.id: view.sheet is not None and view.sheet.workflow.id == id)
        view.starting.start(INPUTS)
        desk.until(lambda: view.sheet.settled)
        plain = desk.wait(workflows.start(sheet, INPUTS))
        desk.wait(workflows.end(plain.id))
        shown = desk.wait(workflows.digests(view.sheet.run.execution_id))
        assert shown and shown == desk.wait(workflows.digests(plain.id)), name
