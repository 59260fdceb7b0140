"""The canvas as a screen reader meets it."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QAccessible

from studio.ui.canvas.model import Live


def steps(board):
    canvas = QAccessible.queryAccessibleInterface(board.canvas)
    return [canvas.child(place) for place in range(canvas.childCount())]


def test_every_step_says_its_title_its_type_and_its_state(board):
    board.canvas.sheet.show_lives({"sql": Live("running")})
    names = [step.text(QAccessible.Text.Name) for step in steps(board)]
    assert names[:2] == ["Orders, Dataset, idle", "Returns, SQL query, running"]


def test_every_step_says_its_ports_and_which_are_connected(board):
    assert steps(board)[1].text(QAccessible.Text.Description) == "inputs: rows (connected); outputs: table"


def test_a_step_says_where_it_is_and_whether_it_is_selected(board):
    board.canvas.sheet.choose(["dataset"])
    first, second = steps(board)[:2]
    assert first.state().selected and not second.state().selected
    assert first.rect().width() > 100


def test_comments_frames_and_wires_are_read_too_and_fall_silent_with_what_they_spoke_for(board):
    from studio.ui.canvas import editing

    note = editing.add_note(board.canvas, QPointF(0, 400), "Keep it short")
    board.canvas.sheet.choose(["dataset", "sql"])
    editing.add_frame(board.canvas, "Sources")
    said = {child.text(QAccessible.Text.Name): child for child in steps(board)}
    frame = said["frame: Sources"]
    assert "comment: Keep it short" in said and "wire: Orders, table to Returns, rows" in said
    assert frame.text(QAccessible.Text.Description) == "holds Orders, Returns"
    assert frame.state().selected and frame.rect().width() > 300
    canvas = QAccessible.queryAccessibleInterface(board.canvas)
    assert canvas.child(canvas.indexOfChild(frame)).text(QAccessible.Text.Name) == "frame: Sources"
    board.canvas.sheet.choose([note])
    editing.delete(board.canvas)
    assert said["comment: Keep it short"].text(QAccessible.Text.Name) == ""
    assert "comment: Keep it short" not in [child.text(QAccessible.Text.Name) for child in steps(board)]


def test_a_deleted_step_falls_silent(board):
    from studio.ui.canvas import editing

    gone = steps(board)[0]
    board.canvas.sheet.choose(["dataset"])
    editing.delete(board.canvas)
    assert gone.text(QAccessible.Text.Name) == ""
    assert sum(", idle" in step.text(QAccessible.Text.Name) for step in steps(board)) == 3
