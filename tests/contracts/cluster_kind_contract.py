"""What every kind of cluster must do. A test of a kind inherits this and says what its server answers."""

from __future__ import annotations

import httpx
import pytest

from studio.engine.clusters.kind import ClusterKind, kinds
from studio.engine.errors import BadToken, Unavailable


class ClusterKindContract:
    kind: type[ClusterKind]
    paths: dict[str, object]  # path → JSON that a healthy server answers

    def client(self, respond) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(respond))

    def healthy(self, request: httpx.Request) -> httpx.Response:
        if request.url.path in self.paths:
            return httpx.Response(200, json=self.paths[request.url.path])
        return httpx.Response(404)

    def test_the_registry_finds_it_by_its_name(self):
        assert kinds.get(self.kind.name) is self.kind
        assert self.kind.title.zh and self.kind.example.startswith("http")

    @pytest.mark.parametrize("ending", ["", "/"])
    async def test_a_healthy_server_is_seen(self, ending):
        async with self.client(self.healthy) as client:
            await self.kind().look(client, f"http://one.example{ending}")

    async def test_a_server_that_wants_a_key_says_so(self):
        async with self.client(lambda request: httpx.Response(401)) as client:
            with pytest.raises(BadToken):
                await self.kind().look(client, "http://one.example")

    @pytest.mark.parametrize(
        "response", [httpx.Response(500), httpx.Response(200, text="<html>"), httpx.Response(200, json=["no"])]
    )
    async def test_something_else_at_that_address_is_no_cluster(self, response):
        async with self.client(lambda request: response) as client:
            with pytest.raises(Unavailable):
                await self.kind().look(client, "http://one.example")
