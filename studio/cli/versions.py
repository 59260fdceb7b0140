"""`studio datasets versions|diff|rollback|search|lineage`: what was before, where it comes from, and finding it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from studio.cli.connection import Connection
from studio.cli.output import print_table, say, show
from studio.cli.verbs import Verb
from studio.engine.text import Text

AddVerb = Callable[[str, str], argparse.ArgumentParser]
ROUTE = "/api/v1/datasets"
VERSION = ("version_number", "state", "row_count", "size_bytes", "created_at", "storage_path")
FOUND = ("dataset_id", "name", "where", "column", "text")
SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def declare(add: AddVerb) -> None:
    """The verbs and their arguments; `add` makes the parser of one."""
    add("versions", "the contents that a dataset had, newest first").add_argument("dataset")
    diff = add("diff", "what changed from one version to another")
    diff.add_argument("dataset")
    diff.add_argument("before", nargs="?", type=int, metavar="FROM", help="a version (the one before)")
    diff.add_argument("after", nargs="?", type=int, metavar="TO", help="a version (the current one)")
    diff.add_argument("--key", default="", help="columns that tell rows apart, with commas between (found)")
    diff.add_argument("--change", default="", choices=("added", "removed", "changed"), help="only these rows")
    diff.add_argument("-n", "--limit", type=int, default=20, help="rows that are listed (20)")
    back = add("rollback", "make an old version the current one again; nothing is lost")
    back.add_argument("dataset")
    back.add_argument("version", type=int)
    search = add("search", "find datasets by name, column, description, tag, value or pinyin")
    search.add_argument("words", nargs="+")
    search.add_argument("-n", "--limit", type=int, default=20, help="at most (20)")
    add("lineage", "where a dataset comes from and what uses it").add_argument("dataset")


async def _versions(connection: Connection, parsed: argparse.Namespace) -> None:
    found = await connection.get(f"{_place(parsed)}/versions", page_size=1000)
    show(found["versions"], parsed.json, VERSION)


async def _diff(connection: Connection, parsed: argparse.Namespace) -> None:
    """Exit code 0 also when there are differences: they are what was asked for."""
    wanted = {
        "from": parsed.before,
        "to": parsed.after,
        "key": parsed.key,
        "change": parsed.change,
        "limit": parsed.limit,
    }
    found = await connection.get(f"{_place(parsed)}/diff", **wanted)
    if parsed.json:
        show(found, True)
        return
    say(_summary(found))
    names = _names(found)
    if found["rows"]:
        print_table(
            [[SIGNS[row["change"]], *(_cell(row, name) for name in names)] for row in found["rows"]], ["", *names]
        )


async def _rollback(connection: Connection, parsed: argparse.Namespace) -> None:
    made = await connection.post(f"{_place(parsed)}/rollback", {"version": parsed.version})
    if parsed.json:
        show(made, True)
    else:
        number, old = made["version_number"], parsed.version
        say(
            Text(f"Version {old} is current again, as version {number}.", f"版本 {old} 已重新生效，成为版本 {number}。")
        )


async def _search(connection: Connection, parsed: argparse.Namespace) -> None:
    found = await connection.get("/api/v1/metadata/search", q=" ".join(parsed.words), limit=parsed.limit)
    show(found, parsed.json, FOUND)


async def _lineage(connection: Connection, parsed: argparse.Namespace) -> None:
    found = await connection.get(f"{_place(parsed)}/lineage")
    if parsed.json:
        show(found, True)
        return
    show(found["steps"], False, ("kind", "title", "detail"))
    for name, origins in found["columns"].items():
        made = ", ".join(f"{each['dataset']}.{each['column']}" for each in origins)
        say(Text(f"{name} is made of {made or 'no column'}", f"{name} 来自 {made or '（无列）'}"))
    if found["uses"]:
        show(found["uses"], False, ("kind", "title", "detail", "columns"))


def _place(parsed: argparse.Namespace) -> str:
    return f"{ROUTE}/{quote(parsed.dataset, safe='')}"


def _summary(found: dict[str, Any]) -> Text:
    before, after, key = found["from"], found["to"], ", ".join(found["key"])
    english = (
        f"Version {before} to {after}: {found['added']:,} added, {found['removed']:,} removed, {found['changed']:,} changed, "
        f"{found['same']:,} the same" + (f"; by {key}." if key else "; whole rows compared.")
    )
    chinese = (
        f"版本 {before} 到 {after}：新增 {found['added']:,}，删除 {found['removed']:,}，修改 {found['changed']:,}，"
        f"相同 {found['same']:,}" + (f"；按 {key} 匹配。" if key else "；按整行比较。")
    )
    for title, names in (
        (Text("new columns", "新增列"), [column["name"] for column in found["added_columns"]]),
        (Text("removed columns", "删除列"), [column["name"] for column in found["removed_columns"]]),
        (Text("other type", "类型变化"), [each["name"] for each in found["retyped_columns"]]),
    ):
        if names:
            english += f"\n{title.en}: {', '.join(names)}"
            chinese += f"\n{title.zh}：{'、'.join(names)}"
    return Text(english, chinese)


def _names(found: dict[str, Any]) -> list[str]:
    """The key and the columns that changed first; then as many others as a line takes."""
    first = [*found["key"], *found["changed_columns"]]
    row = found["rows"][0] if found["rows"] else {}
    others = [name for name in (row.get("after") or row.get("before") or {}) if name not in first]
    return [*first, *others][:8]


def _cell(row: dict[str, Any], name: str) -> str:
    before, after = row.get("before") or {}, row.get("after") or {}
    if name in row["columns"]:
        return f"{before.get(name)} → {after.get(name)}"
    value = after.get(name, before.get(name))
    return "-" if value is None else str(value)[:60]


VERBS: dict[str, Verb] = {
    "versions": _versions,
    "diff": _diff,
    "rollback": _rollback,
    "search": _search,
    "lineage": _lineage,
}
