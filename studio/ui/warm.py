"""What the first views would wait for, brought in on the engine's side once the window answers."""

from __future__ import annotations


def warm(ratio: float) -> None:
    """Import the nodes and the lexers that colour code, draw the icons. Takes a few tenths of a second; run it off the window's thread."""
    from studio.engine.workflows import library
    from studio.ui import icons
    from studio.ui.widgets.highlight import spans
    from studio.ui.widgets.markdown_writer import prepare

    list(spans("1", "sql"))  # 30 ms that the first query must not take on the window's thread
    library.node_types()
    icons.draw_all(ratio)
    prepare()
