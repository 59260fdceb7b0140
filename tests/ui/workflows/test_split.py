"""Two workflows side by side: moved by key, by dragging and by menu; each with its own focus and undo; remembered."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.engine.workflows.graph import Graph, Node
from studio.ui.canvas import editing
from studio.ui.views.workflows import SPLIT


def test_two_workflows_stand_side_by_side_and_come_back_so(desk):
    view, tabs = desk.window.current_view(), desk.window.current_view().centre.tabs
    left, right = tabs.panes
    ids = []
    for name in ("One", "Two", "Three"):
        graph = Graph(name=name, nodes=[Node(id=name.lower(), type="python")])
        ids.append(desk.wait(desk.engine.workflows.create(name, graph)).id)
        view.open_workflow(ids[-1])
        desk.until(lambda: view.sheet is not None and view.sheet.workflow.id == ids[-1])
    one, two, three = ids

    # the key moves the workflow in front beside the others
    assert not tabs.is_split and left.head.isHidden()
    desk.window.studio.actions.trigger("workflows.beside")
    assert (left.tabs.ids(), right.tabs.ids(), view.sheet.workflow.id) == ([one, two], [three], three)
    assert left.pages.currentWidget() is view.sheets[two] and right.pages.currentWidget() is view.sheets[three]
    assert view.sheets[two].isVisible() and view.sheets[three].isVisible()
    desk.until(lambda: QApplication.focusWidget() is view.sheets[three].canvas)

    # the side that has the focus is worked in: the panels follow, undo and paste are its own
    view.sheets[three].canvas.setFocus()
    view.sheets[three].canvas.sheet.choose(["three"])
    editing.copy(view.sheets[three].canvas)
    view.sheets[two].canvas.setFocus()
    desk.until(lambda: view.sheet is view.sheets[two])
    assert view.inspector.about.name.text() == "Two" and view.centre.title.text() == "Two"
    QTest.keySequence(view.sheets[two].canvas, "Ctrl+V")
    assert len(view.sheets[two].document.nodes) == 2 and len(view.sheets[three].document.nodes) == 1
    view.centre.undo_button.click()
    assert list(view.sheets[two].document.nodes) == ["two"] and not view.sheets[three].document.undo.canUndo()
    desk.window.studio.actions.trigger("workflows.other_side")
    assert view.sheet is view.sheets[three]

    # a tab is dragged to the other side; Esc leaves another where it is
    strip = left.tabs._strip
    start, there = strip._boxes()[0].center(), right.mapToGlobal(right.rect().center())
    for keep in (True, False):
        QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=start)
        QTest.mouseMove(strip, start + QPoint(30, 0))
        QTest.mouseMove(strip, strip.mapFromGlobal(there))
        assert tabs._target.isVisible() and tabs._target.geometry().width() == right.width()
        if keep:
            QTest.keyClick(strip, Qt.Key.Key_Escape)
        QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=strip.mapFromGlobal(there))
        assert tabs._target.isHidden() and (one in right.tabs.ids()) is not keep
    assert (left.tabs.ids(), right.tabs.ids(), view.sheet.workflow.id) == ([two], [three, one], one)

    # it is remembered; closing the last of a side brings one pane back
    remembered = desk.window.memory.get(SPLIT, {})
    assert remembered["right"] == [three, one] and remembered["active"] == "right" and len(remembered["sizes"]) == 2
    view.close_workflow(two)
    assert not tabs.is_split and left.tabs.ids() == [three, one] and view.sheet.workflow.id == one
    assert view.sheets[one].isVisible() and not view.centre.title.isVisible()
    tabs.lay_out({"right": [one, "gone"], "current": [three, one], "active": "left", "sizes": [300, 500]})
    assert tabs.is_split and view.sheet.workflow.id == three and view.sheets[one].isVisible()
    tabs.move(one)
    assert not tabs.is_split and tabs.current() == one
