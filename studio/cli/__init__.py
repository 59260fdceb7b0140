"""The `studio` command: the window without an argument, and everything else without a window."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import TypeAlias

from studio import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 when it did what was asked."""
    parsed = make_parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = parsed.command
    return _explained(lambda: command(parsed))


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="studio", description="ONE Data Studio: data and models on one workstation.")
    parser.add_argument("--version", action="version", version=f"ONE Data Studio {__version__}")
    parser.add_argument("--home", metavar="FOLDER", help="keep everything under this folder (also ONE_DATA_HOME)")
    parser.set_defaults(command=_window)
    commands = parser.add_subparsers(metavar="COMMAND")
    _serving(commands)
    _asking(commands)
    _things(commands)
    return parser


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _serving(commands: Commands) -> None:
    serve = _add(commands, "serve", "answer the HTTP API without a window", _serve)
    serve.add_argument("--host", default=None, help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=int, default=None, help="port to listen on (8080; 0 takes a free one)")
    serve.add_argument("--require-token", action="store_true", help="ask for the token on this computer too")
    doctor = _add(commands, "doctor", "check this computer and the data folder", _doctor)
    doctor.add_argument(
        "--restore-catalog", action="store_true", help="put the last good backup in place of a damaged catalog"
    )
    _add(commands, "sample", "put the sample project in place", _sample)


def _asking(commands: Commands) -> None:
    from studio.cli.run import declare_run, run

    declare_run(_add(commands, "run", "run a workflow file, or a kept workflow by its id", run))
    chat = _add(commands, "chat", "ask a question; without one, a conversation line by line", _chat)
    chat.add_argument("question", nargs="?", help="the question")
    chat.add_argument("--model", help="a model by id, name or alias")
    chat.add_argument(
        "--knowledge", action="append", metavar="COLLECTION", help="ask only what is named (default: all)"
    )
    chat.add_argument("--dataset", action="append", metavar="DATASET", help="ask only what is named (default: all)")
    chat.add_argument("--file", action="append", metavar="FILE", help="a file that goes along with the question")
    chat.add_argument(
        "--tool", action="append", metavar="TOOL", help="search, query or workflow:ID: the model may use it"
    )
    chat.add_argument("--thread", metavar="ID", help="go on in this thread")
    chat.add_argument("--plain", action="store_true", help="only the model, without collections and datasets")


def _things(commands: Commands) -> None:
    """What there is, with a verb for each thing that one does with it."""
    from studio.cli import connections, datasets, knowledge, models, objects, runs, settings, workflows

    for name, module, command, help in (
        ("settings", settings, settings.settings, "show or change settings"),
        ("models", models, models.models, "list, get, load, unload and measure models"),
        ("workflows", workflows, workflows.workflows, "run, check, compare, import and export workflows"),
        ("runs", runs, runs.runs, "list, follow, answer, stop, resume, branch and replay runs"),
        ("datasets", datasets, datasets.datasets, "register, list, show, query and export datasets"),
        ("objects", objects, objects.objects, "objects of buckets: list, put, get, trash, restore, versions"),
        ("connections", connections, connections.connections, "S3 endpoints and database servers by name"),
        ("knowledge", knowledge, knowledge.knowledge, "collections: add, search, measure, export and import"),
    ):
        module.declare(_add(commands, name, help, command))


def _add(
    commands: Commands, name: str, help: str, command: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    parser.set_defaults(command=command)
    return parser


def _window(parsed: argparse.Namespace) -> int:
    from studio.cli.desktop import open_desktop

    return open_desktop(parsed)


def _serve(parsed: argparse.Namespace) -> int:
    from studio.cli.serve import serve

    return serve(parsed)


def _doctor(parsed: argparse.Namespace) -> int:
    from studio.cli.doctor import doctor

    return doctor(parsed)


def _sample(parsed: argparse.Namespace) -> int:
    from studio.cli.sample import sample

    return sample(parsed)


def _chat(parsed: argparse.Namespace) -> int:
    from studio.cli.chat import chat

    return chat(parsed)


def _explained(work: Callable[[], int]) -> int:
    """Run; an error a person may see becomes its words on stderr and exit code 1, Ctrl C becomes 130."""
    from studio.cli.output import explain
    from studio.engine.errors import StudioError

    try:
        code = work()
        sys.stdout.flush()
        return code
    except StudioError as error:
        print(explain(error), file=sys.stderr)
        return 1
    except BrokenPipeError:  # who reads has enough; nothing may be flushed to it at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
