from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from studio.engine.connections.service import Connections
from studio.engine.egress import Egress
from studio.engine.errors import BadParameter, Forbidden, NotFound, Unavailable
from studio.engine.secrets import Secrets
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes import http as module
from studio.engine.workflows.nodes.http import HttpParams, http
from studio.engine.workflows.service import Workflows
from tests.contracts.node_contract import NodeContract
from tests.workflows.conftest import rooms
from tests.workflows.graphs import field, graph, step
from tests.workflows.kill_graphs import Server

__all__ = ["rooms"]

KEY = "sk-2f9c77d1aa"
PAIR = base64.b64encode(f"李:{KEY}".encode()).decode()


class Echo(BaseHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012 (of this class, emptied by the fixture)
    heard: list[dict[str, str]] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.heard.append(dict(self.headers))
        if self.path.startswith("/elsewhere/"):
            return self._say(200, [1], {"Link": f'<http://127.0.0.1:{self.path[11:]}/keys>; rel="next"'})
        if self.path.startswith("/led/"):
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{self.path[5:]}/told")
            return self.end_headers()
        if self.path == "/told":
            return self._say(200, dict(self.headers), {"X-Back": self.headers["authorization"] or ""})
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/secret")
            return self.end_headers()
        if self.path.startswith("/pages/"):
            return self._page(int(self.path[7:]))
        return self._say(404 if self.path == "/missing" else 200, {"path": self.path})

    def _page(self, number: int) -> None:
        """The third is the last; the body and the header say where the next one is."""
        more = f"/pages/{number + 1}" if number < 3 else None
        content = [number] if number < 10 else {"items": [number], "paging": {"next": f"/pages/{number + 1}"}}
        self._say(200, content, {"Link": f'</pages/0>; rel="prev", <{more}>; rel="next"'} if more else {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self._say(200, {"body": body, "type": self.headers["content-type"]}, {"Link": '</more>; rel="next"'})

    def _say(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *_: Any) -> None:
        return


@contextmanager
def another(heard: Callable[[Any], None] = lambda _: None) -> Iterator[int]:
    """One more server, by its port; `heard` is given each request."""

    class Other(Echo):
        def do_GET(self) -> None:
            heard(self)
            super().do_GET()

    server = Server(("127.0.0.1", 0), Other)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def address() -> Any:
    Echo.asked.clear()
    Echo.heard.clear()
    server = Server(("127.0.0.1", 0), Echo)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def context(address: str = "") -> Context:
    egress = Egress()
    if address:
        egress.grant(address)
    return Context(services=Services(egress=egress))


class TestHttp(NodeContract):
    name = "http"

    async def test_a_granted_server_is_asked_and_its_json_read(self, address: str) -> None:
        found = await http(context(address), HttpParams(url=address + "/{{q}}"), q="pumps")
        assert (found.body, found.status) == ({"path": "/pumps"}, 200)
        params = HttpParams(method="POST", url=address, body='{"n": {{n}}}')
        assert (await http(context(address), params, n=2)).body == {"body": '{"n": 2}', "type": "application/json"}

    async def test_what_was_not_granted_is_never_reached_not_even_by_a_redirect(self, address: str) -> None:
        with pytest.raises(Forbidden, match="inside this network"):
            await http(context(), HttpParams(url=address))
        assert Echo.asked == []
        with pytest.raises(Forbidden):
            await http(context(address), HttpParams(url=address + "/away"))

    async def test_a_bad_status_is_an_error_unless_any_will_do(self, address: str) -> None:
        with pytest.raises(Unavailable, match="404"):
            await http(context(address), HttpParams(url=address + "/missing"))
        assert (await http(context(address), HttpParams(url=address + "/missing", accept="any"))).status == 404

    def test_only_what_changes_something_is_a_side_effect(self) -> None:
        assert self.type.effect is not None
        assert not self.type.effect(HttpParams()) and self.type.effect(HttpParams(method="POST"))

    async def test_pages_are_followed_by_the_servers_link_or_a_place_in_the_body(self, address: str) -> None:
        params = HttpParams(url=f"{address}/pages/1", pages=10)
        assert (await http(context(address), params)).body == [1, 2, 3]
        assert (await http(context(address), HttpParams(url=f"{address}/pages/1"))).body == [1]
        inside = HttpParams(url=f"{address}/pages/20", pages=3, next="paging.next")
        assert [one["items"] for one in (await http(context(address), inside)).body] == [[20], [21], [22]]

    async def test_a_next_page_at_another_server_is_not_asked_with_what_was_meant_for_this_one(
        self, address: str
    ) -> None:
        with another() as other:
            here = context(address)
            here.egress.grant(f"http://127.0.0.1:{other}")
            params = HttpParams(url=f"{address}/elsewhere/{other}", pages=9, headers={"Authorization": "Bearer key"})
            with pytest.raises(Forbidden, match=f"another server: http://127.0.0.1:{other}/keys"):
                await http(here, params)
        assert len(Echo.asked) == 1

    async def test_the_headers_for_one_server_are_not_taken_to_another_by_a_redirect(self, address: str) -> None:
        own = {"X-API-Key": "of-this-server", "Accept": "text/csv"}
        with another() as other:
            here = context(address)
            here.egress.grant(f"http://127.0.0.1:{other}")
            led = (await http(here, HttpParams(url=f"{address}/led/{other}", headers=own))).body
            assert led["Host"] == f"127.0.0.1:{other}" and "of-this-server" not in str(led)
            port = address.rpartition(":")[2]
            stayed = (await http(here, HttpParams(url=f"{address}/led/{port}", headers=own))).body
            assert stayed["X-API-Key"] == "of-this-server"

    @pytest.mark.parametrize(
        ("values", "sent"),
        [
            ({"way": "bearer", "secret_key": KEY}, {"Authorization": f"Bearer {KEY}"}),
            ({"way": "basic", "user": "李", "secret_key": KEY}, {"Authorization": f"Basic {PAIR}"}),
            ({"way": "header", "header": "X-Key", "secret_key": KEY}, {"X-Key": KEY}),
        ],
    )
    async def test_a_connection_signs_in_at_its_own_server_and_its_key_is_written_nowhere(
        self, rooms: SimpleNamespace, address: str, values: dict[str, str], sent: dict[str, str]
    ) -> None:
        rooms.egress = Egress()
        rooms.connections = Connections(rooms.catalog, rooms.events, rooms.egress, Secrets(rooms.paths.data))
        made = await rooms.connections.add("web", "crm", {"address": address, **values})
        assert made.state == "reachable", made.reason
        workflows = Workflows(rooms)
        await workflows.open()
        received: list[dict[str, str]] = []
        heard = lambda self: received.append(dict(self.headers))  # noqa: E731
        with another(heard) as other:
            rooms.egress.grant(f"http://127.0.0.1:{other}")
            sheet = graph(step("h", "http", url=f"{address}/led/{{{{port}}}}", connection="crm"), step("s", "start", fields=[field("port")]),
                step("o", "output", names=["body", "headers"]), "s.port > h.port", "h.body > o.body", "h.headers > o.headers")  # fmt: skip
            own = address.rpartition(":")[2]
            there = await workflows.wait((await workflows.start(sheet, {"port": own})).id)
            led = await workflows.wait((await workflows.start(sheet, {"port": str(other)})).id)
            sheet.node("h").params["url"] = f"http://127.0.0.1:{other}/{{{{port}}}}"
            refused = await workflows.wait((await workflows.start(sheet, {"port": own})).id)
        await workflows.close()
        (name, secret), *_ = sent.items()
        assert there.status == "completed" and there.outputs["body"][name].endswith("•••")
        assert any(told.get(name) == secret for told in Echo.heard), "the server itself was told"
        assert led.status == "completed" and not any(word in str(received) for word in (KEY, PAIR))
        assert refused.status == "failed" and "not sent to" in str(refused.error) and len(received) == 1
        everything = b"".join(file.read_bytes() for file in rooms.paths.data.rglob("*") if file.is_file())
        assert not any(word.encode() in everything for word in (KEY, PAIR))

    async def test_only_a_web_service_signs_in_and_a_key_that_no_header_can_hold_is_not_said(
        self, rooms: SimpleNamespace, address: str
    ) -> None:
        connections = Connections(rooms.catalog, rooms.events, Egress(), Secrets(rooms.paths.data))
        await connections.add("mysql", "store", {"host": "127.0.0.1", "port": 9, "user": "a", "password": KEY})
        made = await connections.add("web", "odd", {"address": address, "secret_key": "two\nlines"})
        assert made.state == "unreachable" and "no header can hold" in str(made.reason)
        here = Context(services=Services(egress=connections.egress, connections=connections))
        with pytest.raises(BadParameter, match="no web service"):
            await http(here, HttpParams(url=address, connection="store"))
        with pytest.raises(NotFound, match="no connection “gone”"):
            await http(here, HttpParams(url=address, connection="gone"))
        assert Echo.asked == []

    async def test_what_changes_something_is_sent_once_whatever_link_it_answers_with(self, address: str) -> None:
        done = await http(context(address), HttpParams(method="POST", url=address, body="{}", pages=9))
        assert done.body["body"] == "{}" and Echo.asked == []

    async def test_all_pages_together_have_a_bound(self, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "LARGEST_ALL", 5)
        with pytest.raises(BadParameter, match="with all pages"):
            await http(context(address), HttpParams(url=f"{address}/pages/1", pages=10))
