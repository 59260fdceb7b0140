"""Where everything of a step stands, in its own coordinates: pure geometry from its face, measured with its fonts."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import zip_longest
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF

from studio.engine.text import Text
from studio.ui.canvas.fixes import words_of
from studio.ui.canvas.look import look
from studio.ui.canvas.model import Block, Live, NodeFace, PortFace
from studio.ui.language import tr

GRID = 8.0
HEADER = 32.0
FOOTER = 24.0
PAD = 12.0
PORT_ROW = 24.0
GAP = 8.0
RADIUS = 8.0
FRAME_RADIUS = 12.0
FRAME_PAD = 24.0
FRAME_SIZE = (480.0, 264.0)  # of one that nobody sized yet
MIN_WIDTH, DEFAULT_WIDTH, MAX_WIDTH = 152.0, 176.0, 360.0
STREAM_WIDTH = 216.0
VARIANT = Text("variant", "变体")
LINE = {"strong": 20.0, "plain": 18.0, "faint": 16.0, "code": 16.0, "stream": 18.0}
TYPE = {"strong": "dense", "plain": "dense", "faint": "caption", "code": "monoSmall", "stream": "dense"}
BOXED = ("code", "stream")
REASON = 20.0
RETRY = Text("Retry", "重试")


class Spot(NamedTuple):
    """A port and where its centre is, in plain numbers: thousands of wires ask."""

    port: PortFace
    x: float
    y: float

    @property
    def at(self) -> QPointF:
        return QPointF(self.x, self.y)


class Placed(NamedTuple):
    """A block of the body, how far below the top of the step it begins, and its size."""

    block: Block
    top: float
    width: float
    height: float

    @property
    def rect(self) -> QRectF:
        return QRectF(PAD, self.top, self.width, self.height)


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
    reason: list[str] = field(default_factory=list)

    def spot(self, name: str, begins: bool, inner: bool = False) -> Spot | None:
        wanted = ("inner_" if inner else "") + ("output" if begins else "input")
        for spot in self.spots:
            if spot.port.name == name and spot.port.side == wanted:
                return spot
        return None

    def label_room(self, spot: Spot) -> float:
        """What is left for a port's label beside that of the port across from it."""
        across = next((s for s in self.spots if s.y == spot.y and s.port.side != spot.port.side), None)
        taken = look().advance("dense", across.port.label) + GAP if across is not None else 0.0
        return max(self.width - 2 * PAD - taken, (self.width - 2 * PAD) / 2)


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
        if block.kind == "stream" and live.state == "failed":
            continue  # the reason stands there instead
        height = block_height(block)
        layout.blocks.append(Placed(block, y, layout.width - 2 * PAD, height))
        y += height
    y += GAP if face.blocks else GAP / 2
    layout.height = _place_end(layout, live, y, bool(face.off))
    return layout


def natural_width(face: NodeFace) -> float:
    """Wide enough for the title and for the labels of facing ports, in steps of 8 px."""
    advance = look().advance
    left = [advance("dense", p.label) for p in face.ports if p.side == "input"]
    right = [advance("dense", p.label) for p in face.ports if p.side == "output"]
    rows = max(map(sum, zip_longest(left, right, fillvalue=0.0)), default=0.0) + 2 * PAD + 24
    title = advance("denseStrong", face.title) + 2 * PAD + 28 + 24
    if face.variant:
        title += advance("caption", tr(VARIANT)) + 20
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


def _place_end(layout: Layout, live: Live, y: float, off: bool) -> float:
    if live.state == "failed" and live.message:
        layout.reason = shortened(live.message, layout.width - 2 * PAD)
        height = 8 + (len(layout.reason) + bool(live.repair)) * 18 + 36
        layout.failure = QRectF(0, y, layout.width, height)
        layout.buttons = place_buttons(layout.width, y + height, live)
        return y + height
    if live.state != "idle" or off:
        layout.footer = QRectF(0, y, layout.width, FOOTER)
        return y + FOOTER
    return y


def place_buttons(width: float, bottom: float, live: Live) -> dict[str, QRectF]:
    """The repair of a failure, and trying again beside it."""
    measure = look().advance
    again = measure("dense", tr(RETRY)) + 16
    fix = min(measure("dense", tr(words_of(*live.fix))) + 20, width - 2 * PAD - again - 4)
    top = bottom - 34
    return {"fix": QRectF(PAD, top, fix, 24), "retry": QRectF(PAD + fix + 4, top, again, 24)}


def problem_button(width: float) -> QRectF:
    """The mark at the end of the header: what is wrong, and the ways to mend it."""
    return QRectF(width - PAD - 19, (HEADER - 24) / 2, 24, 24)


def shortened(words: str, width: float, rows: int = 2) -> list[str]:
    """The first lines of a text broken to a width; the last is cut where there is more."""
    measure = look().metrics("denseStrong").horizontalAdvance
    lines = _broken(" ".join(words.split())[: rows * 120], width, measure)
    if len(lines) > rows:
        lines = [*lines[: rows - 1], " ".join(lines[rows - 1 :])]
    return lines


def _column(ports: list[PortFace], x: float, top: float) -> list[Spot]:
    return [Spot(port, x, top + PORT_ROW * (row + 0.5)) for row, port in enumerate(ports)]


def _edge(ports: list[PortFace], x: float, top: float, heights: dict[str, float]) -> list[Spot]:
    """Ports along an edge, each as near to where it would like to be as the one above it lets it."""
    wanted = sorted(ports, key=lambda port: heights.get(port.name, 0.0))
    spots, y = [], top
    for port in wanted:
        y = max(y, heights.get(port.name, y))
        spots.append(Spot(port, x, y))
        y += PORT_ROW
    return spots


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
