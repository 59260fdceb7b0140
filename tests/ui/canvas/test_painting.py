"""What is painted: states, levels of detail, the shapes of ports, in both themes and languages."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from studio.engine.workflows import library
from studio.engine.workflows.graph import PORT_TITLES, Edge, Graph, Node
from studio.ui.canvas.board import Board
from studio.ui.canvas.commands import Edit
from studio.ui.canvas.document import Document, Parts
from studio.ui.canvas.far import place_of_title
from studio.ui.canvas.model import STATE_ICONS, Live
from studio.ui.canvas.node_paint import STATE_WORDS, footer_words
from studio.ui.language import language
from studio.ui.theme import theme


def pixels_of(image: QImage) -> Counter[int]:
    """How often each colour is there, as 0xRRGGBB."""
    flat = image.convertToFormat(QImage.Format.Format_RGB32)
    return Counter(value & 0xFFFFFF for value in memoryview(flat.constBits()).cast("I").tolist())


def near(image: QImage, colour: QColor) -> int:
    """How many pixels have that colour, but for the blending of the last bit."""
    wanted = (colour.red(), colour.green(), colour.blue())

    def alike(value: int) -> bool:
        return all(abs((value >> shift & 0xFF) - part) <= 3 for shift, part in zip((16, 8, 0), wanted, strict=True))

    return sum(count for value, count in pixels_of(image).items() if alike(value))


def picture_of(board, node_id: str) -> QImage:
    item = board.canvas.sheet.nodes[node_id]
    area = board.canvas.mapFromScene(item.sceneBoundingRect()).boundingRect()
    return board.canvas.viewport().grab(area).toImage()


def test_every_type_of_node_is_painted(qtbot, qapp, caplog):
    graph = Graph(name="all")
    for number, kind in enumerate(library.node_types()):
        graph.nodes.append(Node(id=f"n{number}", type=kind.name, position=(number % 8 * 300, number // 8 * 240)))
    made = Board(Document(library, graph))
    qtbot.addWidget(made)
    made.resize(1600, 1000)
    with qtbot.waitExposed(made):
        made.show()
    made.canvas.set_zoom(1.0)
    for node_id in made.canvas.sheet.nodes:
        made.canvas.centerOn(made.canvas.sheet.nodes[node_id])
        assert len(pixels_of(picture_of(made, node_id))) > 3
    assert "cannot be painted" not in caplog.text


def test_a_failed_step_paints_its_reason_in_red_and_offers_its_repair_and_to_try_again(board, mouse, qtbot):
    live = Live("failed", message="No such column", repair="Check the name", fix=("dataset", ""))
    before = near(picture_of(board, "sql"), theme.colour("danger.text"))
    board.canvas.sheet.show_lives({"sql": live})
    assert near(picture_of(board, "sql"), theme.colour("danger.text")) > before + 60
    item = board.canvas.sheet.nodes["sql"]
    with qtbot.waitSignal(board.canvas.fix_wanted) as told:
        mouse.click(item.pos() + item.layout.buttons["fix"].center())
    assert told.args == ["sql"]
    with qtbot.waitSignal(board.canvas.retry_wanted) as told:
        mouse.click(item.pos() + item.layout.buttons["retry"].center())
    assert told.args == ["sql"]


def test_a_running_step_paints_its_progress_and_the_tail_of_its_text(board):
    before = board.canvas.sheet.nodes["llm"].layout.height
    board.canvas.sheet.show_lives({"llm": Live("running", done=1, total=2, text="one two three " * 40)})
    item = board.canvas.sheet.nodes["llm"]
    assert near(picture_of(board, "llm"), theme.colour("accent.ring")) > 60
    assert len(item.tail) == 3 and item.tail[-1].endswith("three")
    assert item.layout.height == before + 24  # the footer; text never changes the height


def test_a_live_run_that_ends_leaves_nothing_moving(board, qtbot):
    board.canvas.sheet.show_lives({"llm": Live("running")})
    assert board.canvas._clock.isActive()
    board.canvas.sheet.show_lives({"llm": Live("done", seconds=1.0)})
    qtbot.waitUntil(lambda: not board.canvas._clock.isActive(), timeout=60_000)


def test_wires_say_what_flows(board):
    sheet = board.canvas.sheet
    sheet.show_lives({"dataset": Live("done"), "sql": Live("running")})
    assert sheet.wires["w1"].state == "running"
    sheet.show_lives({"sql": Live("done")})
    assert sheet.wires["w1"].state == "done"
    sheet.clear_lives()
    assert sheet.wires["w1"].state == "idle"


@pytest.mark.parametrize("state", list(STATE_WORDS))
def test_every_state_paints_in_both_themes_without_an_error(board, qapp, state, caplog):
    for mode in ("dark", "light"):
        theme.apply(qapp, mode)
        board.canvas.sheet.show_lives({"sql": Live(state, seconds=0.4, rows=200, message="why", repair="how")})
        picture_of(board, "sql")
    theme.apply(qapp, "dark")
    assert not caplog.records
    assert state == "idle" or state in STATE_ICONS


def test_an_error_in_painting_one_step_is_logged_and_the_window_lives(board, caplog, monkeypatch):
    item = board.canvas.sheet.nodes["sql"]
    item.update()
    monkeypatch.setattr(item, "layout", None)
    picture = board.canvas.viewport().grab()
    monkeypatch.undo()
    assert "cannot be painted" in caplog.text
    assert not picture.isNull()


def test_an_error_while_a_picture_is_made_ends_no_process(board, caplog, monkeypatch):
    """A painter that outlives its picture does."""
    item = board.canvas.sheet.nodes["sql"]
    monkeypatch.setattr(item, "paint_step", lambda painter: 1 / 0)
    item.update()
    board.canvas.viewport().grab()
    assert "cannot be painted" in caplog.text
    monkeypatch.undo()
    caplog.clear()
    board.canvas.viewport().grab()
    assert item.picture is not None and not caplog.records


def test_from_afar_items_paint_nothing_and_the_batch_paints_all(board, monkeypatch):
    board.canvas.set_zoom(0.3)
    painted = []
    monkeypatch.setattr(type(board.canvas.sheet.nodes["sql"]), "_paint", lambda self, painter: painted.append(self))
    image = board.canvas.viewport().grab().toImage()
    assert not painted
    assert len(pixels_of(image)) > 3


def test_the_zoom_that_is_said_is_the_canvass_in_another_language_too(board):
    board.canvas.set_zoom(0.5)
    language.set("zh")
    assert board.strip.percent.text() == "50%"
    language.set("en")


def test_a_title_that_is_higher_than_its_band_stands_below_it_inside_the_step():
    box = QRectF(100, 50, 180, 120)
    assert place_of_title(box, 20) == QRectF(108, 56, 168, 20)
    below = place_of_title(box, 48)  # of 10 px at 25 %
    assert below == QRectF(108, 82, 168, 48) and box.contains(below)
    assert place_of_title(QRectF(0, 0, 180, 60), 48) == QRectF(8, 12, 168, 48), "a low step has it at its bottom"
    assert place_of_title(QRectF(0, 0, 180, 32), 48) is None, "a collapsed step has no room for it"


def test_port_labels_go_before_bodies_do(board):
    board.canvas.set_zoom(0.55)
    assert not board.canvas.detail.labels and not board.canvas.detail.far
    board.canvas.set_zoom(0.44)
    assert board.canvas.detail.far


def test_what_is_too_small_to_be_read_is_strokes_until_it_is_too_far_for_those(board):
    def strokes() -> int:
        return near(picture_of(board, "prompt"), theme.colour("border.strong"))

    board.canvas.set_zoom(0.55)
    written = strokes()
    node = board.document.nodes["prompt"]
    board.document.undo.push(Edit(board.document, node.model_copy(update={"params": {"template": ""}})))
    assert written > strokes(), "what it says is seen, though not read"


def test_zoom_stays_within_its_limits(board):
    board.canvas.set_zoom(50)
    assert board.canvas.zoom == 2.0
    board.canvas.set_zoom(0.0001)
    assert board.canvas.zoom == 0.1


@pytest.mark.parametrize("kind", list(PORT_TITLES))
def test_every_port_type_has_a_colour_and_a_shape(qapp, kind):
    from studio.ui.canvas.shapes import draw_port

    theme.apply(qapp, "dark")
    image = QImage(24, 24, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    draw_port(painter, kind, QPointF(12, 12), True)
    painter.end()
    assert len(pixels_of(image)) > 1


def test_every_node_type_has_an_icon_of_its_own():
    from studio.ui.icons import names

    known = set(names())
    assert [kind.icon for kind in library.node_types() if kind.icon not in known] == []


def test_the_canvas_speaks_chinese_at_once(board):
    title = board.document.types["condition"].title
    from studio.ui.canvas import editing

    node = editing.add_node(board.canvas, board.document.types["condition"], QPointF(600, 300))
    try:
        language.set("zh")
        assert board.canvas.sheet.nodes[node].face.title == title.zh
        assert footer_words(Live("skipped")) == "已跳过"
    finally:
        language.set("en")
    assert board.canvas.sheet.nodes[node].face.title == title.en


def test_a_map_is_painted_with_its_header_and_border(board, caplog):
    from studio.ui.canvas import editing

    editing.add_node(board.canvas, board.document.types["map"], QPointF(0, 500))
    board.canvas.fit()
    image = board.canvas.viewport().grab().toImage()
    assert near(image, theme.colour("canvas.frameBorder")) > 100
    assert not [record for record in caplog.records if "cannot be painted" in record.message]


def test_the_first_words_of_a_stream_take_the_place_of_what_was_painted_there(board):
    item = board.canvas.sheet.nodes["llm"]
    item.show_live(Live("running"))
    board.canvas.grab()
    assert not item.changed  # its picture has the instruction in it
    item.show_live(Live("running", text="Hello"))
    assert item.changed and item.tail == ["Hello"]
    board.canvas.grab()
    item.show_live(Live("running", text="Hello Marta"))
    assert not item.changed  # from now on only the words are painted anew


def test_a_wire_has_the_colour_of_what_its_port_deals_in_now(board):
    document, wires = board.document, board.canvas.sheet.wires
    document.insert(
        Parts(
            nodes=[Node(id="code", type="python", position=(0, 500), params={"output": "table"})],
            edges=[Edge(id="out", source="code", source_port="value", target="prompt", target_port="x")],
        )
    )
    before = wires["out"].stroke().color()
    code = document.nodes["code"]
    document.undo.push(Edit(document, code.model_copy(update={"params": {"output": "number"}})))
    assert wires["out"].stroke().color() != before
    document.undo.undo()
    assert wires["out"].stroke().color() == before
