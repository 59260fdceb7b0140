"""Templates: those that come along are sound, and those that a person keeps come back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from studio.engine.workflows import library
from studio.engine.workflows.links import Sheet as GraphSheet
from studio.engine.workflows.links import check_links
from studio.ui.canvas.menu import context_menu
from studio.ui.views.workflows import Workflows
from studio.ui.views.workflows_parts.templates import BUILT_IN, graph_of, keep
from studio.ui.widgets.inputs import LineField
from tests.ui.real import desk_with
from tests.ui.workflows.test_workflows_view import greeting


@pytest.mark.parametrize("key", BUILT_IN)
def test_every_wire_of_a_template_is_one_that_the_engine_lets_be(key, qapp):
    assert check_links(GraphSheet(graph_of(key), library.ports_of)) == []


def test_a_template_begins_a_workflow_and_a_kept_one_is_inserted(bridge, qtbot, tmp_path, monkeypatch):
    with desk_with(Workflows, tmp_path, bridge, qtbot, monkeypatch) as desk:
        view = desk.window.current_view()
        view.centre.start_page.templates.activated.emit("table")
        desk.until(lambda: view.sheet is not None)
        assert view.sheet.document.name == "Summarise a table" and len(view.sheet.document.edges) == 4
        view.new_workflow(greeting())
        desk.until(lambda: view.sheet is not None and view.sheet.document.name == "Greeting")
        sheet = view.sheet
        sheet.canvas.sheet.choose(["prompt", "python"])
        dialog = keep(sheet, ["prompt", "python"])
        QTest.keyClick(dialog.findChild(LineField), Qt.Key.Key_Return)  # Enter in a field agrees
        sheet.canvas.sheet.choose([])
        menus = [a.menu() for a in context_menu(sheet.canvas, QPointF(1600, 800)).actions() if a.text() == "Templates"]
        next(action for action in menus[0].actions() if "Greet" in action.text()).trigger()
        places = [sheet.document.nodes[step].position for step in ("prompt_2", "python_2")]
        assert (min(x for x, _ in places), min(y for _, y in places)) == (1600, 800)  # where the menu was asked for
        assert ("prompt_2", "python_2") in {(e.source, e.target) for e in sheet.document.edges.values()}
