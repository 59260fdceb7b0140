"""Health, metrics, the settings and the manual of the API itself."""

from __future__ import annotations

import html
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from studio import __version__
from studio.api.envelope import body, described, engine_of, success
from studio.engine.params import Params, param
from studio.engine.text import Text

router = APIRouter(tags=["system"])


class Changed(Params):
    key: str = param(..., Text("Setting", "设置"))
    value: Any = param(..., Text("Value", "值"))


@router.get("/health")
async def health(request: Request) -> Response:
    """Whether the studio answers, and its version. Needs no token."""
    return success({"status": "ok", "name": "ONE Data Studio", "version": __version__})


@router.get("/api/v1/status")
async def status(request: Request) -> Response:
    """Jobs, models and the computer's gauges."""
    return success(await engine_of(request).status())


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Prometheus text: what the status bar shows, as gauges."""
    found = await engine_of(request).status()
    statistics = engine_of(request).models.statistics()
    gauges = {
        "studio_jobs_running": found.jobs_running,
        "studio_runs_running": found.runs_running,
        "studio_models_loaded": found.models_loaded,
        "studio_problems": found.problems,
        "studio_process_resident_bytes": found.process_ram,
        "studio_tokens_generated_total": statistics.tokens,
        "studio_model_requests_total": statistics.requests,
    }
    lines = [
        f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}\n{name} {value}"
        for name, value in gauges.items()
    ]
    return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")


@router.get("/api/v1/jobs")
async def jobs(request: Request) -> Response:
    """Long work, newest first."""
    return success(await engine_of(request).jobs.list())


@router.post("/api/v1/jobs/{job_id}/cancel")
async def cancel(request: Request, job_id: str) -> Response:
    """End a running job."""
    await engine_of(request).jobs.cancel(job_id)
    return success({"id": job_id, "status": "cancelled"})


@router.post("/api/v1/sample", status_code=202)
async def sample(request: Request) -> Response:
    """Put the sample project in place."""
    job = await engine_of(request).sample.prepare()
    return success(job.state, 202)


@router.get("/api/v1/settings")
async def settings(request: Request) -> Response:
    """Every setting and its value."""
    found = engine_of(request).settings
    return success({group.name: found._values[group.name] for group in found.groups()})


@router.put("/api/v1/settings", openapi_extra=described(Changed))
async def change(request: Request, changed: Changed = body(Changed)) -> Response:
    """Change one setting, such as `{"key": "appearance.language", "value": "zh"}`."""
    await engine_of(request).settings.set(changed.key, changed.value)
    return success({"key": changed.key, "value": engine_of(request).settings.value(changed.key)})


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> Response:
    """The routes to read. Made here from OpenAPI, because the usual page loads its script from another site."""
    schema = request.app.openapi()
    rows = "".join(
        _row(method, path, entry) for path, methods in schema["paths"].items() for method, entry in methods.items()
    )
    page = (
        "<!doctype html><meta charset=utf-8><title>ONE Data Studio API</title><style>body{font:14px/1.5 Inter,system-ui,sans-serif;"
        "max-width:60em;margin:2em auto;padding:0 1em}code{font:12px JetBrains Mono,monospace}td{padding:4px 12px 4px 0;vertical-align:top}"
        "pre{margin:4px 0;white-space:pre-wrap}</style><h1>ONE Data Studio API</h1>"
        f"<p>Version {__version__}. The whole description is <a href=/openapi.json>/openapi.json</a>.</p><table>{rows}</table>"
    )
    return HTMLResponse(page)


def _row(method: str, path: str, entry: dict[str, Any]) -> str:
    words = html.escape(entry.get("description", entry.get("summary", "")))
    fields = (
        entry.get("requestBody", {})
        .get("content", {})
        .get("application/json", {})
        .get("schema", {})
        .get("properties", {})
    )
    names = ", ".join(f"<code>{html.escape(name)}</code>" for name in fields)
    return f"<tr><td><code>{method.upper()}</code><td><code>{html.escape(path)}</code><td>{words}{'<br>' + names if names else ''}</tr>"
