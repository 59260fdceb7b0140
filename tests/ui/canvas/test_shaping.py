"""Wires that are bent and cut, steps put into wires, converters, frames, sizes, lines of things, finding."""

from __future__ import annotations

import itertools

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QMenu

from studio.engine.workflows import file
from studio.engine.workflows.graph import Edge, Graph, Node
from studio.ui.canvas import aligning, bends, editing, tidying
from studio.ui.canvas.commands import Insert
from studio.ui.canvas.document import Parts
from studio.ui.canvas.finding import matches
from studio.ui.canvas.menu import context_menu
from studio.ui.canvas.note_editor import TitleEditor

CONTROL = Qt.KeyboardModifier.ControlModifier


def ends(document) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in document.edges.values()}


def middle(board, wire: str) -> QPointF:
    points = board.canvas.sheet.wires[wire].points
    return (points[0] + points[-1]) / 2


def drop(document, kind: str, node_id: str, place: tuple[float, float]) -> None:
    document.undo.push(Insert(document, Parts(nodes=[Node(id=node_id, type=kind, position=place)])))


def titles(menu: QMenu) -> list[str]:
    return [action.text().split("\t")[0] for action in menu.actions()]


def test_a_double_click_leads_a_wire_through_that_place_and_its_bend_can_be_dragged(board, mouse):
    place = middle(board, "w1")
    mouse.double_click(place)
    (bend,) = board.document.edges["w1"].via
    mouse.drag(QPointF(*bend), QPointF(bend[0], bend[1] + 80))
    assert board.document.edges["w1"].via == [(bend[0], bend[1] + 80)]
    wire = board.canvas.sheet.wires["w1"]
    assert wire.distance(QPointF(bend[0], bend[1] + 80)) < 1
    board.document.undo.undo()
    assert board.document.edges["w1"].via == [bend]
    mouse.double_click(QPointF(*bend))
    assert board.document.edges["w1"].via == []


def test_bends_move_with_the_steps_at_both_ends_and_are_kept_in_both_files(board):
    bends.add_bend(board.canvas, "w1", QPointF(240, 100))
    board.canvas.sheet.choose(["dataset", "sql"])
    before = board.document.edges["w1"].via
    editing.nudge(board.canvas, 64, 8)
    assert board.document.edges["w1"].via == [(x + 64, y + 8) for x, y in before]
    graph = board.document.graph
    assert file.read(file.write(graph)).edges == graph.edges
    assert [edge.via for edge in file.read(file.write_plain(graph)).edges] == [edge.via for edge in graph.edges]
    board.document.undo.undo()
    assert board.document.edges["w1"].via == before


def test_a_line_drawn_with_x_held_cuts_the_wires_that_it_crosses(board, mouse, qtbot):
    editing.connect(board.document, Edge(source="prompt", source_port="text", target="llm", target_port="prompt"))
    qtbot.keyPress(board.canvas, Qt.Key.Key_X)
    mouse.drag(QPointF(240, -60), QPointF(240, 420), steps=12)
    qtbot.keyRelease(board.canvas, Qt.Key.Key_X)
    assert ends(board.document) == set()
    board.document.undo.undo()
    assert ends(board.document) == {("dataset", "sql"), ("prompt", "llm")}
    assert not board.canvas.cutting and not board.canvas.sheet.wires["w1"].dimmed


def test_a_step_without_wires_that_is_dragged_onto_a_wire_goes_in_between(board, mouse):
    drop(board.document, "sql", "loose", (500, 420))
    line = middle(board, "w1")
    corner = QPointF(500, 420)
    box = board.canvas.sheet.nodes["loose"].box
    target = line - QPointF(box.width() / 2, box.height() / 2)
    mouse.drag(corner + QPointF(90, 16), target + QPointF(90, 16), steps=8)
    assert ends(board.document) == {("dataset", "loose"), ("loose", "sql")}
    board.document.undo.undo()
    assert ends(board.document) == {("dataset", "sql")}
    assert board.document.nodes["loose"].position == (500, 420)


def test_a_wire_between_types_that_do_not_fit_offers_the_step_that_converts(board, mouse, qtbot):
    mouse.drag(mouse.port("dataset", "table", True), mouse.port("llm", "prompt", False), steps=6)
    menu = board.converters
    assert menu is not None and any("Insert “Prompt”" in words for words in titles(menu))
    menu.actions()[-1].trigger()
    menu.close()
    assert ends(board.document) == {("dataset", "sql"), ("dataset", "prompt_2"), ("prompt_2", "llm")}
    assert not [p for p in board.document.judge.problems(board.document.graph) if p.node_id == "prompt_2"]
    board.document.undo.undo()
    assert "prompt_2" not in board.document.nodes


def test_the_menu_of_a_wire_lists_only_what_fits_between_its_ends(board, qtbot):
    board.canvas.sheet.choose(["w1"])
    assert "Insert a node…" in titles(context_menu(board.canvas, middle(board, "w1")))
    popup = board.ask_to_insert(middle(board, "w1"), "w1")
    names = {popup.list.item(row).text() for row in range(popup.list.count())}
    assert "SQL query" in names and "Start" not in names and "Dataset" not in names
    popup.field.setText("sql")
    qtbot.keyClick(popup.field, Qt.Key.Key_Return)
    assert ends(board.document) == {("dataset", "sql_2"), ("sql_2", "sql")}


def test_g_frames_what_is_chosen_and_the_frame_takes_it_along(board, mouse, qtbot):
    board.canvas.sheet.choose(["prompt", "llm"])
    mouse.key(Qt.Key.Key_G)
    (frame_id,) = board.document.frames
    editor = board.canvas.viewport().findChild(TitleEditor)  # G goes on with the title
    area = board.canvas.sheet.areas[frame_id]
    assert all(area.box.contains(board.canvas.sheet.nodes[name].box) for name in ("prompt", "llm"))
    before = {name: board.document.nodes[name].position for name in board.document.nodes}
    start = area.title_box().center()
    editor.setPlainText("Answering")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: board.document.frames[frame_id].title == "Answering", timeout=60_000)
    mouse.drag(start, start + QPointF(80, 160))
    moved = {name for name, node in board.document.nodes.items() if node.position != before[name]}
    assert moved == {"prompt", "llm"}
    assert Graph.model_validate(board.document.graph.model_dump()).frames[0].title == "Answering"
    board.document.undo.undo()
    board.document.undo.undo()
    board.document.undo.undo()
    assert not board.document.frames and not board.canvas.sheet.areas


def test_a_corner_that_is_dragged_gives_another_size(board, mouse):
    note = editing.add_note(board.canvas, QPointF(0, 500))
    corner = board.canvas.sheet.notes[note].box.bottomRight() - QPointF(4, 4)
    mouse.drag(corner, corner + QPointF(64, 40))
    assert board.document.notes[note].size == (240, 152)
    step = board.canvas.sheet.nodes["sql"]
    corner = step.box.bottomRight() - QPointF(4, 4)
    wide = step.box.width()
    mouse.drag(corner, corner + QPointF(48, 0))
    assert board.canvas.sheet.nodes["sql"].box.width() == wide + 48
    board.document.undo.undo()
    assert board.canvas.sheet.nodes["sql"].box.width() == wide


def test_aligning_and_spreading_are_each_one_step_of_undo(board):
    board.canvas.sheet.choose(["dataset", "sql", "llm"])
    aligning.align(board.canvas, "left")
    assert {board.document.nodes[name].position[0] for name in ("dataset", "sql", "llm")} == {0}
    board.document.undo.undo()
    editing.nudge(board.canvas, 0, 0)
    aligning.align(board.canvas, "bottom")
    bottoms = [board.canvas.sheet.nodes[name].box.bottom() for name in ("dataset", "sql", "llm")]
    assert max(bottoms) - min(bottoms) <= 8
    board.document.undo.undo()
    drop(board.document, "sql", "far", (1200, 0))
    board.canvas.sheet.choose(["dataset", "sql", "far"])
    aligning.spread(board.canvas, "across")
    boxes = [board.canvas.sheet.nodes[name].box for name in ("dataset", "sql", "far")]
    gaps = [after.left() - before.right() for before, after in itertools.pairwise(boxes)]
    assert abs(gaps[0] - gaps[1]) <= 8


def test_tidying_up_takes_bends_away_and_lays_frames_around_their_steps_in_one_step_of_undo(board):
    document = board.document
    board.canvas.sheet.choose(["dataset", "sql"])
    frame_id = editing.add_frame(board.canvas, "Sources")
    bends.add_bend(board.canvas, "w1", QPointF(260, 600))
    before = document.frames[frame_id]
    board.canvas.sheet.choose([])
    tidying.tidy(board.canvas)
    area = board.canvas.sheet.areas[frame_id]
    assert document.edges["w1"].via == []
    assert all(area.box.contains(board.canvas.sheet.nodes[name].box) for name in ("dataset", "sql"))
    document.undo.undo()
    assert document.frames[frame_id] == before and len(document.edges["w1"].via) == 1


def test_a_frame_that_the_menu_of_the_empty_sheet_makes_lies_where_the_menu_was_asked_for(board):
    board.canvas.sheet.choose([])
    made = board.document.frames[editing.add_frame(board.canvas, "Later", QPointF(1003, 596))]
    assert made.position == (1000, 592) or made.position == (1000, 600)
    board.canvas.sheet.choose(["dataset"])
    around = board.document.frames[editing.add_frame(board.canvas, "Sources", QPointF(1003, 596))]
    assert around.position[0] < 0  # what is chosen comes before a place


def test_tidying_up_what_is_chosen_leaves_the_rest_where_it_is(board):
    board.canvas.sheet.choose(["dataset", "sql"])
    others = {name: board.document.nodes[name].position for name in ("prompt", "llm")}
    tidying.tidy(board.canvas)
    assert {name: board.document.nodes[name].position for name in others} == others
    boxes = [board.canvas.sheet.nodes[name].box for name in ("dataset", "sql")]
    assert boxes[0].right() < boxes[1].left()


def test_finding_knows_titles_types_parameters_and_pinyin(board, mouse, qtbot):
    document = board.document
    document.undo.push(
        Insert(document, Parts(nodes=[Node(id="zh", type="sql", title="近七天退货", position=(900, 0))]))
    )
    assert matches(document, "tuihuo") == ["zh"] and matches(document, "jqt") == ["zh"]
    assert matches(document, "say hello") == ["prompt"]
    mouse.key(Qt.Key.Key_F, CONTROL)
    bar = board.find_bar
    assert bar.isVisible()
    bar.field.setText("query")
    assert board.canvas.sheet.chosen_ids() == ["sql"]
    qtbot.keyClick(bar.field, Qt.Key.Key_Return)
    assert board.canvas.sheet.chosen_ids() == ["zh"]
    qtbot.keyClick(bar.field, Qt.Key.Key_Escape)
    assert not bar.isVisible() and board.canvas.hasFocus()
