"""The contract of a kind of cluster, and the kinds there are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from studio.engine.errors import BadToken, Unavailable
from studio.engine.registry import Registry
from studio.engine.text import Text

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True)
class Seen:
    """What a cluster said of itself. `facts` are short lines for people; empty where it said nothing."""

    version: str = ""
    facts: list[Text] = field(default_factory=list)


class ClusterKind(ABC):
    """How one kind of server is asked whether it is well."""

    name: ClassVar[str]
    title: ClassVar[Text]
    example: ClassVar[str]

    @abstractmethod
    async def look(self, client: httpx.AsyncClient, url: str) -> Seen:
        """Ask once. Raises `BadToken` when it wants another key, `Unavailable` when it answers something else than it should."""


async def answer(client: httpx.AsyncClient, url: str) -> httpx.Response:
    """GET that turns what a server may refuse into our errors."""
    response = await client.get(url)
    if response.status_code in (401, 403):
        raise BadToken(
            Text("It asks for a key, or refused the one it has.", "需要密钥，或密钥被拒绝。"),
            Text("Remove it and add it again with its key.", "请移除后带上密钥重新添加。"),
        )
    if response.status_code >= 400:
        raise Unavailable(
            Text(f"It answered {response.status_code} at {url}.", f"访问 {url} 返回 {response.status_code}。"),
            Text("Check the address and the kind.", "请检查地址和类型。"),
        )
    return response


def not_what_it_should_be(url: str) -> Unavailable:
    return Unavailable(
        Text(f"Something else than expected answers at {url}.", f"{url} 的应答与预期不符。"),
        Text("Check the address and the kind.", "请检查地址和类型。"),
    )


def _is_kind(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, ClusterKind) and value is not ClusterKind


kinds: Registry[type[ClusterKind]] = Registry(
    "cluster kind", "studio.engine.clusters.kinds", _is_kind, lambda kind: kind.name
)
