"""A small web of real pages on this computer, and a studio's guard that knows its hosts by name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from threading import Thread
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from studio.engine.egress import Egress
from tests.workflows.kill_graphs import Server

HOME = """<html><head><title>Pumps</title></head><body><main><h1>Pumps</h1><p>The K7 is our best pump.</p>
<a href="/warranty?b=1#terms">Warranty</a> <a href="warranty?b=1">again</a> <a href="/secret/prices">Prices</a>
<a href="http://other.test:{port}/elsewhere">Partner</a> <a href="/logo.png">Logo</a> <a href="mailto:a@b.c">Mail</a>
<a href="/moved">Moved</a> <a href="/missing">Gone</a></main></body></html>"""
PAGES = {
    "/": HOME,
    "/warranty": '<html><body><p>24 months. 保修期为 24 个月。</p><a href="/deep">More</a></body></html>',
    "/deep": '<html><head><meta name="robots" content="nofollow"></head><body><p>Deep.</p><a href="/deeper">x</a></body></html>',
    "/deeper": "<html><body><p>Deeper.</p></body></html>",
    "/secret/prices": "<html><body><p>Secret.</p></body></html>",
    "/elsewhere": "<html><body><p>Elsewhere.</p></body></html>",
    "/long": "<html><body><p>" + "long " * 300_000 + "</p></body></html>",
}
RESULTS = [
    {"title": "K7 手册", "url": "https://pumps.test/k7", "content": "The K7 manual.", "score": 2.5},
    {"title": "K9", "url": "https://pumps.test/k9", "content": "The K9 manual."},
    {"title": "no address"},
]


@contextmanager
def web() -> Iterator[Any]:
    """`asked` are the paths that were asked for, `address` is where; `robots` may be changed."""
    there = SimpleNamespace(
        asked=[], robots="User-agent: *\nDisallow: /secret/\n", address="", other="", status=200, endless=()
    )

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            there.asked.append(self.path)
            if parts.path in there.endless:
                return self._go_on()
            if parts.path == "/robots.txt":
                return self._say(200 if there.robots else 404, there.robots, "text/plain")
            if parts.path == "/search":
                asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
                return self._say(there.status, json.dumps({"query": asked, "results": RESULTS}), "application/json")
            if parts.path == "/moved":
                self.send_response(302)
                self.send_header("Location", f"{there.other}/elsewhere")
                return self.end_headers()
            page = PAGES.get(parts.path)
            self._say(200 if page else 404, (page or "").replace("{port}", str(server.server_port)), "text/html")
            return None

        def _go_on(self) -> None:
            """Lines without end, until whoever reads has enough."""
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):
                while True:
                    self.wfile.write(b"Disallow: /secret/\n" * 4_000)

        def _say(self, status: int, content: str, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *_: Any) -> None:
            return

    server = Server(("127.0.0.1", 0), Pages)
    there.address, there.other = (f"http://{name}.test:{server.server_port}" for name in ("pumps", "other"))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield there
    finally:
        server.shutdown()
        server.server_close()


def guard(*granted: str) -> Egress:
    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    egress = Egress(resolve=resolve)
    for url in granted:
        egress.grant(url)
    return egress
