"""Every dataset shows where it came from and what uses it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from studio.engine.catalog.tables import collections, documents
from studio.engine.chat.message import Message, Source
from studio.engine.engine import Engine
from studio.engine.paths import Paths


@pytest.fixture
async def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Engine]:
    monkeypatch.setenv("ONE_DATA_KEYRING", "file")
    opened = await Engine.open(Paths.under(tmp_path / "home"))
    yield opened
    await opened.close()


@pytest.fixture
async def orders(engine: Engine, tmp_path: Path) -> str:
    path = tmp_path / "orders.csv"
    path.write_text("id,Region,amount\n1,华东,10\n2,华南,20\n")
    return (await engine.datasets.register(path)).id


async def test_a_file_its_copy_and_its_version_are_the_steps_of_a_csv(
    engine: Engine, orders: str, tmp_path: Path
) -> None:
    found = await engine.lineage.of(orders)
    assert [step.kind for step in found.steps] == ["file", "copy", "version"]
    assert (found.steps[0].title.en, found.steps[-1].title.en) == ("orders.csv", "orders version 1")
    assert found.uses == [] and found.columns == {}
    (tmp_path / "orders.csv").write_text("id,Region,amount\n1,华东,10\n2,华南,20\n3,华北,30\n")
    await engine.datasets.get(orders)
    assert (await engine.lineage.of(orders)).steps[-1].detail.en == "1 row more than version 1"


async def test_a_dataset_that_a_query_made_tells_its_columns_origins_and_its_source_tells_of_it(
    engine: Engine, orders: str
) -> None:
    made = await engine.sql.save_as(
        'SELECT region AS 地区, sum(amount) AS total, count(*) AS n FROM "orders" GROUP BY ALL', "sums"
    )
    found = await engine.lineage.of(made.id)
    assert [step.kind for step in found.steps] == ["dataset", "query", "version"]
    assert found.steps[0].opens == ("dataset", orders)
    traced = {name: [(each.dataset, each.column) for each in of] for name, of in found.columns.items()}
    assert traced == {"地区": [("orders", "Region")], "total": [("orders", "amount")], "n": []}
    [use] = [use for use in (await engine.lineage.of(orders)).uses if use.kind == "dataset"]
    assert (use.id, use.title, use.columns) == (made.id, "sums", ["Region", "amount"])


async def test_queries_workflows_collections_and_chats_are_told_as_uses(
    engine: Engine, orders: str, tmp_path: Path
) -> None:
    await engine.sql.saved.save("by region", "SELECT region, count(*) FROM orders GROUP BY 1")
    await engine.sql.saved.save("another", "SELECT 1")
    await engine.sql.query("SELECT max(amount) FROM orders")
    step = {"id": "d", "type": "dataset", "params": {"dataset": orders, "columns": ["amount"]}}
    workflow = await engine.workflows.create("Report", {"nodes": [step], "edges": []})
    beside = await engine.chat.create(title="Beside it", datasets=[orders])
    cited = await engine.chat.create(title="Rests on it")
    asked = Message(id="msg-1", thread_id=cited.id, role="user", content="?", status="done", created_at=1.0)
    answer = asked.model_copy(
        update={
            "id": "msg-2",
            "role": "assistant",
            "sources": [Source(number=1, kind="rows", title="orders", dataset_id=orders)],
        }
    )
    await engine.chat._threads.add(asked, answer, "")
    uses = (await engine.lineage.of("orders")).uses
    assert {(use.kind, use.title) for use in uses} == {
        ("query", "by region"), ("history", "SELECT max(amount) FROM orders"), ("workflow", "Report"),
        ("thread", "Beside it"), ("thread", "Rests on it"),
    }  # fmt: skip
    columns = {use.kind: use.columns for use in uses}
    assert (columns["query"], columns["history"], columns["workflow"]) == (["Region"], ["amount"], ["amount"])
    assert {use.id for use in uses} >= {workflow.id, beside.id, cited.id, "by region"}


async def test_what_a_workflow_run_made_names_the_workflow_and_what_it_read(engine: Engine, orders: str) -> None:
    nodes = [
        {"id": "read", "type": "dataset", "params": {"dataset": orders}},
        {"id": "save", "type": "save_dataset", "params": {"name": "report"}},
    ]
    edges = [{"id": "e", "source": "read", "source_port": "table", "target": "save", "target_port": "rows"}]
    workflow = await engine.workflows.create("Nightly", {"nodes": nodes, "edges": edges})
    for _ in range(2):
        run = await engine.workflows.start(workflow.id, {})
        assert [event async for event in engine.workflows.events(run.id)][-1].kind == "run_finished"
    made = await engine.datasets.get("report")
    found = await engine.lineage.of(made.id)
    assert [step.kind for step in found.steps] == ["dataset", "workflow", "version"]
    assert found.steps[1].title.en == "Nightly" and found.steps[1].opens == ("run", run.id)
    assert [version.number for version in await engine.datasets.versions(made.id)] == [2, 1]


async def test_a_collection_of_the_same_files_is_a_use(engine: Engine, orders: str, tmp_path: Path) -> None:
    collection = {"id": "kb-1", "name": "FAQ", "embedder": "", "dimensions": 1, "created_at": 1.0, "updated_at": 1.0}
    document = {"id": "doc-1", "collection_id": "kb-1", "file_name": "orders.csv", "status": "indexed", "added_at": 1.0,
                "source_path": str(tmp_path / "orders.csv")}  # fmt: skip
    await engine.catalog.write(
        lambda connection: (
            connection.execute(insert(collections), collection),
            connection.execute(insert(documents), document),
        )
    )
    [use] = (await engine.lineage.of(orders)).uses
    assert (use.kind, use.id, use.title, use.detail.en) == ("collection", "kb-1", "FAQ", "1 document")
