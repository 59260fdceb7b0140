"""What keeps the canvas fast must not be seen: pictures of steps, a scaled picture while zooming, pixels that are moved."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage

from studio.ui.canvas.model import Live


def seen(board, qtbot):
    """What is on the screen, once everything is painted."""
    qtbot.wait(20)
    return board.canvas.viewport().grab().toImage()


def different(one: QImage, other: QImage) -> int:
    """How many pixels a person could tell apart."""
    first, second = (
        np.frombuffer(image.convertToFormat(QImage.Format.Format_RGB32).constBits(), np.uint8).astype(int)
        for image in (one, other)
    )
    return int((np.abs(first - second) > 48).reshape(-1, 4).any(axis=1).sum())


def test_a_step_painted_twice_is_a_picture_and_looks_the_same(board, qtbot):
    item = board.canvas.sheet.nodes["sql"]
    item.update()
    item.paint_step = lambda painter, paint=item.paint_step: times.append(1) or paint(painter)
    times: list[int] = []
    first = seen(board, qtbot)
    later = [seen(board, qtbot) for _ in range(4)]
    assert item.picture is not None and len(times) == 2  # once on the sheet, once as a picture
    assert all(different(first, picture) < 30 for picture in later)


def test_a_picture_is_thrown_away_when_the_step_changes(board, qtbot):
    item = board.canvas.sheet.nodes["sql"]
    seen(board, qtbot), seen(board, qtbot)
    before = seen(board, qtbot)
    board.canvas.sheet.show_lives({"sql": Live("done", seconds=1.0)})
    assert item.picture is None
    assert seen(board, qtbot) != before


def test_a_quick_zoom_shows_a_scaled_picture_and_settles_to_the_real_thing(board, qtbot):
    canvas = board.canvas
    canvas.set_zoom(0.8)
    wanted = seen(board, qtbot)
    canvas.set_zoom(1.0)
    for zoom in (0.95, 0.9, 0.85, 0.8):
        canvas.set_zoom(zoom, quick=True)
        canvas.viewport().repaint()
    assert canvas.motion.active
    qtbot.waitUntil(lambda: not canvas.motion.active, timeout=2000)
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
    board.minimap.hide()
    qtbot.wait(20)
    moved = board.window().screen().grabWindow(board.window().winId()).toImage()
    canvas.viewport().update()
    qtbot.wait(30)
    whole = board.window().screen().grabWindow(board.window().winId()).toImage()
    assert different(moved, whole) < 300
