"""`studio run`: a workflow file to its end, with its events as they happen."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import yaml

from studio.cli.connection import Connection
from studio.cli.connection import run as connected
from studio.cli.output import show
from studio.engine.errors import BadParameter, NotFound
from studio.engine.text import Text

LARGEST = 10_000_000  # bytes of a workflow file


def run(parsed: argparse.Namespace) -> int:
    inputs = dict(_input(given) for given in parsed.input)
    return connected(lambda connection: _run(connection, parsed, inputs), parsed.home)


async def _run(connection: Connection, parsed: argparse.Namespace, inputs: dict[str, Any]) -> int:
    workflow = await _workflow(connection, parsed.file)
    started = await connection.post(f"/api/v1/workflows/{workflow}/start", {"inputs": inputs})
    number = started["execution_id"]
    async for name, event in connection.events("GET", f"/api/v1/executions/{number}/events"):
        if not parsed.json:
            _print(name, event)
    finished = await connection.get(f"/api/v1/executions/{number}")
    show(finished if parsed.json else finished["outputs"], parsed.json)
    return 0 if finished["status"] == "completed" else 1


async def _workflow(connection: Connection, given: str) -> str:
    """The id of a kept workflow: the one that was named, or the file's, kept under its own name."""
    if given.startswith("wf-") and not Path(given).exists():
        return given
    definition = read_file(Path(given))
    name = str(definition.get("name") or Path(given).stem)
    for workflow in await connection.get("/api/v1/workflows", page_size=1000):
        if workflow["name"] == name:
            await connection.put(f"/api/v1/workflows/{workflow['id']}", {"definition": definition})
            return str(workflow["id"])
    made = await connection.post("/api/v1/workflows", {"name": name, "definition": definition})
    return str(made["id"])


def read_file(path: Path) -> dict[str, Any]:
    """A workflow file, JSON or YAML, as plain data."""
    try:
        if path.stat().st_size > LARGEST:
            raise BadParameter(Text(f"{path} is larger than 10 MB.", f"{path} 超过 10 MB。"))
        words = path.read_text()
        content = json.loads(words) if path.suffix == ".json" else yaml.safe_load(words)
    except OSError as error:
        raise NotFound(
            Text(f"{path} cannot be read: {error.strerror}.", f"无法读取 {path}：{error.strerror}。")
        ) from error
    except (ValueError, yaml.YAMLError) as error:
        raise BadParameter(
            Text(f"{path} is not a workflow file: {error}.", f"{path} 不是工作流文件：{error}。")
        ) from error
    if not isinstance(content, dict):
        raise BadParameter(Text(f"{path} holds no graph.", f"{path} 中没有图。"))
    return content


def _print(name: str, event: dict[str, Any]) -> None:
    step = event.get("step") or ""
    data = event.get("data") or {}
    if name == "token":
        print(data.get("text", ""), end="", file=sys.stderr, flush=True)
    elif name not in ("progress", "queued"):
        seconds = f" {data['seconds']:.2f} s" if isinstance(data.get("seconds"), float) else ""
        print(f"{name:<10} {step}{seconds}", file=sys.stderr)


def _input(given: str) -> tuple[str, Any]:
    name, equals, value = given.partition("=")
    if not equals:
        raise BadParameter(Text(f"“{given}” is not NAME=VALUE.", f"“{given}”不是 NAME=VALUE 的形式。"))
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
