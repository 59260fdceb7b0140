"""Small graphs whose outputs have to be the same wherever they run: in the window's engine, over HTTP, from the command line."""

from __future__ import annotations

from typing import Any

from studio.engine.workflows.graph import Graph, Node
from tests.workflows.graphs import field, graph, step, wire

ROWS = [
    {"id": 1, "region": "华南", "n": 5, "word": "pump"}, {"id": 2, "region": "华北", "n": 3, "word": "valve"},
    {"id": 3, "region": "华南", "n": 2, "word": "pump"}, {"id": 4, "region": "华东", "n": None, "word": "hose"},
]  # fmt: skip
START = step(
    "s", "start", fields=[field("rows", "json"), field("n", "number"), field("word"), field("yes", "boolean"), field("any", "any", required=False)]
)  # fmt: skip
INPUTS: dict[str, Any] = {"rows": ROWS, "n": 7, "word": "水泵 K7", "yes": True}
OUT = step("o", "output")


def one(kind: str, wires: str, result: str, **params: Any) -> Graph:
    """A graph of one step between start and output."""
    return graph(
        START, step("x", kind, **params), OUT, *[part for part in wires.split("; ") if part], f"x.{result} > o.result"
    )


def table(*more: Node | str) -> Graph:
    return graph(START, step("t", "parse", mode="table"), OUT, "s.rows > t.value", *more)


def back() -> Graph:
    sheet = graph(
        START, step("add", "prompt", template="{{v}}i"), step("more", "condition", expression="len(value) < 12"), OUT,
        "s.word > add.v", "add.text > more.value", "more.false > o.result",
    )  # fmt: skip
    sheet.edges.append(wire("more.true > add.v").model_copy(update={"passes": 20}))
    return sheet


def policy(**policy: Any) -> Graph:
    failing = Node(id="x", type="parse", params={"mode": "json"}, **policy)
    sheet = graph(START, failing, OUT, "s.word > x.value", "x.value > o.result")
    if policy.get("on_error") == "branch":
        sheet.edges[-1] = wire("x.error > o.result")
    return sheet


def fork(word: str) -> Graph:
    return graph(
        START, step("c", "condition", expression=f"value == '{word}'"), step("a", "prompt", template="yes {{v}}"),
        step("b", "prompt", template="no {{v}}"), step("m", "merge"), OUT,
        "s.word > c.value", "c.true > a.v", "c.false > b.v", "a.text > m.values", "b.text > m.values", "m.value > o.result",
    )  # fmt: skip


def graphs() -> dict[str, Graph]:
    """All of them by name."""
    found: dict[str, Graph] = {
        "text": one("prompt", "s.word > x.v", "text", template="[{{v}}]"),
        "number": one("prompt", "s.n > x.v", "text", template="{{v + 1}}"),
        "loop in a template": one("prompt", "s.rows > x.v", "text", template="{% for r in v %}{{r.word}};{% endfor %}"),
        "table in a template": table(step("x", "prompt", template="{{t}}"), "t.value > x.t", "x.text > o.result"),
        "filter in a template": one("prompt", "s.rows > x.v", "text", template="{{v | map(attribute='n') | select | list | sum}}"),
        "table": table("t.value > o.result"),
        "json": one("parse", "s.word > x.value", "value", mode="text"),
        "lines": one("parse", "s.word > x.value", "value", mode="lines"),
        "path": one("parse", "s.rows > x.value", "value", mode="path", path="[1].word"),
        "every path": one("parse", "s.rows > x.value", "value", mode="path", path="[*].n"),
        "number of text": one("parse", "s.n > x.value", "value", mode="number"),
        "python text": one("python", "s.word > x.value", "value", code="return value[::-1]"),
        "python table": one("python", "s.rows > x.value", "value", code="return [{'n': (r['n'] or 0) * 2} for r in value]", output="table"),
        "python json": one("python", "s.rows > x.value", "value", code="return {'count': len(value), 'half': 0.5}"),
        "sql": table(step("q", "sql", sql="SELECT region, sum(n) AS n FROM rows GROUP BY 1 ORDER BY 1"), "t.value > q.rows", "q.table > o.result"),
        "sql of nothing": table(step("q", "sql", sql="SELECT * FROM rows WHERE n > 100"), "t.value > q.rows", "q.table > o.result"),
        "filter": table(step("f", "filter_rows", where="number(n or 0) > 2", sort_by=["n"]), "t.value > f.rows", "f.table > o.result"),
        "sort": table(step("f", "filter_rows", sort_by=["n"], order="descending", limit=2), "t.value > f.rows", "f.table > o.result"),
        "count": table(step("a", "aggregate", by=["region"]), "t.value > a.rows", "a.table > o.result"),
        "sum": table(step("a", "aggregate", columns=["n"], function="sum"), "t.value > a.rows", "a.table > o.result"),
        "join": table(step("j", "join", on=["id"]), "t.value > j.left", "t.value > j.right", "j.table > o.result"),
        "anti join": table(step("j", "join", on=["id"], kind="anti"), "t.value > j.left", "t.value > j.right", "j.table > o.result"),
        "dedupe": table(step("d", "dedupe", by=["word"]), "t.value > d.rows", "d.table > o.result"),
        "dedupe last": table(step("d", "dedupe", by=["word"], keep="last"), "t.value > d.rows", "d.table > o.result"),
        "validate": table(step("v", "validate", rules=["n: n > 2"]), "t.value > v.rows", "v.report > o.result"),
        "broken rows": table(step("v", "validate", rules=["n: n > 2"]), "t.value > v.rows", "v.bad > o.result"),
        "condition true": fork("水泵 K7"),
        "condition false": fork("other"),
        "switch": one("switch", "s.n > x.value", "high", cases=["low: value < 5", "high: value >= 5"]),
        "wait": one("wait", "s.word > x.value", "value", seconds=0),
        "log": one("log", "s.rows > x.value", "value"),
        "muted": graph(START, Node(id="x", type="python", bypass=True), OUT, "s.word > x.value", "x.value > o.result"),
        "error branch": policy(on_error="branch"),
        "error default": policy(on_error="default", default={"value": [1, 2]}),
        "loop-back": back(),
        "boolean": graph(START, OUT, "s.yes > o.result"),
        "nothing": graph(START, OUT, "s.any > o.result"),
        "two outputs": graph(START, step("o", "output", names=["a", "b"]), "s.word > o.a", "s.n > o.b"),
        "answer": graph(START, step("o", "answer"), "s.word > o.text"),
        "bounded": _wide(),
    }  # fmt: skip
    return found | _frames()


def _wide() -> Graph:
    parts = [step(f"p{n}", "prompt", template=f"{{{{v}}}}{n}") for n in range(5)]
    names = [f"r{n}" for n in range(5)]
    wires = [f"s.word > p{n}.v" for n in range(5)] + [f"p{n}.text > o.r{n}" for n in range(5)]
    sheet = graph(START, *parts, step("o", "output", names=names), *wires)
    sheet.concurrency = 2
    return sheet


def _frames() -> dict[str, Graph]:
    return {
        "map": table(
            step("m", "map", fields=["word"], results=["said"]), step("p", "prompt", "m", template="{{w}}!"), "t.value > m.rows",
            "m.word > p.w", "p.text > m.said", "m.table > o.result",
        ),
        "map with a bad row": table(
            step("m", "map", fields=["n"], results=["said"]), step("p", "prompt", "m", template="{{w + 1}}"), "t.value > m.rows",
            "m.n > p.w", "p.text > m.said", "m.table > o.result",
        ),
        "for each": graph(
            START, step("e", "for_each"), step("p", "parse", "e", mode="path", path="word"), OUT,
            "s.rows > e.items", "e.item > p.value", "p.value > e.result", "e.result > o.result",
        ),
        "for each in for each": graph(
            START, step("e", "for_each"), step("f", "for_each", "e", flatten=True), step("p", "prompt", "f", template="{{v}}"),
            step("l", "python", "e", code="return list(item['word'])", inputs=["item"]), OUT,
            "s.rows > e.items", "e.item > l.item", "l.value > f.items", "f.item > p.v", "p.text > f.result", "f.result > e.result",
            "e.result > o.result",
        ),
        "loop": graph(
            START, step("l", "loop", variables=["word"], until="len(word) > 10"), step("p", "prompt", "l", template="{{v}}-{{n}}"), OUT,
            "s.word > l.word", "l.word > p.v", "l.number > p.n", "p.text > l.word", "l.word > o.result",
        ),
    }  # fmt: skip
