"""Keys, copies, undo."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication

from studio.engine.workflows.graph import Edge, Node
from studio.ui.canvas import editing, swapping, tidying
from studio.ui.canvas.commands import Connect, Insert
from studio.ui.canvas.document import Parts
from studio.ui.canvas.look import look

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


def test_m_mutes_b_bypasses_and_each_takes_the_other_back(board, mouse):
    item = board.canvas.sheet.nodes["sql"]
    mouse.click(mouse.header("sql"))
    mouse.key(Qt.Key.Key_M)
    assert board.document.nodes["sql"].mute and item.face.off == "mute" and not item.face.through
    assert item.describe().endswith("muted")
    mouse.key(Qt.Key.Key_B)
    assert board.document.nodes["sql"].bypass and not board.document.nodes["sql"].mute
    assert item.face.through == (("rows", "table"),) and item.describe().endswith("bypassed")
    mouse.key(Qt.Key.Key_B)
    assert item.face.off == "" and board.document.nodes["sql"].work[-2:] == (False, False)
    board.document.undo.undo()
    board.document.undo.undo()
    assert item.face.off == "mute"


def test_a_variant_shares_the_inputs_of_its_step_and_is_copied_with_it(board):
    document, sheet = board.document, board.canvas.sheet
    variant = editing.add_variant(board.canvas, "llm")
    assert document.nodes[variant].variant_of == "llm" and variant in sheet.links.items
    assert {port.side for port in sheet.nodes[variant].face.ports} == {"output"}
    assert sheet.nodes[variant].describe().endswith("variant")
    title = look().advance("denseStrong", sheet.nodes[variant].face.title) + look().advance("caption", "variant")
    assert sheet.nodes[variant].layout.width >= title + 88, "beside its icon, the word and its state"
    refused = document.refusal(Edge(source="prompt", source_port="text", target=variant, target_port="prompt"))
    assert refused is not None and "shares the inputs" in refused.message.en
    sheet.choose(["llm", variant])
    editing.duplicate(board.canvas)
    first, second = (document.nodes[name] for name in sheet.chosen_ids())
    assert {first.variant_of, second.variant_of} == {"", first.id if second.variant_of else second.id}
    document.undo.undo()
    document.undo.undo()
    assert variant not in document.nodes and not sheet.links.items


def test_c_offers_only_inputs_that_the_engine_lets_it_be_wired_to(board, mouse):
    from studio.ui.canvas.menu import connect_menu

    board.canvas.sheet.choose(["prompt"])
    menu = connect_menu(board.canvas)
    titles = [action.text() for action in menu.actions()[0].menu().actions()]
    assert any("Draft" in title for title in titles)
    assert not any("Returns" in title for title in titles)
    next(a for a in menu.actions()[0].menu().actions() if "Draft" in a.text()).trigger()
    assert any(e.source == "prompt" and e.target == "llm" for e in board.document.edges.values())


def test_c_on_a_large_sheet_shows_the_nearest_and_the_rest_page_by_page(board):
    from studio.ui.canvas.menu import FURTHER, connect_menu
    from studio.ui.language import tr
    from studio.ui.widgets.menus import Menu

    many = [Node(id=f"p{i}", type="prompt", title=f"Far {i}", position=(9000 + 300 * i, 0)) for i in range(40)]
    for node in many:
        node.params = {"template": "{{ word }}"}
    board.document.insert(Parts(nodes=many))
    board.canvas.sheet.choose(["prompt"])
    page = connect_menu(board.canvas).actions()[0].menu()
    told: list[str] = []
    while True:
        titles = [action.text() for action in page.actions()]
        assert len(titles) <= 17
        told += [title for title in titles if title != tr(FURTHER)]
        if titles[-1] != tr(FURTHER):
            break
        shown = set(board.window().findChildren(Menu))
        page.actions()[-1].trigger()
        page = next(menu for menu in board.window().findChildren(Menu) if menu not in shown)
    assert [title for title in told if "Far" in title] == [f"Far {i} · word" for i in range(40)]
    assert "Draft" in told[0]
    page.close()


def test_an_ampersand_in_a_name_stands_in_the_menu_as_it_is(board):
    from studio.ui.canvas.menu import sources_menu

    document = board.document
    document.undo.push(Insert(document, Parts([Node(id="r", type="prompt", title="R&D", position=(200, 240))])))
    assert any("R&&D" in action.text() for action in sources_menu(board.canvas, "llm", "prompt").actions())


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


def test_a_graph_without_places_is_laid_out_and_that_is_no_edit(board):
    before = dict(board.document.nodes)
    tidying.give_places(board.canvas)
    assert board.document.nodes == before, "one with places is left alone"
    board.document.place({name: ((0.0, 0.0), node.parent) for name, node in board.document.nodes.items()})
    tidying.give_places(board.canvas)
    boxes = [item.box for item in board.canvas.sheet.nodes.values()]
    assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
    assert not board.document.undo.count()


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
    from studio.ui.canvas.note_editor import NoteEditor

    editor = board.canvas.viewport().findChild(NoteEditor)
    editor.setPlainText("Keep it short")
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: board.document.notes[note_id].text == "Keep it short", timeout=60_000)


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


def test_a_step_is_taken_out_of_its_wires_and_they_close(board, mouse):
    document = board.document
    document.undo.push(Insert(document, Parts([Node(id="sort", type="sql", position=(592, 0))])))
    document.undo.push(
        Connect(document, Edge(source="sql", source_port="table", target="sort", target_port="rows"), [])
    )
    mouse.click(mouse.header("sql"))
    mouse.key(Qt.Key.Key_Delete, CONTROL)
    assert "sql" not in document.nodes
    assert [(e.source, e.source_port, e.target_port) for e in document.wires("sort")] == [("dataset", "table", "rows")]
    document.undo.undo()
    assert {e.source for e in document.wires("sort")} == {"sql"} and "w1" in document.edges


def test_of_an_input_that_takes_many_all_wires_close(board, mouse):
    document = board.document
    document.undo.push(Insert(document, Parts([Node(id="merge", type="merge"), Node(id="after", type="merge")])))
    for source, port, target in (
        ("dataset", "table", "merge"),
        ("prompt", "text", "merge"),
        ("merge", "value", "after"),
    ):
        wire = Edge(source=source, source_port=port, target=target, target_port="values")
        document.undo.push(Connect(document, wire, []))
    board.canvas.sheet.choose(["merge"])
    mouse.key(Qt.Key.Key_Delete, CONTROL)
    assert sorted(edge.source for edge in document.wires("after")) == ["dataset", "prompt"]


def test_a_frame_that_is_replaced_keeps_how_it_runs_and_the_wires_of_the_steps_in_it(board):
    document = board.document
    shape = {"fields": ["n"], "results": ["square"]}
    each = Node(id="each", type="map", params=shape, bypass=True, on_error="branch", notes="Why", foreign={"a": 1})
    document.undo.push(Insert(document, Parts([each, Node(id="square", type="merge", parent="each")])))
    for source, port, target, end in (("each", "n", "square", "values"), ("square", "value", "each", "square")):
        document.undo.push(Connect(document, Edge(source=source, source_port=port, target=target, target_port=end), []))
    swapping.replace(board.canvas, "each", document.types["for_each"])
    now = document.nodes["each"]
    assert (now.type, now.bypass, now.on_error, now.notes, now.foreign) == ("for_each", True, "branch", "Why", {})
    assert {(e.source, e.source_port) for e in document.wires("square")} == {("each", "item"), ("square", "value")}


def test_a_step_is_replaced_and_keeps_its_name_place_and_the_wires_that_fit(board, mouse):
    document = board.document
    document.undo.push(
        Connect(document, Edge(source="prompt", source_port="text", target="llm", target_port="prompt"), [])
    )
    before = document.nodes["llm"]
    board.canvas.replace_wanted.emit("llm")
    board.popup.field.setText("Summarise")
    mouse.qtbot.keyClick(board.popup.field, Qt.Key.Key_Return)
    now = document.nodes["llm"]
    assert (now.type, now.title, now.position) == ("summarise", before.title, before.position)
    assert [(e.source, e.target_port) for e in document.wires("llm")] == [
        ("prompt", document.ports(now).inputs[0].name)
    ]
    assert board.canvas.sheet.nodes["llm"].face.icon == document.types["summarise"].icon
    document.undo.undo()
    assert document.nodes["llm"] == before and [e.target_port for e in document.wires("llm")] == ["prompt"]


def test_bends_go_along_while_both_ends_of_a_wire_are_dragged(board, mouse):
    document, scene = board.document, board.canvas.sheet
    wire = document.edges["w1"].model_copy(update={"via": [(240.0, 160.0)]})
    document.replace(wire)
    bottom = scene.wires["w1"].boundingRect().bottom()
    places = {i: QPointF(*document.nodes[i].position) + QPointF(0, 80) for i in ("dataset", "sql")}
    scene.preview(places)
    assert abs(scene.wires["w1"].boundingRect().bottom() - bottom - 80) < 1


def test_a_tidied_chain_of_steps_of_any_height_has_straight_wires(board):
    document = board.document
    document.insert(
        Parts(
            edges=[Edge(id="w2", source="prompt", source_port="text", target="llm", target_port="prompt")],
            nodes=[Node(id="out", type="output", params={"names": ["result"]}, position=(900, 700))],
        )
    )
    document.insert(Parts(edges=[Edge(id="w3", source="llm", source_port="text", target="out", target_port="result")]))
    tidying.tidy(board.canvas)
    heights = {board.canvas.sheet.nodes[name].layout.height for name in ("prompt", "llm", "out")}
    assert len(heights) == 3
    for name in ("w2", "w3"):
        start, end = board.canvas.sheet.ends(document.edges[name])
        assert start.y() == end.y()
