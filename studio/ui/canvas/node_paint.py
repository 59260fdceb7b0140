"""The painting of a step's parts: header, ports' labels, body, footer, failure. Each takes the item that it paints."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from studio.engine.text import Text
from studio.ui.canvas.code_colours import coloured
from studio.ui.canvas.fixes import words_of
from studio.ui.canvas.layout import BOXED, FOOTER, HEADER, LINE, PAD, RADIUS, RETRY, TYPE, VARIANT, Placed, Spot
from studio.ui.canvas.look import look
from studio.ui.canvas.model import STATE_ICONS, Live
from studio.ui.canvas.times import rows_in_words, seconds_in_words
from studio.ui.language import tr

if TYPE_CHECKING:
    from studio.ui.canvas.node_item import NodeItem

STATE_WORDS = {
    "idle": Text("idle", "未运行"),
    "waiting": Text("waiting", "等待中"),
    "asking": Text("waits for you", "等你回答"),
    "running": Text("running", "运行中"),
    "done": Text("done", "已完成"),
    "cached": Text("cached", "缓存"),
    "warning": Text("warning", "警告"),
    "failed": Text("failed", "失败"),
    "stopped": Text("stopped", "已停止"),
    "skipped": Text("skipped", "已跳过"),
    "unreached": Text("not reached", "未执行到"),
    "left_out": Text("not in this run", "不在本次运行中"),
}
OFF_WORDS = {
    "mute": Text("Muted · does not run", "已停用 · 不运行"),
    "bypass": Text("Bypassed · lets input through", "旁路 · 输入直接通过"),
}
OFF_ICONS = {"mute": "ban", "bypass": "skip-forward"}
WAITING = Text("Waiting", "等待上游")
CHANGED = Text("changed since run", "运行后有修改")
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter
STROKE = 6  # of a letter


@lru_cache(maxsize=128)
def bottom_of(width: float, height: float, radius: float = RADIUS) -> QPainterPath:
    path = QPainterPath(QPointF(0, 0))
    path.lineTo(width, 0)
    path.lineTo(width, height - radius)
    path.arcTo(width - 2 * radius, height - 2 * radius, 2 * radius, 2 * radius, 0, -90)
    path.lineTo(radius, height)
    path.arcTo(0, height - 2 * radius, 2 * radius, 2 * radius, 270, -90)
    path.closeSubpath()
    return path


def header(painter: QPainter, item: NodeItem, alpha: float) -> None:
    """Icon (its tile is part of the ground) and title."""
    picture(painter, item, item.face.icon, f"port.{item.face.tile}", QPointF(PAD + 4, 10), 12, alpha)
    width = item.layout.width - PAD - 28 - 32
    if item.face.variant:
        width -= _variant(painter, item.layout.width - PAD - 20)
    text(painter, QRectF(PAD + 28, 0, width, HEADER), item.face.title, "denseStrong", "text.primary", alpha)


def _variant(painter: QPainter, right: float) -> float:
    """The word that says so, in a box that ends at `right`; gives the room that it takes."""
    words = tr(VARIANT)
    width = look().advance("caption", words) + 12
    rect = QRectF(right - width, 8, width, 16)
    painter.setPen(look().pen("border.strong"))
    painter.setBrush(look().colour("surface.raised"))
    painter.drawRoundedRect(rect, 4, 4)
    text(painter, rect, words, "caption", "text.secondary", 1.0, CENTRE)
    return width + 8


def pass_lines(painter: QPainter, item: NodeItem) -> None:
    """In a bypassed step: from each input that goes through to the output that it stands in for."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for name, output in item.face.through:
        start, end = item.layout.spot(name, False), item.layout.spot(output, True)
        if start is not None and end is not None:
            painter.setPen(look().pen(f"port.{start.port.type}", 2.0, 0.9))
            painter.drawLine(start.at, end.at)


def moving(painter: QPainter, item: NodeItem) -> None:
    """All that changes while a step runs: its state, the progress line under the header, what streams out, its figures."""
    state_icon(painter, item, QPointF(item.layout.width - PAD - 14, 9))
    if item.live.state == "running":
        progress(painter, item)
    if item.tail and item.detail.labels:
        for placed in item.layout.blocks:
            if placed.block.kind == "stream":
                _stream(painter, item, placed)
    if item.layout.failure is None and item.layout.footer is not None and item.detail.labels:
        _figures(painter, item)


def progress(painter: QPainter, item: NodeItem) -> None:
    width, share = item.layout.width, item.live.progress
    painter.fillRect(QRectF(1, HEADER - 1, width - 2, 2), look().colour("border.strong"))
    if share is None and not item.detail.still:
        start = (item.detail.turn % 1.0) * 1.3 - 0.3
        left, right = max(0.0, start), min(1.0, start + 0.3)
        bar = QRectF(1 + left * (width - 2), HEADER - 1, (right - left) * (width - 2), 2)
    else:
        bar = QRectF(1, HEADER - 1, (0.6 if share is None else share) * (width - 2), 2)
    painter.fillRect(bar, look().colour("accent.ring"))


def state_icon(painter: QPainter, item: NodeItem, at: QPointF, size: int = 14) -> None:
    if item.face.off:
        picture(painter, item, OFF_ICONS[item.face.off], "text.secondary", at, size)
        return
    button = item.layout.buttons.get("problem")
    if button is not None:
        painter.setPen(look().pen("warning.border"))
        painter.setBrush(look().colour("warning.muted"))
        painter.drawRoundedRect(button, 4, 4)
        inset = (button.width() - size) / 2
        picture(painter, item, "triangle-alert", "warning.text", button.topLeft() + QPointF(inset, inset - 0.5), size)
        return
    found = STATE_ICONS.get(item.live.state)
    if found is None:
        return
    if item.live.state == "running":
        spinner(painter, at, size, 0.0 if item.detail.still else item.detail.turn)
    else:
        picture(painter, item, "check" if item.live.state == "cached" else found[0], found[1], at, size)


def spinner(painter: QPainter, at: QPointF, size: float, turn: float) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(look().pen("accent.ring", 1.5))
    rect = QRectF(at.x() + 1, at.y() + 1, size - 2, size - 2)
    painter.drawArc(rect, int(-turn / 0.9 * 360 * 16), 270 * 16)


def port_label(painter: QPainter, item: NodeItem, spot: Spot, alpha: float) -> None:
    rect = QRectF(PAD, spot.at.y() - 10, item.layout.label_room(spot), 20)
    if spot.port.side == "output":
        rect.moveRight(item.layout.width - PAD)
    colour = "text.tertiary" if spot.port.optional else "text.secondary"
    text(painter, rect, spot.port.label, "dense", colour, alpha, RIGHT if spot.port.side == "output" else LEFT)


def body(painter: QPainter, item: NodeItem, alpha: float) -> None:
    for placed in item.layout.blocks:
        if placed.block.kind in BOXED:
            painter.setPen(look().pen("border.subtle"))
            painter.setBrush(look().colour("surface.input"))
            painter.drawRoundedRect(placed.rect.adjusted(0, 0, 0, -2), 4, 4)
        if item.detail.labels:
            _block(painter, item, placed, alpha)
        elif not item.detail.far:
            _seen_from_afar(painter, placed, alpha)


def _seen_from_afar(painter: QPainter, placed: Placed, alpha: float) -> None:
    """Words that are too small to be read, as strokes: where a step says much is seen all the same."""
    kind, boxed = placed.block.kind, placed.block.kind in BOXED
    left, top = placed.rect.left() + (10 if boxed else 0), placed.rect.top() + (3 if boxed else 0)
    widest = placed.rect.width() - (20 if boxed else 0)
    for row, line in enumerate(placed.block.lines):
        indent = (len(line) - len(line.lstrip())) * STROKE
        stroke = QRectF(left + indent, top + (row + 0.5) * LINE[kind] - 2, len(line.strip()) * STROKE, 4)
        stroke.setRight(min(stroke.right(), left + widest))
        painter.fillRect(stroke, look().colour("border.strong", alpha))


def _block(painter: QPainter, item: NodeItem, placed: Placed, alpha: float) -> None:
    kind = placed.block.kind
    if kind == "stream" and item.tail:
        return
    if kind in BOXED:
        _code(painter, placed, alpha)
    else:
        colour = {"strong": "text.primary", "faint": "text.tertiary"}.get(kind, "text.secondary")
        for row, line in enumerate(placed.block.lines):
            rect = QRectF(placed.rect.left(), placed.rect.top() + row * LINE[kind], placed.rect.width(), LINE[kind])
            text(painter, rect, line, TYPE[kind], colour, alpha)


def _code(painter: QPainter, placed: Placed, alpha: float) -> None:
    painter.save()
    painter.setClipRect(placed.rect.adjusted(8, 0, -6, 0))
    painter.setFont(look().font("monoSmall"))
    letter = look().metrics("monoSmall")
    y = placed.rect.top() + 3 + letter.ascent() + 1
    fits = int((placed.rect.width() - 18) / letter.horizontalAdvance("m"))
    for line in placed.block.lines:
        x = placed.rect.left() + 10
        line = line if len(line) <= fits else line[: fits - 1] + "…"
        for run, colour in coloured(line, placed.block.language or "prompt"):
            painter.setPen(look().colour(colour, alpha))
            painter.drawText(QPointF(x, y), run)
            x += letter.horizontalAdvance(run)
        y += LINE[placed.block.kind]
    painter.restore()


def _stream(painter: QPainter, item: NodeItem, placed: Placed) -> None:
    """The tail of what streams out, with a caret while it does."""
    x, y = placed.rect.left() + 10, placed.rect.top() + 3
    for line in item.tail:
        text(painter, QRectF(x, y, placed.rect.width() - 16, LINE["stream"]), line, "dense", "text.primary")
        y += LINE["stream"]
    if item.live.state != "running":
        return
    width = look().metrics("dense").horizontalAdvance(item.tail[-1])
    if item.detail.still or (time.monotonic() * 1000) % 1060 < 640:
        painter.fillRect(QRectF(x + width + 2, y - LINE["stream"] + 2, 5, 14), look().colour("accent.ring"))


def ending(painter: QPainter, item: NodeItem) -> None:
    if item.layout.failure is not None:
        _failure(painter, item)
    elif item.layout.footer is not None:
        _footer(painter, item)


def _footer(painter: QPainter, item: NodeItem) -> None:
    rect = item.layout.footer
    assert rect is not None
    painter.setPen(look().pen("border.default"))
    painter.drawLine(rect.topLeft() + QPointF(1, 0), rect.topRight() - QPointF(1, 0))


def _figures(painter: QPainter, item: NodeItem) -> None:
    rect = item.layout.footer
    assert rect is not None
    inner = rect.adjusted(PAD, 0, -PAD, 0)
    off = item.face.off
    words, colour = tr(OFF_WORDS[off]) if off else footer_words(item.live), "text.secondary"
    if item.live.state == "running" and item.live.total:
        colour = "accent.text"
    cached = item.live.state == "cached" and not item.live.stale  # where it is another step now, that is the news
    if cached:
        inner.setRight(_badge(painter, item, inner))
    note = tr(CHANGED) if item.live.stale else item.live.note
    if off or cached:
        note = ""
    taken = look().metrics("caption").horizontalAdvance(note) + 8 if note else 0
    text(painter, inner.adjusted(0, 0, -min(taken, inner.width() * 0.6), 0), words, "caption", colour)
    if note:
        warns = item.live.stale or item.live.state == "warning"
        text(painter, inner, note, "caption", "warning.text" if warns else "text.tertiary", 1.0, RIGHT)


def footer_words(live: Live) -> str:
    """The figures of a step in one line: rows done, time, rows."""
    if live.state == "waiting":
        return live.message or tr(WAITING)
    if live.state == "asking":
        return live.message
    if live.state in ("skipped", "stopped", "unreached", "left_out"):
        return tr(STATE_WORDS[live.state])
    words = []
    if live.total:
        over = live.done == live.total and live.state != "running"
        words.append(f"{live.total:,}" if over else f"{live.done:,} / {live.total:,}")
    if live.seconds is not None:
        words.append(seconds_in_words(live.seconds))
    if live.rows is not None:
        words.append(tr(rows_in_words(live.rows)))
    return "  ·  ".join(words) or tr(STATE_WORDS[live.state])


def _badge(painter: QPainter, item: NodeItem, inner: QRectF) -> float:
    """Gives where the room left of it ends."""
    words = tr(STATE_WORDS["cached"])
    width = look().metrics("caption").horizontalAdvance(words) + 24
    rect = QRectF(inner.right() - width + 4, inner.top() + 4, width, FOOTER - 8)
    painter.setPen(look().pen("cached.border"))
    painter.setBrush(look().colour("cached.muted"))
    painter.drawRoundedRect(rect, 4, 4)
    picture(painter, item, "zap", "cached.text", rect.topLeft() + QPointF(4, 2), 12)
    text(painter, rect.adjusted(18, 0, 0, 0), words, "caption", "cached.text")
    return rect.left() - 6


def _failure(painter: QPainter, item: NodeItem) -> None:
    """What went wrong, the way out, the button that repairs it and the one that tries again."""
    rect = item.layout.failure
    assert rect is not None
    line = QRectF(PAD, rect.top() + 2, rect.width() - 2 * PAD, 18)
    for words in item.layout.reason:
        text(painter, line, words, "denseStrong", "danger.text")
        line.translate(0, 18)
    if item.live.repair:
        text(painter, line, item.live.repair, "caption", "text.secondary")
    fix, again = item.layout.buttons["fix"], item.layout.buttons["retry"]
    painter.setPen(look().pen("border.strong"))
    painter.setBrush(look().colour("surface.raised"))
    painter.drawRoundedRect(fix, 4, 4)
    words = tr(words_of(*item.live.fix))
    text(painter, fix.adjusted(8, 0, -8, 0), words, "dense", "text.primary", 1.0, CENTRE)
    text(painter, again, tr(RETRY), "dense", "text.secondary", 1.0, CENTRE)


def text(
    painter: QPainter,
    rect: QRectF,
    words: str,
    row: str,
    colour: str,
    alpha: float = 1.0,
    align: Qt.AlignmentFlag = LEFT,
) -> None:
    """One line, cut with an ellipsis where it does not fit."""
    words = look().fitted(words, row, rect.width())
    painter.setFont(look().font(row))
    painter.setPen(look().colour(colour, alpha))
    painter.drawText(rect, align, words)


def picture(
    painter: QPainter, item: NodeItem, name: str, colour: str, at: QPointF, size: int, alpha: float = 1.0
) -> None:
    """An icon, sharp at this zoom."""
    found = look().icon(name, colour, size, item.detail.ratio)
    before = painter.opacity()
    painter.setOpacity(before * alpha)
    painter.drawPixmap(QRectF(at.x(), at.y(), size, size), found, QRectF(found.rect()))
    painter.setOpacity(before)
