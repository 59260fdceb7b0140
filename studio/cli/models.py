"""`studio models`: which there are, getting more, and loading them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from studio.cli.connection import Connection
from studio.cli.output import print_table, show, told, warn
from studio.cli.verbs import NOT_UNDERSTOOD, NotUnderstood, Verb, run_verb
from studio.cli.waiting import ended, why
from studio.engine.errors import NotFound, StudioError, Unavailable
from studio.engine.text import Text

ROUTE = "/api/v1/models"
DOES_NOT_FIT = 40902  # of `DoesNotFit`, in a room that is slow to open
LISTED = ("id", "name", "quantization", "kind", "backend", "state", "size_bytes", "tokens_per_second", "location")
LOADED = ("id", "name", "kind", "backend", "context_length", "slots", "memory_bytes", "unload_after_minutes")
FOUND = ("program", "name", "quantization", "size_bytes", "known", "path", "problem")
HUB = ("id", "downloads", "licence", "gated", "gguf")
BENCHED = (
    "settings", "first_token_ms", "prompt_tok_s", "decode_tok_s", "at_1", "at_2", "at_4", "at_8", "peak_mb", "engine",
)  # fmt: skip
CHOICES = ("quantization", "name", "size_bytes", "fit")


def models(parsed: argparse.Namespace) -> int:
    """Exit codes: 0 done, 1 refused with words, 2 not understood, 3 it does not fit the memory, 4 no such model."""
    if parsed.verb not in VERBS:
        known = ", ".join(VERBS)
        problem = Text(
            f"“studio models” has no “{parsed.verb}”. It has: {known}.",
            f"“studio models”没有“{parsed.verb}”，可用：{known}。",
        )
        warn(problem)
        return NOT_UNDERSTOOD
    return run_verb(VERBS, parsed, {DOES_NOT_FIT: 3, NotFound.code: 4})


async def _ls(connection: Connection, parsed: argparse.Namespace) -> None:
    show(await connection.get(ROUTE, page_size=1000), parsed.json, LISTED)


async def _ps(connection: Connection, parsed: argparse.Namespace) -> None:
    show(await connection.get(f"{ROUTE}/loaded"), parsed.json, LOADED)


async def _show(connection: Connection, parsed: argparse.Namespace) -> None:
    found = await connection.get(f"{ROUTE}/{_word(parsed)}")
    fit = await connection.get(f"{ROUTE}/{found['id']}/fit")
    uses = await connection.get(f"{ROUTE}/{found['id']}/uses")
    used_by = uses if parsed.json else ", ".join(told(Text(**one["title"])) for one in uses)
    show({**found, "used_by": used_by, "fit": fit if parsed.json else fit["text"]}, parsed.json)


async def _add(connection: Connection, parsed: argparse.Namespace) -> None:
    word = _word(parsed)
    body = {"url": word, "name": parsed.name} if "://" in word else {"path": str(Path(word).expanduser().resolve())}
    show(await connection.post(ROUTE, body), parsed.json)


async def _found(connection: Connection, parsed: argparse.Namespace) -> None:
    """What other programs keep on this computer; with paths, add those."""
    if parsed.words:
        show(await connection.post(f"{ROUTE}/found", {"paths": parsed.words}), parsed.json, LISTED)
    else:
        show(await connection.get(f"{ROUTE}/found"), parsed.json, FOUND)


async def _search(connection: Connection, parsed: argparse.Namespace) -> None:
    """Search the hub; PUBLISHER/MODEL shows what can be downloaded of it."""
    words = " ".join(parsed.words)
    if words.count("/") == 1 and " " not in words:
        page = await connection.get(f"{ROUTE}/hub/{words}")
        if parsed.json:
            show(page, True)
        else:
            rows = [{**one, "fit": one["fit"]["text"]} for one in page["choices"]]
            show(rows, False, CHOICES)
    else:
        show(await connection.get(f"{ROUTE}/hub", q=words, limit=parsed.limit), parsed.json, HUB)


async def _get(connection: Connection, parsed: argparse.Namespace) -> None:
    """Download PUBLISHER/MODEL [QUANTIZATION] and wait for it; Ctrl C pauses it."""
    word, _, wanted = _word(parsed).partition(":")
    wanted = parsed.words[1] if len(parsed.words) > 1 else wanted
    begun = await connection.post(f"{ROUTE}/downloads", {"repository": word, "quantization": wanted})
    watching = sys.stderr.isatty() and not parsed.json
    async for _, one in connection.events("GET", f"{ROUTE}/downloads/events"):
        if one["id"] != begun["id"]:
            continue
        if watching:
            print(f"\r{_progress(one)}\033[K", end="", file=sys.stderr, flush=True)
        begun = one
        if one["status"] != "running":
            break
    if watching:
        print(file=sys.stderr)
    begun = await connection.get(f"{ROUTE}/downloads/{begun['id']}")
    if begun["status"] != "done":
        raise _NotDone(begun)
    show(await connection.get(f"{ROUTE}/{begun['model_id']}"), parsed.json)


async def _downloads(connection: Connection, parsed: argparse.Namespace) -> None:
    """All of them; with pause, resume or cancel and an id, that."""
    if len(parsed.words) == 2:
        show(await connection.post(f"{ROUTE}/downloads/{parsed.words[1]}/{parsed.words[0]}"), parsed.json)
    else:
        columns = ("id", "name", "status", "done_bytes", "size_bytes", "repository")
        show(await connection.get(f"{ROUTE}/downloads"), parsed.json, columns)


async def _load(connection: Connection, parsed: argparse.Namespace) -> None:
    settings = {"context_length": parsed.context, "slots": parsed.slots, "threads": parsed.threads}
    body: dict[str, Any] = {name: value for name, value in settings.items() if value is not None}
    show(await connection.post(f"{ROUTE}/{_word(parsed)}/load", {**body, "force": parsed.force}), parsed.json)


async def _unload(connection: Connection, parsed: argparse.Namespace) -> None:
    show(await connection.post(f"{ROUTE}/{_word(parsed)}/unload"), parsed.json)


async def _remove(connection: Connection, parsed: argparse.Namespace) -> None:
    """Out of the library; with --file its file goes to the trash too, where the studio downloaded it."""
    query = "?file=true" if parsed.file else ""
    show(await connection.delete(f"{ROUTE}/{_word(parsed)}{query}"), parsed.json)


async def _alias(connection: Connection, parsed: argparse.Namespace) -> None:
    """All of them; ALIAS MODEL points one at a model, ALIAS "" removes it."""
    if len(parsed.words) == 2:
        body = {"alias": parsed.words[0], "target": parsed.words[1] or None}
        found = await connection.put(f"{ROUTE}/aliases", body)
    else:
        found = await connection.get(f"{ROUTE}/aliases")
    if parsed.json:
        show(found, True)
    else:
        print_table([[alias, target] for alias, target in found.items()], ("alias", "model"))


async def _bench(connection: Connection, parsed: argparse.Namespace) -> None:
    """Measure here and keep it with the model; with --list, what was measured before."""
    route = f"{ROUTE}/{_word(parsed)}/bench"
    found = await connection.get(route) if parsed.list else [await connection.post(route, {"wait": True})]
    if parsed.json:
        show(found, True)
        return
    rows = [
        {
            "settings": f"{one['settings']['context_length']} × {one['settings']['slots']}",
            "first_token_ms": round(1000 * one["first_token_seconds"]),
            "prompt_tok_s": one["prompt_tokens_per_second"],
            "decode_tok_s": one["tokens_per_second"],
            **{f"at_{count}": speed for count, speed in one["parallel"].items()},
            "peak_mb": round((one["peak_memory"] or 0) / 1e6),
            "engine": one["engine"],
        }
        for one in found
    ]
    show(rows, False, BENCHED)


async def _engine(connection: Connection, parsed: argparse.Namespace) -> None:
    """Which engines there are; `install vllm` gets one and waits for it, `remove vllm` takes it away."""
    words = parsed.words
    if len(words) != 2:
        show(await connection.get(f"{ROUTE}/engines"), parsed.json, ("name", "version", "available", "why"))
    elif words[0] == "remove":
        show(await connection.delete(f"{ROUTE}/engines/{words[1]}"), parsed.json)
    elif words[0] == "install":
        job = await _installed(connection, words[1], parsed.variant)
        show({"engine": words[1], "status": job["status"], "job": job["id"]}, parsed.json)
    else:
        raise NotUnderstood(Text("Say install or remove, and which engine.", "请指定 install 或 remove 以及引擎名称。"))


async def _installed(connection: Connection, name: str, variant: str | None) -> dict[str, Any]:
    job = await connection.post(f"{ROUTE}/engines/{name}/install", {"variant": variant})
    job = await ended(connection, job)
    if job["status"] != "done":
        raise Unavailable(why(job))
    return job


async def _star(connection: Connection, parsed: argparse.Namespace) -> None:
    """Starred models stand first; `unstar` takes the star away."""
    on = parsed.verb == "star"
    show(await connection.put(f"{ROUTE}/{_word(parsed)}/star?on={str(on).lower()}", {}), parsed.json)


async def _trust(connection: Connection, parsed: argparse.Namespace) -> None:
    show(await connection.post(f"{ROUTE}/trust", {"path": str(Path(_word(parsed)).resolve())}), parsed.json)


async def _token(connection: Connection, parsed: argparse.Namespace) -> None:
    """Keep the hub's access token, read from the standard input so that it is in no history."""
    if sys.stdin.isatty():
        import getpass

        token = getpass.getpass("token: ")
    else:
        token = sys.stdin.readline().strip()
    show(await connection.put(f"{ROUTE}/hub/token", {"token": token}), parsed.json)


VERBS: dict[str, Verb] = {
    "ls": _ls,
    "get": _get,
    "load": _load,
    "ps": _ps,
    "unload": _unload,
    "show": _show,
    "bench": _bench,
    "engine": _engine,
    "rm": _remove,
    "alias": _alias,
    "add": _add,
    "search": _search,
    "found": _found,
    "downloads": _downloads,
    "star": _star,
    "unstar": _star,
    "trust": _trust,
    "token": _token,
    "list": _ls,
    "remove": _remove,
}


class _NotDone(StudioError):
    def __init__(self, download: dict[str, Any]) -> None:
        error = download.get("error")
        words = error["message"] if error else {"en": f"It is {download['status']}.", "zh": "下载未完成。"}
        repair = error.get("repair") if error else None
        super().__init__(Text(**words), Text(**repair) if repair else None)


def _progress(one: dict[str, Any]) -> str:
    share = one["done_bytes"] / one["size_bytes"] if one["size_bytes"] else 0.0
    speed = f", {one['speed'] / 1e6:.1f} MB/s" if one.get("speed") else ""
    left = f", {one['seconds_left']:.0f} s" if one.get("seconds_left") else ""
    phase = {"checking": Text("checking", "正在校验"), "waiting": Text("waiting", "等待中")}.get(one.get("phase") or "")
    what = f", {told(phase)}" if phase else speed + left
    return f"{one['name']}  {share:.0%} of {one['size_bytes'] / 1e9:.2f} GB{what}"


def _word(parsed: argparse.Namespace) -> str:
    if not parsed.words:
        raise NotUnderstood(
            Text(
                f"“studio models {parsed.verb}” needs to know which one.",
                f"“studio models {parsed.verb}”需要指定对象。",
            )
        )
    return str(parsed.words[0])


def declare(parser: argparse.ArgumentParser) -> None:
    """The arguments, as `studio models --help` shows them."""
    parser.add_argument("verb", nargs="?", default="ls", help=", ".join(VERBS))
    parser.add_argument("words", nargs="*", help="what to do it with")
    parser.add_argument("--name", default="", help="a name for what is added")
    parser.add_argument("--limit", type=int, default=20, help="rows at most (20)")
    parser.add_argument("--context", type=int, help="load: context length in tokens")
    parser.add_argument("--slots", type=int, help="load: requests answered at the same time")
    parser.add_argument("--threads", type=int, help="load: CPU threads")
    parser.add_argument("--list", action="store_true", help="bench: what was measured before")
    parser.add_argument("--variant", choices=("cuda", "cpu"), help="engine install: which build")
    parser.add_argument("--force", action="store_true", help="load: even if it does not fit the memory")
    parser.add_argument(
        "--file", action="store_true", help="rm: put a file that the studio downloaded into the trash too"
    )
