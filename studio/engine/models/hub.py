"""The hub of models that the settings name, however it speaks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from studio.engine.egress import Egress, place
from studio.engine.models.hub_source import HUGGING_FACE, HubModel, HubPage, HubSource, sources
from studio.engine.secrets import Secrets
from studio.engine.settings import Settings

PUBLIC = "https://huggingface.co"
FOUND = 30


class Hub:
    """The hub of the settings. Naming its address there grants it."""

    def __init__(self, settings: Settings, egress: Egress, secrets: Secrets) -> None:
        self._settings = settings
        self._egress = egress
        self._secrets = secrets

    @property
    def endpoint(self) -> str:
        return self._settings.models.hub.rstrip("/") or PUBLIC

    @property
    def dialect(self) -> str:
        """How it speaks: as the settings say, else as its host is known to."""
        chosen = self._settings.models.hub_dialect
        if chosen != "auto":
            return chosen
        host = place(self.endpoint)[0]
        return next((name for name, source in sources.all().items() if source.knows(host)), HUGGING_FACE)

    async def search(self, words: str, *, gguf: bool = True, limit: int = FOUND) -> Sequence[HubModel]:
        """The models whose names hold these words, the most downloaded first; with `gguf`, those that run here."""
        return await (await self.source()).search(words, gguf=gguf, limit=limit)

    async def page(self, repository: str, revision: str | None = None) -> HubPage:
        """What a model's page offers, by quantization. Raises `NotFound`, `Gated`, `RateLimited` or `Unavailable`."""
        return await (await self.source()).page(repository, revision)

    async def source(self, endpoint: str = "", dialect: str = "") -> HubSource:
        """The hub at an address, granted and with the token that is kept for it, which goes nowhere else."""
        endpoint = endpoint or self.endpoint
        self._egress.grant(endpoint)
        return sources.get(dialect or self.dialect)(self._egress, endpoint, await self.token(endpoint))

    async def set_token(self, token: str) -> None:
        """Keep the person's access token of this hub with the secrets; "" forgets it."""
        name = _secret_name(self.endpoint)
        if token.strip():
            await asyncio.to_thread(self._secrets.set, name, token.strip())
        else:
            await asyncio.to_thread(self._secrets.delete, name)

    async def token(self, endpoint: str = "") -> str | None:
        return await asyncio.to_thread(self._secrets.get, _secret_name(endpoint or self.endpoint))


def _secret_name(endpoint: str) -> str:
    host, port = place(endpoint)
    return f"hub-{host}-{port}"
