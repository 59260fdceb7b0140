"""Where everything of a step stands, in its own coordinates: pure geometry from its face, measured with its fonts."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF

from studio.ui.canvas.look import look
from studio.ui.canvas.model import Block, Live, NodeFace, PortFace

GRID = 8.0
HEADER = 32.0
FOOTER = 24.0
PAD = 12.0
PORT_ROW = 24.0
GAP = 8.0
RADIUS = 8.0
FRAME_RADIUS = 12.0
FRAME_PAD = 24.0
MIN_WIDTH, DEFAULT_WIDTH, MAX_WIDTH = 152.0, 176.0, 360.0
STREAM_WIDTH = 216.0
LINE = {"strong": 20.0, "plain": 18.0, "faint": 16.0, "code": 16.0, "stream": 18.0}
TYPE = {"strong": "dense", "plain": "dense", "faint": "caption", "code": "monoSmall", "stream": "dense"}
BOXED = ("code", "stream")
REASON = 20.0


@dataclass(frozen=True, slots=True)
class Spot:
    """A port and where its centre is."""

    port: PortFace
    at: QPointF


@dataclass(frozen=True, slots=True)
class Placed:
    """A block of the body and its rectangle."""

    block: Block
    rect: QRectF


@dataclass(slots=True)
class Layout:
    """The whole of a step. `footer` is None when there is nothing to say under it."""

    width: float
    height: float
    spots: list[Spot] = field(default_factory=list)
    blocks: list[Placed] = field(default_factory=list)
    footer: QRectF | None = None
    failure: QRectF | None = None
    buttons: dict[str, QRectF] = field(default_factory=dict)

    def spot(self, name: str, begins: bool, inner: bool = False) -> Spot | None:
        sides = {True: ("output", "inner_output"), False: ("input", "inner_input")}[begins]
        wanted = sides[1] if inner else sides[0]
        for spot in self.spots:
            if spot.port.name == name and spot.port.side == wanted:
                return spot
        return None


def snap(value: float) -> float:
    return round(value / GRID) * GRID


def place_node(face: NodeFace, live: Live, width: float | None = None) -> Layout:
    """Header, port rows, body, then what a run said: a footer, or the reason of a failure with its repair."""
    layout = Layout(width or natural_width(face), HEADER)
    left = [p for p in face.ports if p.side == "input"]
    right = [p for p in face.ports if p.side == "output"]
    y = HEADER + GAP
    layout.spots = [*_column(left, 0.0, y), *_column(right, layout.width, y)]
    y += max(len(left), len(right)) * PORT_ROW
    for block in face.blocks:
        height = block_height(block)
        layout.blocks.append(Placed(block, QRectF(PAD, y, layout.width - 2 * PAD, height)))
        y += height
    y += GAP if face.blocks else GAP / 2
    layout.height = _place_end(layout, live, y)
    return layout


def natural_width(face: NodeFace) -> float:
    """Wide enough for the title and for the labels of facing ports, in steps of 8 px."""
    advance = look().advance
    left = [advance("dense", p.label) for p in face.ports if p.side == "input"]
    right = [advance("dense", p.label) for p in face.ports if p.side == "output"]
    rows = max((a + b for a, b in _pairs(left, right)), default=0.0) + 2 * PAD + 24
    title = advance("denseStrong", face.title) + 2 * PAD + 28 + 24
    least = STREAM_WIDTH if face.streams else DEFAULT_WIDTH
    wide = max(rows, title, least, _code_width(face.blocks))
    return min(MAX_WIDTH, max(MIN_WIDTH, -(-wide // GRID) * GRID))


def block_height(block: Block) -> float:
    count = max(len(block.lines), block.rows)
    return count * LINE[block.kind] + (8 if block.kind in BOXED else 0)


def place_frame(face: NodeFace, width: float, height: float, heights: dict[str, float]) -> Layout:
    """A frame's ports: its own at the header, the inner ones at its left and right edge.

    `heights` says how high each inner port would like to stand: beside the step that it is wired to.
    """
    layout = Layout(width, height)
    own_in = [p for p in face.ports if p.side == "input"]
    own_out = [p for p in face.ports if p.side == "output"]
    header = HEADER / 2 - PORT_ROW / 2
    layout.spots = [*_column(own_in, 0.0, header), *_column(own_out, width, header)]
    below = HEADER + GAP + PORT_ROW
    first_left = max(below, header + len(own_in) * PORT_ROW + PORT_ROW)
    first_right = max(below, header + len(own_out) * PORT_ROW + PORT_ROW)
    begin = [p for p in face.ports if p.side == "inner_output"]
    collect = [p for p in face.ports if p.side == "inner_input"]
    layout.spots += _edge(begin, 0.0, first_left, heights) + _edge(collect, width, first_right, heights)
    return layout


def ribbon(width: float, live: Live) -> bool:
    """Whether a frame's header has room for its progress bar."""
    return width >= 320 and bool(live.total)


def wrap(text: str, width: float, rows: int, row: str) -> list[str]:
    """The last `rows` lines of a text broken to a width; breaks between words, and anywhere within Chinese."""
    metrics = look().metrics(row)
    tail = text[-(rows * 120) :]
    lines: list[str] = []
    for paragraph in [line for line in tail.splitlines() if line.strip()] or [""]:
        lines.extend(_broken(paragraph, width, metrics.horizontalAdvance))
    return lines[-rows:]


def _place_end(layout: Layout, live: Live, y: float) -> float:
    if live.state == "failed" and live.message:
        lines = 1 + bool(live.repair)
        height = 8 + lines * 18 + 32
        layout.failure = QRectF(0, y, layout.width, height)
        layout.buttons = {"retry": QRectF(PAD, y + height - 32, 72, 24)}
        return y + height
    if live.state != "idle":
        layout.footer = QRectF(0, y, layout.width, FOOTER)
        return y + FOOTER
    return y


def _column(ports: list[PortFace], x: float, top: float) -> list[Spot]:
    return [Spot(port, QPointF(x, top + PORT_ROW * (row + 0.5))) for row, port in enumerate(ports)]


def _edge(ports: list[PortFace], x: float, top: float, heights: dict[str, float]) -> list[Spot]:
    """Ports along an edge, each as near to where it would like to be as the one above it lets it."""
    wanted = sorted(ports, key=lambda port: heights.get(port.name, 0.0))
    spots, y = [], top
    for port in wanted:
        y = max(y, heights.get(port.name, y))
        spots.append(Spot(port, QPointF(x, y)))
        y += PORT_ROW
    return spots


def _pairs(left: list[float], right: list[float]) -> list[tuple[float, float]]:
    count = max(len(left), len(right))
    return [(left[i] if i < len(left) else 0.0, right[i] if i < len(right) else 0.0) for i in range(count)]


def _code_width(blocks: tuple[Block, ...]) -> float:
    widths = [look().advance("monoSmall", line) for block in blocks if block.kind == "code" for line in block.lines]
    return min(232.0, max(widths, default=0.0) + 2 * PAD + 18)


def _broken(paragraph: str, width: float, measure) -> list[str]:
    lines, line = [], ""
    for word in _words(paragraph):
        if line and measure(line + word.rstrip()) > width:
            lines.append(line.rstrip())
            line = word.lstrip()
        else:
            line += word
    return [*lines, line.rstrip()] if line else lines or [""]


def _words(paragraph: str) -> list[str]:
    words, word = [], ""
    for letter in paragraph:
        if ord(letter) > 0x2E80:
            words.extend([word, letter] if word else [letter])
            word = ""
        elif letter == " ":
            words.append(word + letter)
            word = ""
        else:
            word += letter
    return [*words, word] if word else words
