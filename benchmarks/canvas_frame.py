"""Frame times of the canvas: 1,000 nodes and 1,500 wires, offscreen at 1600×1000, as in the notes on the peers.

Every frame is what a person would wait for: the change, then all of the painting that it causes. Wall milliseconds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

FRAMES = 60


def big_graph(nodes: int, wires: int):
    """A sheet of rows: each step feeds the next, and one further on."""
    from studio.engine.workflows.graph import Edge, Graph, Node

    columns = 40
    steps = [
        Node(
            id=f"n{i}", type="prompt", title=f"Step {i}", params={"template": "{{ a }} and {{ b }}"},
            position=(i % columns * 280.0, i // columns * 200.0),
        )
        for i in range(nodes)
    ]  # fmt: skip
    edges = [
        Edge(id=f"a{i}", source=f"n{i}", source_port="text", target=f"n{i + 1}", target_port="a")
        for i in range(min(wires, nodes - 1))
    ]
    edges += [
        Edge(id=f"b{i}", source=f"n{i}", source_port="text", target=f"n{i + columns}", target_port="b")
        for i in range(min(wires - len(edges), nodes - columns))
    ]
    return Graph(name="big", nodes=steps, edges=edges)


class Bench:
    def __init__(self, canvas) -> None:
        self.canvas = canvas
        self.image = QImage(canvas.viewport().size(), QImage.Format.Format_RGB32)

    def frame(self, change) -> float:
        """One change and the whole picture after it: what a full repaint costs."""
        started = time.perf_counter()
        change()
        painter = QPainter(self.image)
        self.canvas.viewport().render(painter, QPoint())
        painter.end()
        return (time.perf_counter() - started) * 1000

    def live(self, change) -> float:
        """One change and the painting that Qt itself thinks is needed: what a person sees."""
        started = time.perf_counter()
        change()
        QApplication.processEvents()
        return (time.perf_counter() - started) * 1000

    def run(self, name: str, changes, measure) -> tuple[str, float, float, float]:
        times = [measure(change) for change in changes]
        times = sorted(times[2:])
        return name, statistics.median(times), times[int(len(times) * 0.95)], times[-1]


def scenes(bench: Bench):
    canvas = bench.canvas

    def pan(step: int):
        return lambda: canvas.scroll_by(QPoint(6 if step % 20 < 10 else -6, 3))

    canvas.fit()
    yield bench.run("pan, all in view", [pan(i) for i in range(FRAMES)], bench.live)
    sweep = [0.1 * (20 ** (i / (FRAMES - 1))) for i in range(FRAMES)]
    middle = canvas.viewport().rect().center()
    yield bench.run("zoom sweep 10 % to 200 %", [lambda z=z: canvas.set_zoom(z, middle) for z in sweep], bench.live)
    canvas.set_zoom(1.0)
    yield bench.run("pan at 100 %", [pan(i) for i in range(FRAMES)], bench.live)
    yield bench.run("full repaint at 100 %", [lambda: None for _ in range(FRAMES)], bench.frame)
    canvas.set_zoom(0.5)
    yield bench.run("full repaint at 50 %", [lambda: None for _ in range(FRAMES)], bench.frame)
    canvas.set_zoom(1.0)
    yield bench.run("drag one step", drag(canvas), bench.live)


def drag(canvas):
    """The moves of a real drag: press, sixty moves."""
    from studio.ui.canvas.gestures.move import MoveThings

    node = next(i for i in canvas.sheet.nodes.values() if canvas.visible_rect().contains(i.box))
    start = node.pos() + QPointF(60, 16)
    gesture = MoveThings(canvas, start, Qt.KeyboardModifier.NoModifier, node.face.id)
    return [
        lambda d=d: gesture.move(start + QPointF(d * 4, d * 2), Qt.KeyboardModifier.NoModifier) for d in range(FRAMES)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--wires", type=int, default=1500)
    given = parser.parse_args()
    app = QApplication([])
    from studio.engine.workflows import library
    from studio.ui.canvas.board import Board
    from studio.ui.canvas.document import Document
    from studio.ui.theme import theme

    theme.apply(app, "dark")
    graph = big_graph(given.nodes, given.wires)
    started = time.perf_counter()
    board = Board(Document(library, graph))
    board.resize(1600, 1000)
    board.show()
    app.processEvents()
    print(
        f"{given.nodes:,} nodes, {len(graph.edges):,} wires, 1600 × 1000 offscreen; build {time.perf_counter() - started:.2f} s"
    )
    print(f"{'':28}{'median':>9}{'p95':>9}{'worst':>9}   ms")
    for name, median, p95, worst in scenes(Bench(board.canvas)):
        print(f"{name:28}{median:9.1f}{p95:9.1f}{worst:9.1f}")


if __name__ == "__main__":
    main()
