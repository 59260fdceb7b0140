"""The contract of a model hub: searching it, what a model's page offers, and where its files are fetched from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel

from studio.engine.egress import Egress
from studio.engine.models.choices import Choice
from studio.engine.registry import Registry
from studio.engine.text import Text

HUGGING_FACE = "hugging_face"  # what a hub is taken for that nothing else is known of


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
    """A model on the hub with what can be downloaded. `revision` is the commit where the hub names one: files of it never
    change. `dialect` names how the hub speaks."""

    id: str
    hub: str
    dialect: str = HUGGING_FACE
    url: str
    revision: str
    licence: str = ""
    gated: bool = False
    choices: list[Choice] = []


class HubSource(ABC):
    """A hub at an address, with the person's token for it or none."""

    name: ClassVar[str]
    title: ClassVar[Text]

    def __init__(self, egress: Egress, endpoint: str, token: str | None) -> None:
        self.egress = egress
        self.endpoint = endpoint
        self.token = token

    @classmethod
    def knows(cls, host: str) -> bool:  # noqa: ARG003
        """Whether a host is known to speak so."""
        return False

    @abstractmethod
    async def search(self, words: str, *, gguf: bool, limit: int) -> Sequence[HubModel]:
        """The most downloaded first; with `gguf`, those that llama.cpp runs."""

    @abstractmethod
    async def page(self, repository: str, revision: str | None) -> HubPage:
        """Raises `NotFound`, `Gated`, `RateLimited` or `Unavailable`."""

    @abstractmethod
    def address(self, repository: str, revision: str, name: str) -> str:
        """Where a file is fetched from."""

    def headers(self) -> dict[str, str]:
        """What a request carries."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


def _is_source(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, HubSource) and value is not HubSource


sources: Registry[type[HubSource]] = Registry(
    "model hub", "studio.engine.models.hubs", _is_source, lambda source: source.name
)
