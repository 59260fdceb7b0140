"""`studio chat`: a question and its cited answer in the terminal."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from studio.cli.connection import Connection, run
from studio.cli.output import language, say, show
from studio.engine.text import Text


def chat(parsed: argparse.Namespace) -> int:
    return run(lambda connection: _chat(connection, parsed), parsed.home)


async def _chat(connection: Connection, parsed: argparse.Namespace) -> int:
    body = await _asked(connection, parsed)
    if parsed.question:
        return await answer(connection, {**body, "message": parsed.question}, parsed.json)
    thread = await connection.post("/api/v1/conversations", {})
    for line in iter(_read_line, None):
        if line.strip():
            await answer(connection, {**body, "message": line, "conversation_id": thread["id"]}, parsed.json)
    return 0


async def _asked(connection: Connection, parsed: argparse.Namespace) -> dict[str, Any]:
    body: dict[str, Any] = {"model": parsed.model}
    if parsed.plain:
        return body
    collections = await connection.get("/api/v1/collections")
    datasets = await connection.get("/api/v1/datasets", status="active", page_size=1000)
    body["knowledge"] = parsed.knowledge or [item["id"] for item in collections]
    body["datasets"] = parsed.dataset or [item["id"] for item in datasets]
    return body


async def answer(connection: Connection, body: dict[str, Any], as_json: bool) -> int:
    """Stream one answer, then its sources."""
    if as_json:
        show(await connection.post("/api/v1/chat", body), True)
        return 0
    done: dict[str, Any] = {}
    async for name, data in connection.events("POST", "/api/v1/chat", {**body, "stream": True}):
        if name == "step":
            _print_step(data)
        elif name == "piece":
            print(data["text"], end="", flush=True)
        elif name == "done":
            done = data
    print("\n")
    _print_sources(done)
    return 0


def _print_step(step: dict[str, Any]) -> None:
    detail = f" · {step['detail'][language()]}" if step.get("detail") else ""
    print(f"· {step['title'][language()]}{detail} · {step['seconds']:.2f} s", file=sys.stderr)
    if step.get("sql"):
        print(f"  {' '.join(step['sql'].split())}", file=sys.stderr)


def _print_sources(message: dict[str, Any]) -> None:
    say(Text(f"Answered by {message.get('model')} on this computer.", f"由本机的 {message.get('model')} 回答。"))
    for source in message.get("sources", []):
        place = f", page {source['page']}" if source.get("page") else ""
        mark = "*" if source.get("cited") else " "
        print(f"{mark}[{source['number']}] {source['title']}{place}: {' '.join(source['quote'].split())[:160]}")
        if source.get("flagged"):
            print(f"     ! {source['flagged'][language()]}")


def _read_line() -> str | None:
    try:
        return input("> ")
    except EOFError:
        return None
