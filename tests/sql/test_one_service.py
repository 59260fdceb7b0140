"""Chat and workflows ask their queries of the same service: one history, one set of limits, one lock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from studio.engine.chat.evidence import Evidence
from studio.engine.chat.gather import Gatherer
from studio.engine.engine import Engine
from studio.engine.paths import Paths
from tests.workflows.graphs import graph, step

ENDLESS = "SELECT count(*) FROM rows, range(1000000000000)"


@pytest.fixture
async def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Engine]:
    monkeypatch.setenv("ONE_DATA_KEYRING", "file")
    opened = await Engine.open(Paths.under(tmp_path / "home"))
    (tmp_path / "orders.csv").write_text("id,region,status\n1,华南,returned\n2,华东,delivered\n3,华南,returned\n")
    await opened.datasets.register(tmp_path / "orders.csv")
    yield opened
    await opened.close()


async def ran(engine: Engine, sql: str) -> str:
    """How a workflow's query over the dataset ended: its status, and what was wrong."""
    parts = (step("data", "dataset", dataset="orders"), step("query", "sql", sql=sql, tables=["rows"]))
    started = await engine.workflows.start(graph(*parts, "data.table > query.rows"))
    await engine.workflows.wait(started.id)
    ended = await engine.workflows.execution(started.id)
    return f"{ended.status} {ended.model_dump_json()}"


async def test_chat_asks_the_service_and_its_query_is_in_the_history(engine: Engine) -> None:
    evidence = Evidence()
    gatherer = Gatherer(engine.knowledge, engine.datasets, engine.sql, engine.models)
    found = await gatherer.query("How many orders were returned in 华南?", ["orders"], None, evidence)
    assert found is not None and [list(row.values()) for row in evidence.sources[-1].rows] == [[2]]
    assert any("returned" in each.sql and each.rows == 1 for each in await engine.sql.history.list())


async def test_a_workflows_query_has_the_same_lock_and_the_same_limits(engine: Engine, tmp_path: Path) -> None:
    assert (await ran(engine, "SELECT count(*) AS n FROM rows")).startswith("completed")
    before = (tmp_path / "orders.csv").read_bytes()
    assert "queries only read" in await ran(engine, f"COPY rows TO '{tmp_path / 'orders.csv'}'")
    assert "cannot be used here" in await ran(engine, "SELECT * FROM read_text('/etc/passwd'), rows")
    assert (tmp_path / "orders.csv").read_bytes() == before
    await engine.settings.set("data.query_seconds", 1)
    assert "Query time limit" in await ran(engine, ENDLESS)
