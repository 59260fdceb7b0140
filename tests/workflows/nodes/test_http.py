from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from studio.engine.egress import Egress
from studio.engine.errors import Forbidden, Unavailable
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.http import HttpParams, http
from tests.contracts.node_contract import NodeContract
from tests.workflows.kill_graphs import Server


class Echo(BaseHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012 (of this class, emptied by the fixture)

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/secret")
            self.end_headers()
            return
        self._say(404 if self.path == "/missing" else 200, {"path": self.path})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self._say(200, {"body": body, "type": self.headers["content-type"]})

    def _say(self, status: int, content: Any) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def address() -> Any:
    from threading import Thread

    Echo.asked.clear()
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
