"""The contract of a backend: it starts workers that speak the OpenAI protocol, wherever they run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from studio.engine.models.model import LoadSettings, Model
from studio.engine.paths import Paths
from studio.engine.registry import Registry
from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.engine.egress import Egress
    from studio.engine.secrets import Secrets
    from studio.engine.settings import ModelSettings


@dataclass(frozen=True)
class Surroundings:
    """What the studio lends a backend."""

    paths: Paths
    settings: Callable[[], ModelSettings]
    secrets: Secrets
    egress: Egress


class Worker(ABC):
    """Something that answers OpenAI requests for one model: a child process, or a server elsewhere.

    `base_url` ends before `/v1`, `key` is its bearer token, `model` the name that it knows the model by; `backend` is what
    was chosen to start it, which is not always the model's own.
    """

    base_url: str
    key: str
    model: str
    backend: str = ""

    @property
    @abstractmethod
    def client(self) -> Any:
        """The `httpx.AsyncClient` that reaches it."""

    @property
    def pid(self) -> int | None:
        """The child's process id; None for a server elsewhere."""
        return None

    @property
    @abstractmethod
    def running(self) -> bool:
        """False once it is known to be gone."""

    @abstractmethod
    async def health(self) -> bool:
        """Whether it answers now; never raises."""

    @abstractmethod
    def log(self, lines: int = 200) -> list[str]:
        """The last lines it wrote; blocking, a short read of a file."""

    @abstractmethod
    async def wait(self) -> int | None:
        """Until it ends by itself; its exit code (negative is a signal). A remote worker never ends."""

    @abstractmethod
    async def stop(self) -> None:
        """End it; a child's memory is free when this returns, within 5 seconds."""

    def stream(self, route: str, body: dict[str, Any]) -> AbstractAsyncContextManager[Any]:
        """A request whose answer is read while the block runs: `status_code`, `is_success`, `aread()`, `aiter_raw()`. Raises
        `httpx.TransportError` or `wire.Broken` when the connection does not hold."""
        return self.client.stream("POST", self.base_url + route, json=body, headers=self.headers())  # type: ignore[no-any-return]

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}


class Backend(ABC):
    """One way to run models."""

    name: ClassVar[str]
    title: ClassVar[Text]

    def __init__(self, surroundings: Surroundings) -> None:
        self.surroundings = surroundings

    @abstractmethod
    def available(self) -> Text | None:
        """None when it can run here, else why not and what would change that. Quick; imports nothing heavy."""

    def version(self) -> str:
        """The version of what it runs, for people; empty when it has none."""
        return ""

    async def check(self) -> float | None:
        """Try whether it really runs here, in a child process: the seconds it took, or None where there is nothing to try.
        Raises `WorkerFailed` with its words when it does not."""
        return None

    @abstractmethod
    def suits(self, model: Model) -> bool:
        """Whether it can run this model."""

    @abstractmethod
    async def start(self, model: Model, settings: LoadSettings) -> Worker:
        """A worker that answers. Raises `Unavailable`, `WorkerFailed` or `Invalid` that name the model and the way out."""


def _is_backend(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Backend) and value is not Backend


backends: Registry[type[Backend]] = Registry(
    "model backend", "studio.engine.models.backends", _is_backend, lambda backend: backend.name
)
