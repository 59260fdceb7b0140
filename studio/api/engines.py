"""What runs models: which engines there are, and installing one."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response

from studio.api.envelope import body, described, engine_of, success
from studio.engine.params import Params, param
from studio.engine.text import Text

router = APIRouter(prefix="/api/v1/models/engines", tags=["models"])


class Install(Params):
    variant: Literal["cuda", "cpu"] | None = param(
        None, Text("Build", "版本"), help=Text("Empty chooses by whether there is a GPU.", "留空则按是否有 GPU 选择。")
    )


@router.get("")
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


@router.post("/{name}/install", status_code=202, openapi_extra=described(Install))
async def install(request: Request, name: str, given: Install = body(Install)) -> Response:
    """Begin to install an engine; the job tells how far it is (GET /api/v1/jobs)."""
    return success(await engine_of(request).engines.install(name, given.variant), 202)


@router.delete("/{name}")
async def remove(request: Request, name: str) -> Response:
    """Take an installed engine away."""
    await engine_of(request).engines.remove(name)
    return success({"name": name, "removed": True})
