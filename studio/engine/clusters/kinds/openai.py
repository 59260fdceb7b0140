"""A model server that speaks OpenAI's protocol: vLLM, llama.cpp, Ollama, a gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from studio.engine.clusters.kind import ClusterKind, Seen, answer, not_what_it_should_be
from studio.engine.text import Text, plural

if TYPE_CHECKING:
    import httpx


class OpenAI(ClusterKind):
    """Asks `/v1/models`, which every such server has."""

    name: ClassVar[str] = "openai"
    title: ClassVar[Text] = Text("OpenAI-compatible server", "OpenAI 兼容服务")
    example: ClassVar[str] = "http://gpu.example:8000/v1"

    async def look(self, client: httpx.AsyncClient, url: str) -> Seen:
        base = url.rstrip("/")
        place = f"{base}/models" if base.endswith("/v1") else f"{base}/v1/models"
        response = await answer(client, place)
        try:
            models = response.json()["data"]
            count = len(models)
        except (ValueError, KeyError, TypeError) as error:
            raise not_what_it_should_be(place) from error
        return Seen(facts=[Text(plural(count, "model", "models"), f"{count} 个模型")])
