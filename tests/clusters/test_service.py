import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from studio.engine.clusters import service
from studio.engine.clusters.service import ClusterChanged, Clusters
from studio.engine.egress import Egress
from studio.engine.errors import BadParameter, Conflict, NotFound
from studio.engine.events import Events
from studio.engine.secrets import Secrets
from tests.catalogs import catalog_at


class Server:
    """A small real HTTP server; `key` is what it wants, `requests` what it was sent."""

    def __init__(self):
        self.key = ""
        self.requests: list[str] = []

    async def start(self):
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    async def stop(self):
        self._server.close()
        await self._server.wait_closed()

    async def _answer(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.requests.append(head)
        good = not self.key or f"Bearer {self.key}" in head
        body = json.dumps({"status": "ok", "version": "9.9"}).encode()
        writer.write(
            f"HTTP/1.1 {'200 OK' if good else '401 No'}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        )
        await writer.drain()
        writer.close()


@pytest.fixture
async def server():
    server = Server()
    await server.start()
    yield server
    await server.stop()


@asynccontextmanager
async def opened(folder, offline=False):
    events, catalog = Events(), catalog_at(folder / "catalog.db")
    await catalog.start()
    egress = Egress(lambda: offline)
    clusters = Clusters(catalog, events, egress, Secrets(folder))
    clusters.events, clusters.ledger = events, egress.ledger
    await clusters.start()
    try:
        yield clusters
    finally:
        await clusters.close()
        await catalog.close()


@pytest.fixture(autouse=True)
def no_keychain(monkeypatch):
    monkeypatch.setenv("ONE_DATA_KEYRING", "file")
    monkeypatch.setattr(service, "PATIENCE", 60.0)  # a busy machine is no cluster that does not answer


async def test_a_cluster_that_answers_is_reachable_with_its_version_and_the_time_it_took(tmp_path, server):
    async with opened(tmp_path) as clusters:
        state = await clusters.add("Lab 实验室", server.url)
        assert (state.state, state.version, state.reason) == ("reachable", "9.9", None)
        assert 0 < state.latency_ms < 60_000
        assert clusters.ledger[-1].purpose == "clusters" and clusters.ledger[-1].port == server.port
        assert [one.name for one in await clusters.list()] == ["Lab 实验室"]


async def test_one_that_does_not_answer_is_kept_and_says_since_when(tmp_path, server):
    await server.stop()
    async with opened(tmp_path) as clusters:
        first = await clusters.add("Lab", server.url)
        assert first.state == "unreachable" and str(server.port) in first.reason.zh
        again = await clusters.check("Lab")
        assert again.since == first.since and again.checked_at >= first.checked_at


async def test_a_key_is_sent_and_a_wrong_one_is_told_apart(tmp_path, server):
    server.key = "right"
    async with opened(tmp_path) as clusters:
        assert (await clusters.add("A", server.url, key="wrong")).state == "unauthorised"
        assert (await clusters.add("B", server.url, key="right")).state == "reachable"
    for file in tmp_path.glob("catalog.db*"):
        assert b"right" not in file.read_bytes()


async def test_profiles_are_there_at_the_next_start_and_are_looked_at_by_themselves(tmp_path, server):
    async with opened(tmp_path) as clusters:
        await clusters.add("Lab", server.url)
    seen = asyncio.Event()
    async with opened(tmp_path) as clusters:
        clusters.events.subscribe(ClusterChanged, lambda event: seen.set())
        assert (await clusters.get("Lab")).seen_at
        await asyncio.wait_for(seen.wait(), 60)
        assert (await clusters.get("Lab")).reachable


async def test_what_changes_is_noticed_while_nobody_asks(tmp_path, server, monkeypatch):
    monkeypatch.setattr(service, "EVERY", 0.05)
    monkeypatch.setattr(service, "PATIENCE", 5.0)  # who connects just when the server stops is never answered
    async with opened(tmp_path) as clusters:
        await clusters.add("Lab", server.url)
        gone = asyncio.Event()
        clusters.events.subscribe(
            ClusterChanged, lambda event: gone.set() if event.cluster and event.cluster.state == "unreachable" else None
        )
        await server.stop()
        await asyncio.wait_for(gone.wait(), 120)


async def test_a_removed_cluster_is_no_longer_reached(tmp_path, server):
    async with opened(tmp_path) as clusters:
        await clusters.add("Lab", server.url, key="k")
        await clusters.remove("Lab")
        assert await clusters.list() == []
        with pytest.raises(NotFound):
            await clusters.check("Lab")
        assert clusters._egress._granted == set()


async def test_bad_addresses_and_taken_names_are_refused(tmp_path, server):
    async with opened(tmp_path) as clusters:
        for url in ("file:///etc/passwd", "http://a:b@one.example", "one.example", ""):
            with pytest.raises(BadParameter):
                await clusters.add("Bad", url)
        with pytest.raises(NotFound):
            await clusters.add("Bad", server.url, kind="mainframe")
        with pytest.raises(BadParameter):
            await clusters.add("  ", server.url)
        await clusters.add("Lab", server.url)
        with pytest.raises(Conflict):
            await clusters.add("Lab", server.url)
