"""An MCP server by pipes, of the version before the SDK's newest and of the standard library alone, so that it starts at once."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def warranty(product: str, months: int = 24) -> Any:
    return {"product": product, "months": months}


def shout(text: str) -> Any:
    return text.upper()


def note(text: str) -> Any:
    """Writes a line, so that a test can count calls."""
    with Path(os.environ["NOTES"]).open("a") as file:
        file.write(text + "\n")
    return "noted"


def break_down() -> Any:
    raise ValueError("the pump is dry")


def seen() -> Any:
    return " ".join(sorted(os.environ))


def sleep(seconds: float) -> Any:
    Path(os.environ["NOTES"]).write_text(str(os.getpid()))
    time.sleep(seconds)


TEXT = {"type": "string"}
TOOLS: list[tuple[Callable[..., Any], str, dict[str, Any], list[str]]] = [
    (warranty, "How long a product is covered.", {"product": TEXT, "months": {"type": "integer"}}, ["product"]),
    (shout, "The text in capitals.", {"text": TEXT}, ["text"]),
    (note, "Writes a line.", {"text": TEXT}, ["text"]),
    (break_down, "Fails.", {}, []),
    (seen, "What the server sees of the environment.", {}, []),
    (sleep, "Takes its time.", {"seconds": {"type": "number"}}, ["seconds"]),
]


def answer(method: str, params: dict[str, Any]) -> dict[str, Any] | None:
    if method == "initialize":
        about = {"name": "pumps", "version": "1"}
        return {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": about}
    if method == "tools/list":
        return {
            "tools": [
                {"name": tool.__name__, "description": about, "inputSchema": {"type": "object", "properties": takes, "required": needs}}
                for tool, about, takes, needs in TOOLS
            ]
        }  # fmt: skip
    if method == "tools/call":
        tool = next(tool for tool, *_ in TOOLS if tool.__name__ == params["name"])
        try:
            found = tool(**params.get("arguments") or {})
        except ValueError as error:
            return {"content": [{"type": "text", "text": str(error)}], "isError": True}
        said = {"content": [{"type": "text", "text": found if isinstance(found, str) else json.dumps(found)}]}
        return said | ({"structuredContent": found} if isinstance(found, dict) else {})
    return None


if __name__ == "__main__":
    for line in sys.stdin:
        asked = json.loads(line)
        if "id" not in asked:
            continue
        found = answer(asked["method"], asked.get("params") or {})
        said = {"result": found} if found is not None else {"error": {"code": -32601, "message": "Method not found"}}
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], **said}), flush=True)
