"""A column's profile in a few pixels: bars or shares, and one line of words under them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter

from studio.engine.text import Text
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.widgets.cells import NUMBERS, kind_of

MOST_BARS = 32
FEW_VALUES = 6
MANY_NULLS = 0.2
Ask = Callable[[str], Any]


@dataclass(frozen=True)
class Strip:
    """Bars are a histogram, shares a few values' parts of the whole; `coloured` bars are blue, others grey."""

    bars: Sequence[float] = ()
    shares: Sequence[float] = ()
    caption: str | Text = ""
    warns: bool = False
    coloured: bool = True

    @classmethod
    def read(cls, profile: Any) -> Strip:
        """From a profile as the engine makes it, or a mapping with any of its fields.

        Fields: type, rows, nulls, distinct, low, high, mean, median, histogram, top; caption and warns are taken as
        they are. Bars are numbers, (value, count) pairs, or things with a count.
        """
        if isinstance(profile, Strip):
            return profile
        ask: Ask = profile.get if isinstance(profile, Mapping) else lambda name: getattr(profile, name, None)
        caption, warns = (ask("caption"), bool(ask("warns"))) if ask("caption") else words_of(ask)
        bars = [count_of(item) for item in ask("histogram") or ()]
        top = [count_of(item) for item in ask("top") or ()]
        if bars:
            return cls(bars[:MOST_BARS], (), caption, warns)
        if is_unique(ask):
            return cls([1.0] * 20, (), caption, warns, coloured=False)
        if top and (ask("distinct") or len(top)) <= FEW_VALUES:
            return cls((), top, caption, warns)
        return cls(top[:MOST_BARS], (), caption, warns, coloured=False)


def count_of(item: Any) -> float:
    """A bar's height."""
    if isinstance(item, (int, float)):
        return float(item)
    if isinstance(item, Mapping):
        return float(item["count"])
    return float(item[-1] if isinstance(item, (tuple, list)) else item.count)


def is_unique(ask: Ask) -> bool:
    return bool(ask("rows")) and not ask("nulls") and ask("distinct") == ask("rows") > 1


def words_of(ask: Ask) -> tuple[Text | str, bool]:
    """What is most worth knowing about a column, and whether it is a warning."""
    rows, nulls, distinct = ask("rows") or 0, ask("nulls") or 0, ask("distinct")
    if rows and nulls / rows >= MANY_NULLS:
        return Text("{share:.0%} null", "{share:.0%} 为空").format(share=nulls / rows), True
    if is_unique(ask):
        return Text("unique", "无重复"), False
    kind = kind_of(str(ask("type") or ""))
    if kind == "time" and ask("low"):
        low, high = str(ask("low"))[:10], str(ask("high"))[:10]
        return Text.same(low if low == high else f"{low} – {high}"), False
    if kind in NUMBERS and ask("mean") is not None:
        if kind == "integer" and ask("median") is not None:
            return Text("median {value:,.6g}", "中位数 {value:,.6g}").format(value=ask("median")), False
        return Text("mean {value:,.6g}", "平均 {value:,.6g}").format(value=ask("mean")), False
    if distinct is None:
        return "", False
    words = Text("1 value", "1 个值") if distinct == 1 else Text("{count:,} values", "{count:,} 个值")
    return words.format(count=distinct), False


def paint_strip(painter: QPainter, rect: QRect, strip: Strip) -> None:
    """A small chart with a line of words under it."""
    words = strip.caption if isinstance(strip.caption, str) else tr(strip.caption)
    chart = QRectF(rect.left(), rect.top(), rect.width(), max(8, rect.height() - theme.scaled(20)))
    painter.setPen(Qt.PenStyle.NoPen)
    if strip.bars:
        paint_bars(painter, chart, strip.bars, "chart.0" if strip.coloured else "text.tertiary")
    elif strip.shares:
        paint_shares(painter, chart, strip.shares)
    painter.setFont(theme.font("caption"))
    painter.setPen(theme.colour("warning.text" if strip.warns else "text.secondary"))
    place = QRect(rect.left(), rect.bottom() - theme.scaled(17), rect.width(), theme.scaled(16))
    metrics = QFontMetrics(painter.font())
    words = next((each for each in shorter(words) if metrics.horizontalAdvance(each) <= rect.width()), words)
    short = metrics.elidedText(words, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, short)


def shorter(words: str) -> Iterator[str]:
    """Two days, then their months, then their years: the first that fits."""
    yield words
    for part in (r"(\d{4}-\d\d)-\d\d", r"(\d{4})-\d\d-\d\d"):
        yield re.sub(f"^{part} – {part}$", r"\1 – \2", words)


def paint_bars(painter: QPainter, rect: QRectF, bars: Sequence[float], colour: str) -> None:
    """A histogram; the tallest bar fills the height, and a bar that is not nothing shows at least a pixel."""
    tallest = max(bars, default=0) or 1
    step = rect.width() / len(bars)
    painter.setBrush(theme.colour(colour))
    for place, value in enumerate(bars):
        if value > 0:
            height = max(1.0, value / tallest * rect.height())
            painter.drawRect(QRectF(rect.left() + place * step, rect.bottom() - height, max(1.0, step - 1), height))


def paint_shares(painter: QPainter, rect: QRectF, shares: Sequence[float]) -> None:
    """One bar cut into the shares of the values, in the chart's colours."""
    total = sum(shares) or 1
    left = rect.left()
    for place, value in enumerate(shares):
        width = rect.width() * value / total
        painter.setBrush(theme.colour(f"chart.{place}" if place < 6 else "border.strong"))
        painter.drawRect(QRectF(left, rect.top(), max(1.0, width - 1), rect.height()))
        left += width
