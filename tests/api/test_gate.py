"""T-HOST and T-TOKEN: who may speak to the server is judged before any route."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from studio.api.server import Server
from studio.engine.tokens import Tokens
from tests.conftest import Running, serve, stop

ROUTES = ["/health", "/api/v1/datasets", "/v1/models", "/docs", "/openapi.json", "/metrics", "/no/such/route"]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = serve(tmp_path_factory.mktemp("guarded"), "--require-token")
    yield running
    stop(running)


def request(running: Running, lines: list[str]) -> tuple[int, str]:
    """Send a request exactly as it is written; status and head of the answer."""
    host, _, port = running.host.partition(":")
    with socket.create_connection((host, int(port)), timeout=240) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\nConnection: close\r\n\r\n").encode())
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head = answer.decode("latin-1").partition("\r\n\r\n")[0]
    return int(head.split()[1]), head


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.", "0.0.0.0", "[::]", ""])
def test_a_foreign_host_is_refused_before_routing(guarded: Running, route: str, host: str) -> None:
    status, head = request(guarded, [f"GET {route} HTTP/1.1", f"Host: {host}"])
    assert status in (403, 400) and "access-control" not in head.lower()


def test_two_hosts_no_host_and_an_absolute_target_are_refused(guarded: Running) -> None:
    assert request(guarded, ["GET /health HTTP/1.1", f"Host: {guarded.host}", "Host: evil.example"])[0] in (400, 403)
    assert request(guarded, ["GET /health HTTP/1.0"])[0] in (400, 403)
    assert request(guarded, ["GET http://evil.example/health HTTP/1.1", f"Host: {guarded.host}"])[0] in (400, 403)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("origin", ["null", "http://evil.example", "http://localhost.evil.example", "file://"])
def test_a_foreign_origin_is_refused_without_a_cors_header(guarded: Running, route: str, origin: str) -> None:
    status, head = request(
        guarded,
        [
            f"GET {route} HTTP/1.1",
            f"Host: {guarded.host}",
            f"Origin: {origin}",
            f"Authorization: Bearer {guarded.token}",
        ],
    )
    assert status == 403 and "access-control" not in head.lower()


def test_the_right_host_without_a_token_is_401_on_every_route_but_health(guarded: Running) -> None:
    with httpx.Client(base_url=guarded.url, trust_env=False, timeout=240) as client:
        assert client.get("/health").status_code == 200
        for route in ROUTES[1:]:
            answer = client.get(route)
            assert answer.status_code == 401, route
            assert answer.headers["content-type"] == "application/json"
        assert client.get("/api/v1/datasets", headers={"Authorization": "Bearer one-wrong"}).json()["code"] == 40101
        right = {"Authorization": f"Bearer {guarded.token}"}
        assert client.get("/api/v1/datasets", headers=right).status_code == 200
        assert client.get("/no/such/route", headers=right).json()["code"] == 40401


def test_every_declared_route_is_behind_the_gate(guarded: Running) -> None:
    with httpx.Client(base_url=guarded.url, trust_env=False, timeout=240) as client:
        schema = client.get("/openapi.json", headers={"Authorization": f"Bearer {guarded.token}"}).json()
        assert len(schema["paths"]) > 40
        for path, methods in schema["paths"].items():
            for method in methods:
                answer = client.request(method, path.replace("{", "x").replace("}", "x"))
                assert answer.status_code == (200 if path == "/health" else 401), (method, path)


def test_the_token_is_for_its_owner_only_and_in_nobodys_arguments(guarded: Running) -> None:
    file = guarded.home / "data/token"
    assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700
    assert guarded.token not in Path(f"/proc/{guarded.process.pid}/cmdline").read_text()


def test_a_replaced_token_is_refused_at_once(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "token")
    old = tokens.ensure()
    assert tokens.matches(old) and not tokens.matches("")
    new = tokens.rotate()
    assert tokens.matches(new) and not tokens.matches(old)
    assert Tokens(tmp_path / "token").ensure() == new


def _hook(client: httpx.Client, token: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The address of a hook that is in order."""
    sheet = {"nodes": [{"id": "s", "type": "start", "params": {"fields": []}}], "edges": []}
    made = client.post("/api/v1/workflows", json={"name": "hooked", "definition": sheet}, headers=token).json()["data"]
    route = f"/api/v1/workflows/{made['id']}/schedules"
    hook = client.post(route, json={"kind": "webhook"}, headers=token).json()["data"]
    return f"/api/v1/hooks/{hook['id']}/{hook['state']['token']}", token


def test_a_bind_beyond_loopback_needs_the_token_without_being_asked(tmp_path: Path) -> None:
    running = serve(tmp_path, "--host", "0.0.0.0")
    try:
        port = running.url.rpartition(":")[2]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=240) as client:
            assert client.get("/api/v1/datasets").status_code == 401
            assert client.get("/health", headers={"Host": "evil.example"}).status_code == 403
            hook, token = _hook(client, {"Authorization": f"Bearer {running.token}"})
            assert client.post(hook, json={}).status_code == 401, "a hook's own token is not enough from elsewhere"
            assert client.post(hook, json={}, headers=token).status_code == 202
    finally:
        stop(running)


def test_a_taken_port_is_named_with_the_way_out(guarded: Running, tmp_path: Path) -> None:
    import subprocess
    import sys

    port = guarded.url.rpartition(":")[2]
    command = [sys.executable, "-m", "studio", "--home", str(tmp_path), "serve", "--port", port]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, env={**os.environ, "LANG": "C.UTF-8"})
    assert done.returncode == 1 and f"Port {port}" in done.stderr and "--port" in done.stderr
    assert "Traceback" not in done.stderr


async def test_an_answer_is_sent_at_once_and_does_not_wait_for_a_fuller_packet() -> None:
    listener = Server(SimpleNamespace(), port=0)._bind()  # type: ignore[arg-type]
    delays: list[bool] = []

    async def note(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        delays.append(not writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async with await asyncio.start_server(note, sock=listener) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        await reader.read()
        writer.close()
    assert delays == [False]
