"""What keeps the canvas fast must not be seen: pictures of steps, a scaled picture while zooming, pixels that are moved."""

from __future__ import annotations

from math import inf

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from studio.engine.workflows import library
from studio.engine.workflows.graph import Edge, Graph, Node
from studio.ui.canvas import pictures
from studio.ui.canvas.board import Board
from studio.ui.canvas.document import Document, Parts
from studio.ui.canvas.model import Live
from studio.ui.theme import theme


def seen(board, qtbot):
    """What is on the screen, once everything is painted."""
    come_to_rest(board, qtbot)
    return board.canvas.viewport().grab().toImage()


def come_to_rest(board, qtbot) -> None:
    """A painting may leave steps to later turns, which are followed by another painting."""
    rested = 0
    while rested < 2:
        qtbot.wait(20)
        rested = 0 if board.canvas.sharpening.active else rested + 1


def different(one: QImage, other: QImage) -> int:
    """How many pixels a person could tell apart."""
    first, second = (
        np.frombuffer(image.convertToFormat(QImage.Format.Format_RGB32).constBits(), np.uint8).astype(int)
        for image in (one, other)
    )
    return int((np.abs(first - second) > 48).reshape(-1, 4).any(axis=1).sum())


def on_screen(board, qtbot) -> QImage:
    """What Qt has painted so far, bit by bit; without the overview, which follows a moment later."""
    come_to_rest(board, qtbot)
    shown = board.window().screen().grabWindow(board.window().winId()).toImage()
    with QPainter(shown) as painter:
        painter.fillRect(board.minimap.geometry(), Qt.GlobalColor.black)
    return shown


def painted_anew(board, qtbot) -> QImage:
    board.canvas.viewport().update()
    return on_screen(board, qtbot)


def crowd(count: int) -> list[Node]:
    return [
        Node(id=f"s{i}", type="prompt", title=f"Step {i}", position=(i % 10 * 200.0, 500 + i // 10 * 130.0))
        for i in range(count)
    ]


def test_a_step_is_painted_once_and_copied_from_then_on(board, qtbot):
    item = board.canvas.sheet.nodes["sql"]
    item.paint_step = lambda painter, paint=item.paint_step: times.append(1) or paint(painter)
    times: list[int] = []
    item.update()
    first = seen(board, qtbot)
    later = [seen(board, qtbot) for _ in range(4)]
    assert len(times) == 1
    assert all(different(first, picture) < 30 for picture in later)


def test_a_step_that_changed_is_painted_anew(board, qtbot):
    item = board.canvas.sheet.nodes["sql"]
    before = seen(board, qtbot)
    board.canvas.sheet.show_lives({"sql": Live("done", seconds=1.0)})
    assert item.changed
    assert different(seen(board, qtbot), before) > 100
    assert not item.changed


def test_many_new_steps_are_boxes_at_first_and_whole_a_moment_later(board, qtbot):
    canvas = board.canvas
    board.document.insert(Parts(nodes=crowd(60)))
    canvas.fit()
    canvas.set_zoom(0.6)
    first = canvas.viewport().grab().toImage()
    assert canvas.sharpening.active
    qtbot.waitUntil(lambda: not canvas.sharpening.active)
    later = seen(board, qtbot)
    assert different(first, later) > 1000
    for item in canvas.sheet.nodes.values():
        item.update()
    with canvas.detail.allowance.painting(inf):
        wanted = QImage(canvas.viewport().size(), QImage.Format.Format_RGB32)
        with QPainter(wanted) as painter:
            canvas.render(painter)
    without_overlays = [board.strip.hide(), board.minimap.hide()] and seen(board, qtbot)
    assert different(without_overlays, wanted) < 300


def test_many_steps_that_change_at_once_look_as_before_until_it_is_their_turn(board, qtbot):
    canvas = board.canvas
    board.document.insert(Parts(nodes=crowd(60)))
    canvas.fit()
    canvas.set_zoom(0.6)
    qtbot.waitUntil(lambda: seen(board, qtbot) is not None and not canvas.sharpening.active)
    assert not any(item.changed for item in canvas.sheet.nodes.values())
    canvas.sheet.show_lives({f"s{i}": Live("done", seconds=1.0) for i in range(60)})
    canvas.viewport().grab()
    waiting = [item for item in canvas.sheet.nodes.values() if item.changed]
    assert waiting and all(item.picture is not None for item in waiting)
    qtbot.waitUntil(lambda: not any(item.changed for item in waiting))


def test_what_is_in_view_is_kept_whatever_it_takes_and_painting_comes_to_rest(board, qtbot, monkeypatch):
    monkeypatch.setattr(pictures, "BUDGET", 1000)
    canvas = board.canvas
    board.document.insert(Parts(nodes=crowd(60)))
    canvas.fit()
    canvas.set_zoom(0.6)
    in_view = [item for item in canvas.sheet.nodes.values() if item.box.intersects(canvas.visible_rect())]
    qtbot.waitUntil(lambda: seen(board, qtbot) is not None and not canvas.sharpening.active)
    assert len(in_view) > 20 and all(item.picture is not None for item in in_view)
    canvas.scroll_by(QPoint(-5000, 0))
    board.document.insert(
        Parts(nodes=[Node(id="far", type="prompt", position=(canvas.visible_rect().x() + 99, 500.0))])
    )
    seen(board, qtbot)
    assert all(item.picture is None for item in in_view)


def test_a_step_that_comes_while_the_store_is_full_is_painted_wherever_the_view_was(board, qtbot, monkeypatch, caplog):
    monkeypatch.setattr(pictures, "BUDGET", 1000)
    item = board.canvas.sheet.nodes["sql"]
    item.detail.seen = QRectF(-9000, -9000, 10, 10)  # a paint that comes before the view is known
    item.update()
    for _ in range(2):
        item.prepare()
    assert item.picture is not None and "cannot be painted" not in caplog.text


def test_a_drag_paints_what_a_whole_painting_would(board, mouse, qtbot):
    canvas = board.canvas
    board.document.insert(
        Parts(edges=[Edge(id="w2", source="prompt", source_port="text", target="llm", target_port="prompt")])
    )
    mouse.press(mouse.header("prompt"))
    for _ in range(8):
        mouse.move(canvas.sheet.nodes["prompt"].pos() + QPointF(90 + 8, 16 - 24))
        on_screen(board, qtbot)
    assert canvas.still.active
    dragged = on_screen(board, qtbot)
    canvas.still.drop()
    assert different(dragged, on_screen(board, qtbot)) < 30
    mouse.release(mouse.header("prompt"))


def test_what_changes_elsewhere_is_seen_during_a_drag(board, mouse, qtbot):
    mouse.press(mouse.header("prompt"))
    mouse.move(board.canvas.sheet.nodes["prompt"].pos() + QPointF(106, 40))
    before = on_screen(board, qtbot)
    board.canvas.sheet.show_lives({"sql": Live("done", seconds=1.0)})
    assert different(on_screen(board, qtbot), before) > 100
    mouse.move(board.canvas.sheet.nodes["prompt"].pos() + QPointF(114, 24))
    assert board.canvas.still.active
    dragged = on_screen(board, qtbot)
    board.canvas.still.drop()
    assert different(dragged, on_screen(board, qtbot)) < 30
    mouse.release(mouse.header("prompt"))


def test_esc_in_a_drag_leaves_nothing_of_it_on_the_screen(board, mouse, qtbot):
    before = on_screen(board, qtbot)
    mouse.press(mouse.header("prompt"))
    mouse.move(board.canvas.sheet.nodes["prompt"].pos() + QPointF(190, 90))
    assert different(on_screen(board, qtbot), before) > 100
    mouse.key(Qt.Key.Key_Escape)
    mouse.release(mouse.header("prompt"))
    board.canvas.sheet.choose([])
    assert different(on_screen(board, qtbot), before) < 30


def test_a_step_that_moves_in_the_turn_of_a_pan_leaves_nothing_behind(board, qtbot):
    for travel in (QPoint(40, 0), QPoint(0, 30), QPoint(25, 15)):
        on_screen(board, qtbot)
        board.canvas.scroll_by(travel)
        place = board.document.nodes["sql"].position
        board.document.place({"sql": ((place[0] + 48, place[1] + 32), None)})
        now = on_screen(board, qtbot)
        assert different(now, painted_anew(board, qtbot)) < 30
        board.document.place({"sql": ((place[0] + 48, place[1] + 64), None)})  # a turn later
        now = on_screen(board, qtbot)
        assert different(now, painted_anew(board, qtbot)) < 30


def test_a_pan_paints_no_tool_that_lies_over_the_canvas(board, qtbot):
    on_screen(board, qtbot)
    painted: list[int] = []
    board.strip.select.paintEvent = lambda event: painted.append(1)
    board.canvas.scroll_by(QPoint(13, 7))
    on_screen(board, qtbot)
    assert painted == []


def test_a_quick_zoom_shows_a_scaled_picture_and_settles_to_the_real_thing(board, qtbot):
    canvas = board.canvas
    canvas.set_zoom(0.8)
    wanted = seen(board, qtbot)
    canvas.set_zoom(1.0)
    for zoom in (0.95, 0.9, 0.85, 0.8):
        canvas.set_zoom(zoom, quick=True)
        canvas.viewport().repaint()
    assert canvas.motion.active
    qtbot.waitUntil(lambda: not canvas.motion.active, timeout=60_000)
    assert seen(board, qtbot).size() == wanted.size() and not canvas.detail.far
    assert canvas.zoom == 0.8


def test_what_lies_over_the_canvas_stays_where_it_is_when_the_canvas_is_panned(board, qtbot):
    before = board.strip.pos(), board.minimap.pos()
    for _ in range(5):
        board.canvas.scroll_by(QPoint(37, 21))
        qtbot.wait(1)
    board.canvas.centerOn(500, 500)
    board.canvas.set_zoom(0.5)
    assert (board.strip.pos(), board.minimap.pos()) == before


def test_panning_paints_what_a_whole_painting_would(board, qtbot):
    """Pixels are moved by Qt; what comes in at the edges is painted."""
    canvas = board.canvas
    for _ in range(6):
        canvas.scroll_by(QPoint(13, 7))
        qtbot.wait(5)
    moved = on_screen(board, qtbot)
    assert different(moved, painted_anew(board, qtbot)) < 30


def test_a_pan_from_afar_paints_what_comes_into_view_and_nothing_else(board, qtbot):
    canvas = board.canvas
    board.document.insert(Parts(nodes=crowd(60)))
    canvas.set_zoom(0.3)
    canvas.centerOn(900, 700)
    on_screen(board, qtbot)
    painted: list[QRectF] = []
    paint = canvas.far.paint
    canvas.far.paint = lambda painter, area: painted.append(area) or paint(painter, area)
    for travel in (QPoint(40, 0), QPoint(-13, 27)):
        painted.clear()
        canvas.scroll_by(travel)
        moved = on_screen(board, qtbot)
        whole = canvas.visible_rect()
        assert painted and sum(area.width() * area.height() for area in painted) < whole.width() * whole.height() / 2
        assert different(moved, painted_anew(board, qtbot)) < 30


def test_a_wire_that_only_passes_through_the_view_is_seen_from_afar(board, qtbot):
    canvas = board.canvas
    ends = [
        Node(id="left", type="prompt", position=(-30_000.0, 20_000.0), params={"template": ""}),
        Node(id="right", type="prompt", position=(30_000.0, 20_000.0), params={"template": "{{ a }}"}),
    ]
    board.document.insert(Parts(nodes=ends))
    canvas.set_zoom(0.3)
    canvas.centerOn(0, 20_000)
    empty = seen(board, qtbot)
    wire = Edge(id="long", source="left", source_port="text", target="right", target_port="a")
    board.document.insert(Parts(edges=[wire]))
    assert different(seen(board, qtbot), empty) > canvas.viewport().width() // 2


def boxes_in(overview: QImage) -> int:
    """How many pixels of an overview are not the panel's own colour."""
    panel = overview.pixelColor(overview.width() - 8, 8)
    spots = ((x, y) for x in range(overview.width()) for y in range(overview.height()))
    return sum(overview.pixelColor(x, y) != panel for x, y in spots)


def test_the_overview_of_a_large_sheet_comes_in_turns(qtbot, qapp):
    theme.apply(qapp, "dark")
    board = Board(Document(library, Graph(nodes=crowd(1_000))))
    qtbot.addWidget(board)
    board.resize(1200, 800)
    board.show()
    first = board.minimap.grab().toImage()
    qtbot.waitUntil(lambda: boxes_in(board.minimap.grab().toImage()) > boxes_in(first) + 200)
