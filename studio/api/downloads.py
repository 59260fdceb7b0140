"""Getting models: the hub, downloads, and what other programs keep on this computer."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from studio.api.envelope import body, described, engine_of, success
from studio.api.events import following_of, server_sent
from studio.engine.engine import Engine
from studio.engine.errors import NotFound
from studio.engine.models.download import Download, DownloadChanged
from studio.engine.params import FolderRef, Params, SecretText, param
from studio.engine.text import Text

router = APIRouter(prefix="/api/v1/models", tags=["models"])


class NewDownload(Params):
    repository: str = param(..., Text("Model on the hub", "模型库中的模型"), min_length=1)
    quantization: str = param(
        "",
        Text("Quantization, or the name of a file", "量化版本或文件名"),
        help=Text("Empty takes the most usual one.", "留空则使用最常用的版本。"),
    )
    revision: str | None = param(None, Text("Revision", "版本"))


class HubToken(Params):
    token: SecretText = param("", Text("Access token", "访问令牌"), help=Text("Empty forgets it.", "留空则删除。"))


class Discovered(Params):
    paths: list[str] = param(..., Text("Paths as they were found", "已发现的路径"), min_length=1)


class Trusted(Params):
    path: FolderRef = param(..., Text("Model folder", "模型文件夹"))
    digest: str = param("", Text("Digest that was shown", "所显示的摘要"))


@router.get("/hub")
async def search_hub(request: Request, q: str = "", gguf: bool = True, limit: int = 30) -> Response:
    """Models on the hub of the settings, the most downloaded first."""
    return success(await engine_of(request).hub.search(q, gguf=gguf, limit=max(1, min(limit, 100))))


@router.put("/hub/token", openapi_extra=described(HubToken))
async def set_token(request: Request, given: HubToken = body(HubToken)) -> Response:
    """Keep the access token of the hub with the secrets."""
    await engine_of(request).hub.set_token(given.token)
    return success({"hub": engine_of(request).hub.endpoint, "token": bool(given.token.strip())})


@router.get("/hub/{repository:path}")
async def hub_page(request: Request, repository: str, revision: str | None = None) -> Response:
    """What can be downloaded of a model, by quantization, with its sizes and whether each fits this computer."""
    engine = engine_of(request)
    page = await engine.hub.page(repository, revision)
    computer = await engine.models.hardware()
    shown = page.model_dump(mode="json")
    shown["choices"] = [
        {
            **one.model_dump(mode="json", exclude={"fit"}),
            "size_bytes": one.size_bytes,
            "fit": engine.models.fit_of_size(one.size_bytes, computer),
        }
        for one in page.choices
    ]
    return success(shown)


@router.get("/found")
async def found(request: Request) -> Response:
    """What other programs keep on this computer: Hugging Face, LM Studio, Ollama, GPT4All and Jan. Only reads."""
    return success(await engine_of(request).models.discover())


@router.post("/found", status_code=201, openapi_extra=described(Discovered))
async def add_found(request: Request, given: Discovered = body(Discovered)) -> Response:
    """Add what was found, from where it lies."""
    return success(await engine_of(request).models.add_discovered(given.paths), 201)


@router.post("/trust", openapi_extra=described(Trusted))
async def trust(request: Request, given: Trusted = body(Trusted)) -> Response:
    """Trust the code in a model folder, as its content is now."""
    return success({"path": given.path, "digest": await engine_of(request).models.trust(given.path, given.digest)})


@router.get("/downloads")
async def list_downloads(request: Request) -> Response:
    """Every download, the newest first."""
    return success([_shown(one) for one in await engine_of(request).downloads.list()])


@router.post("/downloads", status_code=202, openapi_extra=described(NewDownload))
async def start(request: Request, given: NewDownload = body(NewDownload)) -> Response:
    """Begin to download; the answer comes at once, the progress as events."""
    begun = await engine_of(request).downloads.start(given.repository, given.quantization, given.revision)
    return success(_shown(begun), 202)


@router.get("/downloads/events")
async def download_events(request: Request) -> StreamingResponse:
    """Server-sent events "download": first each one that has not ended, then every change."""
    return server_sent(following_of(request).until_closed(_changes(engine_of(request))))


@router.get("/downloads/{download_id}")
async def get(request: Request, download_id: str) -> Response:
    """One download as it is now."""
    return success(_shown(await engine_of(request).downloads.get(download_id)))


@router.post("/downloads/{download_id}/{wanted}")
async def change(request: Request, download_id: str, wanted: str) -> Response:
    """`pause`, `resume` or `cancel`."""
    downloads = engine_of(request).downloads
    steps = {"pause": downloads.pause, "resume": downloads.resume, "cancel": downloads.cancel}
    if wanted not in steps:
        raise NotFound(Text(f"A download has no “{wanted}”.", f"下载任务不支持“{wanted}”。"))
    return success(_shown(await steps[wanted](download_id)))


@router.delete("/downloads/{download_id}")
async def forget(request: Request, download_id: str) -> Response:
    """Take it off the list; one that has not ended is cancelled."""
    await engine_of(request).downloads.forget(download_id)
    return success({"id": download_id, "deleted": True})


async def _changes(engine: Engine) -> AsyncGenerator[tuple[str, Any, int | None], None]:
    with engine.events.queue(DownloadChanged) as changed:
        for one in await engine.downloads.list():
            if one.active:
                yield "download", _shown(one), None
        while True:
            yield "download", _shown((await changed.get()).download), None


def _shown(one: Download) -> dict[str, Any]:
    return {**one.model_dump(mode="json"), "size_bytes": one.size_bytes, "seconds_left": one.seconds_left}
