"""A window with a canvas of three steps, one of them running, for a screen reader in another process; its argument is the language."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))


def main() -> None:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from studio.engine.workflows import library
    from studio.engine.workflows.graph import Edge, Frame, Graph, Node, Note
    from studio.ui.canvas.board import Board
    from studio.ui.canvas.document import Document
    from studio.ui.canvas.model import Live
    from studio.ui.language import language
    from studio.ui.theme import theme

    app = QApplication([])
    theme.apply(app, "dark")
    language.set(sys.argv[1])
    graph = Graph(
        nodes=[
            Node(id="dataset", type="dataset", title="Orders", params={"dataset": "orders"}),
            Node(id="sql", type="sql", title="Returns", position=(296, 0)),
            Node(id="map", type="map", title="Each row", position=(600, 0)),
        ],
        notes=[Note(id="n", text="Only paid orders.\nAsk Wei.", author="Wei", position=(0, 240))],
        frames=[Frame(id="f", title="First steps", position=(-32, -48), size=(560, 240))],
        edges=[Edge(source="dataset", source_port="table", target="sql", target_port="rows")],
    )
    board = Board(Document(library, graph))
    board.setWindowTitle("Readers")
    board.resize(1000, 600)
    board.show()
    board.canvas.sheet.show_lives({"dataset": Live("done", seconds=0.2), "sql": Live("running")})
    board.canvas.sheet.choose(["sql"])
    QTimer.singleShot(900_000, app.quit)  # should nobody end it
    sys.exit(app.exec())


if __name__ == "__main__":
    main()
