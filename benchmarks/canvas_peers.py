"""Frame times of other node editors, measured as benchmarks/canvas_frame.py measures ours: `canvas_frame.py --peers PYTHON` runs it.

PYTHON belongs to a throw-away environment: `pip install NodeGraphQt orange-canvas-core PyQt5 PySide6==6.11.3 setuptools psutil`.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

FRAMES = 30
COLUMNS = 40


class Bench:
    """The changes of canvas_frame.py on any QGraphicsView."""

    def __init__(self, app, view, shift=None) -> None:
        self.app, self.view, self.shift = app, view, shift

    def frames(self, changes) -> tuple[float, float]:
        times = []
        for change in changes:
            started = time.thread_time()
            change()
            self.app.processEvents()
            times.append((time.thread_time() - started) * 1000)
        times = sorted(times[2:])
        return statistics.median(times), times[int(len(times) * 0.95)]

    def pan(self, step: int):
        def change() -> None:
            if self.shift is not None:
                self.shift(6 if step % 20 < 10 else -6, 3)
                return
            for bar, travel in (
                (self.view.horizontalScrollBar(), 6 if step % 20 < 10 else -6),
                (self.view.verticalScrollBar(), 3),
            ):
                bar.setValue(bar.value() + travel)

        return change

    def zoom(self, scale: float):
        def change() -> None:
            now = self.view.transform().m11()
            self.view.scale(scale / now, scale / now)

        return change

    def all(self, whole, drag) -> dict[str, tuple[float, float]]:
        found = {}
        self.view.resetTransform()
        whole()
        self.app.processEvents()
        found["pan, all in view"] = self.frames([self.pan(i) for i in range(FRAMES)])
        found["zoom sweep 10 % to 200 %"] = self.frames(
            [self.zoom(0.1 * 20 ** (i / (FRAMES - 1))) for i in range(FRAMES)]
        )
        self.zoom(1.0)()
        self.app.processEvents()
        found["pan at 100 %"] = self.frames([self.pan(i) for i in range(FRAMES)])
        found["drag, 10 wires"] = self.frames([lambda i=i: drag(i) for i in range(FRAMES)])
        return found


def edges(nodes: int, wires: int) -> list[tuple[int, int]]:
    chain = [(i, i + 1) for i in range(nodes - 1)][:wires]
    return chain + [(i, i + COLUMNS) for i in range(nodes - COLUMNS)][: wires - len(chain) - 8]


HUB = COLUMNS + 2
FED = [HUB + COLUMNS * row + place for row in (1, 2) for place in range(-2, 2)]


def node_graph_qt(nodes: int, wires: int):
    from NodeGraphQt import BaseNode, NodeGraph
    from Qt import QtWidgets

    app = QtWidgets.QApplication([])

    class Step(BaseNode):
        __identifier__ = "bench"
        NODE_NAME = "Step"

        def __init__(self) -> None:
            super().__init__()
            for name in ("a", "b", "c"):
                self.add_input(name, multi_input=True)
            self.add_output("text")

    graph = NodeGraph()
    graph.register_node(Step)
    graph.set_acyclic(False)  # its check of circles does not end at this size
    graph.widget.resize(1600, 1000)
    graph.widget.show()
    made = [
        graph.create_node("bench.Step", name=f"Step {i}", pos=(i % COLUMNS * 280, i // COLUMNS * 200), push_undo=False)
        for i in range(nodes)
    ]
    for source, target in edges(nodes, wires):
        made[source].output(0).connect_to(made[target].input(int(target - source > 1)), push_undo=False)
    for target in FED:
        made[HUB].output(0).connect_to(made[target].input(2), push_undo=False)
    app.processEvents()
    view, item = graph.viewer(), made[HUB].view
    view.shift = view._set_viewer_pan  # what its own mouse handler calls; it has no scroll range

    def whole() -> None:
        view.fitInView(view.scene().itemsBoundingRect())

    def drag(step: int) -> None:
        if not step:
            view.centerOn(item)
        item.setPos(item.pos().x() + 4, item.pos().y() + 2)
        for port in (*item.inputs, *item.outputs):
            port.redraw_connected_pipes()

    return app, view, whole, drag


def orange_canvas(nodes: int, wires: int):
    from AnyQt.QtCore import QPointF
    from AnyQt.QtWidgets import QApplication, QGraphicsView

    app = QApplication([])
    from orangecanvas.canvas.items import LinkItem, NodeItem
    from orangecanvas.canvas.scene import CanvasScene
    from orangecanvas.registry import InputSignal, OutputSignal, WidgetDescription

    description = WidgetDescription(
        "Step", "step", qualified_name="orangecanvas.registry.Step",
        inputs=[InputSignal(name, "builtins.str", "set", id=name) for name in ("a", "b", "c")],
        outputs=[OutputSignal("text", "builtins.str", id="text")],
    )  # fmt: skip
    scene = CanvasScene()
    scene.set_registry(None)
    view = QGraphicsView(scene)
    view.resize(1600, 1000)
    view.show()
    made = []
    for i in range(nodes):
        item = NodeItem()
        item.setWidgetDescription(description)
        item.setTitle(f"Step {i}")
        item.setPos(i % COLUMNS * 280, i // COLUMNS * 200)
        scene.add_node_item(item)
        made.append(item)
    for source, target in edges(nodes, wires) + [(HUB, target) for target in FED]:
        link = LinkItem()
        link.setSourceItem(made[source], None, made[source].newOutputAnchor())
        link.setSinkItem(made[target], None, made[target].newInputAnchor())
        scene.add_link_item(link)
    view.setSceneRect(scene.itemsBoundingRect().adjusted(-4000, -4000, 4000, 4000))
    app.processEvents()
    item = made[HUB]

    def whole() -> None:
        from AnyQt.QtCore import Qt

        view.fitInView(scene.itemsBoundingRect(), Qt.KeepAspectRatio)

    def drag(step: int) -> None:
        if not step:
            view.centerOn(item)
        item.setPos(item.pos() + QPointF(4, 2))

    return app, view, whole, drag


def main() -> None:
    which, nodes, wires = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    app, view, whole, drag = {"NodeGraphQt": node_graph_qt, "orange-canvas": orange_canvas}[which](nodes, wires)
    print(json.dumps(Bench(app, view, getattr(view, "shift", None)).all(whole, drag)), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
