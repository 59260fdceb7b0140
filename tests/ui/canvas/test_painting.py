"""What is painted: states, levels of detail, the shapes of ports, in both themes and languages."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter

from studio.engine.workflows import library
from studio.engine.workflows.graph import PORT_TITLES, Graph, Node
from studio.ui.canvas.board import Board
from studio.ui.canvas.document import Document
from studio.ui.canvas.model import STATE_ICONS, Live
from studio.ui.canvas.node_paint import STATE_WORDS, footer_words
from studio.ui.language import language
from studio.ui.theme import theme


def colours_of(image: QImage) -> set[str]:
    return {QColor(image.pixel(x, y)).name() for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}


def near(image: QImage, colour: QColor) -> int:
    """How many pixels have that colour, but for the blending of the last bit."""
    wanted = (colour.red(), colour.green(), colour.blue())
    count = 0
    for x in range(image.width()):
        for y in range(image.height()):
            pixel = QColor(image.pixel(x, y))
            if all(abs(a - b) <= 3 for a, b in zip((pixel.red(), pixel.green(), pixel.blue()), wanted, strict=True)):
                count += 1
    return count


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
    made.show()
    qtbot.waitExposed(made)
    made.canvas.set_zoom(1.0)
    for node_id in made.canvas.sheet.nodes:
        made.canvas.centerOn(made.canvas.sheet.nodes[node_id])
        assert len(colours_of(made.canvas.viewport().grab().toImage())) > 3
    assert "cannot be painted" not in caplog.text


def test_a_failed_step_paints_its_reason_on_red_and_offers_to_try_again(board, mouse, qtbot):
    board.canvas.sheet.show_lives({"sql": Live("failed", message="No such column", repair="Check the name")})
    assert near(picture_of(board, "sql"), theme.colour("danger.muted")) > 500
    item = board.canvas.sheet.nodes["sql"]
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
    qtbot.waitUntil(lambda: not board.canvas._clock.isActive(), timeout=2000)


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
    monkeypatch.setattr(item, "layout", None)
    picture = board.canvas.viewport().grab()
    monkeypatch.undo()
    assert "cannot be painted" in caplog.text
    assert not picture.isNull()


def test_from_afar_items_paint_nothing_and_the_batch_paints_all(board, monkeypatch):
    board.canvas.set_zoom(0.3)
    painted = []
    monkeypatch.setattr(type(board.canvas.sheet.nodes["sql"]), "_paint", lambda self, painter: painted.append(self))
    image = board.canvas.viewport().grab().toImage()
    assert not painted
    assert len(colours_of(image)) > 3


def test_port_labels_go_before_bodies_do(board):
    board.canvas.set_zoom(0.55)
    assert not board.canvas.detail.labels and not board.canvas.detail.far
    board.canvas.set_zoom(0.44)
    assert board.canvas.detail.far


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
    assert len(colours_of(image)) > 1


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
