"""Eleven graphs with side effects that a real server counts, and a program that runs one until somebody kills it:
`python -m tests.workflows.kill_graphs FOLDER SERVER GRAPH`."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from types import SimpleNamespace
from typing import Any, ClassVar

from studio.engine.catalog import Catalog
from studio.engine.egress import Egress
from studio.engine.events import Events
from studio.engine.paths import Paths
from studio.engine.workflows.graph import Graph, Node
from studio.engine.workflows.service import Workflows
from tests.catalogs import catalog_at
from tests.workflows.graphs import field, graph, step, wire


class Counting(BaseHTTPRequestHandler):
    """Counts what is posted to each path and says it back."""

    counts: ClassVar[Counter[str]] = Counter()
    lock: ClassVar[Lock] = Lock()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        with self.lock:
            self.counts[self.path] += 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client that was killed hangs up; nobody need hear of it."""


def server() -> Server:
    found = Server(("127.0.0.1", 0), Counting)
    Thread(target=found.serve_forever, daemon=True).start()
    return found


def post(name: str, address: str, place: str, parent: str | None = None, body: str = "{{v}}") -> Node:
    return step(name, "http", parent, method="POST", url=f"{address}/{place}", body=body)


def graphs(address: str) -> dict[str, Graph]:
    """The eleven, by name. Every one posts some twenty times or more."""
    rows = [{"i": number} for number in range(24)]
    numbers = step("s", "start", fields=[field("rows", "json", default=rows), field("n", "number", default=0)])
    found = [
        _chain(address, numbers), _fan(address, numbers), _map(address, numbers), _nested(address, numbers), _each(address, numbers),
        _loop_frame(address, numbers), _loop_back(address, numbers), _fork(address, numbers), _mixed(address, numbers),
        _bounded(address, numbers), _counted(address, numbers),
    ]  # fmt: skip
    return {sheet.name: sheet for sheet in found}


def _chain(address: str, start: Node) -> Graph:
    posts = [post(f"p{n}", address, f"chain-{n}", body="{{v}}x") for n in range(20)]
    wires = [f"p{n}.body > p{n + 1}.v" for n in range(19)]
    return graph(start, *posts, step("o", "output"), "s.n > p0.v", *wires, "p19.body > o.result", name="chain")


def _fan(address: str, start: Node) -> Graph:
    posts = [post(f"p{n}", address, f"fan-{n}", body=f"{{{{v}}}}-{n}") for n in range(20)]
    into = [f"s.n > p{n}.v" for n in range(20)]
    names = [f"r{n}" for n in range(20)]
    out = [f"p{n}.body > o.r{n}" for n in range(20)]
    return graph(start, *posts, step("o", "output", names=names), *into, *out, name="fan")


def _map(address: str, start: Node) -> Graph:
    return graph(
        start, step("t", "parse", mode="table"), step("m", "map", fields=["i"], results=["said"], concurrency=3, on_row_error="stop"),
        post("p", address, "map-{{v}}", "m"), step("o", "output"),
        "s.rows > t.value", "t.value > m.rows", "m.i > p.v", "p.body > m.said", "m.table > o.result", name="map",
    )  # fmt: skip


def _nested(address: str, start: Node) -> Graph:
    return graph(
        start, step("e", "for_each", concurrency=2), step("f", "for_each", "e", concurrency=2), step("l", "parse", "e", mode="path", path="pair"),
        step("pair", "prompt", "e", template='{"pair": ["{{v.i}}a", "{{v.i}}b"]}'), step("j", "parse", "e", mode="json"),
        post("p", address, "nested-{{v}}", "f"), step("o", "output"),
        "s.rows > e.items", "e.item > pair.v", "pair.text > j.value", "j.value > l.value", "l.value > f.items", "f.item > p.v",
        "p.body > f.result", "f.result > e.result", "e.result > o.result", name="nested",
    )  # fmt: skip


def _each(address: str, start: Node) -> Graph:
    return graph(
        start, step("e", "for_each", concurrency=4), post("p", address, "each-{{v.i}}", "e", body="{{v.i}}"),
        step("q", "prompt", "e", template="<{{v}}>"), step("o", "output"),
        "s.rows > e.items", "e.item > p.v", "p.body > q.v", "q.text > e.result", "e.result > o.result", name="each",
    )  # fmt: skip


def _loop_frame(address: str, start: Node) -> Graph:
    return graph(
        start, step("l", "loop", variables=["n"], until="number >= 20"), post("p", address, "loop-{{number}}", "l", body="{{number}}"),
        step("o", "output"), "s.n > l.n", "l.number > p.number", "p.body > l.n", "l.n > o.result", name="loop_frame",
    )  # fmt: skip


def _loop_back(address: str, start: Node) -> Graph:
    sheet = graph(
        start, step("add", "prompt", template="{{v}}i"), post("p", address, "back-{{v}}"),
        step("more", "condition", expression="len(value) < 20"), step("o", "output"),
        "s.n > add.v", "add.text > p.v", "p.body > more.value", "more.false > o.result", name="loop_back",
    )  # fmt: skip
    sheet.edges.append(wire("more.true > add.v").model_copy(update={"passes": 40}))
    return sheet


def _fork(address: str, start: Node) -> Graph:
    return graph(
        start, step("e", "for_each", concurrency=3), step("w", "switch", "e", cases=["even: value.i % 2 == 0"]),
        post("a", address, "fork-even-{{v.i}}", "e", body="even {{v.i}}"), post("b", address, "fork-odd-{{v.i}}", "e", body="odd {{v.i}}"),
        step("m", "merge", "e"), step("o", "output"),
        "s.rows > e.items", "e.item > w.value", "w.even > a.v", "w.else > b.v", "a.body > m.values", "b.body > m.values",
        "m.value > e.result", "e.result > o.result", name="fork",
    )  # fmt: skip


def _mixed(address: str, start: Node) -> Graph:
    return graph(
        start, post("first", address, "mixed-first"), step("e", "for_each", concurrency=5),
        post("p", address, "mixed-{{v.i}}", "e", body="{{v.i}}"), post("last", address, "mixed-last", body="{{all | length}}"),
        step("o", "output", names=["one", "all", "last"]),
        "s.n > first.v", "s.rows > e.items", "e.item > p.v", "p.body > e.result", "e.result > last.all", "first.body > o.one",
        "e.result > o.all", "last.body > o.last", name="mixed",
    )  # fmt: skip


def _bounded(address: str, start: Node) -> Graph:
    sheet = _fan(address, start)
    for node in sheet.nodes:
        if node.type == "http":
            node.params["url"] = str(node.params["url"]).replace("fan-", "bounded-")
    return sheet.model_copy(update={"name": "bounded", "concurrency": 3})


def _counted(address: str, start: Node) -> Graph:
    """Each row is posted, added to a total that outlives the run, and remembered."""
    return graph(
        start, step("e", "for_each", concurrency=4), post("p", address, "counted-{{v.i}}", "e", body="{{v.i}}"), step("i", "parse", "e", mode="number"),
        step("add", "set_variable", "e", name="total", way="add"), step("note", "memory_write", "e", scope="workflow"),
        step("total", "variable", name="total"), step("notes", "memory_read", scope="workflow", limit=200), step("count", "template", template="{{m | length}}"),
        step("o", "output", names=["total", "notes"]),
        "s.rows > e.items", "e.item > p.v", "p.body > i.value", "i.value > add.value", "p.body > note.message", "add.value > e.result",
        "note.number > e.result", "e.result > total.after", "e.result > notes.query", "notes.messages > count.m", "total.value > o.total",
        "count.text > o.notes", name="counted",
    )  # fmt: skip


async def room(folder: Path, address: str) -> tuple[Workflows, Catalog]:
    """A workflows room that may reach the counting server."""
    paths = Paths.under(folder).make()
    catalog = catalog_at(paths.catalog)
    await catalog.start()
    egress = Egress()
    egress.grant(address)
    parts = SimpleNamespace(
        catalog=catalog,
        events=Events(),
        paths=paths,
        models=None,
        knowledge=None,
        datasets=None,
        sql=None,
        egress=egress,
    )
    workflows = Workflows(parts)
    await workflows.open()
    return workflows, catalog


async def main(folder: Path, address: str, name: str) -> None:
    workflows, _ = await room(folder, address)
    started = await workflows.start(graphs(address)[name])
    print(started.id, flush=True)
    await workflows.wait(started.id)
    print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
