"""Models of a server elsewhere that speaks the OpenAI protocol, reached through the studio's one door."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, ClassVar

from studio.engine.egress import Egress
from studio.engine.errors import StudioError, Unavailable
from studio.engine.models.backend import Backend, Worker
from studio.engine.models.model import LoadSettings, Model
from studio.engine.text import Text

if TYPE_CHECKING:
    import httpx

PURPOSE = "models"
SECONDS = 600  # silence that is believed while a server thinks
LINES = 200


class RemoteWorker(Worker):
    """A server elsewhere. Nothing is started and nothing ends with it."""

    def __init__(self, url: str, key: str, model: str, client: httpx.AsyncClient, closing: AsyncExitStack) -> None:
        self.base_url = url
        self.key = key
        self.model = model
        self._client = client
        self._closing = closing
        self._open = True

    @property
    def client(self) -> httpx.AsyncClient:
        return self._client

    @property
    def running(self) -> bool:
        return self._open

    async def health(self) -> bool:
        if not self._open:
            return False
        try:
            await list_models(self._client, self.base_url, self.key)
        except StudioError:
            return False
        return True

    def log(self, lines: int = LINES) -> list[str]:
        return [f"{self.model} at {self.base_url}"]

    async def wait(self) -> int | None:
        await asyncio.Event().wait()
        return None

    async def stop(self) -> None:
        self._open = False
        await self._closing.aclose()


class OpenAiApi(Backend):
    """Asks a remote server. The key lies in the keychain under `secret_name(model.id)`."""

    name: ClassVar[str] = "openai_api"
    title: ClassVar[Text] = Text("Remote server", "远程服务器")

    def available(self) -> Text | None:
        return None

    def suits(self, model: Model) -> bool:
        return model.remote

    async def start(self, model: Model, settings: LoadSettings) -> RemoteWorker:
        surroundings = self.surroundings
        surroundings.egress.grant(model.location)
        key = await asyncio.to_thread(surroundings.secrets.get, secret_name(model.id)) or ""
        stack = AsyncExitStack()
        client = await stack.enter_async_context(surroundings.egress.client(purpose=PURPOSE, timeout=SECONDS))
        return RemoteWorker(model.location, key, model.remote_name or model.name, client, stack)


def secret_name(model_id: str) -> str:
    return f"models.{model_id}.key"


def server_url(url: str) -> str:
    """The base URL as a person may write it, without the `/v1` and slashes at its end."""
    return url.strip().rstrip("/").removesuffix("/v1").rstrip("/")


async def remote_models(egress: Egress, url: str, key: str) -> dict[str, str]:
    """The names that a server offers, with the kind where it tells one (as a studio does). The address must be granted; raises `Unavailable` when it does not answer or refuses."""
    async with egress.client(purpose=PURPOSE, timeout=20) as client:
        return await list_models(client, server_url(url), key)


async def list_models(client: httpx.AsyncClient, url: str, key: str) -> dict[str, str]:
    import httpx

    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        response = await client.get(f"{url}/v1/models", headers=headers, timeout=20)
        answer: Any = response.json() if response.is_success else {}
        names = {str(entry["id"]): str(entry.get("kind", "")) for entry in answer.get("data", [])}
    except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unavailable(
            Text(f"{url} does not answer as a model server.", f"{url} 没有作为模型服务器作出响应。"),
            Text("Check the address; it usually ends in /v1.", "请检查地址，通常以 /v1 结尾。"),
            details=f"{type(error).__name__}: {error}",
        ) from error
    if response.status_code in (401, 403):
        raise Unavailable(
            Text(f"{url} refused the key.", f"{url} 拒绝了密钥。"), Text("Enter the right key.", "请填写正确的密钥。")
        )
    if not response.is_success:
        raise Unavailable(
            Text(f"{url} answered with HTTP {response.status_code}.", f"{url} 返回 HTTP {response.status_code}。")
        )
    return names
