"""Same file, same inputs: same digests of the outputs in the window's engine, over HTTP and from the command line."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from studio.api.server import Server
from studio.cli.connection import Connection, connect
from studio.cli.run import run_workflow
from studio.engine.engine import Engine
from studio.engine.paths import Paths
from studio.engine.workflows import file
from tests.workflows.conformance import INPUTS, graphs


async def in_the_engine(home: Path) -> dict[str, dict[str, str]]:
    """As the window runs them."""
    engine = await Engine.open(Paths.under(home))
    try:
        found = {}
        for name, sheet in graphs().items():
            done = await engine.workflows.end((await engine.workflows.start(sheet, INPUTS)).id)
            assert done.status == "completed", (name, done.error)
            found[name] = await engine.workflows.digests(done.id)
        return found
    finally:
        await engine.close()


async def over_http(home: Path, files: dict[str, Path]) -> dict[str, dict[str, str]]:
    engine = await Engine.open(Paths.under(home))
    server = Server(engine)
    try:
        await server.start()
        import httpx

        token = engine.paths.token.read_text().strip()
        async with httpx.AsyncClient(base_url=server.address, headers={"Authorization": f"Bearer {token}"}) as client:
            connection = Connection(client, None)
            return {name: await _posted(connection, name, path) for name, path in files.items()}
    finally:
        await server.stop()
        await engine.close()


async def _posted(connection: Connection, name: str, path: Path) -> dict[str, str]:
    made = await connection.post("/api/v1/workflows", {"name": name, "definition": path.read_text()})
    started = await connection.post(f"/api/v1/workflows/{made['id']}/start", {"inputs": INPUTS})
    run = started["execution_id"]
    kinds = [kind async for kind, _ in connection.events("GET", f"/api/v1/executions/{run}/events")]
    assert kinds[-1] == "run_finished", name
    return dict(await connection.get(f"/api/v1/executions/{run}/digests"))


async def from_the_command_line(home: Path, files: dict[str, Path], capsys: Any) -> dict[str, dict[str, str]]:
    given = home.parent / "inputs.json"
    given.write_text(json.dumps(INPUTS, ensure_ascii=False))
    found = {}
    async with connect(Paths.under(home)) as connection:
        for name, path in files.items():
            parsed = argparse.Namespace(file=str(path), input=[], inputs=str(given), json=True)
            assert await run_workflow(connection, parsed) == 0, name
            found[name] = json.loads(capsys.readouterr().out)["digests"]
    return found


@pytest.mark.timeout(240)
async def test_every_small_graph_gives_the_same_digests_in_all_three_places(tmp_path: Path, capsys: Any) -> None:
    files = {}
    for number, (name, sheet) in enumerate(graphs().items()):
        kind = ("json", "yaml", "1.0")[number % 3]
        files[name] = tmp_path / f"graph-{number}.{'yaml' if kind == 'yaml' else 'json'}"
        files[name].write_text(file.as_text(sheet.model_copy(update={"name": f"graph-{number}"}), kind))
    assert len(files) >= 40
    here = await in_the_engine(tmp_path / "window")
    assert all(here.values())
    assert await over_http(tmp_path / "http", files) == here
    assert await from_the_command_line(tmp_path / "cli", files, capsys) == here
