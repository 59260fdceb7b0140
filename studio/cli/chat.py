"""`studio chat`: a question and its cited answer in the terminal."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from studio.cli.connection import Connection, run
from studio.cli.output import language, say, show, told, warn
from studio.engine.errors import StudioError, Unavailable
from studio.engine.knowledge.place import place_of
from studio.engine.text import Text


def chat(parsed: argparse.Namespace) -> int:
    return run(lambda connection: _chat(connection, parsed), parsed.home)


async def _chat(connection: Connection, parsed: argparse.Namespace) -> int:
    body = await _asked(connection, parsed)
    if parsed.question:
        return await answer(connection, {**body, "message": parsed.question}, parsed.json)
    thread = {"id": parsed.thread} if parsed.thread else await connection.post("/api/v1/conversations", {})
    for line in iter(_next_question, None):
        if line.strip():
            asked = {**body, "message": line, "conversation_id": thread["id"]}
            await _until_interrupted(answer(connection, asked, parsed.json))
    return 0


async def _until_interrupted(work: Coroutine[Any, Any, int]) -> None:
    """Ctrl C ends the answer, and the conversation goes on; at the next question it ends the conversation."""
    task, loop = asyncio.create_task(work), asyncio.get_running_loop()
    with suppress(NotImplementedError):  # on Windows Ctrl C ends the conversation
        loop.add_signal_handler(signal.SIGINT, task.cancel)
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait([task])
        raise
    finally:
        with suppress(NotImplementedError):
            loop.remove_signal_handler(signal.SIGINT)
    if task.cancelled():
        _say_stopped()
        return
    task.result()


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
    done = await _streamed(connection, body, as_json)
    if as_json:
        kept = ("model", "status", "sources", "usage")
        ids = {"conversation_id": done["thread_id"], "message_id": done["id"]}
        show({"reply": done["content"], **ids, **{name: done[name] for name in kept}}, True)
        return 0
    print("\n")
    if done["status"] == "stopped":
        _say_stopped()
    _print_sources(done)
    return 0


async def _streamed(connection: Connection, body: dict[str, Any], as_json: bool) -> dict[str, Any]:
    """The answer at its end. Whoever leaves in the middle, by Ctrl C or a closed pipe, ends its writing."""
    start: dict[str, Any] | None = None
    done: dict[str, Any]
    try:
        async for name, data in connection.events("POST", "/api/v1/chat", {**body, "stream": True}):
            if name == "start":
                start = data
            elif name == "done":
                start, done = None, data
                return done
            elif name == "approval":
                decision = "once" if not as_json and _allowed(data) else "no"
                await connection.post(f"/api/v1/approvals/{data['id']}", {"decision": decision})
            elif not as_json:
                _print_event(name, data)
    finally:
        if start is not None:
            with suppress(StudioError, httpx.TransportError):  # the studio itself is gone
                place = f"/api/v1/conversations/{start['conversation_id']}/messages/{start['message_id']}"
                await connection.post(f"{place}/stop")
    raise Unavailable(Text("The studio ended in the middle of the answer.", "程序在回答中途结束。"))


def _print_event(name: str, data: Any) -> None:
    if name == "step":
        _print_step(data)
    elif name == "piece":
        print(data["text"], end="", flush=True)


def _allowed(wanted: dict[str, Any]) -> bool:
    """Ask a person at the terminal; where there is none, the answer is no."""
    question = Text(
        f"Run “{wanted['title']['en']}” with {wanted['arguments']}? {wanted['because']['en']} [y/N] ",
        f"以 {wanted['arguments']} 运行“{wanted['title']['zh']}”？{wanted['because']['zh']} [y/N] ",
    )
    if not sys.stdin.isatty():
        warn(question)
        return False
    try:
        said = _line(told(question))
    except KeyboardInterrupt:
        signal.raise_signal(signal.SIGINT)  # to whoever ends the answer
        return False
    return (said or "").strip().lower() in ("y", "yes", "是")


def _print_step(step: dict[str, Any]) -> None:
    detail = f" · {step['detail'][language()]}" if step.get("detail") else ""
    print(f"· {step['title'][language()]}{detail} · {step['seconds']:.2f} s", file=sys.stderr)
    if step.get("sql"):
        print(f"  {' '.join(step['sql'].split())}", file=sys.stderr)


def _print_sources(message: dict[str, Any]) -> None:
    say(Text(f"Answered by {message.get('model')} on this computer.", f"由本机的 {message.get('model')} 回答。"))
    for source in message.get("sources", []):
        where = place_of(source.get("page"), source.get("row"), source.get("unit", "page"))
        place = f", {told(where)}" if where else ""
        mark = "*" if source.get("cited") else " "
        print(f"{mark}[{source['number']}] {source['title']}{place}: {' '.join(source['quote'].split())[:160]}")
        if source.get("flagged"):
            print(f"     ! {source['flagged'][language()]}")


def _say_stopped() -> None:
    warn(Text("Stopped.", "已停止。"))


def _next_question() -> str | None:
    try:
        return _line("> ")
    except KeyboardInterrupt:
        return None


def _line(prompt: str) -> str | None:
    """A line of the standard input; None at its end. Ctrl C raises, while asyncio's own handler would leave `input` waiting."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        print(prompt, end="", file=sys.stderr, flush=True)
        return input()
    except EOFError:
        return None
    finally:
        signal.signal(signal.SIGINT, before)
