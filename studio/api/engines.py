"""What runs models and how fast: engines, installing one, measuring a model."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response

from studio.api.envelope import body, described, engine_of, success
from studio.engine.models.model import LoadSettings
from studio.engine.params import Params, param
from studio.engine.text import Text

router = APIRouter(prefix="/api/v1/models", tags=["models"])


class Install(Params):
    variant: Literal["cuda", "cpu"] | None = param(
        None, Text("Build", "版本"), help=Text("Empty chooses by whether there is a GPU.", "留空则按是否有 GPU 选择。")
    )


@router.get("/engines")
async def engines(request: Request) -> Response:
    """Every engine with its version, and why one is not available."""
    found = engine_of(request).models.engines()
    return success(
        [
            {
                "name": one.name,
                "title": one.title,
                "version": one.version(),
                "available": not one.available(),
                "why": one.available(),
            }
            for one in found
        ]
    )


@router.post("/engines/{name}/install", status_code=202, openapi_extra=described(Install))
async def install(request: Request, name: str, given: Install = body(Install)) -> Response:
    """Begin to install an engine; the job tells how far it is (GET /api/v1/jobs)."""
    return success(await engine_of(request).engines.install(name, given.variant), 202)


@router.delete("/engines/{name}")
async def remove(request: Request, name: str) -> Response:
    """Take an installed engine away."""
    await engine_of(request).engines.remove(name)
    return success({"name": name, "removed": True})


class Measure(Params):
    settings: LoadSettings | None = param(
        None,
        Text("Load settings", "加载设置"),
        help=Text("Empty measures it as it is loaded.", "留空则按当前加载设置测速。"),
    )
    wait: bool = param(
        True, Text("Answer when it is done", "完成后再返回"), help=Text("Else it is a job.", "否则作为任务在后台进行。")
    )


@router.post("/{model_id}/bench", openapi_extra=described(Measure))
async def measure(request: Request, model_id: str, given: Measure = body(Measure)) -> Response:
    """Measure a model: first token, prompt and decoding speed, 1, 2, 4 and 8 at once, peak memory; about half a minute
    for a small model."""
    benches = engine_of(request).benches
    if given.wait:
        return success(await benches.run(model_id, given.settings))
    return success(await benches.start(model_id, given.settings), 202)


@router.get("/{model_id}/bench")
async def measured(request: Request, model_id: str) -> Response:
    """What was measured of a model, by load settings and computer, the newest first."""
    return success(await engine_of(request).benches.of(model_id))
