"""Routes, the layered layout, finding node types."""

from __future__ import annotations

import itertools

from PySide6.QtCore import QPointF, QRectF

from studio.engine.workflows import library
from studio.ui.canvas.arrange import Box, arrange, layers
from studio.ui.canvas.routes import distance_to, route
from studio.ui.canvas.search import find_types

SOURCE, BELOW = QRectF(300, 0, 176, 100), QRectF(0, 200, 176, 100)


def test_a_forward_wire_is_a_curve_between_its_ends():
    points = route((0.0, 0.0), (200.0, 100.0), QRectF(), QRectF()).points()
    assert (points[0], points[-1]) == (QPointF(0, 0), QPointF(200, 100))
    assert all(a.x() <= b.x() for a, b in itertools.pairwise(points))


def test_a_backward_wire_runs_in_the_gap_between_the_boxes():
    points = route((476.0, 50.0), (0.0, 250.0), SOURCE, BELOW).points()
    assert any(abs(point.y() - 150) < 1 for point in points)
    inner = [point for point in points if SOURCE.adjusted(1, 1, -1, -1).contains(point)]
    assert not inner


def test_how_far_a_place_lies_from_a_wire():
    points = [QPointF(0, 0), QPointF(100, 0)]
    assert distance_to(points, QPointF(50, 7)) == 7


def test_layers_are_the_longest_way_and_a_circle_does_not_hang():
    boxes = list("abcd")
    assert layers(boxes, [("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")]) == {"a": 0, "b": 1, "c": 2, "d": 3}
    assert layers(boxes, [("a", "b"), ("b", "a")])["c"] == 0


def test_a_thousand_boxes_are_arranged_without_overlap():
    boxes = [Box(str(number), 176, 120) for number in range(1000)]
    wires = [(str(number), str(number + 7)) for number in range(993)]
    places = arrange(boxes, wires)
    assert len(set(places.values())) == 1000


def test_node_types_are_found_in_english_chinese_and_pinyin():
    types = library.node_types()
    wanted = next(kind for kind in types if kind.name == "retriever")
    for words in ("retr", wanted.title.zh, "jiansuo", "js"):
        assert wanted in find_types(types, words)[:3], words
    for kind in types:  # each as it stands there, in both languages: “MCP 工具” too
        assert find_types(types, kind.title.en)[0].title == kind.title == find_types(types, kind.title.zh)[0].title
    assert find_types(types, "zzzzqqq") == []
