"""The library of models: list, add, load, unload, aliases."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from studio.api.envelope import Page, PageSize, body, described, engine_of, json_of, paged, success
from studio.engine.models.model import Kind, LoadSettings
from studio.engine.models.prices import Prices
from studio.engine.params import FileRef, Params, SecretText, check, param
from studio.engine.text import Text

router = APIRouter(prefix="/api/v1", tags=["models"])


class NewModel(Params):
    path: FileRef | None = param(None, Text("File or folder", "文件或文件夹"))
    url: str | None = param(None, Text("Address of a server", "服务地址"))
    name: str = param("", Text("Name", "名称"))
    key: SecretText = param("", Text("Key", "密钥"))
    model: str = param("", Text("Model on that server", "该服务上的模型"))


class Alias(Params):
    alias: str = param(..., Text("Alias", "别名"), min_length=1)
    target: str | None = param(None, Text("Model", "模型"), help=Text("Empty removes the alias.", "留空则删除别名。"))


@router.get("/models")
async def list_models(
    request: Request, kind: Kind | None = None, page: Page = 1, page_size: PageSize = 100
) -> Response:
    """Every model the studio knows, with its state."""
    return paged(list(await engine_of(request).models.list(kind)), page, page_size)


@router.post("/models", status_code=201, openapi_extra=described(NewModel))
async def add(request: Request, given: NewModel = body(NewModel)) -> Response:
    """Add a model file or folder by path, or a model of an OpenAI-compatible server by its address."""
    models = engine_of(request).models
    if given.url:
        return success(await models.add_remote(given.name, given.url, given.key, given.model), 201)
    return success(await models.add(given.path or ""), 201)


@router.get("/models/aliases")
async def aliases(request: Request) -> Response:
    """Names that stand for models."""
    return success(await engine_of(request).models.aliases())


@router.put("/models/aliases", openapi_extra=described(Alias))
async def set_alias(request: Request, given: Alias = body(Alias)) -> Response:
    """Point an alias at a model, or remove it."""
    models = engine_of(request).models
    await models.set_alias(given.alias, given.target)
    return success(await models.aliases())


@router.get("/models/hardware")
async def hardware(request: Request) -> Response:
    """This computer, which engine it will use and why, and models that suit it."""
    models = engine_of(request).models
    return success({"hardware": await models.hardware(), "recommended": await models.recommend()})


@router.get("/models/requests")
async def requests(request: Request, limit: Annotated[int, Query(ge=1)] = 100) -> Response:
    """The last requests to the OpenAI-shaped routes, the newest first; status 0 runs still, 499 left before its answer."""
    return success(engine_of(request).models.requests.last(limit))


@router.get("/models/loaded")
async def loaded(request: Request) -> Response:
    """What is in memory now: its settings in force, the memory of its worker, and what was estimated."""
    models = engine_of(request).models
    memory = await models.memory()
    shown = []
    for model in await models.list():
        settings = models.settings_in_force(model.id)
        if settings is not None:
            estimated = next((other.bytes for other in models.residents() if other.id == model.id), None)
            shown.append(
                {
                    **model.model_dump(mode="json", include={"id", "name", "kind", "backend", "state", "location"}),
                    **settings.model_dump(mode="json"),
                    "memory_bytes": memory.get(model.id),
                    "estimated_bytes": estimated,
                }
            )
    return success(shown)


@router.get("/models/{model_id}")
async def get(request: Request, model_id: str) -> Response:
    """One model by id, name or alias."""
    return success(await engine_of(request).models.get(model_id))


@router.delete("/models/{model_id}")
async def remove(request: Request, model_id: str, file: bool = False) -> Response:
    """Take a model out of the library; its file stays. `file=true` puts one that the studio downloaded into the trash."""
    models = engine_of(request).models
    await models.remove((await models.get(model_id)).id, file=file)
    return success({"id": model_id, "deleted": True, "file": file})


@router.post("/models/{model_id}/load")
async def load(request: Request, model_id: str) -> Response:
    """Load a model; answers when it is ready. The body may hold load settings, which are kept, and `force`. What cannot
    fit is a 409 with the numbers and what could be unloaded."""
    models = engine_of(request).models
    model = await models.get(model_id)
    wanted = await json_of(request)
    force = wanted.pop("force", False) is True
    settings = check(LoadSettings, {**model.load_settings.model_dump(), **wanted}) if wanted else None
    return success(await models.load(model.id, settings, force=force))


@router.get("/models/{model_id}/fit")
async def fit(request: Request, model_id: str) -> Response:
    """The memory it would take with its settings, or those in the query, beside what is loaded now."""
    models = engine_of(request).models
    model = await models.get(model_id)
    wanted = {**model.load_settings.model_dump(), **dict(request.query_params)}
    settings = check(LoadSettings, wanted)
    found = models.fit(model, await models.hardware(), settings)
    return success({**found.model_dump(mode="json"), "needed": found.needed, "fits": found.fits})


@router.post("/models/{model_id}/unload")
async def unload(request: Request, model_id: str) -> Response:
    """Free a model's memory."""
    models = engine_of(request).models
    await models.unload((await models.get(model_id)).id)
    return success(await models.get(model_id))


@router.put("/models/{model_id}/star")
async def star(request: Request, model_id: str, on: bool = True) -> Response:
    """Starred models stand first; `on=false` takes the star away."""
    return success(await engine_of(request).models.star(model_id, on))


@router.put("/models/{model_id}/prices", openapi_extra=described(Prices))
async def prices(request: Request, model_id: str, given: Prices = body(Prices)) -> Response:
    """What its tokens cost: runs show their cost by it."""
    return success(await engine_of(request).models.set_prices(model_id, given))


@router.delete("/models/{model_id}/prices")
async def forget_prices(request: Request, model_id: str) -> Response:
    """Nobody knows any more what its tokens cost."""
    return success(await engine_of(request).models.set_prices(model_id, None))


@router.get("/models/{model_id}/uses")
async def uses(request: Request, model_id: str) -> Response:
    """Collections, workflows, conversations and names that use a model."""
    return success(await engine_of(request).model_uses.of(model_id))


@router.get("/models/{model_id}/log")
async def log(request: Request, model_id: str) -> Response:
    """The last lines its worker wrote."""
    models = engine_of(request).models
    return success(models.log((await models.get(model_id)).id))


@router.get("/stats")
async def statistics(request: Request) -> Response:
    """Tokens and requests since the start."""
    return success(vars(engine_of(request).models.statistics()))
