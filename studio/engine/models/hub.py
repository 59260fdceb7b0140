"""A hub of models that speaks as Hugging Face does: searching it, and what a model's page offers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel

from studio.engine.egress import Egress, place
from studio.engine.models import hub_client
from studio.engine.models.choices import Choice, HubFile, choices_of
from studio.engine.secrets import Secrets
from studio.engine.settings import Settings

if TYPE_CHECKING:
    from huggingface_hub import HfApi

PUBLIC = "https://huggingface.co"
FOUND = 30
T = TypeVar("T")


class HubModel(BaseModel):
    """One line of a search. `gated` needs an account; `gguf` says that llama.cpp can run it."""

    id: str
    downloads: int = 0
    likes: int = 0
    updated_at: float | None = None
    licence: str = ""
    kind: str = ""
    gated: bool = False
    gguf: bool = False


class HubPage(BaseModel):
    """A model on the hub with what can be downloaded. `revision` is the commit; files of it never change."""

    id: str
    hub: str
    url: str
    revision: str
    licence: str = ""
    gated: bool = False
    choices: list[Choice] = []


class Hub:
    """The hub of the settings. Naming its address there grants it."""

    def __init__(self, settings: Settings, egress: Egress, secrets: Secrets) -> None:
        self._settings = settings
        self._egress = egress
        self._secrets = secrets

    @property
    def endpoint(self) -> str:
        return self._settings.models.hub.rstrip("/") or PUBLIC

    async def search(self, words: str, *, gguf: bool = True, limit: int = FOUND) -> Sequence[HubModel]:
        """The models whose names hold these words, the most downloaded first; with `gguf`, those that run here."""
        kind = "gguf" if gguf else None

        def work(api: HfApi) -> list[HubModel]:
            found = api.list_models(search=words.strip() or None, filter=kind, sort="downloads", limit=limit, full=True)
            return [_line(one) for one in found]

        return await self._ask(words, work)

    async def page(self, repository: str, revision: str | None = None) -> HubPage:
        """What a model's page offers, by quantization. Raises `NotFound`, `Gated`, `RateLimited` or `Unavailable`."""

        def work(api: HfApi) -> HubPage:
            found = api.model_info(repository, revision=revision, files_metadata=True)
            return HubPage(
                id=found.id,
                hub=self.endpoint,
                url=f"{self.endpoint}/{found.id}",
                revision=found.sha or revision or "main",
                licence=_licence(found),
                gated=bool(found.gated),
                choices=choices_of([_file(one) for one in found.siblings or []]),
            )

        return await self._ask(repository, work)

    def address(self, endpoint: str, repository: str, revision: str, name: str) -> str:
        """Where a file is fetched from."""
        return f"{endpoint}/{quote(repository)}/resolve/{quote(revision, safe='')}/{quote(name)}"

    async def set_token(self, token: str) -> None:
        """Keep the person's access token of this hub with the secrets; "" forgets it."""
        name = _secret_name(self.endpoint)
        if token.strip():
            await asyncio.to_thread(self._secrets.set, name, token.strip())
        else:
            await asyncio.to_thread(self._secrets.delete, name)

    async def token(self, endpoint: str = "") -> str | None:
        return await asyncio.to_thread(self._secrets.get, _secret_name(endpoint or self.endpoint))

    async def headers(self, endpoint: str) -> dict[str, str]:
        """What a request for a file carries. The token goes to its own hub only."""
        token = await self.token(endpoint)
        return {"Authorization": f"Bearer {token}"} if token else {}

    def grant(self, endpoint: str) -> None:
        self._egress.grant(endpoint)

    async def _ask(self, thing: str, work: Callable[[HfApi], T]) -> T:
        self.grant(self.endpoint)
        return await hub_client.ask(self._egress, self.endpoint, await self.token(), thing, work)


def _secret_name(endpoint: str) -> str:
    host, port = place(endpoint)
    return f"hub-{host}-{port}"


def _line(found: Any) -> HubModel:
    return HubModel(
        id=found.id,
        downloads=found.downloads or 0,
        likes=found.likes or 0,
        updated_at=found.last_modified.timestamp() if isinstance(found.last_modified, datetime) else None,
        licence=_licence(found),
        kind=found.pipeline_tag or "",
        gated=bool(found.gated),
        gguf="gguf" in (found.tags or []),
    )


def _licence(found: Any) -> str:
    named = found.card_data.get("license") if found.card_data else None
    if isinstance(named, str) and named:
        return named
    return next((tag.removeprefix("license:") for tag in found.tags or [] if tag.startswith("license:")), "")


def _file(sibling: Any) -> HubFile:
    large = sibling.lfs
    return HubFile(
        name=sibling.rfilename,
        size=(large.size if large else sibling.size) or 0,
        sha256=large.sha256 if large else "",
        blob="" if large else sibling.blob_id or "",
    )
