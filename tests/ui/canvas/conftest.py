"""A board with a small graph over the engine's real node types and its real judge."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from studio.engine.workflows import library
from studio.engine.workflows.graph import Edge, Graph, Node
from studio.ui.canvas.board import Board
from studio.ui.canvas.document import Document
from studio.ui.theme import theme


@pytest.fixture
def board(qtbot, qapp):
    """A prompt, a dataset, a query and a model; the dataset feeds the query."""
    theme.apply(qapp, "dark")
    graph = Graph(
        name="small",
        nodes=[
            Node(id="dataset", type="dataset", title="Orders", params={"dataset": "orders"}, position=(0, 0)),
            Node(id="sql", type="sql", title="Returns", position=(296, 0)),
            Node(id="prompt", type="prompt", title="Ask", params={"template": "Say hello"}, position=(0, 240)),
            Node(id="llm", type="llm", title="Draft", position=(296, 240)),
        ],
        edges=[Edge(id="w1", source="dataset", source_port="table", target="sql", target_port="rows")],
    )
    made = Board(Document(library, graph))
    qtbot.addWidget(made)
    made.resize(1200, 800)
    with qtbot.waitExposed(made):
        made.show()
    made.canvas.set_zoom(1.0)
    return made


@pytest.fixture
def mouse(board, qtbot):
    return Mouse(board.canvas, qtbot)


class Mouse:
    """Real mouse events on the canvas, at places of the sheet."""

    def __init__(self, canvas, qtbot) -> None:
        self.canvas, self.qtbot = canvas, qtbot

    def pixel(self, place: QPointF) -> QPoint:
        return self.canvas.mapFromScene(place)

    def port(self, node_id: str, name: str, begins: bool) -> QPointF:
        return self.canvas.sheet.nodes[node_id].anchor(name, begins)

    def header(self, node_id: str) -> QPointF:
        return self.canvas.sheet.nodes[node_id].pos() + QPointF(90, 16)

    def click(self, place: QPointF, held=Qt.KeyboardModifier.NoModifier) -> None:
        self.qtbot.mouseClick(self.canvas.viewport(), Qt.MouseButton.LeftButton, held, self.pixel(place))

    def double_click(self, place: QPointF) -> None:
        self.qtbot.mouseDClick(self.canvas.viewport(), Qt.MouseButton.LeftButton, pos=self.pixel(place))

    def press(self, place: QPointF, button=Qt.MouseButton.LeftButton) -> None:
        self.qtbot.mousePress(self.canvas.viewport(), button, pos=self.pixel(place))

    def move(self, place: QPointF) -> None:
        self.qtbot.mouseMove(self.canvas.viewport(), self.pixel(place))

    def release(self, place: QPointF, button=Qt.MouseButton.LeftButton) -> None:
        self.qtbot.mouseRelease(self.canvas.viewport(), button, pos=self.pixel(place))

    def drag(self, start: QPointF, end: QPointF, steps: int = 4, button=Qt.MouseButton.LeftButton) -> None:
        """Press, move in steps, let go. Places are of the sheet as it was when the drag began."""
        pixels = [self.pixel(start + (end - start) * (step / steps)) for step in range(steps + 1)]
        viewport = self.canvas.viewport()
        self.qtbot.mousePress(viewport, button, pos=pixels[0])
        for pixel in pixels[1:]:
            self.qtbot.mouseMove(viewport, pixel)
        self.qtbot.mouseRelease(viewport, button, pos=pixels[-1])

    def key(self, key, held=Qt.KeyboardModifier.NoModifier) -> None:
        self.qtbot.keyClick(self.canvas, key, held)
