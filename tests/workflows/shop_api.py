"""A real web service that describes itself with OpenAPI, and wants a key."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Annotated, Any

import uvicorn
from fastapi import Cookie, Depends, FastAPI, File, Form, Header, HTTPException, Query, UploadFile
from pydantic import BaseModel

KEY = "shop-key-2f9c77d1"


class Part(BaseModel):
    name: str
    parts: list[Part] = []


class Order(BaseModel):
    sku: str
    amount: int
    part: Part | None = None


def application(there: SimpleNamespace) -> FastAPI:
    def signed_in(authorization: Annotated[str, Header()] = "") -> None:
        if authorization != f"Bearer {KEY}":
            raise HTTPException(401, "no key")

    app = FastAPI(title="Shop", dependencies=[Depends(signed_in)])

    @app.get("/items/{item_id}", operation_id="getItem", summary="One item")
    def get_item(item_id: str, tags: Annotated[list[str], Query()] = [], lang: Annotated[str, Header()] = "en") -> Any:  # noqa: B006
        return {"id": item_id, "tags": tags, "lang": lang}

    @app.post("/orders", operation_id="addOrder", description="Orders something.")
    def add_order(order: Order) -> Any:
        there.orders.append(order.model_dump())
        return {"number": len(there.orders)}

    @app.delete("/orders/{number}", operation_id="dropOrder")
    def drop_order(number: int) -> Any:
        raise HTTPException(409, f"{number} is on its way")

    @app.post("/scans", operation_id="scan")
    async def scan(
        file: Annotated[UploadFile, File(description="The page.")],
        title: Annotated[str, Form()],
        part: Annotated[Part | None, Form()] = None,
        copies: Annotated[list[int], Form()] = [],  # noqa: B006
        more: Annotated[list[UploadFile] | None, File()] = None,
    ) -> Any:
        files = [file, *(more or [])]
        read = [(one.filename, one.content_type, (await one.read()).decode()) for one in files]
        return {"files": read, "title": title, "copies": copies}

    @app.post("/sessions", operation_id="signIn")
    def sign_in(
        user: Annotated[str, Form()], word: Annotated[str, Form()], keep: Annotated[bool, Form()] = False
    ) -> Any:
        return {"user": user, "word": word, "keep": keep}

    @app.get("/basket", operation_id="basket")
    def basket(session: Annotated[str, Cookie()], theme: Annotated[str, Cookie()] = "") -> Any:
        return {"session": session, "theme": theme}

    @app.put(
        "/photos/{number}",
        operation_id="photo",
        openapi_extra={"requestBody": {"required": True, "content": {"image/png": {}}}},
    )
    def photo(number: int) -> Any:
        return {}

    return app


@contextmanager
def shop() -> Iterator[Any]:
    """`address` is where it is; `orders` are those that were made."""
    there = SimpleNamespace(orders=[], address="")
    server = uvicorn.Server(uvicorn.Config(application(there), port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    there.address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield there
    finally:
        server.should_exit = True
        thread.join()
