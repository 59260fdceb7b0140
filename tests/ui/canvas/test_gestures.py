"""The mouse on the canvas, with the engine's own judge of links."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt

SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


def ends(document):
    return {(e.source, e.source_port, e.target, e.target_port) for e in document.edges.values()}


def test_dragging_from_an_output_to_an_input_draws_a_wire(board, mouse):
    mouse.drag(mouse.port("prompt", "text", True), mouse.port("llm", "prompt", False))
    assert ("prompt", "text", "llm", "prompt") in ends(board.document)
    board.document.undo.undo()
    assert ("prompt", "text", "llm", "prompt") not in ends(board.document)


def test_a_wire_can_also_be_drawn_from_the_input_back_to_the_output(board, mouse):
    mouse.drag(mouse.port("llm", "prompt", False), mouse.port("prompt", "text", True))
    assert ("prompt", "text", "llm", "prompt") in ends(board.document)


def test_a_refused_wire_shows_the_engines_reason_and_changes_nothing(board, mouse):
    before = ends(board.document)
    mouse.drag(mouse.port("dataset", "table", True), mouse.port("llm", "prompt", False))
    assert ends(board.document) == before
    assert board.canvas.hint.isVisible()
    assert "takes text, not table" in board.canvas.hint.text()
    assert not board.document.undo.canUndo()


def test_while_a_wire_is_dragged_ports_that_fit_are_told_apart(board, mouse):
    mouse.press(mouse.port("prompt", "text", True))
    mouse.move(QPointF(250, 200))
    judged = board.canvas.sheet.nodes["llm"].judged
    assert judged[("input", "prompt")] is True
    assert board.canvas.sheet.nodes["sql"].judged[("input", "rows")] is False
    mouse.key(Qt.Key.Key_Escape)
    assert board.canvas.sheet.nodes["llm"].judged is None
    assert board.canvas.gesture is None


def test_dropping_on_a_used_input_replaces_its_wire_and_undo_brings_it_back(board, mouse, qtbot):
    from studio.ui.canvas import editing

    other = editing.add_node(board.canvas, board.document.types["dataset"], QPointF(0, 500))
    mouse.drag(mouse.port(other, "table", True), mouse.port("sql", "rows", False))
    assert (other, "table", "sql", "rows") in ends(board.document)
    assert ("dataset", "table", "sql", "rows") not in ends(board.document)
    board.document.undo.undo()
    assert ("dataset", "table", "sql", "rows") in ends(board.document)


def test_a_wire_taken_off_its_input_and_dropped_nowhere_is_gone(board, mouse):
    mouse.drag(mouse.port("sql", "rows", False), QPointF(250, 180))
    assert not board.document.edges
    board.document.undo.undo()
    assert "w1" in board.document.edges


def test_a_drag_moves_by_the_grid_and_is_one_step_of_undo(board, mouse):
    start = mouse.header("sql")
    mouse.drag(start, start + QPointF(43, 29), steps=7)
    assert board.document.nodes["sql"].position == (336, 32)
    assert board.document.undo.count() == 1
    board.document.undo.undo()
    assert board.document.nodes["sql"].position == (296, 0)
    assert board.canvas.sheet.nodes["sql"].pos() == QPointF(296, 0)


def test_escape_gives_up_a_drag(board, mouse):
    start = mouse.header("sql")
    mouse.press(start)
    mouse.move(start + QPointF(80, 80))
    assert board.canvas.sheet.nodes["sql"].pos() != QPointF(296, 0)
    mouse.key(Qt.Key.Key_Escape)
    assert board.canvas.sheet.nodes["sql"].pos() == QPointF(296, 0)
    assert not board.document.undo.canUndo()


def test_wires_follow_what_is_dragged(board, mouse):
    wire = board.canvas.sheet.wires["w1"]
    start = mouse.header("sql")
    mouse.press(start)
    mouse.move(start + QPointF(0, 80))
    assert wire.points[-1] == board.canvas.sheet.nodes["sql"].anchor("rows", False)
    mouse.release(start + QPointF(0, 80))


def test_a_box_selects_what_it_touches_and_shift_adds(board, mouse):
    mouse.drag(QPointF(-40, -40), QPointF(180, 100))
    assert set(board.canvas.sheet.chosen_ids()) == {"dataset"}
    mouse.click(mouse.header("llm"), SHIFT)
    assert set(board.canvas.sheet.chosen_ids()) == {"dataset", "llm"}
    mouse.click(QPointF(250, 180))
    assert board.canvas.sheet.chosen_ids() == []


def test_a_click_selects_a_wire(board, mouse):
    mouse.click(QPointF(240, board.canvas.sheet.wires["w1"].points[0].y()))
    assert board.canvas.sheet.chosen_ids() == ["w1"]


def test_the_wheel_zooms_about_the_pointer(board, qtbot):
    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QWheelEvent

    canvas = board.canvas
    pixel = QPoint(700, 300)
    before = canvas.mapToScene(pixel)
    event = QWheelEvent(
        QPointF(pixel), canvas.viewport().mapToGlobal(QPointF(pixel)), QPoint(), QPoint(0, 240),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    canvas.wheelEvent(event)
    assert canvas.zoom > 1.4
    assert (canvas.mapToScene(pixel) - before).manhattanLength() < 2


def test_the_middle_button_pans(board, mouse):
    before = board.canvas.visible_rect().topLeft()
    mouse.drag(QPointF(200, 200), QPointF(260, 240), button=Qt.MouseButton.MiddleButton)
    assert (board.canvas.visible_rect().topLeft() - (before - QPointF(60, 40))).manhattanLength() < 3


def test_a_wire_drawn_to_empty_canvas_offers_what_fits_and_connects_it(board, mouse, qtbot):
    mouse.drag(mouse.port("dataset", "table", True), QPointF(150, 190))
    popup = board.popup
    assert popup is not None
    names = {popup.list.item(row).data(Qt.ItemDataRole.UserRole).name for row in range(popup.list.count())}
    assert "sql" in names and "llm" not in names
    popup.field.setText("SQL")
    qtbot.keyClick(popup.field, Qt.Key.Key_Return)
    assert ("dataset", "table", "sql_2", "rows") in ends(board.document)
    board.document.undo.undo()
    assert "sql_2" not in board.document.nodes


def test_a_double_click_on_empty_canvas_adds_what_is_typed_in_pinyin(board, mouse, qtbot):
    mouse.double_click(QPointF(250, 190))
    qtbot.keyClicks(board.popup.field, "tiaojian")
    qtbot.keyClick(board.popup.field, Qt.Key.Key_Return)
    assert "condition" in board.document.nodes


def test_a_step_dropped_into_a_frame_lies_in_it(board, mouse):
    from studio.ui.canvas import editing

    frame = editing.add_node(board.canvas, board.document.types["map"], QPointF(600, 0))
    start = mouse.header("prompt")
    mouse.drag(start, QPointF(800, 140))
    assert board.document.nodes["prompt"].parent == frame
    board.document.undo.undo()
    assert board.document.nodes["prompt"].parent is None


def test_a_frame_takes_what_lies_in_it_along(board, mouse):
    from studio.ui.canvas import editing

    frame = editing.add_node(board.canvas, board.document.types["map"], QPointF(600, 0))
    mouse.drag(mouse.header("prompt"), QPointF(800, 140))
    inside = board.document.nodes["prompt"].position
    start = board.canvas.sheet.nodes[frame].pos() + QPointF(200, 16)
    mouse.drag(start, start + QPointF(0, 80))
    assert board.document.nodes["prompt"].position == (inside[0], inside[1] + 80)


def test_a_wire_that_is_let_go_over_a_step_takes_its_first_free_port_that_fits(board, mouse):
    middle = board.canvas.sheet.nodes["llm"].box.center()
    mouse.drag(mouse.port("prompt", "text", True), middle)
    assert ("prompt", "text", "llm", "prompt") in ends(board.document)
    before = ends(board.document)
    mouse.drag(mouse.port("dataset", "table", True), board.canvas.sheet.nodes["llm"].box.center())
    assert ends(board.document) == before  # nothing there takes a table


def test_a_step_drawn_out_of_a_port_stands_with_its_port_where_the_wire_was_let_go(board, mouse, qtbot):
    board.document.place({"llm": ((900.0, 240.0), None)})
    start = mouse.port("prompt", "text", True)
    for place, level in ((QPointF(300, 400), False), (QPointF(300, start.y() + 10), True)):
        mouse.drag(start, place)
        board.popup.field.setText("summarise")
        qtbot.keyClick(board.popup.field, Qt.Key.Key_Return)
        wire = next(edge for edge in board.document.edges.values() if edge.source == "prompt")
        begin, end = board.canvas.sheet.ends(wire)
        assert (end - place).manhattanLength() < 24
        assert not level or begin.y() == end.y()
        board.document.undo.undo()
        assert not [edge for edge in board.document.edges.values() if edge.source == "prompt"]


def test_a_step_drawn_out_of_an_input_stands_left_of_it(board, mouse, qtbot):
    board.document.place({"llm": ((700.0, 240.0), None)})
    mouse.drag(mouse.port("llm", "prompt", False), QPointF(600, 420))
    board.popup.field.setText("prompt")
    qtbot.keyClick(board.popup.field, Qt.Key.Key_Return)
    wire = next(edge for edge in board.document.edges.values() if edge.target == "llm")
    assert board.canvas.sheet.nodes[wire.source].box.right() < 620


def test_what_takes_the_very_type_of_a_port_comes_first_in_the_list_that_is_drawn_out_of_it(board, mouse):
    mouse.drag(mouse.port("dataset", "table", True), QPointF(200, 600))
    kinds = [board.popup.list.item(row).data(Qt.ItemDataRole.UserRole) for row in range(board.popup.list.count())]
    takes = ["table" in [port.type for port in kind.ports({}).inputs] for kind in kinds]
    assert takes[0] and takes == sorted(takes, reverse=True)


def test_a_step_added_by_keyboard_stands_beside_the_chosen_one_and_in_view(board, mouse, qtbot):
    boxes = [item.box for item in board.canvas.sheet.nodes.values()]
    board.canvas.sheet.choose(["llm"])
    for _ in range(7):
        before = board.canvas.sheet.box_of(board.canvas.sheet.chosen_ids()[0])
        qtbot.keyClick(board.canvas, Qt.Key.Key_Slash)
        board.popup.field.setText("prompt")
        qtbot.keyClick(board.popup.field, Qt.Key.Key_Return)
        added = board.canvas.sheet.box_of(board.canvas.sheet.chosen_ids()[0])
        assert added.left() > before.right() and not any(added.intersects(box) for box in boxes)
        assert added.intersects(board.canvas.visible_rect())
        boxes.append(added)


def test_steps_added_with_nothing_chosen_do_not_cover_others(board, mouse, qtbot):
    board.document.place({"llm": ((500.0, 300.0), None)})
    boxes = [item.box for item in board.canvas.sheet.nodes.values()]
    board.canvas.centerOn(boxes[-1].center())
    for _ in range(3):
        board.canvas.sheet.choose([])
        qtbot.keyClick(board.canvas, Qt.Key.Key_Slash)
        board.popup.field.setText("prompt")
        qtbot.keyClick(board.popup.field, Qt.Key.Key_Return)
        added = board.canvas.sheet.box_of(board.canvas.sheet.chosen_ids()[0])
        assert not any(added.intersects(box) for box in boxes)
        boxes.append(added)
