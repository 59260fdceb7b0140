"""`studio run`: a workflow file to its end, with its events as they happen."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from studio.cli.connection import Connection
from studio.cli.connection import run as connected
from studio.cli.output import language, show, told
from studio.engine.errors import BadParameter, NotFound
from studio.engine.text import Text
from studio.engine.workflows.doubt import asked_of, label_of
from studio.engine.workflows.doubt import text_of as asked
from studio.engine.workflows.file_text import parsed_yaml
from studio.engine.workflows.telling import line_of

LARGEST = 10_000_000  # bytes of a workflow file
WAITING = 3  # the exit code of a run that waits for a person
RUNS = "/api/v1/executions"


def run(parsed: argparse.Namespace) -> int:
    return connected(lambda connection: run_workflow(connection, parsed), parsed.home)


def declare_run(parser: argparse.ArgumentParser) -> None:
    """The arguments of a run."""
    parser.add_argument("file", help="a workflow file, or wf-… of a kept one")
    parser.add_argument(
        "--input",
        "-i",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an input of the start node; NAME=@FILE gives a file, again for several",
    )
    parser.add_argument("--inputs", metavar="FILE", help="all inputs as one JSON object; - reads the standard input")


async def run_workflow(connection: Connection, parsed: argparse.Namespace) -> int:
    """Run it, tell what happens, and give 0 when it completed, 1 when it did not, 3 when it waits for a person."""
    inputs = await _all_inputs(connection, parsed)
    workflow = await _workflow(connection, parsed.file)
    started = await connection.post(f"/api/v1/workflows/{workflow}/start", {"inputs": inputs})
    return await follow(connection, started["execution_id"], parsed.json)


async def follow(connection: Connection, run_id: str, as_json: bool) -> int:
    """Tell what happens in a run to its end; a question is put to the person at the terminal, where there is one."""
    asking = False
    async for name, event in connection.events("GET", f"{RUNS}/{run_id}/events"):
        if not as_json:
            _print(name, event)
        if name == "asked" and await _is_open(connection, run_id, event["step"]):
            if not sys.stdin.isatty() or as_json:
                _say_question(run_id, event)
                asking = True
                break
            await _put(connection, run_id, event)
    finished = await connection.get(f"{RUNS}/{run_id}")
    if as_json and finished["status"] == "completed":
        finished["digests"] = await connection.get(f"{RUNS}/{run_id}/digests")
    show(finished if as_json else finished["outputs"] or {"run": run_id, "status": finished["status"]}, as_json)
    if asking:
        return WAITING
    return 0 if finished["status"] == "completed" else 1


async def _is_open(connection: Connection, run_id: str, step: str) -> bool:
    return any(item["step"] == step for item in await connection.get(f"{RUNS}/{run_id}/questions"))


async def _put(connection: Connection, run_id: str, event: dict[str, Any]) -> None:
    question = event["data"]["question"]
    print(*_words_of(question), sep="\n  ", file=sys.stderr)
    fields = question.get("fields") or []
    answer: Any = {name: await asyncio.to_thread(input, f"{name}: ") for name in fields}
    answer = answer or await asyncio.to_thread(input, "> ")
    body = {"answer": answer, "step": event["step"], "at": event["data"]["at"]}
    await connection.post(f"{RUNS}/{run_id}/answer", body)


def _say_question(run_id: str, event: dict[str, Any]) -> None:
    """What is waited for, and the command that answers it."""
    data = event["data"]
    at = "".join(f" --at {number}" for number in data["at"])
    answer = f"studio runs answer {run_id} ANSWER --step {event['step']}{at}"
    print(*_words_of(data["question"]), f"→ {answer}", sep="\n  ", file=sys.stderr)


def _words_of(question: dict[str, Any]) -> list[str]:
    named = [(choice, told(label_of(question, choice))) for choice in question.get("choices", [])]
    whom = asked_of(question)
    return [
        *([told(whom)] if whom else []),
        told(asked(question)),
        *(choice if label == choice else f"{choice}: {label}" for choice, label in named),
    ]


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


async def definition_of(connection: Connection, given: str) -> Any:
    """The graph of a file, or of a kept workflow."""
    if given == "-" or Path(given).exists():
        return text_of(given)
    return (await connection.get(f"/api/v1/workflows/{given}"))["definition"]


def text_of(given: str) -> str:
    """A file's text, or that of the standard input."""
    return sys.stdin.read(LARGEST + 1) if given == "-" else _text(Path(given))


def read_file(path: Path) -> dict[str, Any]:
    """A workflow file, JSON or YAML, as plain data."""
    words = _text(path)
    try:
        content = json.loads(words) if path.suffix == ".json" else parsed_yaml(words)
    except ValueError as error:
        raise BadParameter(
            Text(f"{path} is not a workflow file: {error}.", f"{path} 不是工作流文件：{error}。")
        ) from error
    if not isinstance(content, dict):
        raise BadParameter(Text(f"{path} holds no graph.", f"{path} 中没有图。"))
    return content


def value_of(word: str) -> Any:
    """A word of the command line: JSON where it is JSON, else text."""
    try:
        return json.loads(word)
    except ValueError:
        return word


def setting_of(word: str) -> Any:
    """A setting is text; one that is a list is written as JSON."""
    return value_of(word) if word.startswith("[") else word


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise BadParameter(Text(f"{path} is larger than 10 MB.", f"{path} 超过 10 MB。"))
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise NotFound(
            Text(f"{path} cannot be read: {error.strerror}.", f"无法读取 {path}：{error.strerror}。")
        ) from error
    except UnicodeError as error:
        raise BadParameter(Text(f"{path} is not text.", f"{path} 不是文本文件。")) from error


def _print(name: str, event: dict[str, Any]) -> None:
    step = event.get("step") or ""
    data = event.get("data") or {}
    if name == "token":
        print(data.get("text", ""), end="", file=sys.stderr, flush=True)
    elif name == "failed":
        print(f"{name:<10} {step}: {data['error']['message'][language()]}", file=sys.stderr)
    elif name == "log":
        print(f"{name:<10} {step}: {told(line_of(data))}", file=sys.stderr)
    elif name not in ("progress", "queued", "rows", "effect", "effect_started", "exchange", "called"):
        seconds = f" {data['seconds']:.2f} s" if isinstance(data.get("seconds"), float) else ""
        print(f"{name:<10} {step}{seconds}", file=sys.stderr)


async def _all_inputs(connection: Connection, parsed: argparse.Namespace) -> dict[str, Any]:
    """Those of the JSON object, then those that are named one by one. A name that is given several files takes them all."""
    found: Any = value_of(text_of(parsed.inputs)) if parsed.inputs else {}
    if not isinstance(found, dict):
        raise BadParameter(Text("The inputs have to be one JSON object.", "输入必须是一个 JSON 对象。"))
    files: dict[str, list[str]] = {}
    for given in parsed.input:
        name, equals, value = given.partition("=")
        if not equals:
            raise BadParameter(Text(f"“{given}” is not NAME=VALUE.", f"“{given}”不是 NAME=VALUE 的形式。"))
        if value.startswith("@"):
            files.setdefault(name, []).append(await _sent(connection, name, Path(value[1:]).expanduser()))
        else:
            found[name] = value_of(value)
    return found | {name: urls[0] if len(urls) == 1 else urls for name, urls in files.items()}


async def _sent(connection: Connection, name: str, file: Path) -> str:
    if not file.is_file():
        raise NotFound(
            Text(f"There is no file {file}.", f"没有文件 {file}。"),
            Text(f"A text that begins with @ is written {name}='\"@…\"'.", f"以 @ 开头的文本请写成 {name}='\"@…\"'。"),
        )
    return str((await connection.upload("/api/v1/workflows/files", file))["url"])
