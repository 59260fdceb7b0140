"""The `studio` command: the window without an argument, and everything else without a window."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

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
    _listing(commands)
    _models_command(commands)
    _workflow_commands(commands)
    _datasets_command(commands)
    _objects_command(commands)
    _knowledge_command(commands)
    return parser


Commands = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _serving(commands: Commands) -> None:  # type: ignore[valid-type]
    serve = _add(commands, "serve", "answer the HTTP API without a window", _serve)
    serve.add_argument("--host", default=None, help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=int, default=None, help="port to listen on (8080; 0 takes a free one)")
    serve.add_argument("--require-token", action="store_true", help="ask for the token on this computer too")
    doctor = _add(commands, "doctor", "check this computer and the data folder", _doctor)
    doctor.add_argument(
        "--restore-catalog", action="store_true", help="put the last good backup in place of a damaged catalog"
    )
    _add(commands, "sample", "put the sample project in place", _sample)


def _asking(commands: Commands) -> None:  # type: ignore[valid-type]
    run = _add(commands, "run", "run a workflow file, or a kept workflow by its id", _run)
    _declare_run(run)
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


def _listing(commands: Commands) -> None:  # type: ignore[valid-type]
    for name, help in (("settings", "show or change settings"),):
        parser = _add(commands, name, help, _things)
        parser.set_defaults(things=name)
        parser.add_argument("verb", nargs="?", default="list", help="what to do (list)")
        parser.add_argument("words", nargs="*", help="what to do it with")
        parser.add_argument("--name", default="", help="a name for what is added")
        parser.add_argument("--limit", type=int, default=20, help="rows at most (20)")


def _datasets_command(commands: Commands) -> None:  # type: ignore[valid-type]
    from studio.cli.datasets import declare

    declare(_add(commands, "datasets", "register, list, show, query and export datasets", _datasets))


def _objects_command(commands: Commands) -> None:  # type: ignore[valid-type]
    from studio.cli import connections, objects

    objects.declare(_add(commands, "objects", "objects of buckets: list, put, get, trash, restore, versions", _objects))
    connections.declare(_add(commands, "connections", "S3 endpoints and database servers by name", _connections))


def _knowledge_command(commands: Commands) -> None:  # type: ignore[valid-type]
    from studio.cli.knowledge import declare

    declare(_add(commands, "knowledge", "collections: add, search, measure, export and import", _knowledge))


def _workflow_commands(commands: Commands) -> None:  # type: ignore[valid-type]
    from studio.cli import runs, workflows

    workflows.declare(_add(commands, "workflows", "run, check, compare, import and export workflows", _workflows))
    runs.declare(_add(commands, "runs", "list, follow, answer, stop, resume, branch and replay runs", _runs))


def _declare_run(parser: argparse.ArgumentParser) -> None:
    from studio.cli.run import declare_run

    declare_run(parser)


def _models_command(commands: Commands) -> None:  # type: ignore[valid-type]
    from studio.cli.models import declare

    declare(_add(commands, "models", "list, get, load, unload and measure models", _models))


def _add(
    commands: Commands, name: str, help: str, command: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:  # type: ignore[valid-type]
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)  # type: ignore[attr-defined]
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
    from studio.cli.things import sample

    return sample(parsed)


def _run(parsed: argparse.Namespace) -> int:
    from studio.cli.run import run

    return run(parsed)


def _chat(parsed: argparse.Namespace) -> int:
    from studio.cli.chat import chat

    return chat(parsed)


def _objects(parsed: argparse.Namespace) -> int:
    from studio.cli.objects import objects

    return objects(parsed)


def _connections(parsed: argparse.Namespace) -> int:
    from studio.cli.connections import connections

    return connections(parsed)


def _models(parsed: argparse.Namespace) -> int:
    from studio.cli.models import models

    return models(parsed)


def _datasets(parsed: argparse.Namespace) -> int:
    from studio.cli.datasets import datasets

    return datasets(parsed)


def _knowledge(parsed: argparse.Namespace) -> int:
    from studio.cli.knowledge import knowledge

    return knowledge(parsed)


def _workflows(parsed: argparse.Namespace) -> int:
    from studio.cli.workflows import workflows

    return workflows(parsed)


def _runs(parsed: argparse.Namespace) -> int:
    from studio.cli.runs import runs

    return runs(parsed)


def _things(parsed: argparse.Namespace) -> int:
    from studio.cli.things import things

    return things(parsed)


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
