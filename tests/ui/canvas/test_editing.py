"""Keys, copies, undo."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication

from studio.ui.canvas import editing, tidying

CONTROL, ALT, SHIFT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


def test_delete_takes_the_wires_along_and_undo_brings_all_back(board, mouse):
    before = board.document.graph.model_dump()
    mouse.click(mouse.header("sql"))
    mouse.key(Qt.Key.Key_Delete)
    assert "sql" not in board.document.nodes and "w1" not in board.document.edges
    assert "sql" not in board.canvas.sheet.nodes and "w1" not in board.canvas.sheet.wires
    mouse.key(Qt.Key.Key_Z, CONTROL)
    after = board.document.graph.model_dump()
    assert sorted(after["nodes"], key=str) == sorted(before["nodes"], key=str)
    assert after["edges"] == before["edges"]
    assert "w1" in board.canvas.sheet.wires
    mouse.key(Qt.Key.Key_Z, CONTROL | SHIFT)
    assert "sql" not in board.document.nodes


def test_copy_and_paste_keep_the_wires_between_what_was_copied(board, mouse):
    board.canvas.sheet.choose(["dataset", "sql"])
    mouse.key(Qt.Key.Key_C, CONTROL)
    assert '"one-data-studio/canvas"' in QGuiApplication.clipboard().text()
    mouse.key(Qt.Key.Key_V, CONTROL)
    assert {"dataset_2", "sql_2"} <= set(board.document.nodes)
    new = [e for e in board.document.edges.values() if e.source == "dataset_2"]
    assert [(e.target, e.target_port) for e in new] == [("sql_2", "rows")]
    assert set(board.canvas.sheet.chosen_ids()) == {"dataset_2", "sql_2"}
    board.document.undo.undo()
    assert set(board.document.nodes) == {"dataset", "sql", "prompt", "llm"}


def test_pasting_what_is_no_workflow_changes_nothing(board, mouse):
    QGuiApplication.clipboard().setText('{"kind": "something else"}')
    mouse.key(Qt.Key.Key_V, CONTROL)
    assert not board.document.undo.canUndo()


def test_d_duplicates(board, mouse):
    mouse.click(mouse.header("llm"))
    mouse.key(Qt.Key.Key_D)
    assert board.document.nodes["llm_2"].position == (328, 272)


def test_arrows_move_by_eight_and_shift_by_sixty_four_in_one_step_of_undo(board, mouse):
    mouse.click(mouse.header("llm"))
    mouse.key(Qt.Key.Key_Right)
    mouse.key(Qt.Key.Key_Right)
    mouse.key(Qt.Key.Key_Down, SHIFT)
    assert board.document.nodes["llm"].position == (312, 304)
    board.document.undo.undo()
    assert board.document.nodes["llm"].position == (296, 240)


def test_alt_arrows_go_along_the_wires(board, mouse):
    mouse.click(mouse.header("dataset"))
    mouse.key(Qt.Key.Key_Right, ALT)
    assert board.canvas.sheet.chosen_ids() == ["sql"]
    mouse.key(Qt.Key.Key_Left, ALT)
    assert board.canvas.sheet.chosen_ids() == ["dataset"]


def test_m_mutes_and_unmutes(board, mouse):
    mouse.click(mouse.header("sql"))
    mouse.key(Qt.Key.Key_M)
    assert board.document.nodes["sql"].bypass and board.canvas.sheet.nodes["sql"].face.bypass
    mouse.key(Qt.Key.Key_M)
    assert not board.document.nodes["sql"].bypass


def test_c_offers_only_inputs_that_the_engine_lets_it_be_wired_to(board, mouse):
    from studio.ui.canvas.menu import connect_menu

    board.canvas.sheet.choose(["prompt"])
    menu = connect_menu(board.canvas)
    titles = [action.text() for action in menu.actions()[0].menu().actions()]
    assert any("Draft" in title for title in titles)
    assert not any("Returns" in title for title in titles)
    next(a for a in menu.actions()[0].menu().actions() if "Draft" in a.text()).trigger()
    assert any(e.source == "prompt" and e.target == "llm" for e in board.document.edges.values())


def test_a_node_dropped_on_a_wire_goes_in_between(board):
    line = board.canvas.sheet.wires["w1"].points
    place = (line[0] + line[-1]) / 2
    board.canvas.drop_node("sql", place)
    ends = {(e.source, e.target) for e in board.document.edges.values()}
    assert ends == {("dataset", "sql_2"), ("sql_2", "sql")}
    boxes = {name: item.box for name, item in board.canvas.sheet.nodes.items()}
    assert boxes["dataset"].right() < boxes["sql_2"].left() < boxes["sql_2"].right() < boxes["sql"].left()
    board.document.undo.undo()
    assert {(e.source, e.target) for e in board.document.edges.values()} == {("dataset", "sql")}


def test_tidying_up_puts_every_step_right_of_what_feeds_it(board):
    tidying.arrange_all(board.canvas)
    nodes = dict(board.document.nodes)
    assert nodes["sql"].position[0] > nodes["dataset"].position[0]
    boxes = [item.box for item in board.canvas.sheet.nodes.values()]
    assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
    board.document.undo.undo()
    assert nodes != board.document.nodes


def test_a_step_of_a_type_that_is_not_installed_is_shown_and_kept(board):
    from studio.engine.workflows.graph import Node
    from studio.ui.canvas.commands import Insert
    from studio.ui.canvas.document import Parts

    odd = Node(id="odd", type="something_else", title="Odd", params={"a": 1}, position=(0, 500))
    board.document.undo.push(Insert(board.document, Parts(nodes=[odd])))
    assert board.canvas.sheet.nodes["odd"].face.title == "Odd"
    assert board.document.graph.node("odd").params == {"a": 1}


def test_typing_in_one_field_merges_into_one_step_of_undo(board):
    from studio.ui.canvas.commands import Edit

    for words in ("S", "Su", "Sum"):
        node = board.document.nodes["sql"].model_copy(update={"title": words})
        board.document.undo.push(Edit(board.document, node, "title"))
    assert board.document.undo.count() == 1
    board.document.undo.undo()
    assert board.document.nodes["sql"].title == "Returns"


def test_n_puts_a_comment_that_can_be_typed_into(board, mouse, qtbot):
    mouse.key(Qt.Key.Key_N)
    note_id = next(iter(board.document.notes))
    editing.edit_note(board.canvas, note_id)
    from studio.ui.canvas.note_editor import NoteEditor

    editor = board.canvas.viewport().findChild(NoteEditor)
    editor.setPlainText("Keep it short")
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: board.document.notes[note_id].text == "Keep it short", timeout=2000)


def test_an_empty_canvas_says_how_to_begin(board):
    board.canvas.sheet.choose(list(board.document.nodes))
    editing.delete(board.canvas)
    assert board.empty.isVisible()
    assert "Double-click" in board.empty.text()


def test_a_frame_grows_around_what_lies_in_it(board):
    frame = editing.add_node(board.canvas, board.document.types["map"], QPointF(0, 500))
    inside = editing.add_node(board.canvas, board.document.types["prompt"], QPointF(400, 700))
    assert board.document.nodes[inside].parent == frame
    assert board.canvas.sheet.nodes[frame].box.contains(board.canvas.sheet.nodes[inside].box)
