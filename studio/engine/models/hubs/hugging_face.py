"""Hubs that speak as Hugging Face does: the public one, its mirrors, and a company's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from studio.engine.models import hub_client
from studio.engine.models.choices import HubFile, choices_of
from studio.engine.models.hub_source import HUGGING_FACE, HubModel, HubPage, HubSource
from studio.engine.text import Text

if TYPE_CHECKING:
    from huggingface_hub import HfApi


class HuggingFace(HubSource):
    """Asked with its own client, behind the studio's door."""

    name: ClassVar[str] = HUGGING_FACE
    title: ClassVar[Text] = Text.same("Hugging Face")

    async def search(self, words: str, *, gguf: bool, limit: int) -> Sequence[HubModel]:
        kind = "gguf" if gguf else None

        def work(api: HfApi) -> list[HubModel]:
            found = api.list_models(search=words.strip() or None, filter=kind, sort="downloads", limit=limit, full=True)
            return [_line(one) for one in found]

        return await hub_client.ask(self.egress, self.endpoint, self.token, words, work)

    async def page(self, repository: str, revision: str | None) -> HubPage:
        def work(api: HfApi) -> HubPage:
            found = api.model_info(repository, revision=revision, files_metadata=True)
            return HubPage(
                id=found.id,
                hub=self.endpoint,
                dialect=self.name,
                url=f"{self.endpoint}/{found.id}",
                revision=found.sha or revision or "main",
                licence=_licence(found),
                gated=bool(found.gated),
                choices=choices_of([_file(one) for one in found.siblings or []]),
            )

        return await hub_client.ask(self.egress, self.endpoint, self.token, repository, work)

    def address(self, repository: str, revision: str, name: str) -> str:
        return f"{self.endpoint}/{quote(repository)}/resolve/{quote(revision, safe='')}/{quote(name)}"


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
