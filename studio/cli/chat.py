"""`studio chat`: a question and its cited answer in the terminal."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
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
    thread = {"id": parsed.thread} if parsed.thread else await connection.post("/api/v1/conversations", {})
    for line in iter(_read_line, None):
        if line.strip():
            await answer(connection, {**body, "message": line, "conversation_id": thread["id"]}, parsed.json)
    return 0


async def _asked(connection: Connection, parsed: argparse.Namespace) -> dict[str, Any]:
    """What goes along: all there is, or only what was named."""
    body: dict[str, Any] = {"model": parsed.model, "tools": parsed.tool}
    if parsed.thread:
        body["conversation_id"] = parsed.thread
    if parsed.file:
        body["attachments"] = [await connection.upload("/api/v1/attachments", Path(each)) for each in parsed.file]
    if parsed.plain:
        return {**body, "knowledge": [], "datasets": []}
    if parsed.knowledge or parsed.dataset or parsed.thread:
        named = {"knowledge": parsed.knowledge, "datasets": parsed.dataset}
        return {**body, **{name: each or ([] if not parsed.thread else None) for name, each in named.items()}}
    body["knowledge"] = [item["id"] for item in await connection.get("/api/v1/collections")]
    datasets = await connection.get("/api/v1/datasets", status="active", page_size=1000)
    body["datasets"] = [item["id"] for item in datasets]
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
        elif name == "approval":
            decision = "once" if _allowed(data) else "no"
            await connection.post(f"/api/v1/approvals/{data['id']}", {"decision": decision})
        elif name == "piece":
            print(data["text"], end="", flush=True)
        elif name == "done":
            done = data
    print("\n")
    _print_sources(done)
    return 0


def _allowed(wanted: dict[str, Any]) -> bool:
    """Ask a person at the terminal; where there is none, the answer is no."""
    question = Text(
        f"Run “{wanted['title']['en']}” with {wanted['arguments']}? {wanted['because']['en']} [y/N] ",
        f"以 {wanted['arguments']} 运行“{wanted['title']['zh']}”？{wanted['because']['zh']} [y/N] ",
    )
    if not sys.stdin.isatty():
        print(question.in_language(language()), file=sys.stderr)
        return False
    return input(question.in_language(language())).strip().lower() in ("y", "yes", "是")


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
