"""A hub on loopback that speaks as ModelScope does: its open API, its files API, and downloads with ranges."""

from __future__ import annotations

import hashlib
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from tests.models.hub_server import HubServer


class ModelScopeServer(HubServer):
    """Written after ModelScope's SDK and its published API; the real one was not reached."""

    file_path = "/repo"

    def add_routes(self, app: FastAPI) -> None:
        @app.get("/openapi/v1/models")
        async def search(search: str = "", sort: str = "", page_number: int = 1, page_size: int = 10) -> dict[str, Any]:
            words = search.lower().split()
            named = [name for name in self.repositories if all(word in name.lower() for word in words)]
            if sort == "downloads":
                named.sort(key=lambda name: -self.repositories[name].downloads)
            first = (page_number - 1) * page_size
            found = [self._shown(name) for name in named[first : first + page_size]]
            return {"success": True, "request_id": "1", "data": {"models": found, "total_count": len(named)}}

        @app.get("/openapi/v1/models/{owner}/{name}")
        async def card(owner: str, name: str) -> Response:
            if f"{owner}/{name}" not in self.repositories:
                return JSONResponse({"success": False, "message": "record not found"}, 404)
            return JSONResponse({"success": True, "data": self._shown(f"{owner}/{name}")})

        @app.get("/api/v1/models/{owner}/{name}/repo/files")
        async def files(owner: str, name: str, Revision: str = "master", Recursive: str = "false") -> dict[str, Any]:
            if Revision != "master":
                return {"Code": 10010205001, "Success": False, "Message": f"no revision {Revision}", "Data": None}
            one = self.repositories[f"{owner}/{name}"]
            listed = [{"Name": "docs", "Path": "docs", "Type": "tree", "Size": 0, "Sha256": ""}] + [
                {
                    "Name": file.rpartition("/")[2], "Path": file, "Type": "blob", "Size": len(content), "IsLFS": True,
                    "Sha256": one.announced.get(file) or hashlib.sha256(content).hexdigest(), "Revision": "abc",
                }
                for file, content in one.files.items()
                if Recursive == "true" or "/" not in file
            ]  # fmt: skip
            return {"Code": 200, "Success": True, "Message": "success", "Data": {"Files": listed}}

        @app.get("/api/v1/models/{owner}/{name}/repo")
        async def fetch(request: Request, owner: str, name: str, FilePath: str, Revision: str = "master") -> Response:
            one = self.repositories.get(f"{owner}/{name}")
            if one is None or FilePath not in one.files:
                return JSONResponse({"Code": 10010205001, "Success": False}, 404)
            if one.gated and request.cookies.get("m_session_id") != self.token:
                return JSONResponse({"Code": 10990101007, "Success": False}, 403)
            return self.file(request, one, FilePath)

    def _shown(self, name: str) -> dict[str, Any]:
        one = self.repositories[name]
        return {
            "id": name, "display_name": name.rpartition("/")[2], "downloads": one.downloads, "likes": 3,
            "license": one.licence, "tasks": ["text-generation"], "tags": [], "gated": one.gated,
            "last_modified": "2026-05-01T10:00:00Z",
        }  # fmt: skip
