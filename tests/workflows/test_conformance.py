"""Same file, same inputs: same digests of the outputs in the window's engine, over HTTP and from the command line. The window
itself runs some of them in tests/ui/workflows/test_nodes.py."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from studio.api.server import Server
from studio.cli.connection import Connection, connect
from studio.cli.run import run_workflow
from studio.engine.engine import Engine
from studio.engine.paths import Paths
from studio.engine.workflows import file
from studio.engine.workflows.graph import Graph
from tests.conftest import Running
from tests.workflows.conformance import FILES, INPUTS, graphs

T = TypeVar("T")


def written(home: Path) -> list[Path]:
    """The files that runs are given, in a folder of each studio's own."""
    paths = [home.parent / f"given to {home.name}" / name for name in FILES]
    for path, words in zip(paths, FILES.values(), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(words)
    return paths


async def side_by_side(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Eight at a time: code in a step has ten seconds by the clock, which fifty processes would take from each other."""
    turn = asyncio.Semaphore(8)

    async def one(work: Coroutine[Any, Any, T]) -> T:
        async with turn:
            return await work

    return await asyncio.gather(*map(one, works))


async def in_the_engine(home: Path) -> dict[str, dict[str, str]]:
    """As the window runs them."""
    engine = await Engine.open(Paths.under(home))
    first, *others = written(home)
    given = {**INPUTS, "file": first, "files": [first, *others]}

    async def digests(name: str, sheet: Graph) -> dict[str, str]:
        done = await engine.workflows.end((await engine.workflows.start(sheet, given)).id)
        assert done.status == "completed", (name, done.error)
        return await engine.workflows.digests(done.id)

    try:
        found = graphs()
        return dict(zip(found, await side_by_side(digests(*item) for item in found.items()), strict=True))
    finally:
        await engine.close()


async def over_http(home: Path, files: dict[str, Path]) -> dict[str, dict[str, str]]:
    engine = await Engine.open(Paths.under(home))
    server = Server(engine)
    try:
        await server.start()
        import httpx

        token = engine.paths.token.read_text().strip()
        head = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=server.address, headers=head, timeout=None) as client:  # fifty at once
            connection = Connection(client, None)
            kept = [(await connection.upload("/api/v1/workflows/files", path))["url"] for path in written(home)]
            given = {**INPUTS, "file": kept[0], "files": kept}
            posted = (_posted(connection, *item, given) for item in files.items())
            return dict(zip(files, await side_by_side(posted), strict=True))
    finally:
        await server.stop()
        await engine.close()


async def _posted(connection: Connection, name: str, path: Path, given: dict[str, Any]) -> dict[str, str]:
    made = await connection.post("/api/v1/workflows", {"name": name, "definition": path.read_text()})
    started = await connection.post(f"/api/v1/workflows/{made['id']}/start", {"inputs": given})
    run = started["execution_id"]
    kinds = [kind async for kind, _ in connection.events("GET", f"/api/v1/executions/{run}/events")]
    assert kinds[-1] == "run_finished", name
    return dict(await connection.get(f"/api/v1/executions/{run}/digests"))


async def from_the_command_line(home: Path, files: dict[str, Path], capsys: Any) -> dict[str, dict[str, str]]:
    given = home.parent / "inputs.json"
    given.write_text(json.dumps(INPUTS, ensure_ascii=False))
    first, *others = written(home)
    handed = [f"file=@{first}", *(f"files=@{path}" for path in (first, *others))]
    found = {}
    async with connect(Paths.under(home)) as connection:
        for name, path in files.items():
            parsed = argparse.Namespace(file=str(path), input=handed, inputs=str(given), json=True)
            assert await run_workflow(connection, parsed) == 0, name
            found[name] = json.loads(capsys.readouterr().out)["digests"]
    return found


HANDFUL = ("table", "map with a bad row", "loop-back", "chart", "memory")


async def from_children(studio: Running, files: dict[str, Path], given: Path) -> dict[str, dict[str, str]]:
    """A handful by real processes of the command line, of the studio that serves in another process."""

    async def run(path: Path) -> dict[str, str]:
        words = ("--home", str(studio.home), "run", str(path), "--inputs", str(given), "--json")
        child = await asyncio.create_subprocess_exec(sys.executable, "-m", "studio", *words, stdout=PIPE, stderr=PIPE)
        said, errors = await child.communicate()
        assert child.returncode == 0, errors.decode()
        return dict(json.loads(said)["digests"])

    return dict(zip(HANDFUL, await asyncio.gather(*(run(files[name]) for name in HANDFUL)), strict=True))


@pytest.mark.timeout(600)  # a hundred and fifty runs
async def test_every_small_graph_gives_the_same_digests_in_all_three_places(
    tmp_path: Path, capsys: Any, bare_studio: Running
) -> None:
    files = {}
    for number, (name, sheet) in enumerate(graphs().items()):
        kind = ("json", "yaml", "1.0")[number % 3]
        files[name] = tmp_path / f"graph-{number}.{'yaml' if kind == 'yaml' else 'json'}"
        files[name].write_text(file.as_text(sheet.model_copy(update={"name": f"graph-{number}"}), kind))
    assert len(files) >= 50
    here = await in_the_engine(tmp_path / "window")
    assert all(here.values())
    assert await over_http(tmp_path / "http", files) == here
    assert await from_the_command_line(tmp_path / "cli", files, capsys) == here
    assert await from_children(bare_studio, files, tmp_path / "inputs.json") == {name: here[name] for name in HANDFUL}
