"""Small graphs whose outputs have to be the same wherever they run: in the window's engine, over HTTP, from the command line."""

from __future__ import annotations

from typing import Any

from studio.engine.workflows.binding import Binding
from studio.engine.workflows.graph import Graph, Node
from tests.workflows.graphs import field, graph, step, wire

ROWS = [
    {"id": 1, "region": "华南", "n": 5, "word": "pump"}, {"id": 2, "region": "华北", "n": 3, "word": "valve"},
    {"id": 3, "region": "华南", "n": 2, "word": "pump"}, {"id": 4, "region": "华东", "n": None, "word": "hose"},
]  # fmt: skip
START = step(
    "s", "start", fields=[field("rows", "json"), field("n", "number"), field("word"), field("yes", "boolean"), field("any", "any", required=False)]
)  # fmt: skip
INPUTS: dict[str, Any] = {
    "rows": ROWS,
    "n": 7,
    "word": "水泵 K7",
    "yes": True,
    "query": "泵?",
    "session": "conformance",
}
OUT = step("o", "output")
FILES = {
    "papers/rows.csv": "id,word\n1,pump\n2,水泵\n",
    "papers/水泵 note.txt": "The K7 pump runs dry after 24 months.",
}
FILED = step("s", "start", fields=[field("file", "file"), field("files", "files")])


def one(kind: str, wires: str, port: str, /, **params: Any) -> Graph:
    """A graph of one step between start and output."""
    return graph(
        START, step("x", kind, **params), OUT, *[part for part in wires.split("; ") if part], f"x.{port} > o.result"
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
        "python package": one("python", "s.rows > x.value", "value", code="import numpy\nreturn float(numpy.mean([r['n'] or 0 for r in value]))", packages=["numpy"], memory_mb=1024, seconds=120),
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
    return found | _frames() | _kept() | _called()


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
        "cache": graph(
            START, step("k", "cache", key="{{value}}/1"), step("p", "prompt", "k", template="{{v}}!"), OUT,
            "s.word > k.value", "k.value > p.v", "p.text > k.result", "k.result > o.result",
        ),
        "loop": graph(
            START, step("l", "loop", variables=["word"], until="len(word) > 10"), step("p", "prompt", "l", template="{{v}}-{{n}}"), OUT,
            "s.word > l.word", "l.word > p.v", "l.number > p.n", "p.text > l.word", "l.word > o.result",
        ),
    }  # fmt: skip


def _kept() -> dict[str, Graph]:
    """Those that keep something: files, variables, messages; and what is drawn and told of rows."""
    csv = step("w", "save_file", place="s3://conformance/rows.csv", format="csv")
    chart = step("c", "chart", x="word", y=["n"], aggregate="sum", title="水泵")
    return {
        "template": one("template", "s.rows > x.rows; s.n > x.n", "json", template='{"n": {{n}}, "words": {{rows | map(attribute="word") | list | tojson}}}', result="json"),
        "profile": table(step("x", "profile"), "t.value > x.rows", "x.columns > o.result"),
        "pivot": table(step("x", "pivot", column="region", by=["word"], value="n", function="sum"), "t.value > x.rows", "x.table > o.result"),
        "merge of all": graph(START, step("m", "merge", way="all"), OUT, "s.n > m.values", "s.word > m.values", "m.value > o.result"),
        "chart": table(chart, "t.value > c.rows", "c.chart > o.result"),
        "report": table(
            chart, step("r", "report", template="# {{w}}\n\n{{c}}\n\n{{t}}", place="s3://conformance/report"), step("d", "load_documents", by="file"),
            "t.value > c.rows", "t.value > r.t", "c.chart > r.c", "s.word > r.w", "r.text > d.files", "d.docs > o.result",
        ),
        "objects": table(
            csv, step("x", "read_objects", place="s3://conformance/rows.csv", result="rows"), "t.value > w.value", "w.text > x.after",
            "x.objects > o.result",
        ),
        "variables": graph(
            START, step("a", "set_variable", scope="run", way="add"), step("b", "set_variable", scope="run", way="add"),
            step("g", "variable", scope="run"), OUT, "s.n > a.value", "a.value > b.value", "b.value > g.after", "g.value > o.result",
        ),
        "memory": graph(
            START, step("w", "memory_write", scope="run"), step("r", "memory_read", scope="run"), OUT, "s.word > w.message", "s.n > w.answer",
            "w.number > r.query", "r.messages > o.result",
        ),
        "chat input": graph(step("s", "chat_input"), step("p", "prompt", template="{{q}} {{h}}"), OUT, "s.query > p.q", "s.history > p.h", "p.text > o.result"),
    }  # fmt: skip


def _called() -> dict[str, Graph]:
    """Tools that are called, groups, a dataset that is updated by a key, a printed report."""
    told = step("c", "tool_call", inputs=["code"], on_tool_error="tell")
    return {
        "tool": graph(
            START, step("p", "prompt", template="return [{{v}} * 6, {'k': None}]"), step("c", "tool_call"), OUT,
            "s.n > p.v", "p.text > c.code", "c.result > o.result",
        ),
        "tool that fails": graph(START, told, OUT, "s.n > c.code", "c.error > o.result"),
        "merge in groups": graph(
            START, step("c", "condition", expression="len(value) > 99"), step("m", "merge", groups=["a", "b", "c"]),
            step("o", "output", names=["a", "b"]), "s.word > c.value", "c.true > m.a", "c.false > m.b", "s.n > m.b", "s.n > m.c",
            "m.a > o.a", "m.b > o.b",
        ),
        "a file": graph(
            FILED, Node(id="r", type="read_objects", params={"result": "rows"}, bound={"place": Binding(kind="port")}), step("o", "output", names=["a", "b"]),
            "s.file > r.place", "r.objects > o.a", "s.file > o.b",
        ),
        "files": graph(
            FILED, step("d", "load_documents", by="file"), step("o", "output", names=["a", "b"]), "s.files > d.files", "d.docs > o.a", "s.files > o.b",
        ),
        "update by a key": graph(
            START, step("p", "python", code="return [value, [{'id': 2, 'n': 9}, {'id': 9, 'n': 0}]]"), step("e", "for_each", concurrency=1),
            step("t", "parse", "e", mode="table"), step("w", "save_dataset", "e", name="conformance", mode="upsert", key=["id"]), OUT,
            "s.rows > p.value", "p.value > e.items", "e.item > t.value", "t.value > w.rows", "w.report > e.result", "e.result > o.result",
        ),
        "printed report": table(
            step("r", "report", template="# {{w}}\n\n{{t}}", place="s3://conformance/printed", format="pdf"), step("d", "load_documents", by="file"),
            "t.value > r.t", "s.word > r.w", "r.text > d.files", "d.docs > o.result",
        ),
        "recognised report": graph(
            START, step("r", "report", template="# {{w}}", place="s3://conformance/recognised", format="pdf"), step("x", "ocr"),
            step("o", "output", names=["a", "b"]), "s.word > r.w", "r.text > x.files", "x.text > o.a", "x.layout > o.b",
        ),
    }  # fmt: skip
