"""What a step that waits in a run waits for."""

from __future__ import annotations

from studio.engine.text import Text
from studio.ui.canvas.document import Document
from studio.ui.canvas.faces import words_of
from studio.ui.canvas.model import Live
from studio.ui.language import tr
from studio.ui.views.workflows_parts.live import RunState

WAITING_FOR = Text("Waiting for {title}", "等待“{title}”")
NOT_DONE = ("waiting", "asking", "running", "idle")


def say_waiting(run: RunState, document: Document) -> dict[str, Live]:
    """Say it at each of them: the first of its sources that is not done. Gives those that wait for another one now."""
    found: dict[str, Live] = {}
    for node_id, live in run.lives.items():
        if live.state != "waiting" or node_id not in document.nodes:
            continue
        sources = [edge.source for edge in document.wires(node_id) if edge.target == node_id]
        source = document.nodes.get(next((one for one in sources if run.live(one).state in NOT_DONE), ""))
        if source is None:
            continue
        words = tr(WAITING_FOR.format(title=words_of(source, document.type_of(source))))
        if words != live.message:
            live.message, found[node_id] = words, live
    return found
