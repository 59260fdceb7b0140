"""What is said of comments, frames and wires to those who do not see them."""

from __future__ import annotations

from studio.engine.text import Text
from studio.engine.workflows.graph import PORT_TITLES, Edge
from studio.ui.canvas import wiring
from studio.ui.canvas.faces import title_of
from studio.ui.canvas.node_item import COMMA
from studio.ui.canvas.scene import CanvasScene
from studio.ui.language import tr

COMMENT, COMMENT_BY = (
    Text("comment: {text}", "注释：{text}"),
    Text("comment by {author}: {text}", "{author} 的注释：{text}"),
)
FRAME = Text("frame: {title}", "分组框：{title}")
WIRE = Text(
    "wire: {source}, {source_port} to {target}, {target_port}",
    "连线：{source} 的 {source_port} 到 {target} 的 {target_port}",
)
LOOP_BACK = Text("loop-back, {passes} passes at most", "回环，最多 {passes} 次")
HOLDS, NOTHING = Text("holds {names}", "包含 {names}"), Text("empty", "空")
BETWEEN = Text(", ", "、")
SHORT = 80


def name_of(sheet: CanvasScene, part_id: str) -> str:
    """One line; "" for what is gone."""
    document = sheet.document
    if part_id in document.notes:
        note = document.notes[part_id]
        said = " ".join(note.text.split())
        short = said if len(said) <= SHORT else said[: SHORT - 1] + "…"
        return tr((COMMENT_BY if note.author else COMMENT).format(author=note.author, text=short))
    if part_id in sheet.areas:
        return tr(FRAME.format(title=sheet.areas[part_id].words))
    return tr(_wire(sheet, document.edges[part_id])) if part_id in document.edges else ""


def more_of(sheet: CanvasScene, part_id: str) -> str:
    """The whole text of a comment, what lies in a frame, what a wire carries."""
    document = sheet.document
    if part_id in document.notes:
        return document.notes[part_id].text
    if part_id in sheet.areas:
        held = [name for name in sheet.carried([part_id]) if name in document.nodes]
        names = [title_of(document.nodes[name], document.type_of(document.nodes[name])) for name in held]
        return tr(HOLDS.format(names=tr(BETWEEN).join(names)) if names else NOTHING)
    if part_id not in document.edges:
        return ""
    edge = document.edges[part_id]
    kind = PORT_TITLES.get(wiring.kind_of(sheet.document, edge), PORT_TITLES["any"])
    return tr(COMMA).join([tr(kind), *([tr(LOOP_BACK.format(passes=edge.passes))] if edge.passes else [])])


def _wire(sheet: CanvasScene, edge: Edge) -> Text:
    nodes = sheet.document.nodes
    source, target = (title_of(nodes[end], sheet.document.type_of(nodes[end])) for end in (edge.source, edge.target))
    return WIRE.format(source=source, source_port=edge.source_port, target=target, target_port=edge.target_port)
