"""A hub on loopback that speaks as Hugging Face does: search, model pages, files with ranges and redirects."""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE = 10_000  # bytes from which a file is kept in LFS, as hubs do
CHUNK = 65_536


@dataclass
class Repository:
    """Files by name. `announced` overrides the checksum that is told of a file."""

    files: dict[str, bytes]
    licence: str = "apache-2.0"
    gated: bool = False
    downloads: int = 1
    announced: dict[str, str] = field(default_factory=dict)

    def sibling(self, name: str) -> dict[str, Any]:
        content = self.files[name]
        blob = hashlib.sha1(f"blob {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()
        if len(content) < LARGE:
            return {"rfilename": name, "size": len(content), "blobId": self.announced.get(name, blob)}
        sha256 = self.announced.get(name) or hashlib.sha256(content).hexdigest()
        large = {"sha256": sha256, "size": len(content), "pointerSize": 130}
        return {"rfilename": name, "size": len(content), "blobId": blob, "lfs": large}


class HubServer:
    """`repositories` are what it holds; the rest are its moods. `file_path` stands in the path of every file."""

    file_path = "/resolve/"

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.bytes_per_second: float | None = None
        self.hold_at: int | None = None  # bytes of an answer after which it stands still, until this is None again
        self.break_after: list[int] = []  # for each coming request of a file: bytes after which the connection breaks
        self.refuse: list[tuple[int, dict[str, str]]] = []  # answers to the coming requests
        self.redirect_to = ""
        self.ignore_ranges = False
        self.token = ""
        self.asked: list[tuple[str, str, dict[str, str]]] = []  # method, path, headers
        self.url = ""

    def ranges(self) -> list[str]:
        """What was asked for of files, in order; "" for a whole one."""
        return [headers.get("range", "") for _, path, headers in self.asked if self.file_path in path]

    def add(self, name: str, files: dict[str, bytes], **more: Any) -> Repository:
        self.repositories[name] = Repository(files, **more)
        return self.repositories[name]

    def application(self) -> FastAPI:
        app = FastAPI()

        @app.middleware("http")
        async def note(request: Request, go_on: Any) -> Response:
            self.asked.append((request.method, request.url.path, dict(request.headers)))
            if self.refuse:
                status, headers = self.refuse.pop(0)
                return JSONResponse({"error": "refused"}, status, headers)
            answer: Response = await go_on(request)
            return answer

        self.add_routes(app)
        return app

    def add_routes(self, app: FastAPI) -> None:
        @app.get("/api/models")
        async def search(search: str = "", filter: str = "", limit: int = 100) -> list[dict[str, Any]]:
            named = {name: one for name, one in self.repositories.items() if search.lower() in name.lower()}
            ranked = sorted(named, key=lambda name: -named[name].downloads)
            found = [self._card(name) for name in ranked if not filter or filter in self._card(name)["tags"]]
            return found[:limit]

        @app.get("/api/models/{owner}/{name}")
        @app.get("/api/models/{owner}/{name}/revision/{revision}")
        async def page(request: Request, owner: str, name: str, revision: str = "main") -> Response:
            one = self.repositories.get(f"{owner}/{name}")
            if one is None:
                return JSONResponse({"error": "not found"}, 404, {"X-Error-Code": "RepoNotFound"})
            card = self._card(f"{owner}/{name}")
            return JSONResponse({**card, "siblings": [one.sibling(file) for file in one.files]})

        @app.api_route("/{owner}/{name}/resolve/{revision}/{file:path}", methods=["GET", "HEAD"])
        async def resolve(request: Request, owner: str, name: str, revision: str, file: str) -> Response:
            one = self.repositories.get(f"{owner}/{name}")
            if one is None or file not in one.files:
                return JSONResponse({"error": "not found"}, 404, {"X-Error-Code": "EntryNotFound"})
            if one.gated and request.headers.get("authorization") != f"Bearer {self.token}":
                return JSONResponse({"error": "gated"}, 401, {"X-Error-Code": "GatedRepo"})
            if self.redirect_to:
                return RedirectResponse(f"{self.redirect_to}/cdn/{owner}/{name}/{file}", 302)
            return self.file(request, one, file)

        @app.get("/cdn/{owner}/{name}/{file:path}")
        async def cdn(request: Request, owner: str, name: str, file: str) -> Response:
            return self.file(request, self.repositories[f"{owner}/{name}"], file)

    def _card(self, name: str) -> dict[str, Any]:
        one = self.repositories[name]
        gguf = any(file.endswith(".gguf") for file in one.files)
        return {
            "id": name, "modelId": name, "sha": COMMIT, "downloads": one.downloads, "likes": 3, "private": False,
            "gated": "manual" if one.gated else False, "pipeline_tag": "text-generation",
            "lastModified": "2026-05-01T10:00:00.000Z", "cardData": {"license": one.licence},
            "tags": [f"license:{one.licence}", *(["gguf"] if gguf else [])],
        }  # fmt: skip

    def file(self, request: Request, one: Repository, name: str) -> Response:
        content = one.files[name]
        start, status = 0, 200
        asked = request.headers.get("range", "")
        if asked and not self.ignore_ranges:
            start, status = int(asked.removeprefix("bytes=").partition("-")[0]), 206
        headers = {
            "ETag": f'"{hashlib.sha256(content).hexdigest()}"',
            "X-Linked-Size": str(len(content)),
            "Accept-Ranges": "bytes",
        }
        headers["Content-Length"] = str(len(content) - start)
        if status == 206:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        until = self.break_after.pop(0) if self.break_after and request.method == "GET" else None
        return StreamingResponse(self._pieces(content[start:], until), status, headers, "application/octet-stream")

    async def _pieces(self, content: bytes, until: int | None) -> AsyncIterator[bytes]:
        begun = time.monotonic()
        for at in range(0, len(content), CHUNK):
            if until is not None and at >= until:
                raise ConnectionAbortedError
            while self.hold_at is not None and at >= self.hold_at:
                await asyncio.sleep(0.01)
            yield content[at : at + CHUNK]
            if self.bytes_per_second:
                await asyncio.sleep(max(0.0, begun + (at + CHUNK) / self.bytes_per_second - time.monotonic()))


@contextmanager
def serving(hub: HubServer | None = None) -> Iterator[HubServer]:
    """Runs on a free port of loopback for as long as the block."""
    hub = hub or HubServer()
    config = uvicorn.Config(
        hub.application(), host="127.0.0.1", port=0, log_level="critical", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    hub.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield hub
    finally:
        hub.hold_at = None
        server.should_exit = True
        thread.join(10)
