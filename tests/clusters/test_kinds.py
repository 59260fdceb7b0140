from typing import ClassVar

import httpx

from studio.engine.clusters.kinds.openai import OpenAI
from studio.engine.clusters.kinds.studio import Studio
from tests.contracts.cluster_kind_contract import ClusterKindContract


class TestStudio(ClusterKindContract):
    kind = Studio
    paths: ClassVar = {"/health": {"code": 0, "data": {"status": "ok", "version": "0.1.0"}}}

    async def test_it_tells_its_version(self):
        async with self.client(self.healthy) as client:
            assert (await Studio().look(client, "http://one.example")).version == "0.1.0"


class TestOpenAI(ClusterKindContract):
    kind = OpenAI
    paths: ClassVar = {"/v1/models": {"object": "list", "data": [{"id": "qwen"}, {"id": "bge"}]}}

    async def test_it_counts_models_with_and_without_v1_in_the_address(self):
        async with httpx.AsyncClient(transport=httpx.MockTransport(self.healthy)) as client:
            for url in ("http://gpu.example", "http://gpu.example/v1"):
                assert (await OpenAI().look(client, url)).facts[0].en == "2 models"
