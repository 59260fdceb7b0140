"""Frame times of the canvas: 1,000 nodes and 1,500 wires, offscreen at 1600×1000, as in the notes on the peers.

Every frame is what a person would wait for: the change, then all of the painting that Qt thinks it causes. Milliseconds of the
window's thread's own processor time, so that a busy machine changes little. `--live` is a run: 200 steps that tell something ten
times a second and tokens into five. `--peers PYTHON` measures NodeGraphQt and orange-canvas too (see canvas_peers.py).
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import psutil
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

FRAMES = 60


def big_graph(nodes: int, wires: int):
    """A sheet of rows: each step feeds the next, and one further on."""
    from studio.engine.workflows.graph import Edge, Graph, Node

    columns = 40
    hub = columns + 2
    fed = {hub + columns * row + place for row in (1, 2) for place in range(-2, 2)}
    steps = [
        Node(
            id=f"n{i}", type="prompt", title=f"Step {i}", position=(i % columns * 280.0, i // columns * 200.0),
            params={"template": f"{{{{ a }}}} and {{{{ b }}}} {'{{ c }}' if i in fed else i % 97}"},
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
    edges = edges[: wires - len(fed)]
    edges += [Edge(id=f"c{i}", source=f"n{hub}", source_port="text", target=f"n{i}", target_port="c") for i in fed]
    return Graph(name="big", nodes=steps, edges=edges)


class Bench:
    def __init__(self, canvas) -> None:
        self.canvas = canvas
        self.image = QImage(canvas.viewport().size(), QImage.Format.Format_RGB32)

    def frame(self, change) -> float:
        """One change and the whole picture after it: what a full repaint costs."""
        started = time.thread_time()
        change()
        painter = QPainter(self.image)
        self.canvas.viewport().render(painter, QPoint())
        painter.end()
        return (time.thread_time() - started) * 1000

    def live(self, change) -> float:
        """One change and the painting that Qt itself thinks is needed: what a person sees."""
        started = time.thread_time()
        change()
        QApplication.processEvents()
        return (time.thread_time() - started) * 1000

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
    yield bench.run(
        "zoom sweep 10 % to 200 %", [lambda z=z: canvas.set_zoom(z, middle, quick=True) for z in sweep], bench.live
    )
    canvas.set_zoom(1.0)
    yield bench.run("pan at 100 %", [pan(i) for i in range(FRAMES)], bench.live)
    yield bench.run("full repaint at 100 %", [lambda: None for _ in range(FRAMES)], bench.frame)
    canvas.set_zoom(0.5)
    yield bench.run("full repaint at 50 %", [lambda: None for _ in range(FRAMES)], bench.frame)
    canvas.set_zoom(1.0)
    yield bench.run("drag, 10 wires", drag(canvas), bench.live)


def drag(canvas):
    """The moves of a real drag: press, sixty moves."""
    from studio.ui.canvas.gestures.move import MoveThings

    node = max(canvas.sheet.nodes.values(), key=lambda item: len(canvas.document.wires(item.face.id)))
    canvas.centerOn(node.box.center())
    QApplication.processEvents()
    start = node.pos() + QPointF(60, 16)
    gesture = canvas.gesture = MoveThings(canvas, start, Qt.KeyboardModifier.NoModifier, node.face.id)
    return [
        lambda d=d: gesture.move(start + QPointF(d * 4, d * 2), Qt.KeyboardModifier.NoModifier) for d in range(FRAMES)
    ]


def compare(peer: str, given: argparse.Namespace, ours: dict[str, float]) -> None:
    """The same changes in another editor, in its own process, and how many times as long its frames take."""
    program = str(Path(__file__).with_name("canvas_peers.py"))
    told = subprocess.run(
        [given.peers, program, peer, str(given.nodes), str(given.wires)], capture_output=True, text=True, check=True
    )
    for name, (median, p95) in json.loads(told.stdout.splitlines()[-1]).items():
        print(f"{peer + ': ' + name:42}{median:9.1f}{p95:9.1f}   {median / ours[name]:5.1f} times ours")


def run_live(app: QApplication, board) -> None:
    """Ten seconds of a run as the view paints it: states every 100 ms, text every 50 ms, animations by their own clock."""
    from studio.ui.canvas.model import Live

    canvas, names = board.canvas, list(board.document.nodes)[:200]
    canvas.fit(names)
    canvas.set_zoom(max(0.5, canvas.zoom))
    lives = {name: Live("running", started=0.0, total=100) for name in names}
    canvas.sheet.show_lives(lives)
    frames: list[float] = []
    began, cpu, tick = time.perf_counter(), time.thread_time(), 0
    while (passed := time.perf_counter() - began) < 10:
        started = time.thread_time()
        if passed >= tick * 0.05:
            tick += 1
            changed = set(names[:5]) if tick % 2 else set(names)
            for name in changed:
                lives[name].done, lives[name].seconds = tick // 2 % 100, passed
            for name in names[:5]:
                lives[name].text = (lives[name].text + f" token{tick}")[-20_000:]
            canvas.sheet.show_lives({name: lives[name] for name in changed})
        app.processEvents()
        spent = time.thread_time() - started
        if spent > 0.0005:
            frames.append(spent * 1000)
        time.sleep(0.004)
    share = (time.thread_time() - cpu) / (time.perf_counter() - began)
    frames.sort()
    print(
        f"200 steps at 10 Hz, tokens into five, {sum(item.box.intersects(canvas.visible_rect()) for item in canvas.sheet.nodes.values())} "
        f"in view: {share:.0%} of a core, frames p95 {frames[int(len(frames) * 0.95)]:.1f} ms, worst {frames[-1]:.1f} ms"
    )


def megabytes() -> float:
    return psutil.Process().memory_info().rss / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--wires", type=int, default=1500)
    parser.add_argument("--live", action="store_true")
    parser.add_argument("--peers", metavar="PYTHON", help="of an environment that has them")
    given = parser.parse_args()
    app = QApplication([])
    from studio.engine.workflows import library
    from studio.ui.canvas.board import Board
    from studio.ui.canvas.document import Document
    from studio.ui.theme import theme

    theme.apply(app, "dark")
    empty = Board(Document(library, big_graph(0, 0)))
    empty.resize(1600, 1000)
    empty.show()
    app.processEvents()
    graph = big_graph(given.nodes, given.wires)
    gc.disable()  # as in the studio, which collects at moments of its own
    before = megabytes()
    started = time.thread_time()
    board = Board(Document(library, graph))
    board.resize(1600, 1000)
    board.show()
    app.processEvents()
    spent = time.thread_time() - started
    print(
        f"{given.nodes:,} nodes, {len(graph.edges):,} wires, 1600 × 1000 offscreen; open to first paint {spent:.2f} s, {megabytes() - before:.0f} MB"
    )
    if given.live:
        run_live(app, board)
        return
    print(f"{'':28}{'median':>9}{'p95':>9}{'worst':>9}   ms")
    ours = {}
    for name, median, p95, worst in scenes(Bench(board.canvas)):
        ours[name] = median
        print(f"{name:28}{median:9.1f}{p95:9.1f}{worst:9.1f}")
    for peer in ("NodeGraphQt", "orange-canvas") if given.peers else ():
        compare(peer, given, ours)


if __name__ == "__main__":
    main()
