"""ModelScope in its own words: the open API for searching and a model's card, the hub's API for its files.

As its SDK asks it: https://github.com/modelscope/modelscope/blob/master/modelscope/hub/api.py
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from studio.engine.egress import place
from studio.engine.errors import NotFound, Unavailable
from studio.engine.models.choices import HubFile, choices_of
from studio.engine.models.hub_client import PURPOSE, SECONDS, refusal, unreachable
from studio.engine.models.hub_source import HubModel, HubPage, HubSource
from studio.engine.text import Text

BRANCH = "master"
MOST = 50  # lines that a page of the open API has


class ModelScope(HubSource):
    """A person's token goes as a bearer to the open API and as the session of the other, as the SDK sends it."""

    name: ClassVar[str] = "modelscope"
    title: ClassVar[Text] = Text("ModelScope", "魔搭 ModelScope")

    @classmethod
    def knows(cls, host: str) -> bool:
        return host.removeprefix("www.") in ("modelscope.cn", "modelscope.ai")

    async def search(self, words: str, *, gguf: bool, limit: int) -> Sequence[HubModel]:
        """The open API has no filter by format: “gguf” goes along as a word, and what does not hold it is left out."""
        wanted = words.strip()
        if gguf and "gguf" not in wanted.lower():
            wanted = f"{wanted} gguf".strip()
        query = {"search": wanted, "sort": "downloads", "page_number": 1, "page_size": min(limit, MOST)}
        found = await self._ask(words, "/openapi/v1/models", query)
        lines = [_line(one) for one in _list(found, "models")]
        return [one for one in lines if one.gguf or not gguf]

    async def page(self, repository: str, revision: str | None) -> HubPage:
        if repository.count("/") != 1:
            raise NotFound(
                Text(f"“{repository}” is no name of a model on a hub.", f"“{repository}”不是模型库中的有效名称。"),
                Text("Write it as publisher/model.", "请写成“发布者/模型”。"),
            )
        wanted, name = revision or BRANCH, quote(repository)
        card = await self._ask(repository, f"/openapi/v1/models/{name}")
        files = await self._ask(
            repository, f"/api/v1/models/{name}/repo/files", {"Revision": wanted, "Recursive": "true"}
        )
        return HubPage(
            id=str(card.get("id") or repository),
            hub=self.endpoint,
            dialect=self.name,
            url=f"{self.endpoint}/models/{repository}",
            revision=wanted,
            licence=str(card.get("license") or ""),
            gated=bool(card.get("gated")),
            choices=choices_of([_file(one) for one in _list(files, "Files") if one.get("Type") != "tree"]),
        )

    def address(self, repository: str, revision: str, name: str) -> str:
        query = urlencode({"Revision": revision, "FilePath": name})
        return f"{self.endpoint}/api/v1/models/{quote(repository)}/repo?{query}"

    def headers(self) -> dict[str, str]:
        return {**super().headers(), "Cookie": f"m_session_id={self.token}"} if self.token else {}

    async def _ask(self, thing: str, path: str, query: dict[str, Any] | None = None) -> dict[str, Any]:
        """The data of an answer. Its two APIs write their envelope in lower and in upper case."""
        import httpx

        host = place(self.endpoint)[0]
        try:
            async with self.egress.client(purpose=PURPOSE, timeout=SECONDS) as client:
                answer = await client.get(
                    self.endpoint + path, params=query, headers=self.headers(), follow_redirects=True
                )
        except httpx.HTTPError as error:
            raise unreachable(host, error) from error
        if not answer.is_success:
            raise refusal(answer.status_code, dict(answer.headers), host, thing)
        content: Any = None
        with suppress(ValueError):
            content = answer.json()
        if not isinstance(content, dict) or not ({"success", "Success"} & content.keys()):
            raise _odd(host, answer.text)
        told = {name.lower(): value for name, value in content.items()}
        if not told["success"]:  # a model that is not there comes with status 200, too
            raise refusal(404, {}, host, thing)
        return told["data"] if isinstance(told.get("data"), dict) else {}


def _odd(host: str, content: str) -> Unavailable:
    return Unavailable(
        Text(f"{host} does not answer as ModelScope does.", f"{host} 的响应不符合 ModelScope 的格式。"),
        Text("Check the address under Settings › Models.", "请在“设置 › 模型”中检查地址。"),
        details=content[:300],
    )


def _list(content: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = content.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _line(found: dict[str, Any]) -> HubModel:
    tags = [str(tag).lower() for tag in found.get("tags") or []]
    tasks = found.get("tasks") or []
    name = str(found.get("id") or "")
    return HubModel(
        id=name,
        downloads=int(found.get("downloads") or 0),
        likes=int(found.get("likes") or 0),
        updated_at=_moment(found.get("last_modified")),
        licence=str(found.get("license") or ""),
        kind=str(tasks[0]) if tasks else "",
        gated=bool(found.get("gated")),
        gguf="gguf" in name.lower() or any("gguf" in tag for tag in tags),
    )


def _moment(value: Any) -> float | None:
    if isinstance(value, int | float):
        return float(value)
    with suppress(ValueError, TypeError):
        return datetime.fromisoformat(value).timestamp()
    return None


def _file(entry: dict[str, Any]) -> HubFile:
    return HubFile(
        name=str(entry.get("Path") or ""),
        size=int(entry.get("Size") or 0),
        sha256=str(entry.get("Sha256") or "").lower(),
    )
