"""Charts as Vega-Lite specifications that hold their data: what the window draws, a report embeds, and other programs open."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio.engine.sql.figures import ChartPlan, Points

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
MARKS = {"bar": "bar", "line": "line", "scatter": "point"}
SHAPES = {mark: shape for shape, mark in MARKS.items()}
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 320, 64, 36, 44
COLOURS = ("#4c78a8", "#f58518", "#54a24b", "#e45756", "#72b7b2", "#b279a2")  # of a file, which knows no theme


@dataclass(frozen=True)
class Drawn:
    """A specification read back. `values` has the numbers of each series, NaN where there is none; `places` are those on the
    x axis of a scatter."""

    shape: str
    title: str
    x: str
    labels: list[str]
    names: list[str]
    values: list[list[float]]
    places: list[float]


def spec_of(plan: ChartPlan, points: Points, title: str = "") -> dict[str, Any]:
    """The specification of a chart."""
    scatter = plan.shape == "scatter"
    along = points.places if scatter else points.labels
    values = [
        {"x": place, "y": value if isfinite(value) else None, "series": name}
        for name, numbers in zip(points.names, points.values, strict=True)
        for place, value in zip(along, numbers, strict=True)
        if not (isinstance(place, float) and scatter and not isfinite(place))
    ]
    kind = {"type": "quantitative"} if scatter else {"type": "ordinal", "sort": None}
    said: dict[str, Any] = {"$schema": SCHEMA, **({"title": title} if title else {}), "mark": MARKS[plan.shape]}
    said["data"] = {"values": values}
    said["encoding"] = {
        "x": {"field": "x", "title": plan.x, **kind},
        "y": {"field": "y", "type": "quantitative", "title": ", ".join(points.names)},
    }
    if len(points.names) > 1:
        said["encoding"]["color"] = {"field": "series", "type": "nominal", "title": ""}
    return said


def is_chart(value: Any) -> bool:
    """Whether this is a chart that `read` understands."""
    return (
        isinstance(value, dict)
        and "vega-lite" in str(value.get("$schema", ""))
        and value.get("mark") in SHAPES
        and isinstance(value.get("data"), dict)
        and isinstance(value["data"].get("values"), list)
    )


def read(spec: dict[str, Any]) -> Drawn:
    """What a specification shows; anything in it that is no such point is left out."""
    shape = SHAPES[spec["mark"]]
    along: list[Any] = []
    places: list[float] = []
    series: dict[str, list[tuple[Any, float]]] = {}
    for point in spec["data"]["values"]:
        if isinstance(point, dict) and "x" in point and (shape != "scatter" or isinstance(point["x"], int | float)):
            series.setdefault(str(point.get("series", "y")), []).append((point["x"], _number(point.get("y"))))
            along.append(point["x"])
    if shape == "scatter":
        lines = [[y for _, y in points] for points in series.values()]
        places, along = [float(x) for x, _ in next(iter(series.values()), [])], []
    else:
        along = list(dict.fromkeys(along))
        lines = [[known.get(x, float("nan")) for x in along] for known in map(dict, series.values())]
    title = spec.get("encoding", {}).get("x", {}).get("title", "x")
    return Drawn(shape, str(spec.get("title", "")), str(title), [str(x) for x in along], list(series), lines, places)


def svg_of(spec: dict[str, Any]) -> str:
    """The chart as a picture that needs nothing from elsewhere."""
    drawn = read(spec)
    good = [value for line in drawn.values for value in line if isfinite(value)]
    low, high = min([0.0, *good]), max([0.0, *good])
    span = (high - low) or 1.0
    count = max((len(line) for line in drawn.values), default=0)
    parts = [_text(LEFT, 20, drawn.title, "start", 15)] if drawn.title else []
    for step in range(5):
        value = low + span * step / 4
        y = _y(value, low, span)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - 12}" stroke="#ddd"/>')
        parts.append(_text(LEFT - 6, y + 4, f"{value:,.4g}", "end"))
    for number, line in enumerate(drawn.values):
        colour = COLOURS[number % len(COLOURS)]
        parts += _marks(drawn, line, number, count, (low, span), colour)
        if len(drawn.names) > 1:
            parts.append(_text(WIDTH - 12, 20 + 14 * number, drawn.names[number], "end", colour=colour))
    parts += [_text(x, HEIGHT - BOTTOM + 18, label, "middle") for x, label in _labels(drawn, count)]
    parts.append(_text((LEFT + WIDTH) / 2, HEIGHT - 6, drawn.x, "middle"))
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif">{"".join(parts)}</svg>'


def _marks(
    drawn: Drawn, line: list[float], number: int, count: int, scale: tuple[float, float], colour: str
) -> list[str]:
    low, span = scale
    points = [(_x(drawn, place, count), _y(value, low, span)) for place, value in enumerate(line) if isfinite(value)]
    if drawn.shape == "line":
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        return [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>']
    if drawn.shape == "scatter":
        return [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}" fill-opacity=".7"/>' for x, y in points]
    wide = min(48.0, (WIDTH - LEFT) / max(count, 1) * 0.7) / len(drawn.names)
    zero = _y(0, low, span)
    shift = wide * (number - len(drawn.names) / 2)
    return [
        f'<rect x="{x + shift:.1f}" y="{min(y, zero):.1f}" width="{wide:.1f}" height="{abs(zero - y):.1f}" fill="{colour}"/>'
        for x, y in points
    ]


def _labels(drawn: Drawn, count: int) -> list[tuple[float, str]]:
    if drawn.shape == "scatter":
        ends = (min(drawn.places, default=0.0), max(drawn.places, default=1.0))
        return [(LEFT, f"{ends[0]:,.4g}"), (WIDTH - 24, f"{ends[1]:,.4g}")]
    step = max(1, -(-count // 10))
    return [(_x(drawn, place, count), drawn.labels[place][:14]) for place in range(0, count, step)]


def _x(drawn: Drawn, place: int, count: int) -> float:
    room = WIDTH - LEFT - 24
    if drawn.shape == "scatter":
        low, high = min(drawn.places), max(drawn.places)
        return LEFT + room * ((drawn.places[place] - low) / (high - low) if high > low else 0.5)
    return LEFT + room * (place + 0.5) / max(count, 1)


def _y(value: float, low: float, span: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (value - low) / span


def _text(x: float, y: float, words: str, anchor: str, size: int = 11, colour: str = "#555") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else float("nan")
