"""Another One Data Studio, on this computer or another."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from studio.engine.clusters.kind import ClusterKind, Seen, answer, not_what_it_should_be
from studio.engine.text import Text

if TYPE_CHECKING:
    import httpx


class Studio(ClusterKind):
    """Asks `/health`."""

    name: ClassVar[str] = "studio"
    title: ClassVar[Text] = Text.same("ONE Data Studio")
    example: ClassVar[str] = "http://studio.example:8080"

    async def look(self, client: httpx.AsyncClient, url: str) -> Seen:
        place = f"{url.rstrip('/')}/health"
        try:
            said = (await answer(client, place)).json()
        except ValueError as error:
            raise not_what_it_should_be(place) from error
        inner = said.get("data") if isinstance(said, dict) else None  # our own answers stand in an envelope
        said = inner if isinstance(inner, dict) else said
        if not isinstance(said, dict) or "status" not in said:
            raise not_what_it_should_be(place)
        return Seen(version=str(said.get("version", "")))
